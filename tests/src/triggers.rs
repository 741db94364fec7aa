//! What starts blueprints besides people's words: failures, times, pushes and pull requests; and how often.

use std::fs;

use serde_json::Value;
use sqlx::Connection as _;

use crate::world::{Said, World};

/// A factory with the blueprint `follow-up`, which these rules start, and `flow`, whose only stage fails.
fn factory(world: &World, on: &str, flow: &str) -> String {
    factory_with(world, "", on, flow)
}

fn factory_with(world: &World, policy: &str, on: &str, flow: &str) -> String {
    world.write("factory/forgeline.yaml", format!("apiVersion: forgeline.dev/v1\nkind: Factory\n{policy}"));
    let agent = |name: &str, path: &str, text: &str| {
        world.write(
            &format!("factory/agents/{name}/agent.yaml"),
            format!(
                "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {{name: {name}, version: 1.0.0}}\ninputs: {{type: object}}\n\
                 skills: [{{id: write, kind: template, templates: [{{from: templates/file.hbs, to: {path}}}]}}]\n\
                 output: {{type: Data, validators: [paths, utf8, json]}}\n"
            ),
        );
        world.write(&format!("factory/agents/{name}/templates/file.hbs"), text);
    };
    agent("good", "out/good.json", "{\"good\": true}\n");
    agent("bad", "out/bad.json", "no JSON\n");
    let blueprint = |name: &str, head: &str, agent: &str| {
        world.write(
            &format!("factory/blueprints/{name}/blueprint.yaml"),
            format!(
                "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: {name}, version: 1.0.0}}\n{head}\
                 stages:\n  - {{id: make, uses: {agent}@^1, retries: {{max_attempts: 1}}, produces: [{{path: \"out/*.json\", type: Data}}]}}\n"
            ),
        );
    };
    blueprint("follow-up", &format!("on: [{on}]\n"), "good");
    blueprint("flow", &format!("on: [{{command: run}}]\n{flow}"), "bad");
    world.path("factory").display().to_string()
}

/// Carries out a command with the factory in force.
#[track_caller]
fn with(world: &World, folder: &str, args: &[&str]) -> Said {
    let said = world.run_with(&[("FORGELINE_FACTORY", folder)], args);
    assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
    said
}

/// Blueprint and state of each run, oldest first.
fn runs(world: &World) -> Vec<(String, String)> {
    let text = |run: &Value, name: &str| run[name].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = world.runs().iter().map(|run| (text(run, "blueprint"), text(run, "state"))).collect();
    all.reverse();
    all
}

fn run(blueprint: &str, state: &str) -> (String, String) {
    (format!("{blueprint}@1.0.0"), state.to_owned())
}

/// Puts a file on a branch of `acme/shop` as a person would, with Git alone; the commit.
fn push(world: &World, branch: &str, file: &str) -> String {
    let clone = world.path("clone");
    if !clone.exists() {
        world.git(&world.path("here"), &["clone", "--quiet", &world.shop().display().to_string(), "../clone"]);
    }
    world.git(&clone, &["checkout", "--quiet", "-B", branch]);
    let path = clone.join(file);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, before + "more\n").expect("a file");
    world.git(&clone, &["add", "--all"]);
    world.git(&clone, &["commit", "--quiet", "-m", "by hand"]);
    world.git(&clone, &["push", "--quiet", "--force", "origin", branch]);
    world.git(&clone, &["rev-parse", "HEAD"]).trim().to_owned()
}

#[test]
fn a_failed_stage_starts_what_its_blueprint_names() {
    let world = World::with_shop();
    let folder = factory(&world, "{command: run}", "on_failure: [{stage: make, run: follow-up}]\n");
    let issue = world.issue("Data", "Some.");
    with(&world, &folder, &["local", "comment", "add", &issue.to_string(), "/forgeline run flow"]);
    assert_eq!(runs(&world), [run("flow", "failed"), run("follow-up", "published")]);
    let shown = with(&world, &folder, &["--json", "runs", "show", "@latest"]).json();
    assert!(shown.to_string().contains("on_failure flow/make/follow-up"), "{shown}");
    let why = with(&world, &folder, &["why", "@latest"]).out;
    assert!(why.contains("trigger.on_failure") && why.contains("flow/blueprint.yaml:5"), "{why}");
    let [(_, _, head)] = &world.pull_requests()[..] else { panic!("one pull request") };
    assert_eq!(head, "forgeline/follow-up/1-data", "it has the failed run's item");
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(runs(&world).len(), 2, "once for each failure");
}

#[test]
fn a_failure_starts_nothing_for_another_stage_and_a_rule_does_not_follow_itself() {
    let world = World::with_shop();
    let folder = factory(&world, "{command: run}", "on_failure: [{stage: make, run: flow}]\n");
    let issue = world.issue("Data", "Some.");
    with(&world, &folder, &["local", "comment", "add", &issue.to_string(), "/forgeline run flow"]);
    assert_eq!(runs(&world), [run("flow", "failed"), run("flow", "failed")], "it is tried once more, not for ever");
    let told = with(&world, &folder, &["--json", "events", "tail", "--type", "StageFailed"]).out;
    let last: Value = serde_json::from_str(told.lines().last().expect("an event")).expect("JSON");
    let id = last["event"]["event_id"].as_str().expect("an id");
    let why = with(&world, &folder, &["--json", "why", id]).json();
    assert_eq!(why["why"]["decisions"][0]["detail"]["condition"]["condition"], "source", "{why}");
}

/// Sets the schedules' places back by some milliseconds, as if nobody had looked for so long.
fn sleep_for(world: &World, millis: i64) {
    let path = world.path("state/forgeline.db");
    let work = async {
        let mut connection =
            sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.expect("opens");
        let moved = sqlx::query("UPDATE subscription SET position = position - ? WHERE name LIKE 'schedule %'")
            .bind(millis)
            .execute(&mut connection)
            .await
            .expect("writes");
        assert_eq!(moved.rows_affected(), 1, "there is one schedule");
        connection.close().await.expect("closes");
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work);
}

#[test]
fn a_schedule_starts_a_run_for_what_was_missed() {
    let world = World::with_shop();
    let folder = factory(&world, "{schedule: {cron: \"0 0 1 * *\", time_zone: Europe/Berlin}}", "");
    with(&world, &folder, &["bot", "once"]);
    assert!(world.runs().is_empty(), "a new schedule begins now");
    sleep_for(&world, 70 * 86_400_000);
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(runs(&world), [run("follow-up", "published")], "several times were missed, one is made up for");
    let why = with(&world, &folder, &["why", "@latest"]).out;
    assert!(why.contains("trigger.schedule: start") && why.contains("follow-up/blueprint.yaml:4"), "{why}");
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(world.runs().len(), 1);
    let shown = with(&world, &folder, &["--json", "blueprints", "show", "follow-up"]).json();
    let next = &shown["blueprint"]["next"][0];
    assert_eq!(next["schedule"], "0 0 1 * * Europe/Berlin", "{shown}");
    let times: Vec<&str> = next["times"].as_array().expect("times").iter().filter_map(Value::as_str).collect();
    assert!(times.len() == 3 && times.is_sorted(), "{times:?}");
    let text = with(&world, &folder, &["blueprints", "show", "follow-up"]).out;
    assert!(text.contains("# next times of 0 0 1 * * Europe/Berlin") && text.contains(times[0]), "{text}");
}

#[test]
fn a_push_to_the_default_branch_starts_what_waits_for_its_paths() {
    let world = World::with_shop();
    let folder = factory(&world, "{push: {paths: [\"src/**\"]}}", "");
    let other = push(&world, "main", "docs/a.md");
    with(&world, &folder, &["bot", "once"]);
    assert!(world.runs().is_empty(), "nothing below src");
    let why = with(&world, &folder, &["why", &other]).out;
    assert!(why.contains("trigger.push") && why.contains("docs/a.md") && why.contains("src/**"), "{why}");
    push(&world, "main", "src/a.rs");
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(runs(&world), [run("follow-up", "published")]);
    push(&world, "topic", "src/b.rs");
    push(&world, "forgeline/mine", "src/c.rs");
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(world.runs().len(), 1, "another branch, and one of Forgeline's own");
    with(&world, &folder, &["local", "pr", "merge", "1"]);
    assert_eq!(world.runs().len(), 1, "what its pull request brings is not below src");
}

#[test]
fn a_pull_request_starts_a_run_for_each_head() {
    let world = World::with_shop();
    let folder = factory(&world, "{pull_request: {paths: [\"src/**\"]}}", "");
    let open = |branch: &str, who: &str| {
        let args = ["local", "pr", "create", "--head", branch, "-t", "Mine", "--as", who];
        with(&world, &folder, &args);
    };
    push(&world, "docs", "docs/a.md");
    open("docs", "ana");
    assert!(world.runs().is_empty(), "nothing below src");
    push(&world, "topic", "src/a.rs");
    open("topic", "ana");
    assert_eq!(runs(&world), [run("follow-up", "published")]);
    let said = world.comments(2).join("\n");
    assert!(said.contains("**follow-up@1.0.0**") && said.contains("(published)"), "{said}");
    with(&world, &folder, &["local", "pr", "close", "2"]);
    with(&world, &folder, &["local", "pr", "reopen", "2"]);
    assert_eq!(world.runs().len(), 1, "the same head asks for the same");
    push(&world, "topic", "src/a.rs");
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(world.runs().len(), 2, "a new head is a new request");
    with(&world, &folder, &["local", "label", "add", "2", "forgeline/hold"]);
    push(&world, "topic", "src/a.rs");
    with(&world, &folder, &["bot", "once"]);
    assert_eq!(world.runs().len(), 2, "on hold");
}

#[test]
fn definitions_that_a_pull_request_brings_are_not_in_force() {
    let world = World::with_shop();
    let folder = factory(&world, "{command: run}", "");
    push(&world, "topic", "src/a.rs");
    let clone = world.path("clone");
    let copy = |name: &str| {
        let to = clone.join(name);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(world.path("factory").join(name), to).expect("copies");
    };
    for name in ["forgeline.yaml", "agents/good/agent.yaml", "agents/good/templates/file.hbs"] {
        copy(name);
    }
    let blueprint = fs::read_to_string(world.path("factory/blueprints/follow-up/blueprint.yaml")).expect("a file");
    let path = clone.join("blueprints/follow-up/blueprint.yaml");
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, blueprint.replace("{command: run}", "{pull_request: {}}")).expect("a file");
    push(&world, "topic", "src/a.rs");
    with(&world, &folder, &["local", "pr", "create", "--head", "topic", "-t", "Mine"]);
    assert!(world.runs().is_empty(), "what the branch says starts nothing");
    with(&world, &folder, &["local", "pr", "merge", "1"]);
    push(&world, "other", "src/b.rs");
    with(&world, &folder, &["local", "pr", "create", "--head", "other", "-t", "Mine"]);
    assert_eq!(world.runs().len(), 1, "merged, it is in force");
}

#[test]
fn an_item_of_a_type_and_state_starts_what_waits_for_it() {
    let world = World::with_shop();
    let folder = factory(&world, "{work_item: {types: [Issue], state: open}}", "");
    with(&world, &folder, &["local", "issue", "create", "-t", "Data", "-b", "Some."]);
    assert_eq!(runs(&world), [run("follow-up", "published")]);
    let folder = factory(&world, "{work_item: {types: [Bug]}}", "");
    with(&world, &folder, &["local", "issue", "create", "-t", "More", "-b", "Some."]);
    assert_eq!(world.runs().len(), 1);
}

#[test]
fn a_person_starts_as_many_runs_as_the_factory_lets() {
    let world = World::with_shop();
    let policy = "policy: {limits: {runs_per_actor_per_hour: 2}}\n";
    let folder = factory_with(&world, policy, "{command: run}", "");
    world.ok(&["local", "user", "add", "bo"]);
    world.ok(&["local", "user", "role", "bo", "editor"]);
    let issue = world.issue("Data", "Some.");
    let say = |who: &str, text: &str| {
        with(&world, &folder, &["local", "comment", "add", &issue.to_string(), text, "--as", who]);
        world.comments(issue).join("\n")
    };
    let said = say("ana", "/forgeline run follow-up\n/forgeline run follow-up\n/forgeline run follow-up");
    assert!(said.contains("2 runs began in the last hour for `ana`") && said.contains("Ask again after `20"), "{said}");
    assert_eq!(world.runs().len(), 2, "the third of one comment is one too many");
    say("ana", "/forgeline run follow-up");
    assert_eq!(world.runs().len(), 2);
    say("bo", "/forgeline run follow-up");
    assert_eq!(world.runs().len(), 3, "others may");
    let why = with(&world, &folder, &["why", &format!("acme/shop#{issue}")]).out;
    assert!(why.contains("policy.limits") && why.contains("runs_per_actor_per_hour"), "{why}");
}

#[test]
fn a_further_attempt_reads_the_event_that_started_the_first() {
    let world = World::with_shop();
    let on = "event: {type: ArtifactMerged, version: \"^1\", when: 'event.artifact_type == \"DocsPage\"'}";
    let folder = factory(&world, &format!("{{{on}}}"), "");
    // The stage cannot do without the event.
    let path = world.path("factory/agents/good/templates/file.hbs");
    fs::write(path, "{\"good\": \"{{event.artifact_type}}\"}\n").expect("a file");
    let issue = world.issue("Page", "Some.");
    with(&world, &folder, &["local", "comment", "add", &issue.to_string(), "/forgeline run docs-page"]);
    with(&world, &folder, &["local", "pr", "merge", "2"]);
    assert_eq!(runs(&world).last(), Some(&run("follow-up", "published")));
    for again in [&["runs", "retry", "@latest", "--fresh"][..], &["runs", "revise", "@latest", "better"]] {
        with(&world, &folder, again);
        let shown = with(&world, &folder, &["--json", "runs", "show", "@latest"]).json();
        assert_eq!(shown["run"]["outcome"]["outcome"], "no_change", "{again:?}: {shown}");
    }
}
