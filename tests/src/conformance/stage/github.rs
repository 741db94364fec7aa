//! GitHub, played by the fake forge over real HTTP and Git; Forgeline is the real executable, as an App.

use forgeline_fake_forge::{FakeForge, Level, LimitSettings};
use serde_json::Value;

use super::{Can, Files, Item, Note, Pull, Role, Stage};
use crate::world::World;

const OWNER: &str = "acme";
const APP: &str = "forgeline-app";

pub(in crate::conformance) struct GitHub {
    there: FakeForge,
    /// One for each machine, with a state of its own.
    worlds: Vec<World>,
}

impl GitHub {
    pub(in crate::conformance) fn new(machines: usize) -> Self {
        let there = FakeForge::start_blocking();
        there.organization(OWNER);
        // Here many stories happen within a minute, and each look is a process that counts for itself.
        there.limits(LimitSettings { points_per_minute: None, content_per_minute: None, ..LimitSettings::default() });
        let rights = ["contents", "issues", "pull_requests", "checks"].map(|right| (right, "write"));
        let app = there.app(APP, &[&rights[..], &[("metadata", "read")]].concat());
        there.install(&app, OWNER, None);
        let machine = |_| {
            let world = World::new();
            let key = world.write("app.pem", &app.private_key_pem);
            let operator = format!(
                "apiVersion: forgeline.dev/v1\nkind: Operator\nforges:\n  github: {{app_id: {}, private_key: \
                 \"file:{key}\", base_url: \"{}\"}}\n",
                app.id,
                there.enterprise_url(),
            );
            world.write("home/.config/forgeline/operator.yaml", operator);
            world
        };
        let worlds = (0..machines).map(machine).collect();
        Self { there, worlds }
    }

    fn list(&self, path: &str) -> Vec<Value> {
        self.there.peek(path).as_array().cloned().unwrap_or_default()
    }
}

/// One look of the executable, or several at once; whether there was nothing new.
pub(super) fn looks(world: &World, at_once: usize) -> bool {
    let others: Vec<_> = (1..at_once).map(|_| world.start(&["bot", "once"])).collect();
    let said = world.ok(&["bot", "once"]);
    for mut other in others {
        assert!(other.wait().expect("it ends").success());
    }
    assert!(!said.err.contains("not seen"), "{}", said.err);
    said.out == "nothing new\n"
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Stage for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn lacks(&self, _: Can) -> Option<&'static str> {
        None
    }

    fn me(&self) -> &'static str {
        "forgeline-app[bot]"
    }

    fn repository(&self, repo: &str, private: bool, files: &Files<'_>) {
        self.there.repository(repo, private);
        self.there.commit(OWNER, repo, "main", files, "Change files");
    }

    fn role(&self, repo: &str, who: &str, role: Role) {
        self.there.user(who);
        let level = match role {
            Role::Guest => return,
            Role::Reader => Level::Read,
            Role::Editor => Level::Write,
            Role::Maintainer => Level::Maintain,
            Role::Admin => Level::Admin,
        };
        self.there.grant(who, repo, level);
    }

    fn archive(&self, repo: &str) {
        self.there.archive(OWNER, repo);
    }

    fn open_issue(&self, repo: &str, who: &str, title: &str, body: &str) -> u64 {
        self.there.open_issue(who, repo, title, body)
    }

    fn edit(&self, repo: &str, who: &str, number: u64, body: &str) {
        self.there.edit(who, repo, number, None, Some(body));
    }

    fn comment(&self, repo: &str, who: &str, number: u64, body: &str) -> u64 {
        self.there.comment(who, repo, number, body)
    }

    fn edit_comment(&self, who: &str, comment: u64, body: &str) {
        self.there.edit_comment(who, comment, body);
    }

    fn delete_comment(&self, who: &str, comment: u64) {
        self.there.delete_comment(who, comment);
    }

    fn label(&self, repo: &str, who: &str, number: u64, label: &str, present: bool) {
        if present {
            self.there.label(who, repo, number, label);
        } else {
            assert!(self.there.unlabel(who, repo, number, label));
        }
    }

    fn set_open(&self, repo: &str, who: &str, number: u64, open: bool) {
        if open { self.there.reopen(who, repo, number) } else { self.there.close(who, repo, number) }
    }

    fn push(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>) -> String {
        self.there.commit(who, repo, branch, files, "Change files")
    }

    fn push_with(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>, message: &str) -> String {
        self.there.commit(who, repo, branch, files, message)
    }

    fn tag(&self, repo: &str, who: &str, tag: &str, branch: &str) {
        let commit = self.there.head(repo, branch).expect("a branch");
        self.there.set_tag(who, repo, tag, &commit);
    }

    fn fork(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>) {
        let fork = self.there.fork(who, repo);
        self.there.commit(who, &fork, branch, files, "Change files");
    }

    fn open_pull(&self, repo: &str, who: &str, head: &str, title: &str, draft: bool) -> u64 {
        if draft {
            self.there.open_draft(who, repo, head, "main", title, "")
        } else {
            self.there.open_pull(who, repo, head, "main", title, "")
        }
    }

    fn ready(&self, repo: &str, who: &str, number: u64) {
        self.there.set_draft(who, repo, number, false);
    }

    fn merge(&self, repo: &str, who: &str, number: u64) {
        self.there.merge(who, repo, number);
    }

    fn comment_line(&self, repo: &str, who: &str, number: u64, (path, line): (&str, u32), text: &str) -> u64 {
        self.there.comment_line(who, repo, number, path, line.into(), text)
    }

    fn resolve(&self, _: &str, _: &str, _: u64, thread: u64) {
        self.there.resolve(thread, true);
    }

    fn review(&self, repo: &str, who: &str, number: u64, asks_for_changes: bool, text: &str) {
        if asks_for_changes {
            self.there.request_changes(who, repo, number, text, &[]);
        } else {
            self.there.comment_review(who, repo, number, text);
        }
    }

    fn line_notes(&self, repo: &str, number: u64) -> Vec<(String, Note)> {
        let all = self.list(&format!("/repos/{repo}/pulls/{number}/comments"));
        let note = |it: &Value| {
            let place = format!("{}:{}", text(&it["path"]), it["original_line"]);
            let id = it["id"].as_u64().unwrap_or_default();
            (place, Note { id, author: text(&it["user"]["login"]), body: text(&it["body"]) })
        };
        all.iter().map(note).collect()
    }

    fn notes(&self, repo: &str, number: u64) -> Vec<Note> {
        let all = self.list(&format!("/repos/{repo}/issues/{number}/comments"));
        let note = |it: &Value| Note {
            id: it["id"].as_u64().unwrap_or_default(),
            author: text(&it["user"]["login"]),
            body: text(&it["body"]),
        };
        all.iter().map(note).collect()
    }

    fn item(&self, repo: &str, number: u64) -> Item {
        let it = self.there.peek(&format!("/repos/{repo}/issues/{number}"));
        let mut labels: Vec<String> =
            it["labels"].as_array().into_iter().flatten().map(|label| text(&label["name"])).collect();
        labels.sort();
        let mut item =
            Item { title: text(&it["title"]), body: text(&it["body"]), state: text(&it["state"]), labels, pull: None };
        if it["pull_request"].is_null() {
            return item;
        }
        let pull = format!("/repos/{repo}/pulls/{number}");
        let it = self.there.peek(&pull);
        if it["merged"] == true {
            item.state = "merged".to_owned();
        }
        let mut files: Vec<String> = self
            .list(&format!("{pull}/files"))
            .iter()
            .map(|file| format!("{} {}", text(&file["status"])[..1].to_uppercase(), text(&file["filename"])))
            .map(|file| if file.starts_with("R ") { file.replacen("R ", "D ", 1) } else { file })
            .collect();
        files.sort();
        let title = |commit: &Value| text(&commit["commit"]["message"]).lines().next().unwrap_or_default().to_owned();
        let commit = text(&it["head"]["sha"]);
        let checks = self.there.peek(&format!("/repos/{repo}/commits/{commit}/check-runs"));
        let check = |check: &Value| {
            let end = check["conclusion"].as_str().or_else(|| check["status"].as_str()).unwrap_or_default();
            let marks = check["output"]["annotations_count"].as_u64().unwrap_or_default();
            format!("{}: {end}, {marks} marks", text(&check["name"]))
        };
        item.pull = Some(Pull {
            head: if it["head"]["repo"]["full_name"] == repo {
                text(&it["head"]["ref"])
            } else {
                text(&it["head"]["label"])
            },
            base: text(&it["base"]["ref"]),
            draft: it["draft"] == true,
            files,
            commits: self.list(&format!("{pull}/commits")).iter().map(title).collect(),
            checks: checks["check_runs"].as_array().into_iter().flatten().map(check).collect(),
            commit,
        });
        item
    }

    fn pulls(&self, repo: &str) -> Vec<(u64, String)> {
        let all = self.list(&format!("/repos/{repo}/pulls?state=all"));
        let mut all: Vec<_> =
            all.iter().map(|it| (it["number"].as_u64().unwrap_or_default(), text(&it["head"]["ref"]))).collect();
        all.sort();
        all
    }

    fn file(&self, repo: &str, branch: &str, path: &str) -> Option<String> {
        self.there.file(repo, branch, path)
    }

    fn tip(&self, repo: &str, branch: &str) -> Option<String> {
        self.there.head(repo, branch)
    }

    fn reactions(&self, repo: &str, comment: u64) -> Vec<String> {
        let all = self.list(&format!("/repos/{repo}/issues/comments/{comment}/reactions"));
        all.iter().map(|it| text(&it["content"])).collect()
    }

    fn looks(&self, at_once: usize) -> bool {
        let quiet: Vec<bool> = self.worlds.iter().map(|world| looks(world, at_once)).collect();
        quiet.iter().all(|quiet| *quiet)
    }

    fn check(&self) {
        assert_eq!(self.there.problems(), Vec::<String>::new(), "every request fits GitHub's description");
    }

    fn operations(&self) -> Vec<String> {
        self.there.operations().into_iter().collect()
    }
}
