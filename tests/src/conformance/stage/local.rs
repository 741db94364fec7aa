//! The local forge: people use its crate, Forgeline is the real executable.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use forgeline_forge::{
    ForgeError, LocalForge, MergeMethod, NewRepository, NewThread, PullRequestProposal, Seed,
    types::{IssueState, Login, RepoId, ReviewVerdict, Role, Side},
};
use forgeline_model::Timestamp;
use forgeline_store::Store;
use git2::{FileMode, Repository, Signature, Sort, build::TreeUpdateBuilder};
use tokio::runtime::Runtime;

use super::{Can, Files, Item, Note, Pull, Stage};
use crate::world::World;

/// Who owns all repositories.
const OWNER: &str = "acme";

pub(in crate::conformance) struct Local {
    world: World,
    runtime: Runtime,
    forge: LocalForge,
}

impl Local {
    pub(in crate::conformance) fn new() -> Self {
        let world = World::new();
        let runtime = Runtime::new().expect("a runtime");
        let store = runtime.block_on(Store::open(&world.state(), Arc::new(|_, _| Ok(())))).expect("a state");
        Self { world, runtime, forge: LocalForge::new(store) }
    }

    #[track_caller]
    fn wait<T>(&self, work: impl Future<Output = Result<T, ForgeError>>) -> T {
        self.runtime.block_on(work).expect("the local forge does it")
    }

    fn git(&self, repo: &str) -> Repository {
        Repository::open(self.wait(self.forge.git_dir(&name(repo)))).expect("a repository")
    }

    fn commit(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>, message: &str) -> String {
        let git = self.git(repo);
        let tip = |branch: &str| git.find_reference(&format!("refs/heads/{branch}")).and_then(|it| it.peel_to_commit());
        let parent = tip(branch).or_else(|_| tip("main")).ok();
        let empty = git.treebuilder(None).and_then(|tree| tree.write()).and_then(|id| git.find_tree(id));
        let base = parent.as_ref().map_or(empty, git2::Commit::tree).expect("a tree");
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            match text {
                Some(text) => update.upsert(*path, git.blob(text.as_bytes()).expect("a blob"), FileMode::Blob),
                None => update.remove(*path),
            };
        }
        let tree = update.create_updated(&git, &base).and_then(|id| git.find_tree(id)).expect("a tree");
        let person = Signature::now(who, &format!("{who}@example.org")).expect("a person");
        let parents: Vec<_> = parent.iter().collect();
        let to = format!("refs/heads/{branch}");
        git.commit(Some(&to), &person, &person, message, &tree, &parents).expect("a commit").to_string()
    }

    fn is_pull(&self, repo: &str, number: u64) -> bool {
        self.pulls(repo).iter().any(|(pull, _)| *pull == number)
    }
}

fn name(repo: &str) -> RepoId {
    repo.parse().expect("a repository's name")
}

fn login(who: &str) -> Login {
    who.parse().expect("a user's name")
}

fn now() -> Timestamp {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    Timestamp::from_millis(i64::try_from(millis).expect("not so late"))
}

impl Stage for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn lacks(&self, what: Can) -> Option<&'static str> {
        match what {
            Can::ChangeComments => Some("a comment on the local forge stays as it was written"),
            Can::Fork => Some("the local forge has no forks"),
            Can::Archive => Some("the local forge archives nothing"),
            Can::LabelAsReader => Some("on the local forge only who may write may label"),
            Can::React => Some("the local forge has no reactions; the reply is the acknowledgement"),
            Can::CommentOnLines | Can::SubmitReviews | Can::TellWhoLabels => None,
            Can::SeparateMachines => Some("the state directory is the local forge"),
        }
    }

    fn me(&self) -> &'static str {
        forgeline_forge::BOT
    }

    fn repository(&self, repo: &str, private: bool, files: &Files<'_>) {
        let new = NewRepository { repo: name(repo), private, seed: Seed::Empty };
        self.wait(self.forge.create_repository(&new, &login(OWNER), now()));
        self.commit(repo, OWNER, "main", files, "Change files");
    }

    fn role(&self, repo: &str, who: &str, role: Role) {
        self.wait(self.forge.add_user(&login(who), now()));
        if role != Role::Guest {
            self.wait(self.forge.set_role(&name(repo), &login(who), role, &login(OWNER), now()));
        }
    }

    fn archive(&self, _: &str) {
        unreachable!("see `lacks`")
    }

    fn open_issue(&self, repo: &str, who: &str, title: &str, body: &str) -> u64 {
        self.wait(self.forge.open_issue(&name(repo), title, body, &[], &login(who), now())).number
    }

    fn edit(&self, repo: &str, who: &str, number: u64, body: &str) {
        self.wait(self.forge.edit_issue(&name(repo), number, None, Some(body), &login(who), now()));
    }

    fn comment(&self, repo: &str, who: &str, number: u64, body: &str) -> u64 {
        self.wait(self.forge.add_user(&login(who), now()));
        self.wait(self.forge.add_comment(&name(repo), number, body, &login(who), now())).id
    }

    fn edit_comment(&self, _: &str, _: u64, _: &str) {
        unreachable!("see `lacks`")
    }

    fn delete_comment(&self, _: &str, _: u64) {
        unreachable!("see `lacks`")
    }

    fn label(&self, repo: &str, who: &str, number: u64, label: &str, present: bool) {
        let (repo, who) = (name(repo), login(who));
        if present {
            self.wait(self.forge.add_label(&repo, number, label, &who, now()));
        } else {
            self.wait(self.forge.remove_label(&repo, number, label, &who, now()));
        }
    }

    fn set_open(&self, repo: &str, who: &str, number: u64, open: bool) {
        if self.is_pull(repo, number) {
            self.wait(self.forge.set_pull_request_open(&name(repo), number, open, &login(who), now()));
        } else {
            let state = if open { IssueState::Open } else { IssueState::Closed };
            self.wait(self.forge.set_issue_state(&name(repo), number, state, &login(who), now()));
        }
    }

    fn push(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>) -> String {
        self.commit(repo, who, branch, files, "Change files")
    }

    fn push_with(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>, message: &str) -> String {
        self.commit(repo, who, branch, files, message)
    }

    fn tag(&self, repo: &str, _: &str, tag: &str, branch: &str) {
        let git = self.git(repo);
        let tip = git.refname_to_id(&format!("refs/heads/{branch}")).expect("a branch");
        git.reference(&format!("refs/tags/{tag}"), tip, true, "").expect("a tag");
    }

    fn fork(&self, _: &str, _: &str, _: &str, _: &Files<'_>) {
        unreachable!("see `lacks`")
    }

    fn open_pull(&self, repo: &str, who: &str, head: &str, title: &str, draft: bool) -> u64 {
        let proposal = PullRequestProposal {
            head: head.parse().expect("a branch name"),
            base: None,
            title: title.to_owned(),
            body: String::new(),
            draft,
            labels: Vec::new(),
        };
        let proposed = self.wait(self.forge.upsert_pull_request(&name(repo), &proposal, &login(who), now()));
        proposed.into_inner().number
    }

    fn ready(&self, repo: &str, who: &str, number: u64) {
        self.wait(self.forge.mark_ready(&name(repo), number, &login(who), now()));
    }

    fn merge(&self, repo: &str, who: &str, number: u64) {
        self.wait(self.forge.merge_pull_request(&name(repo), number, MergeMethod::Merge, &login(who), now()));
    }

    fn comment_line(&self, repo: &str, who: &str, number: u64, (path, line): (&str, u32), text: &str) -> u64 {
        self.wait(self.forge.add_user(&login(who), now()));
        let about = NewThread { path: path.to_owned(), line: Some(line), start_line: None, side: Side::New };
        self.wait(self.forge.add_thread(&name(repo), number, &about, text, &login(who), now())).id
    }

    fn resolve(&self, repo: &str, who: &str, number: u64, thread: u64) {
        self.wait(self.forge.set_thread_resolved(&name(repo), number, thread, true, &login(who), now()));
    }

    fn review(&self, repo: &str, who: &str, number: u64, asks_for_changes: bool, text: &str) {
        let verdict = if asks_for_changes { ReviewVerdict::ChangesRequested } else { ReviewVerdict::Commented };
        self.wait(self.forge.submit_review(&name(repo), number, verdict, text, &login(who), now()));
    }

    fn line_notes(&self, repo: &str, number: u64) -> Vec<(String, Note)> {
        let mut all = Vec::new();
        for thread in self.wait(self.forge.feedback(&name(repo), number)).threads {
            let place = format!("{}:{}", thread.path, thread.line.unwrap_or_default());
            all.extend(
                thread
                    .comments
                    .into_iter()
                    .map(|it| (place.clone(), Note { id: it.id, author: it.author.to_string(), body: it.body })),
            );
        }
        all.sort_by_key(|(_, note)| note.id);
        all
    }

    fn notes(&self, repo: &str, number: u64) -> Vec<Note> {
        let all = self.wait(self.forge.comments(&name(repo), number));
        all.into_iter().map(|it| Note { id: it.id, author: it.author.to_string(), body: it.body }).collect()
    }

    fn item(&self, repo: &str, number: u64) -> Item {
        if !self.is_pull(repo, number) {
            let issue = self.wait(self.forge.issue(&name(repo), number));
            let (title, body, labels) = (issue.title, issue.body, issue.labels);
            return Item { title, body, state: issue.state.to_string(), labels, pull: None };
        }
        let it = self.wait(self.forge.pull_request(&name(repo), number));
        let diff = self.wait(self.forge.pull_request_diff(&name(repo), number));
        let checks = self.wait(self.forge.checks(&name(repo), it.head_commit));
        let checks = checks.iter().map(|check| {
            let end = check.conclusion.map_or_else(|| check.status.to_string(), |end| end.to_string());
            format!("{}: {end}, {} marks", check.name, check.annotations.len())
        });
        let mut files: Vec<String> =
            diff.files.iter().map(|file| format!("{} {}", &format!("{:?}", file.status)[..1], file.path)).collect();
        files.sort();
        let (git, head) = (self.git(repo), it.head_commit.to_string());
        let mut walk = git.revwalk().expect("a walk");
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE).expect("an order");
        walk.push(head.parse().expect("an id")).expect("a commit");
        if let Some(base) = it.base_commit {
            walk.hide(base.to_string().parse().expect("an id")).expect("a commit");
        }
        let commits = walk.map(|id| {
            let commit = git.find_commit(id.expect("an id")).expect("a commit");
            commit.summary().ok().flatten().unwrap_or_default().to_owned()
        });
        let pull = Pull {
            head: it.head.to_string(),
            base: it.base.to_string(),
            draft: it.draft,
            commits: commits.collect(),
            commit: head,
            files,
            checks: checks.collect(),
        };
        let (title, body, labels) = (it.title, it.body, it.labels);
        Item { title, body, state: it.state.to_string(), labels, pull: Some(pull) }
    }

    fn pulls(&self, repo: &str) -> Vec<(u64, String)> {
        let all = self.wait(self.forge.pull_requests(&name(repo), None, None));
        let mut all: Vec<_> = all.into_iter().map(|it| (it.number, it.head.to_string())).collect();
        all.sort();
        all
    }

    fn file(&self, repo: &str, branch: &str, path: &str) -> Option<String> {
        let git = self.git(repo);
        let tree = git.find_reference(&format!("refs/heads/{branch}")).ok()?.peel_to_tree().ok()?;
        let blob = tree.get_path(path.as_ref()).ok()?.to_object(&git).ok()?.into_blob().ok()?;
        Some(String::from_utf8_lossy(blob.content()).into_owned())
    }

    fn tip(&self, repo: &str, branch: &str) -> Option<String> {
        self.git(repo).refname_to_id(&format!("refs/heads/{branch}")).ok().map(|id| id.to_string())
    }

    fn reactions(&self, _: &str, _: u64) -> Vec<String> {
        unreachable!("see `lacks`")
    }

    fn looks(&self, at_once: usize) -> bool {
        super::github::looks(&self.world, at_once)
    }

    fn check(&self) {}

    fn operations(&self) -> Vec<String> {
        Vec::new()
    }
}
