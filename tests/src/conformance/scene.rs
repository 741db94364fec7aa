//! What a scenario is written with: people act, Forgeline looks, and everything is written down.

use std::{
    cell::RefCell,
    sync::mpsc::{Receiver, Sender},
};

use super::{
    factory,
    stage::{Files, Role, Stage},
    tidy::Names,
    watch::{self, Seen, Watch, block},
};

/// The repository that scenarios share.
pub(super) const SHOP: &str = "acme/shop";

/// People, with what they may do in every repository.
pub(super) const PEOPLE: [(&str, Role); 6] = [
    ("ana", Role::Editor),
    ("ben", Role::Editor),
    ("bo", Role::Maintainer),
    ("eve", Role::Reader),
    ("gus", Role::Guest),
    ("zoe", Role::Admin),
];

/// Where a scenario happens.
pub(super) struct Scene<'a> {
    stage: &'a dyn Stage,
    turn: Receiver<()>,
    waits: Sender<()>,
    now: RefCell<Now>,
}

struct Now {
    watch: Watch,
    seen: Seen,
    names: Names,
    script: Vec<String>,
    unmet: Vec<String>,
}

/// What a scenario leaves.
pub(super) struct Played {
    /// What happened, as text.
    pub(super) transcript: String,
    /// What should have been so and was not.
    pub(super) unmet: Vec<String>,
    pub(super) watch: Watch,
    pub(super) seen: Seen,
}

impl<'a> Scene<'a> {
    pub(super) fn new(stage: &'a dyn Stage, turn: Receiver<()>, waits: Sender<()>) -> Self {
        let watch = Watch { repo: SHOP.to_owned(), whole: false, numbers: Vec::new() };
        let now =
            Now { watch, seen: Seen::new(), names: Names::new(stage.me()), script: Vec::new(), unmet: Vec::new() };
        Self { stage, turn, waits, now: RefCell::new(now) }
    }

    pub(super) fn end(self) -> Played {
        let Now { watch, seen, script, unmet, .. } = self.now.into_inner();
        Played { transcript: script.join("\n") + "\n", unmet, watch, seen }
    }

    /// A repository of this scenario's own, with a factory and these files, that Forgeline has seen already.
    pub(super) fn own_repository(&self, repo: &str, private: bool, files: &Files<'_>) {
        let factory = factory::files();
        let mut all: Vec<(&str, Option<&str>)> =
            factory.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
        for (path, text) in files {
            all.retain(|(known, _)| known != path);
            all.extend(text.map(|text| (*path, Some(text))));
        }
        self.stage.repository(repo, private, &all);
        for (who, role) in PEOPLE {
            self.stage.role(repo, who, role);
        }
        self.now.borrow_mut().watch = Watch { repo: repo.to_owned(), whole: true, numbers: Vec::new() };
        let kind = if private { "private" } else { "public" };
        self.write(format!("(the {kind} repository {repo})"));
        self.wait();
    }

    /// A second repository, with the same factory and people.
    pub(super) fn another_repository(&self, repo: &str) {
        let factory = factory::files();
        let all: Vec<(&str, Option<&str>)> =
            factory.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
        self.stage.repository(repo, false, &all);
        for (who, role) in PEOPLE {
            self.stage.role(repo, who, role);
        }
        self.write(format!("(the public repository {repo} beside it)"));
    }

    /// What somebody may do in another repository.
    pub(super) fn role_in(&self, repo: &str, who: &str, role: Role) {
        self.stage.role(repo, who, role);
        self.write(format!("acme: makes {who} {role} of {repo}"));
    }

    /// The area of which all others of a repository's items are part.
    pub(super) fn area_root(&self, repo: &str) -> String {
        self.stage.area_root(repo)
    }

    /// Head branches of the pull requests of another repository.
    pub(super) fn heads_in(&self, repo: &str) -> Vec<String> {
        self.stage.pulls(repo).into_iter().map(|(_, head)| head).collect()
    }

    pub(super) fn repo(&self) -> String {
        self.now.borrow().watch.repo.clone()
    }

    pub(super) fn issue(&self, who: &str, title: &str, body: &str) -> u64 {
        let number = self.stage.open_issue(&self.repo(), who, title, body);
        let at = self.own(number);
        self.write(format!("{who}: opens issue #{at}: {title}\n{}", block(body)));
        number
    }

    pub(super) fn edits(&self, who: &str, number: u64, body: &str) {
        self.stage.edit(&self.repo(), who, number, body);
        self.write(format!("{who}: changes #{}\n{}", self.at(number), block(body)));
    }

    pub(super) fn says(&self, who: &str, number: u64, text: &str) -> u64 {
        let comment = self.stage.comment(&self.repo(), who, number, text);
        let tidy = self.now.borrow_mut().names.tidy(text);
        self.write(format!("{who}: on #{}\n{}", self.at(number), block(&tidy)));
        comment
    }

    /// Somebody starts a thread on a line; its number.
    pub(super) fn says_on_line(&self, who: &str, number: u64, (path, line): (&str, u32), text: &str) -> u64 {
        let thread = self.stage.comment_line(&self.repo(), who, number, (path, line), text);
        self.write(format!("{who}: on {path}:{line} of #{}\n{}", self.at(number), block(text)));
        thread
    }

    pub(super) fn resolves(&self, who: &str, number: u64, thread: u64) {
        self.stage.resolve(&self.repo(), who, number, thread);
        self.write(format!("{who}: settles that thread of #{}", self.at(number)));
    }

    pub(super) fn reviews(&self, who: &str, number: u64, asks_for_changes: bool, text: &str) {
        self.stage.review(&self.repo(), who, number, asks_for_changes, text);
        let does = if asks_for_changes { "asks for changes of" } else { "reviews" };
        self.write(format!("{who}: {does} #{}\n{}", self.at(number), block(text)));
    }

    pub(super) fn edits_comment(&self, who: &str, comment: u64, text: &str) {
        self.stage.edit_comment(who, comment, text);
        self.write(format!("{who}: changes the comment\n{}", block(text)));
    }

    pub(super) fn deletes_comment(&self, who: &str, comment: u64) {
        self.stage.delete_comment(who, comment);
        self.write(format!("{who}: deletes the comment"));
    }

    pub(super) fn labels(&self, who: &str, number: u64, label: &str) {
        self.stage.label(&self.repo(), who, number, label, true);
        self.write(format!("{who}: labels #{} `{label}`", self.at(number)));
    }

    /// Somebody puts an issue into an area below the one of all items, `Orders\\Api`.
    pub(super) fn moves_to_area(&self, who: &str, number: u64, area: &str) {
        let full = format!("{}\\{area}", self.stage.area_root(&self.repo()));
        self.stage.area(&self.repo(), who, number, &full);
        self.write(format!("{who}: moves #{} to the area `{area}`", self.at(number)));
    }

    pub(super) fn unlabels(&self, who: &str, number: u64, label: &str) {
        self.stage.label(&self.repo(), who, number, label, false);
        self.write(format!("{who}: takes `{label}` off #{}", self.at(number)));
    }

    pub(super) fn closes(&self, who: &str, number: u64) {
        self.stage.set_open(&self.repo(), who, number, false);
        self.write(format!("{who}: closes #{}", self.at(number)));
    }

    pub(super) fn reopens(&self, who: &str, number: u64) {
        self.stage.set_open(&self.repo(), who, number, true);
        self.write(format!("{who}: opens #{} again", self.at(number)));
    }

    pub(super) fn pushes(&self, who: &str, branch: &str, files: &Files<'_>) -> String {
        let commit = self.stage.push(&self.repo(), who, branch, files);
        let paths: Vec<String> = files
            .iter()
            .map(|(path, text)| if text.is_some() { (*path).to_owned() } else { format!("{path} (deleted)") })
            .collect();
        let branch = self.now.borrow_mut().names.tidy(branch);
        self.write(format!("{who}: pushes to {branch}: {}", paths.join(", ")));
        commit
    }

    pub(super) fn pushes_saying(&self, who: &str, branch: &str, path: &str, message: &str) {
        self.stage.push_with(&self.repo(), who, branch, &[(path, Some("more\n"))], message);
        self.write(format!("{who}: pushes to {branch}: {path}, saying {message}"));
    }

    pub(super) fn tags(&self, who: &str, tag: &str, branch: &str) {
        self.stage.tag(&self.repo(), who, tag, branch);
        self.write(format!("{who}: tags {branch} as {tag}"));
    }

    pub(super) fn forks(&self, who: &str, branch: &str, files: &Files<'_>) {
        self.stage.fork(&self.repo(), who, branch, files);
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        self.write(format!("{who}: pushes to {branch} of an own fork: {}", paths.join(", ")));
    }

    pub(super) fn proposes(&self, who: &str, head: &str, title: &str) -> u64 {
        self.propose(who, head, title, false)
    }

    pub(super) fn proposes_draft(&self, who: &str, head: &str, title: &str) -> u64 {
        self.propose(who, head, title, true)
    }

    fn propose(&self, who: &str, head: &str, title: &str, draft: bool) -> u64 {
        let number = self.stage.open_pull(&self.repo(), who, head, title, draft);
        let at = self.own(number);
        let kind = if draft { "draft pull request" } else { "pull request" };
        self.write(format!("{who}: opens {kind} #{at} from {head}: {title}"));
        number
    }

    pub(super) fn is_ready(&self, who: &str, number: u64) {
        self.stage.ready(&self.repo(), who, number);
        self.write(format!("{who}: says that #{} is ready", self.at(number)));
    }

    pub(super) fn merges(&self, who: &str, number: u64) {
        self.stage.merge(&self.repo(), who, number);
        self.write(format!("{who}: merges #{}", self.at(number)));
    }

    pub(super) fn archives(&self) {
        self.stage.archive(&self.repo());
        self.write("acme: archives the repository".to_owned());
    }

    pub(super) fn role(&self, who: &str, role: Role) {
        self.stage.role(&self.repo(), who, role);
        self.write(format!("acme: makes {who} {role}"));
    }

    /// Forgeline looks, and what it did is written down.
    pub(super) fn looks(&self) {
        self.write("-- Forgeline looks".to_owned());
        // What people did is not told as if Forgeline had done it.
        let before = self.now.borrow_mut().watch.look(self.stage);
        self.now.borrow_mut().seen = before;
        self.wait();
        let mut now = self.now.borrow_mut();
        let now = &mut *now;
        let after = now.watch.look(self.stage);
        let mut told = watch::told(&mut now.names, &now.seen, &after);
        if told.is_empty() {
            told.push("(nothing)".to_owned());
        }
        now.script.extend(told);
        now.seen = after;
    }

    /// What should be so; the rest of the scenario goes on all the same.
    pub(super) fn must(&self, holds: bool, what: &str) {
        if !holds {
            self.now.borrow_mut().unmet.push(what.to_owned());
        }
    }

    /// A fact that is worth a line of its own.
    pub(super) fn notes(&self, text: &str) {
        let tidy = self.now.borrow_mut().names.tidy(text);
        self.write(format!("({tidy})"));
    }

    /// The scenario's pull requests by state, oldest first.
    pub(super) fn pulls(&self, state: &str) -> Vec<u64> {
        let now = self.now.borrow();
        let is_it = |(number, (item, _)): (&u64, &(super::stage::Item, Vec<super::stage::Note>))| {
            (item.pull.is_some() && item.state == state).then_some(*number)
        };
        now.seen.iter().filter_map(is_it).collect()
    }

    /// The only open pull request.
    #[track_caller]
    pub(super) fn pull(&self) -> u64 {
        let all = self.pulls("open");
        assert_eq!(all.len(), 1, "there is one open pull request\n{}", self.now.borrow().script.join("\n"));
        all[0]
    }

    /// The head branch of a pull request.
    pub(super) fn head(&self, number: u64) -> String {
        let now = self.now.borrow();
        now.seen.get(&number).and_then(|(item, _)| item.pull.as_ref()).map(|it| it.head.clone()).unwrap_or_default()
    }

    /// The head commit of a pull request.
    pub(super) fn commit(&self, number: u64) -> String {
        let now = self.now.borrow();
        now.seen.get(&number).and_then(|(item, _)| item.pull.as_ref()).map(|it| it.commit.clone()).unwrap_or_default()
    }

    pub(super) fn labels_of(&self, number: u64) -> Vec<String> {
        self.now.borrow().seen.get(&number).map(|(item, _)| item.labels.clone()).unwrap_or_default()
    }

    pub(super) fn state(&self, number: u64) -> String {
        self.now.borrow().seen.get(&number).map(|(item, _)| item.state.clone()).unwrap_or_default()
    }

    /// Each check at the head of a pull request: name, end, and how many marks it has.
    pub(super) fn checks(&self, number: u64) -> Vec<String> {
        let now = self.now.borrow();
        now.seen.get(&number).and_then(|(item, _)| item.pull.as_ref()).map(|it| it.checks.clone()).unwrap_or_default()
    }

    pub(super) fn title(&self, number: u64) -> String {
        self.now.borrow().seen.get(&number).map(|(item, _)| item.title.clone()).unwrap_or_default()
    }

    /// All that Forgeline has said on an item.
    pub(super) fn said(&self, number: u64) -> String {
        let now = self.now.borrow();
        let notes = now.seen.get(&number).map(|(_, notes)| notes.as_slice()).unwrap_or_default();
        let own = notes.iter().filter(|note| note.author == self.stage.me());
        own.map(|note| note.body.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The first line that Forgeline has said on an item and that begins so.
    #[track_caller]
    pub(super) fn line(&self, number: u64, start: &str) -> String {
        let said = self.said(number);
        said.lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("no `{start}` in\n{said}"))
            .to_owned()
    }

    pub(super) fn file(&self, branch: &str, path: &str) -> Option<String> {
        self.stage.file(&self.repo(), branch, path)
    }

    pub(super) fn tip(&self, branch: &str) -> Option<String> {
        self.stage.tip(&self.repo(), branch)
    }

    pub(super) fn reactions(&self, comment: u64) -> Vec<String> {
        self.stage.reactions(&self.repo(), comment)
    }

    /// Lets the others go on, and Forgeline look when all have done so.
    fn wait(&self) {
        self.waits.send(()).expect("somebody listens");
        self.turn.recv().expect("the play goes on");
    }

    fn own(&self, number: u64) -> String {
        let mut now = self.now.borrow_mut();
        now.names.meet(number);
        if !now.watch.numbers.contains(&number) {
            now.watch.numbers.push(number);
        }
        now.names.number(number)
    }

    fn at(&self, number: u64) -> String {
        self.now.borrow().names.number(number)
    }

    fn write(&self, line: String) {
        self.now.borrow_mut().script.push(line);
    }
}
