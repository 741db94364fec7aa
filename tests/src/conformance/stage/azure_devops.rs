//! Azure DevOps, played by the fake forge over real HTTP and Git; Forgeline is the real executable, as a service principal.
//!
//! Work items belong to a project there, so each repository of the suite, `acme/shop`, has a project of its own,
//! `acme-shop/shop`. Where the words of Azure DevOps differ from those of the other forges and mean the same, they are
//! read as the same: `!7` is a pull request, `ana-1a2b3c` is ana, and a status is a check.

use std::{collections::BTreeMap, sync::LazyLock};

use forgeline_fake_forge::{FakeForge, Level};
use regex::{Captures, Regex};
use serde_json::Value;

use super::{Can, Files, Item, Note, Pull, Role, Stage, github::looks};
use crate::world::World;

const OWNER: &str = "acme";
const ME: &str = "forgeline-app";
/// What a pull request's number in Forgeline is more than its own.
const PULLS: u64 = 1_000_000_000;
/// How the keys of threads begin that are marks of a check.
const MARK: &str = "mark:";

static OURS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bacme/([a-z][a-z-]*)"));
static THEIRS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bacme-[a-z-]+/([a-z][a-z-]*)"));
static PULL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(^|[^\w!/&#])!([1-9]\d*)\b"));
/// A login: a name that people know, six digits of an id, and a sign of programs.
static LOGIN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([a-z]+(?:-app)?)-[0-9a-f]{6}\b(?:\[bot\])?"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

pub(in crate::conformance) struct AzureDevOps {
    there: FakeForge,
    /// One for each machine, with a state of its own.
    worlds: Vec<World>,
}

impl AzureDevOps {
    pub(in crate::conformance) fn new(machines: usize) -> Self {
        let there = FakeForge::start_blocking();
        let (client, secret) = there.azure_principal(ME);
        let machine = |_| {
            let world = World::new();
            let secret = world.write("client-secret", &secret);
            let operator = format!(
                "apiVersion: forgeline.dev/v1\nkind: Operator\nforges:\n  azure_devops: {{organization: {}, tenant: \
                 fabrikam.example, client_id: \"{client}\", client_secret: \"file:{secret}\", authority: \"{1}\", base_url: \
                 \"{1}\"}}\n",
                FakeForge::ORGANIZATION,
                there.azure_url(),
            );
            world.write("home/.config/forgeline/operator.yaml", operator);
            world
        };
        let worlds = (0..machines).map(machine).collect();
        Self { there, worlds }
    }

    /// The list that a path below the organization shows.
    fn list(&self, path: &str) -> Vec<Value> {
        let shown = self.there.azure_peek(path);
        let list = shown.get("value").or_else(|| shown.get("comments"));
        list.and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The number in the model of what has this number in Forgeline.
    fn number(&self, repo: &str, number: u64) -> u64 {
        self.there.azure_number(&there(repo), if number > PULLS { number - PULLS } else { number })
    }

    /// A pull request as Azure DevOps shows it, with what it changes, which the model shows in its other dialect only.
    fn pull(&self, repo: &str, number: u64) -> Pull {
        let (id, full) = (number - PULLS, there(repo));
        let it = self.there.azure_peek(&pulls(repo, &format!("/{id}")));
        let changes = format!("/repos/{full}/pulls/{}", self.number(repo, number));
        let list = |what: &str| self.there.peek(&format!("{changes}/{what}")).as_array().cloned().unwrap_or_default();
        let mut files: Vec<String> = list("files")
            .iter()
            .map(|file| format!("{} {}", text(&file["status"])[..1].to_uppercase(), text(&file["filename"])))
            .map(|file| if file.starts_with("R ") { file.replacen("R ", "D ", 1) } else { file })
            .collect();
        files.sort();
        let title = |commit: &Value| text(&commit["commit"]["message"]).lines().next().unwrap_or_default().to_owned();
        let commits = list("commits").iter().map(title).collect();
        let commit = text(&it["lastMergeSourceCommit"]["commitId"]);
        let head = branch(&it["sourceRefName"]);
        let fork = it["forkSource"]["repository"]["project"]["name"].as_str();
        Pull {
            head: fork.map_or(head.clone(), |owner| format!("{owner}:{head}")),
            base: branch(&it["targetRefName"]),
            draft: it["isDraft"] == true,
            files,
            commits,
            checks: self.checks(repo, id, &commit),
            commit,
        }
    }

    /// What the statuses of a commit and the marks on the lines of its pull request say. Of the statuses of a name the last
    /// one counts.
    fn checks(&self, repo: &str, pull: u64, commit: &str) -> Vec<String> {
        let mut last: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for (place, status) in self.list(&repository(repo, &format!("/commits/{commit}/statuses"))).iter().enumerate() {
            let known = last.len();
            let entry = last.entry(text(&status["context"]["name"])).or_insert((known, String::new()));
            entry.1 = text(&status["state"]);
            assert!(place < 1000, "so many statuses are a loop");
        }
        let threads = self.list(&pulls(repo, &format!("/{pull}/threads")));
        // Of a mark that is mended the thread stays.
        let marks = threads.iter().filter(|thread| is_mark(thread) && thread["status"] != "fixed").count();
        let mut all: Vec<_> = last.into_iter().map(|(name, (place, state))| (place, name, state)).collect();
        all.sort();
        all.into_iter().map(|(_, name, state)| format!("{name}: {}, {marks} marks", end(&state))).collect()
    }

    /// Commits these files; a factory's settings name repositories as they are called there.
    fn commit(&self, who: &str, full: &str, branch: &str, files: &Files<'_>, message: &str) -> String {
        let named = |(path, text): &(&str, Option<&str>)| text.filter(|_| *path == "forgeline.yaml").map(there);
        let texts: Vec<Option<String>> = files.iter().map(named).collect();
        let files: Vec<(&str, Option<&str>)> =
            files.iter().zip(&texts).map(|((path, text), there)| (*path, there.as_deref().or(*text))).collect();
        self.there.commit(who, full, branch, &files, message)
    }

    fn on_pull(&self, repo: &str, id: u64) -> Vec<Note> {
        let threads = self.list(&pulls(repo, &format!("/{id}/threads")));
        let said = threads.iter().filter(|thread| !is_mark(thread) && !is_on_lines(thread));
        said.flat_map(comments).collect()
    }
}

/// What people and Forgeline say in a thread.
fn comments(thread: &Value) -> impl Iterator<Item = Note> {
    let all = thread["comments"].as_array().cloned().unwrap_or_default();
    let thread = thread["id"].as_u64().unwrap_or_default();
    all.into_iter().filter(|it| it["commentType"] != "system").map(move |it| Note {
        id: thread + (it["id"].as_u64().unwrap_or_default() << 40),
        author: who(&it["author"]),
        body: ours(&text(&it["content"])),
    })
}

fn is_on_lines(thread: &Value) -> bool {
    thread["threadContext"].is_object()
}

/// The repository of that name, there.
fn there(repo: &str) -> String {
    OURS.replace_all(repo, "acme-$1/$1").into_owned()
}

/// A path of a project.
fn project(repo: &str, rest: &str) -> String {
    format!("{}/_apis/{rest}", there(repo).split('/').next().unwrap_or_default())
}

/// A path of a repository.
fn repository(repo: &str, rest: &str) -> String {
    let full = there(repo);
    project(repo, &format!("git/repositories/{}{rest}", full.rsplit('/').next().unwrap_or_default()))
}

fn pulls(repo: &str, rest: &str) -> String {
    repository(repo, &format!("/pullrequests{rest}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn branch(value: &Value) -> String {
    text(value).trim_start_matches("refs/heads/").to_owned()
}

fn who(identity: &Value) -> String {
    text(&identity["displayName"])
}

fn is_mark(thread: &Value) -> bool {
    let key = thread.pointer("/properties/forgeline.marker/$value").and_then(Value::as_str);
    key.is_some_and(|key| key.starts_with(MARK))
}

/// A state in the words of checks. Some ends share a state.
fn end(state: &str) -> &str {
    match state {
        "succeeded" => "success",
        "failed" => "failure",
        "error" => "cancelled",
        "notApplicable" => "skipped",
        "pending" => "action_required",
        other => other,
    }
}

/// A text from there in the words that all forges share.
fn ours(text: &str) -> String {
    let text = THEIRS.replace_all(text, "acme/$1");
    let text = LOGIN.replace_all(&text, "$1");
    let pull = |found: &Captures<'_>| {
        let number = found[2].parse::<u64>().map_or(0, |id| id + PULLS);
        format!("{}#{number}", &found[1])
    };
    PULL.replace_all(&text, pull).into_owned()
}

/// A text as the editor of rich text makes it.
fn rich(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<div>{}</div>", escaped.replace("\r\n", "\n").replace('\n', "<br>"))
}

/// Whether somebody needs the editor of Markdown for it: signs for code and quotes mean something only there.
fn needs_markdown(text: &str) -> bool {
    text.contains("```") || text.contains('<') || text.lines().any(|line| line.starts_with(['>', ' ']))
}

impl Stage for AzureDevOps {
    fn name(&self) -> &'static str {
        "azure-devops"
    }

    fn lacks(&self, what: Can) -> Option<&'static str> {
        match what {
            Can::SubmitReviews => Some("on Azure DevOps people vote, and say what they mean in threads"),
            Can::TellWhoLabels => Some("Azure DevOps tells nobody who labelled a pull request, so a person starts it"),
            _ => None,
        }
    }

    fn me(&self) -> &'static str {
        ME
    }

    fn repository(&self, repo: &str, private: bool, files: &Files<'_>) {
        let full = there(repo);
        self.there.repository(&full, private);
        self.there.grant(ME, &full, Level::Write);
        self.commit(OWNER, &full, "main", files, "Change files");
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
        self.there.grant(who, &there(repo), level);
    }

    fn archive(&self, repo: &str) {
        self.there.archive(OWNER, &there(repo));
    }

    fn open_issue(&self, repo: &str, who: &str, title: &str, body: &str) -> u64 {
        let full = there(repo);
        let number = self.there.open_issue(who, &full, title, &rich(body));
        self.there.azure_id(&full, number)
    }

    fn edit(&self, repo: &str, who: &str, number: u64, body: &str) {
        let body = if number > PULLS { body.to_owned() } else { rich(body) };
        self.there.edit(who, &there(repo), self.number(repo, number), None, Some(&body));
    }

    fn comment(&self, repo: &str, who: &str, number: u64, body: &str) -> u64 {
        if who.ends_with("[bot]") {
            self.there.azure_principal(who);
        }
        let body = there(body);
        let is_markdown = number > PULLS || needs_markdown(&body);
        let body = if is_markdown { body } else { rich(&body) };
        let comment = self.there.comment(who, &there(repo), self.number(repo, number), &body);
        if is_markdown {
            self.there.azure_is_markdown(comment);
        }
        comment
    }

    fn edit_comment(&self, who: &str, comment: u64, body: &str) {
        self.there.edit_comment(who, comment, body);
    }

    fn delete_comment(&self, who: &str, comment: u64) {
        self.there.delete_comment(who, comment);
    }

    fn label(&self, repo: &str, who: &str, number: u64, label: &str, present: bool) {
        let (full, number) = (there(repo), self.number(repo, number));
        if present {
            self.there.label(who, &full, number, label);
        } else {
            assert!(self.there.unlabel(who, &full, number, label));
        }
    }

    fn area_root(&self, repo: &str) -> String {
        there(repo).split('/').next().unwrap_or_default().to_owned()
    }

    fn area(&self, repo: &str, _who: &str, number: u64, area: &str) {
        let (full, number) = (there(repo), self.number(repo, number));
        self.there.azure_area(&full, number, area);
    }

    fn set_open(&self, repo: &str, who: &str, number: u64, open: bool) {
        let (full, number) = (there(repo), self.number(repo, number));
        if open { self.there.reopen(who, &full, number) } else { self.there.close(who, &full, number) }
    }

    fn push(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>) -> String {
        self.push_with(repo, who, branch, files, "Change files")
    }

    fn push_with(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>, message: &str) -> String {
        self.commit(who, &there(repo), branch, files, message)
    }

    fn tag(&self, repo: &str, who: &str, tag: &str, branch: &str) {
        let commit = self.there.head(&there(repo), branch).expect("a branch");
        self.there.set_tag(who, &there(repo), tag, &commit);
    }

    fn fork(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>) {
        let fork = self.there.fork(who, &there(repo));
        self.there.commit(who, &fork, branch, files, "Change files");
    }

    fn open_pull(&self, repo: &str, who: &str, head: &str, title: &str, draft: bool) -> u64 {
        let full = there(repo);
        let number = if draft {
            self.there.open_draft(who, &full, head, "main", title, "")
        } else {
            self.there.open_pull(who, &full, head, "main", title, "")
        };
        PULLS + self.there.azure_id(&full, number)
    }

    fn ready(&self, repo: &str, who: &str, number: u64) {
        self.there.set_draft(who, &there(repo), self.number(repo, number), false);
    }

    fn merge(&self, repo: &str, who: &str, number: u64) {
        self.there.merge(who, &there(repo), self.number(repo, number));
    }

    fn comment_line(&self, repo: &str, who: &str, number: u64, (path, line): (&str, u32), text: &str) -> u64 {
        self.there.comment_line(who, &there(repo), self.number(repo, number), path, line.into(), text)
    }

    fn resolve(&self, _: &str, _: &str, _: u64, thread: u64) {
        self.there.resolve(thread, true);
    }

    fn line_notes(&self, repo: &str, number: u64) -> Vec<(String, Note)> {
        let threads = self.list(&pulls(repo, &format!("/{}/threads", number - PULLS)));
        let on_lines = threads.iter().filter(|thread| !is_mark(thread) && is_on_lines(thread));
        let noted = on_lines.flat_map(|thread| {
            let at = &thread["threadContext"];
            let place = format!("{}:{}", text(&at["filePath"]).trim_start_matches('/'), at["rightFileStart"]["line"]);
            comments(thread).map(move |note| (place.clone(), note))
        });
        noted.collect()
    }

    fn notes(&self, repo: &str, number: u64) -> Vec<Note> {
        if number > PULLS {
            return self.on_pull(repo, number - PULLS);
        }
        let note = |it: &Value| Note {
            id: it["id"].as_u64().unwrap_or_default(),
            author: who(&it["createdBy"]),
            body: ours(&text(&it["text"])),
        };
        let mut all: Vec<Note> =
            self.list(&project(repo, &format!("wit/workItems/{number}/comments"))).iter().map(note).collect();
        all.sort_by_key(|note| note.id);
        all
    }

    fn item(&self, repo: &str, number: u64) -> Item {
        let state = |closed: bool| if closed { "closed" } else { "open" }.to_owned();
        if number <= PULLS {
            let it = self.there.azure_peek(&project(repo, &format!("wit/workitems/{number}")));
            let field = |name: &str| text(&it["fields"][name]);
            let tags = field("System.Tags");
            let mut labels: Vec<String> =
                tags.split(';').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
            labels.sort();
            return Item {
                title: ours(&field("System.Title")),
                body: ours(&field("System.Description")),
                state: state(field("System.State") == "Done"),
                labels,
                pull: None,
            };
        }
        let id = number - PULLS;
        let it = self.there.azure_peek(&pulls(repo, &format!("/{id}")));
        let mut labels: Vec<String> =
            self.list(&pulls(repo, &format!("/{id}/labels"))).iter().map(|label| text(&label["name"])).collect();
        labels.sort();
        Item {
            title: ours(&text(&it["title"])),
            body: ours(&text(&it["description"])),
            state: if it["status"] == "completed" { "merged".to_owned() } else { state(it["status"] == "abandoned") },
            labels,
            pull: Some(self.pull(repo, number)),
        }
    }

    fn pulls(&self, repo: &str) -> Vec<(u64, String)> {
        let all = self.list(&pulls(repo, "?searchCriteria.status=all"));
        let mut all: Vec<_> = all
            .iter()
            .map(|it| (PULLS + it["pullRequestId"].as_u64().unwrap_or_default(), branch(&it["sourceRefName"])))
            .collect();
        all.sort();
        all
    }

    fn file(&self, repo: &str, branch: &str, path: &str) -> Option<String> {
        self.there.file(&there(repo), branch, path).map(|text| ours(&text))
    }

    fn tip(&self, repo: &str, branch: &str) -> Option<String> {
        self.there.head(&there(repo), branch)
    }

    fn reactions(&self, repo: &str, comment: u64) -> Vec<String> {
        self.there.azure_reactions(&there(repo), comment)
    }

    fn looks(&self, at_once: usize) -> bool {
        let quiet: Vec<bool> = self.worlds.iter().map(|world| looks(world, at_once)).collect();
        quiet.iter().all(|quiet| *quiet)
    }

    fn check(&self) {
        assert_eq!(self.there.problems(), Vec::<String>::new(), "nothing is asked that the fake does not know");
    }

    fn words(&self) -> &'static str {
        "On Azure DevOps an issue is a work item, a label on it a tag, and a comment on a pull request a thread. A pull request is\n\
         `!2` there, and stands here as `#2`; somebody's login is `ana-1a2b3c`, and stands here as `ana`.\n\n"
    }

    fn operations(&self) -> Vec<String> {
        self.there.operations().into_iter().collect()
    }
}
