//! The write gate as a person meets it: the factory's policy, a dry run, and recorded verdicts made again.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};

use crate::world::{Said, World};

/// A factory with this policy, and a repository to write to.
struct Story {
    world: World,
    repo: PathBuf,
}

impl Story {
    fn new(policy: &str) -> Self {
        let world = World::new();
        let repo = world.repository("real");
        world.write("factory/forgeline.yaml", format!("apiVersion: forgeline.dev/v1\nkind: Factory\n{policy}"));
        world.write("item.md", "# Returns\n\nWithin 30 days.\n");
        Self { world, repo }
    }

    fn run(&self, flags: &[&str]) -> Said {
        let path = |name: &str| self.world.path(name).display().to_string();
        let (factory, item, repo) = (path("factory"), path("item.md"), self.repo.display().to_string());
        let args = ["--factory", &factory, "run", "docs-page", "--repo", &repo, "--work-item", &item];
        self.world.run(&[&args, flags].concat())
    }

    fn branches(&self) -> String {
        self.world.git(&self.repo, &["branch", "--list", "forgeline/*", "--format=%(refname:short)"])
    }

    #[track_caller]
    fn replays(&self, code: i32) -> Said {
        let said = self.world.run(&["gate", "replay", "@latest"]);
        assert_eq!(said.code, code, "{}\n{}", said.out, said.err);
        said
    }
}

const BLOCKED: &str = "policy:\n  rules:\n    - id: no-promises\n      when: 'file.content.contains(\"30 days\")'\n      \
                       verdict: block\n      message: legal must agree\n";

#[test]
fn a_rule_of_the_factory_refuses_and_the_verdict_names_its_line() {
    let story = Story::new(BLOCKED);
    let said = story.run(&[]);
    assert_eq!(said.code, 5, "{}\n{}", said.out, said.err);
    assert!(said.out.contains("policy (docs/returns.md): no-promises: legal must agree"), "{}", said.out);
    assert_eq!(story.branches(), "");
    let shown = story.world.ok(&["runs", "show", "@latest"]);
    assert!(shown.out.contains("docs/returns.md: no-promises: legal must agree (forgeline.yaml:5)"), "{}", shown.out);
    story.replays(0);
    let allowed = Story::new(&BLOCKED.replace("30 days", "60 days"));
    assert_eq!(allowed.run(&[]).code, 0);
}

#[test]
fn a_licence_header_is_asked_for_by_policy_alone() {
    let policy = "policy:\n  licence_header: {\"docs/**\": \"SPDX\"}\n";
    let said = Story::new(policy).run(&[]);
    assert_eq!(said.code, 5, "{}\n{}", said.out, said.err);
    assert!(said.out.contains("licence-header (docs/returns.md)"), "{}", said.out);
    assert_eq!(Story::new("").run(&[]).code, 0);
}

#[test]
fn a_recorded_verdict_is_made_again_byte_for_byte() {
    let story = Story::new("policy:\n  protected: {\"docs/**\": needs-human}\n");
    assert_eq!(story.run(&[]).code, 0);
    let same = story.replays(0);
    assert!(same.out.contains("write gate: needs human"), "{}", same.out);
    assert!(same.out.contains("the recorded verdict is the same, byte for byte"), "{}", same.out);
    // The base has moved since; the verdict names the tree that it was made against.
    story.world.git(&story.repo, &["commit", "--quiet", "--allow-empty", "-m", "more"]);
    let json = story.world.ok(&["--json", "gate", "replay", "@latest"]).json();
    let (replay, shown) = (&json["replay"], story.world.ok(&["--json", "runs", "show", "@latest"]).json());
    assert_eq!((&replay["same"], &replay["difference"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(replay["verdict"], shown["run"]["outcome"]["gate"]);
    story.world.git(&story.repo, &["checkout", "--quiet", "main"]);
    assert_eq!(story.run(&[]).code, 0);
}

#[test]
fn a_verdict_that_the_rules_did_not_say_is_found_out() {
    let story = Story::new("policy:\n  protected: {\"docs/**\": needs-human}\n");
    assert_eq!(story.run(&[]).code, 0);
    alter(&story.world.path("state/forgeline.db"), "\"mode\":\"needs-human\"", "\"mode\":\"allow\"");
    let said = story.replays(1);
    assert!(said.out.contains("-  \"verdict\": \"needs-human\"\n+  \"verdict\": \"allow\""), "{}", said.out);
    let nothing = Story::new("");
    assert_eq!(nothing.run(&[]).code, 0);
    nothing.world.git(&nothing.repo, &["merge", "--quiet", "forgeline/docs-page/file-item-returns"]);
    assert_eq!(nothing.run(&[]).code, 0);
    let said = nothing.replays(9);
    assert!(said.err.contains("there was nothing to write"), "{}", said.err);
}

/// Changes what a run was told when it started.
fn alter(database: &Path, from: &str, to: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let changed = runtime.block_on(async {
        let url = format!("sqlite://{}", database.display());
        let mut connection = SqliteConnection::connect(&url).await.expect("the database");
        let query = sqlx::query("UPDATE run SET spec = replace(spec, ?, ?)").bind(from).bind(to);
        query.execute(&mut connection).await.expect("it changes").rows_affected()
    });
    assert_eq!(changed, 1);
}

#[test]
fn a_dry_run_performs_the_tasks_asks_the_gate_and_leaves_nothing() {
    for (policy, code, verdict) in [("", 0, "write gate: allow"), (BLOCKED, 5, "write gate: deny")] {
        let story = Story::new(policy);
        let said = story.run(&["--dry-run"]);
        assert_eq!(said.code, code, "{}\n{}", said.out, said.err);
        assert!(said.out.contains("nothing was written") && said.out.contains(verdict), "{}", said.out);
        let json = story.run(&["--dry-run", "--json"]).json();
        assert_eq!(json["plan"]["gate"]["verdict"], verdict.trim_start_matches("write gate: "), "{json}");
        assert_eq!(story.branches(), "");
        assert!(story.world.runs().is_empty(), "no run is recorded");
    }
    let story = Story::new("");
    assert_eq!(story.run(&["--dry-run"]).code, 0);
    assert_eq!(story.run(&[]).code, 0);
    assert_eq!(story.branches().trim(), "forgeline/docs-page/file-item-returns");
}

#[test]
fn every_rule_is_explained() {
    let world = World::new();
    let said = world.ok(&["explain", "protected-path"]);
    assert!(said.out.starts_with("protected-path: paths that decide"), "{}", said.out);
    assert!(world.ok(&["explain"]).out.contains("hidden-text "));
    assert_eq!(world.run(&["explain", "no-such-rule"]).code, 9);
}
