//! A forge elsewhere, in memory, with a real repository.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use forgeline_model::Timestamp;
use forgeline_repo::{BranchName, Change, CommitId, NewCommit, Person, Repo};

use crate::{
    LocalForge,
    remote::{
        CommentPlace, GitAccess, NewCheck, NewPullRequest, Reaction, Remote, RemoteComment, RemoteError, RemoteItem,
        RemotePull, RemoteRepository, RemoteState, Scan, Trouble,
    },
    types::{RepoId, Role},
};

/// The login of Forgeline's app there.
const ME: &str = "fl-app[bot]";

/// What goes wrong with a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    BeforeIt,
    AfterIt,
}

#[derive(Default)]
struct State {
    clock: i64,
    items: Vec<RemoteItem>,
    comments: Vec<RemoteComment>,
    labelled: Vec<(u64, String, String)>,
    reopened: Vec<(u64, String)>,
    pushed: Vec<(String, String, String)>,
    last_comment: u64,
    fault: Option<Fault>,
    reads_fail: bool,
    /// What is listed, by id and name; none: the shop alone.
    listed: Option<Vec<(String, String)>>,
    comments_fail: bool,
    writes: usize,
    pushed_at: i64,
    /// How often somebody asked where Git fetches from.
    fetches: usize,
    /// Who Forgeline is, when not the app.
    me: Option<&'static str>,
}

pub(super) struct There {
    git: PathBuf,
    state: Mutex<State>,
}

impl There {
    pub(super) fn new(folder: &Path) -> Self {
        let git = folder.join("there.git");
        let there = Self { git, state: Mutex::new(State { clock: 1_700_000_000_000, ..State::default() }) };
        there.git(&["init", "-q", "--bare", "-b", "main"], None);
        there.push_file("ana", "main", "README.md", "shop");
        // A push that nobody asks about any more.
        there.state().clock += 3_600_000;
        there
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }

    /// What is listed from now on, by id and name.
    pub(super) fn lists(&self, all: &[(&str, &str)]) {
        let own = |(id, name): &(&str, &str)| ((*id).to_owned(), (*name).to_owned());
        self.state().listed = Some(all.iter().map(own).collect());
    }

    /// A second later at each call.
    pub(super) fn now(&self) -> Timestamp {
        let mut state = self.state();
        state.clock += 1000;
        Timestamp::from_millis(state.clock)
    }

    fn git(&self, arguments: &[&str], input: Option<&str>) -> String {
        use std::io::Write as _;
        let mut command = Command::new("git");
        let init = arguments[0] == "init";
        if !init {
            command.arg("--git-dir").arg(&self.git);
        }
        command.args(arguments);
        if init {
            command.arg(&self.git);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ana").env(format!("GIT_{who}_EMAIL"), "ana@example.com");
        }
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("git starts");
        child.stdin.take().expect("a pipe").write_all(input.unwrap_or_default().as_bytes()).expect("writes");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A commit of one more file on a reference.
    fn commit(&self, refname: &str, from: &str, path: &str, text: &str) -> CommitId {
        let blob = self.git(&["hash-object", "-w", "--stdin"], Some(text));
        let exists = |name: &str| !self.git(&["for-each-ref", name], None).is_empty();
        let parent = if exists(refname) { Some(refname) } else { exists(from).then_some(from) };
        let mut tree = parent.map(|it| self.git(&["ls-tree", it], None) + "\n").unwrap_or_default();
        tree.push_str(&format!("100644 blob {blob}\t{path}\n"));
        let tree = self.git(&["mktree"], Some(&tree));
        let parent = parent.map(|it| self.git(&["rev-parse", it], None));
        let mut arguments = vec!["commit-tree", &tree, "-m", "Change"];
        arguments.extend(parent.iter().flat_map(|it| ["-p", it]));
        let commit = self.git(&arguments, None);
        self.git(&["update-ref", refname, &commit], None);
        let mut state = self.state();
        state.pushed_at = state.clock;
        drop(state);
        commit.parse().expect("an id")
    }

    pub(super) fn push_file(&self, who: &str, branch: &str, path: &str, text: &str) -> CommitId {
        let commit = self.commit(&format!("refs/heads/{branch}"), "refs/heads/main", path, text);
        self.state().pushed.push((branch.to_owned(), commit.to_string(), who.to_owned()));
        commit
    }

    pub(super) fn tip(&self, branch: &str) -> CommitId {
        self.git(&["rev-parse", &format!("refs/heads/{branch}")], None).parse().expect("an id")
    }

    /// A commit on top of `main` that is in the mirror only.
    pub(super) async fn unpublished_commit(&self, forge: &LocalForge, repo: &RepoId) -> CommitId {
        let at = self.now();
        let job = move |git: &Repo| {
            let parent = git.branch_tip(&"main".parse().expect("valid"))?;
            let change = Change::Write(format!("{}", at.millis()).into_bytes());
            let tree = git.compose(Some(parent), &[("x".parse().expect("safe"), change)].into()).expect("composes");
            let author = Person { name: "Forgeline".into(), email: "f@example.com".into() };
            let new = NewCommit { tree, parents: &[parent], author: &author, at, message: "x", trailers: &[] };
            git.commit(&new)
        };
        forge.with_git(repo, job).await.expect("commits")
    }

    fn add(&self, who: &str, title: &str, pull: Option<RemotePull>) -> RemoteItem {
        let at = self.now();
        let mut state = self.state();
        let item = RemoteItem {
            number: state.items.len() as u64 + 1,
            title: title.to_owned(),
            body: String::new(),
            state: RemoteState::Open,
            author: who.to_owned(),
            labels: Vec::new(),
            created_at: at,
            updated_at: at,
            closed_by: None,
            pull,
        };
        state.items.push(item.clone());
        item
    }

    fn change(&self, number: u64, what: impl FnOnce(&mut RemoteItem)) -> RemoteItem {
        let at = self.now();
        let mut state = self.state();
        let item = state.items.iter_mut().find(|it| it.number == number).expect("is there");
        what(item);
        item.updated_at = at;
        item.clone()
    }

    pub(super) fn open_issue(&self, who: &str, title: &str, labels: &[&str]) {
        let number = self.add(who, title, None).number;
        labels.iter().for_each(|label| self.label(who, number, label));
    }

    pub(super) fn label(&self, who: &str, number: u64, label: &str) {
        self.change(number, |item| item.labels.push(label.to_owned()));
        self.state().labelled.push((number, label.to_owned(), who.to_owned()));
    }

    pub(super) fn unlabel(&self, number: u64, label: &str) {
        self.change(number, |item| item.labels.retain(|it| it != label));
    }

    pub(super) fn close(&self, who: &str, number: u64) {
        self.change(number, |item| (item.state, item.closed_by) = (RemoteState::Closed, Some(who.to_owned())));
    }

    /// Opened again by somebody of whom the forge tells, or not.
    pub(super) fn reopen(&self, who: Option<&str>, number: u64) {
        self.state().reopened.extend(who.map(|who| (number, who.to_owned())));
        self.change(number, |item| (item.state, item.closed_by) = (RemoteState::Open, None));
    }

    pub(super) fn merge(&self, who: &str, number: u64) {
        let merged = self.push_file(who, "main", "merged", "1");
        self.change(number, |item| {
            (item.state, item.closed_by) = (RemoteState::Merged, Some(who.to_owned()));
            item.pull.as_mut().expect("a pull request").merged_commit = Some(merged);
        });
    }

    pub(super) fn open_fork_pull_request(&self, who: &str) {
        let number = self.state().items.len() + 1;
        let head_commit = self.commit(&format!("refs/pull/{number}/head"), "refs/heads/main", "evil", "1");
        let pull = RemotePull {
            draft: false,
            head: "main".parse().expect("valid"),
            head_commit,
            fork: Some(format!("{who}/shop")),
            base: "main".parse().expect("valid"),
            merged_commit: None,
        };
        self.add(who, "From a fork", Some(pull));
    }

    pub(super) fn comment(&self, who: &str, number: u64, body: &str) -> RemoteComment {
        let at = self.now();
        let mut state = self.state();
        state.last_comment += 1;
        let comment = RemoteComment {
            id: state.last_comment,
            number,
            author: who.to_owned(),
            body: body.to_owned(),
            created_at: at,
            updated_at: at,
            place: CommentPlace::Conversation,
        };
        state.comments.push(comment.clone());
        comment
    }

    pub(super) fn comments_of(&self, number: u64) -> Vec<String> {
        self.state().comments.iter().filter(|it| it.number == number).map(|it| it.body.clone()).collect()
    }

    pub(super) fn delete_comments(&self) {
        self.state().comments.clear();
    }

    pub(super) fn open_pull_requests(&self) -> Vec<u64> {
        let state = self.state();
        let open = state.items.iter().filter(|it| it.pull.is_some() && it.state == RemoteState::Open);
        open.map(|it| it.number).collect()
    }

    pub(super) fn fail_next_write(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    pub(super) fn fail_reads(&self, fail: bool) {
        self.state().reads_fail = fail;
    }

    /// The comments cannot be read, though the items could.
    pub(super) fn fail_after_items(&self, fail: bool) {
        self.state().comments_fail = fail;
    }

    pub(super) fn pass_time(&self, millis: i64) {
        self.state().clock += millis;
    }

    /// Forgeline writes with a person's token.
    pub(super) fn write_as(&self, who: &'static str) {
        self.state().me = Some(who);
    }

    fn me(&self) -> &'static str {
        self.state().me.unwrap_or(ME)
    }

    pub(super) fn fetches(&self) -> usize {
        self.state().fetches
    }

    pub(super) fn writes(&self) -> usize {
        self.state().writes
    }

    fn read(&self) -> Result<(), RemoteError> {
        if self.state().reads_fail { Err(unheard(false)) } else { Ok(()) }
    }

    /// A write, or what goes wrong with it.
    fn write<T>(&self, what: impl FnOnce() -> T) -> Result<T, RemoteError> {
        let fault = {
            let mut state = self.state();
            state.writes += 1;
            state.fault.take()
        };
        if fault == Some(Fault::BeforeIt) {
            return Err(unheard(false));
        }
        let done = what();
        if fault == Some(Fault::AfterIt) { Err(unheard(true)) } else { Ok(done) }
    }
}

fn unheard(perhaps_done: bool) -> RemoteError {
    RemoteError {
        doing: "there".into(),
        trouble: Trouble::Unavailable { reason: "the connection was reset".into(), perhaps_done },
    }
}

#[async_trait]
impl Remote for There {
    fn kind(&self) -> &'static str {
        "github"
    }

    async fn me(&self) -> Result<String, RemoteError> {
        Ok(self.me().into())
    }

    async fn repositories(&self) -> Result<Vec<RemoteRepository>, RemoteError> {
        self.read()?;
        let listed = self.state().listed.clone().unwrap_or_else(|| vec![("71".to_owned(), "acme/shop".to_owned())]);
        let pushed_at = Timestamp::from_millis(self.state().pushed_at);
        let shown = listed.into_iter().map(|(id, name)| RemoteRepository {
            id,
            repo: name.parse().expect("valid"),
            private: false,
            archived: false,
            default_branch: Some("main".parse().expect("valid")),
            pushed_at: Some(pushed_at),
        });
        Ok(shown.collect())
    }

    async fn items(&self, _: &RepoId, scan: Scan) -> Result<Vec<RemoteItem>, RemoteError> {
        self.read()?;
        let wanted = |item: &&RemoteItem| match scan {
            Scan::Open => item.state == RemoteState::Open,
            Scan::After(since) => item.updated_at >= since,
        };
        let mut found: Vec<_> = self.state().items.iter().filter(wanted).cloned().collect();
        found.sort_by_key(|item| item.updated_at);
        Ok(found)
    }

    async fn item(&self, _: &RepoId, number: u64) -> Result<Option<RemoteItem>, RemoteError> {
        self.read()?;
        Ok(self.state().items.iter().find(|it| it.number == number).cloned())
    }

    async fn comments_since(&self, _: &RepoId, since: Timestamp) -> Result<Vec<RemoteComment>, RemoteError> {
        self.read()?;
        if self.state().comments_fail {
            return Err(unheard(false));
        }
        Ok(self.state().comments.iter().filter(|it| it.updated_at >= since).cloned().collect())
    }

    async fn comments(&self, _: &RepoId, number: u64) -> Result<Vec<RemoteComment>, RemoteError> {
        self.read()?;
        Ok(self.state().comments.iter().filter(|it| it.number == number).cloned().collect())
    }

    async fn open_pull_requests(&self, _: &RepoId, head: &BranchName) -> Result<Vec<RemoteItem>, RemoteError> {
        self.read()?;
        let state = self.state();
        let open = state.items.iter().filter(|it| it.state == RemoteState::Open);
        Ok(open.filter(|it| it.pull.as_ref().is_some_and(|pull| pull.head == *head)).cloned().collect())
    }

    async fn role_of(&self, _: &RepoId, login: &str) -> Result<Option<Role>, RemoteError> {
        self.read()?;
        Ok((login == "ben").then_some(Role::Editor))
    }

    async fn labelled_by(&self, _: &RepoId, number: u64, label: &str) -> Result<Option<String>, RemoteError> {
        self.read()?;
        let state = self.state();
        let last = state.labelled.iter().rev().find(|(on, name, _)| *on == number && name == label);
        Ok(last.map(|(_, _, who)| who.clone()))
    }

    async fn reopened_by(&self, _: &RepoId, number: u64) -> Result<Option<String>, RemoteError> {
        self.read()?;
        let state = self.state();
        let last = state.reopened.iter().rev().find(|(on, _)| *on == number);
        Ok(last.map(|(_, who)| who.clone()))
    }

    async fn pushed_by(&self, _: &RepoId, branch: &str, commit: &str) -> Result<Option<String>, RemoteError> {
        let state = self.state();
        let found = state.pushed.iter().find(|(name, to, _)| name == branch && to == commit);
        Ok(found.map(|(_, _, who)| who.clone()))
    }

    fn head_of_pull_request(&self, number: u64) -> String {
        format!("refs/pull/{number}/head")
    }

    async fn git_access(&self, _: &RepoId, _: bool) -> Result<GitAccess, RemoteError> {
        self.state().fetches += 1;
        Ok(GitAccess { url: format!("file://{}", self.git.display()), user: String::new(), token: String::new() })
    }

    async fn create_comment(&self, _: &RepoId, number: u64, body: &str) -> Result<RemoteComment, RemoteError> {
        let me = self.me();
        self.write(|| self.comment(me, number, body))
    }

    async fn edit_comment(&self, _: &RepoId, _: u64, id: u64, body: &str) -> Result<RemoteComment, RemoteError> {
        let at = self.now();
        let edited = self.write(|| {
            let mut state = self.state();
            let found = state.comments.iter_mut().find(|it| it.id == id)?;
            (found.body, found.updated_at) = (body.to_owned(), at);
            Some(found.clone())
        })?;
        edited.ok_or_else(|| RemoteError { doing: "there".into(), trouble: Trouble::Missing("comment".into()) })
    }

    async fn react(&self, _: &RepoId, _: u64, _: u64, _: Reaction) -> Result<(), RemoteError> {
        self.write(|| ())
    }

    async fn open_issue(
        &self,
        _: &RepoId,
        title: &str,
        body: &str,
        labels: &[String],
    ) -> Result<RemoteItem, RemoteError> {
        let me = self.me();
        self.write(|| {
            let number = self.add(me, title, None).number;
            self.change(number, |item| (item.labels, item.body) = (labels.to_vec(), body.to_owned()))
        })
    }

    async fn open_pull_request(&self, _: &RepoId, new: &NewPullRequest) -> Result<RemoteItem, RemoteError> {
        let pull = RemotePull {
            draft: new.draft,
            head: new.head.clone(),
            head_commit: self.tip(new.head.as_str()),
            fork: None,
            base: new.base.clone(),
            merged_commit: None,
        };
        self.write(|| {
            let number = self.add(ME, &new.title, Some(pull)).number;
            self.change(number, |item| item.body.clone_from(&new.body))
        })
    }

    async fn edit_pull_request(
        &self,
        _: &RepoId,
        number: u64,
        title: Option<&str>,
        body: Option<&str>,
        base: Option<&BranchName>,
    ) -> Result<RemoteItem, RemoteError> {
        self.write(|| {
            self.change(number, |item| {
                item.title = title.map_or_else(|| item.title.clone(), str::to_owned);
                item.body = body.map_or_else(|| item.body.clone(), str::to_owned);
                if let (Some(pull), Some(base)) = (&mut item.pull, base) {
                    pull.base = base.clone();
                }
            })
        })
    }

    async fn set_open(&self, _: &RepoId, number: u64, open: bool) -> Result<RemoteItem, RemoteError> {
        let state = if open { RemoteState::Open } else { RemoteState::Closed };
        self.write(|| self.change(number, |item| item.state = state))
    }

    async fn add_labels(&self, _: &RepoId, number: u64, labels: &[String]) -> Result<(), RemoteError> {
        self.write(|| labels.iter().for_each(|label| self.label(ME, number, label)))
    }

    async fn remove_label(&self, _: &RepoId, number: u64, label: &str) -> Result<(), RemoteError> {
        self.write(|| self.unlabel(number, label))
    }

    async fn put_check(&self, _: &RepoId, _: &NewCheck) -> Result<(), RemoteError> {
        tokio::time::sleep(Duration::ZERO).await;
        self.write(|| ())
    }
}
