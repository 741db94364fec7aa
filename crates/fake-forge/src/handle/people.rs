//! What people do, by their own hand.

use super::{FakeForge, actor, item, repository};
use crate::model::access::Level;
use crate::model::app::Holder;
use crate::model::item::Subject;
use crate::model::people::Kind;
use crate::model::pull::Method;
use crate::model::refs::Proposal;
use crate::model::review::{Remark, Verdict};

impl FakeForge {
    /// Makes a person and returns the id.
    pub fn user(&self, login: &str) -> u64 {
        self.act(|state| state.world.ensure_user(login, Kind::Person))
    }

    /// Makes an organisation and returns the id; its repositories have no person as their owner.
    pub fn organization(&self, login: &str) -> u64 {
        self.act(|state| state.world.ensure_user(login, Kind::Organization))
    }

    /// Makes an empty repository and returns the id. An owner who is not there yet is made as an organisation.
    ///
    /// # Panics
    /// If the name is not `owner/name` or is taken.
    pub fn repository(&self, full: &str, private: bool) -> u64 {
        let (owner, name) = full.split_once('/').expect("a repository is named `owner/name`");
        self.act(|state| {
            let owner = state.world.ensure_user(owner, Kind::Organization);
            state.world.create_repository(owner, name, private).expect("a new repository")
        })
    }

    /// Gives a person a level in a repository; [`Level::None`] takes it away.
    pub fn grant(&self, login: &str, full: &str, level: Level) {
        self.act(|state| {
            let (user, id) = (actor(&mut state.world, login).user, repository(&state.world, full));
            if let Some(found) = state.world.repositories.get_mut(&id) {
                found.levels.insert(user, level);
            }
        });
    }

    /// A personal access token, with all rights that the person has.
    pub fn token_for(&self, login: &str) -> String {
        self.act(|state| {
            let user = actor(&mut state.world, login).user;
            state.world.issue_token("ghp_", Holder::Person(user), None)
        })
    }

    /// Makes a token worthless at once.
    pub fn revoke(&self, token: &str) {
        self.act(|state| state.world.tokens.remove(token));
    }

    /// Opens an issue and returns its number.
    pub fn open_issue(&self, login: &str, full: &str, title: &str, body: &str) -> u64 {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            let item = state.world.open_item(who, id, title, body);
            state.world.items.get(&item).map_or(0, |item| item.number)
        })
    }

    /// Changes title or body of an item.
    pub fn edit(&self, login: &str, full: &str, number: u64, title: Option<&str>, body: Option<&str>) {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.edit_item(who, item, title, body);
        });
    }

    /// Comments on an item and returns the comment's id.
    pub fn comment(&self, login: &str, full: &str, number: u64, body: &str) -> u64 {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.comment(who, item, body)
        })
    }

    /// Changes a comment.
    pub fn edit_comment(&self, login: &str, comment: u64, body: &str) {
        self.act(|state| {
            let who = actor(&mut state.world, login);
            state.world.edit_comment(who, comment, body);
        });
    }

    /// Deletes a comment.
    pub fn delete_comment(&self, login: &str, comment: u64) {
        self.act(|state| {
            let who = actor(&mut state.world, login);
            state.world.delete_comment(who, comment);
        });
    }

    /// Puts a label on an item.
    pub fn label(&self, login: &str, full: &str, number: u64, label: &str) {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.label(who, item, label);
        });
    }

    /// Takes a label off an item; false if it was not there.
    pub fn unlabel(&self, login: &str, full: &str, number: u64, label: &str) -> bool {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.unlabel(who, item, label)
        })
    }

    /// Reacts to a comment, with GitHub's word such as `eyes`.
    pub fn react(&self, login: &str, comment: u64, content: &str) {
        self.act(|state| {
            let user = actor(&mut state.world, login).user;
            state.world.react(user, Subject::Comment(comment), content);
        });
    }

    /// Commits files on a branch and returns the commit; a branch that is not there starts at the default branch.
    ///
    /// # Panics
    /// If Git refuses a name or path.
    pub fn push(&self, login: &str, full: &str, branch: &str, files: &[(&str, &str)]) -> String {
        let files: Vec<(&str, Option<&str>)> = files.iter().map(|(path, content)| (*path, Some(*content))).collect();
        self.commit(login, full, branch, &files, "Change files")
    }

    /// The same with a message; a file without content is deleted.
    ///
    /// # Panics
    /// As [`FakeForge::push`].
    pub fn commit(
        &self,
        login: &str,
        full: &str,
        branch: &str,
        files: &[(&str, Option<&str>)],
        message: &str,
    ) -> String {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            state.world.push(who, id, branch, files, message).expect("a commit")
        })
    }

    /// Points a branch to a commit, back as well, or deletes it.
    ///
    /// # Panics
    /// If there is no such commit.
    pub fn set_branch(&self, login: &str, full: &str, branch: &str, commit: Option<&str>) {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            let name = format!("refs/heads/{branch}");
            match commit {
                Some(commit) => state.world.depot.set_ref(id, &name, commit).expect("a commit that is there"),
                None => state.world.depot.delete_ref(id, &name).expect("a branch that is there"),
            }
            state.world.follow(who, id).expect("branches can be read");
        });
    }

    /// Makes or moves a tag.
    ///
    /// # Panics
    /// If there is no such commit.
    pub fn set_tag(&self, login: &str, full: &str, tag: &str, commit: &str) {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            state.world.tag(who, id, tag, commit).expect("a commit that is there");
        });
    }

    /// The commit of a branch; none if there is no such branch.
    #[must_use]
    pub fn head(&self, full: &str, branch: &str) -> Option<String> {
        let state = self.shared.lock();
        let id = repository(&state.world, full);
        state.world.repositories.get(&id)?.branches.get(branch).cloned()
    }

    /// The content of a file on a branch or at a commit; none if it is not there.
    #[must_use]
    pub fn file(&self, full: &str, at: &str, path: &str) -> Option<String> {
        let state = self.shared.lock();
        let id = repository(&state.world, full);
        let commit = state.world.depot.resolve(id, at).ok()??;
        match state.world.depot.entry(id, &commit, path).ok()?? {
            crate::git::Entry::File { bytes, .. } => Some(String::from_utf8_lossy(&bytes).into_owned()),
            crate::git::Entry::Folder(_) => None,
        }
    }

    /// Makes the person's fork of a repository and returns its full name.
    ///
    /// # Panics
    /// If Git cannot copy the repository.
    pub fn fork(&self, login: &str, full: &str) -> String {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            let fork = state.world.fork(id, who.user).expect("a fork");
            state.world.full_name(fork)
        })
    }

    /// Opens a pull request and returns its number. `head` is a branch, or `owner:branch` for the owner's fork.
    ///
    /// # Panics
    /// If a branch is not there, there is nothing to merge, or there is an open one already.
    pub fn open_pull(&self, login: &str, full: &str, head: &str, base: &str, title: &str, body: &str) -> u64 {
        self.pull(login, full, head, base, (title, body), false)
    }

    /// The same as a draft.
    ///
    /// # Panics
    /// As [`FakeForge::open_pull`].
    pub fn open_draft(&self, login: &str, full: &str, head: &str, base: &str, title: &str, body: &str) -> u64 {
        self.pull(login, full, head, base, (title, body), true)
    }

    fn pull(&self, login: &str, full: &str, head: &str, base: &str, (title, body): (&str, &str), draft: bool) -> u64 {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            let (head_repository, head_branch) = match head.split_once(':') {
                Some((owner, branch)) => {
                    let owner = actor(&mut state.world, owner).user;
                    let forks = state.world.repositories.values();
                    let fork =
                        forks.filter(|found| found.owner == owner && found.parent == Some(id)).map(|found| found.id);
                    (fork.max().unwrap_or_else(|| panic!("`{head}` names no fork of `{full}`")), branch)
                }
                None => (id, head),
            };
            let proposal = Proposal { title, body, head_repository, head_branch, base_branch: base, draft };
            let item = state.world.open_pull(who, id, &proposal).expect("a pull request");
            state.world.items.get(&item).map_or(0, |item| item.number)
        })
    }

    /// Makes a pull request a draft, or ready for review.
    pub fn set_draft(&self, login: &str, full: &str, number: u64, draft: bool) {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.set_draft(who, item, draft);
        });
    }

    /// Merges a pull request with a merge commit, which is returned.
    ///
    /// # Panics
    /// If it cannot be merged.
    pub fn merge(&self, login: &str, full: &str, number: u64) -> String {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.merge(who, item, Method::Merge, None, None).expect("a pull request that can be merged")
        })
    }

    /// Closes an issue or pull request.
    pub fn close(&self, login: &str, full: &str, number: u64) {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.close(who, item, true, None);
        });
    }

    /// Opens it again.
    ///
    /// # Panics
    /// If it was merged.
    pub fn reopen(&self, login: &str, full: &str, number: u64) {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.reopen(who, item).expect("something that can be opened again");
        });
    }

    /// Approves a pull request and returns the review's id.
    pub fn approve(&self, login: &str, full: &str, number: u64) -> u64 {
        self.review(login, full, number, Verdict::Approved, "", &[])
    }

    /// Requests changes, with comments on lines as path, line and text; returns the review's id.
    pub fn request_changes(
        &self,
        login: &str,
        full: &str,
        number: u64,
        body: &str,
        lines: &[(&str, u64, &str)],
    ) -> u64 {
        self.review(login, full, number, Verdict::ChangesRequested, body, lines)
    }

    /// Says something of the whole pull request without approving or refusing it; returns the review's id.
    pub fn comment_review(&self, login: &str, full: &str, number: u64, body: &str) -> u64 {
        self.review(login, full, number, Verdict::Commented, body, &[])
    }

    /// Starts a thread on a line and returns the id of its first comment.
    ///
    /// # Panics
    /// If there is no such pull request.
    pub fn comment_line(&self, login: &str, full: &str, number: u64, path: &str, line: u64, text: &str) -> u64 {
        let review = self.review(login, full, number, Verdict::Commented, "", &[(path, line, text)]);
        let state = self.shared.lock();
        let all = state.world.review_comments.values();
        all.filter(|it| it.review == review).map(|it| it.id).next().expect("the comment was made")
    }

    /// Answers in a thread and returns the comment's id.
    ///
    /// # Panics
    /// If there is no such thread.
    pub fn reply_line(&self, login: &str, full: &str, number: u64, thread: u64, text: &str) -> u64 {
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            let root = state.world.review_comments.get(&thread).expect("a thread").clone();
            let remark = Remark {
                path: root.path,
                line: root.line,
                start_line: root.start_line,
                body: text.to_owned(),
                answers: Some(thread),
            };
            let review = state.world.review(who, item, Verdict::Commented, "", &[remark]);
            let all = state.world.review_comments.values();
            all.filter(|it| it.review == review).map(|it| it.id).next().expect("the comment was made")
        })
    }

    /// Says that a thread is settled, or that it is not.
    pub fn resolve(&self, thread: u64, resolved: bool) {
        self.act(|state| state.world.set_resolved(thread, resolved));
    }

    fn review(
        &self,
        login: &str,
        full: &str,
        number: u64,
        verdict: Verdict,
        body: &str,
        lines: &[(&str, u64, &str)],
    ) -> u64 {
        let remark = |(path, line, text): &(&str, u64, &str)| Remark {
            path: (*path).to_owned(),
            line: Some(*line),
            start_line: None,
            body: (*text).to_owned(),
            answers: None,
        };
        let remarks: Vec<Remark> = lines.iter().map(remark).collect();
        self.act(|state| {
            let (who, item) = (actor(&mut state.world, login), item(&state.world, full, number));
            state.world.review(who, item, verdict, body, &remarks)
        })
    }

    /// Asks for a check again, or presses its button of that identifier.
    ///
    /// # Panics
    /// If there is no such check or button.
    pub fn press(&self, login: &str, check: u64, button: Option<&str>) {
        self.act(|state| {
            let who = actor(&mut state.world, login);
            let buttons = &state.world.checks.get(&check).expect("a check").buttons;
            let there = button.is_none_or(|button| buttons.iter().any(|found| found.identifier == button));
            assert!(there, "check {check} has no button {button:?}");
            state.world.press(who, check, button.map(str::to_owned));
        });
    }

    /// Archives a repository: it can be read only.
    pub fn archive(&self, login: &str, full: &str) {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            state.world.set_archived(who, id, true);
        });
    }

    /// Renames a repository; the old name redirects to the new one.
    pub fn rename(&self, login: &str, full: &str, name: &str) {
        self.act(|state| {
            let (who, id) = (actor(&mut state.world, login), repository(&state.world, full));
            state.world.rename(who, id, name);
        });
    }
}
