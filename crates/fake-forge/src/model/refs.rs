//! Branches that move, and the pull requests that follow them.

use super::happening::{Happening, ItemAction};
use super::item::EventKind;
use super::pull::{Merged, Method, Pull};
use super::{Actor, Id, Millis, Trouble, World};
use crate::git::Signature;

/// A pull request as it is asked for.
pub(crate) struct Proposal<'a> {
    pub(crate) title: &'a str,
    pub(crate) body: &'a str,
    pub(crate) head_repository: Id,
    pub(crate) head_branch: &'a str,
    pub(crate) base_branch: &'a str,
    pub(crate) draft: bool,
}

/// A branch that moved: made, pushed to or deleted.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) actor: Id,
    pub(crate) branch: String,
    pub(crate) at: Millis,
    /// Whether commits were left behind.
    pub(crate) forced: bool,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// A tag that was made.
#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) actor: Id,
    pub(crate) tag: String,
    pub(crate) at: Millis,
}

impl World {
    /// Makes or moves a tag. Of one that is pushed with Git itself nobody knows who did it.
    pub(crate) fn tag(&mut self, actor: Actor, repository: Id, tag: &str, commit: &str) -> Result<(), Trouble> {
        self.depot.set_ref(repository, &format!("refs/tags/{tag}"), commit)?;
        let (id, at) = (self.fresh(), self.now());
        self.tags.push(Tagged { id, repository, actor: actor.user, tag: tag.to_owned(), at });
        let pushed = super::push::Push {
            id: 0,
            repository,
            by: actor.user,
            branch: format!("refs/tags/{tag}"),
            before: None,
            after: Some(commit.to_owned()),
            at,
        };
        self.note_push(pushed);
        Ok(())
    }

    /// Who a commit is by.
    pub(crate) fn signature(&self, user: Id) -> Signature {
        let login = self.users.get(&user).map_or("ghost", |user| &user.login);
        let email = format!("{user}+{login}@users.noreply.fake.example");
        Signature { name: login.to_owned(), email, seconds: self.now().div_euclid(1000) }
    }

    /// Commits files on a branch, which is made from the default branch if it is not there, and follows the move.
    pub(crate) fn push(
        &mut self,
        actor: Actor,
        repository: Id,
        branch: &str,
        files: &[(&str, Option<&str>)],
        message: &str,
    ) -> Result<String, Trouble> {
        let Some(found) = self.repositories.get(&repository) else {
            return Err(Trouble::Invalid("no such repository".to_owned()));
        };
        let parent = found.branches.get(branch).or_else(|| found.branches.get(&found.default_branch)).cloned();
        let author = self.signature(actor.user);
        let commit = self.depot.commit(repository, branch, parent.as_deref(), files, message, &author)?;
        self.follow(actor, repository)?;
        Ok(commit)
    }

    /// Looks at the branches of a repository and tells what moved since the last look.
    pub(crate) fn follow(&mut self, actor: Actor, repository: Id) -> Result<(), Trouble> {
        let now_there = self.depot.branches(repository)?;
        let now = self.now();
        let Some(found) = self.repositories.get_mut(&repository) else { return Ok(()) };
        let before = std::mem::replace(&mut found.branches, now_there.clone());
        if before != now_there {
            found.pushed = now;
            found.updated = now;
        }
        if !now_there.contains_key(&found.default_branch)
            && before.is_empty()
            && let Some(first) = now_there.keys().next()
        {
            found.default_branch.clone_from(first);
            self.depot.set_head(repository, first)?;
        }
        let names: std::collections::BTreeSet<&String> = before.keys().chain(now_there.keys()).collect();
        for branch in names {
            let (old, new) = (before.get(branch), now_there.get(branch));
            if old == new {
                continue;
            }
            let forced = match (old, new) {
                (Some(old), Some(new)) => !self.depot.is_ancestor(repository, old, new)?,
                _ => false,
            };
            let (before, after) = (old.cloned(), new.cloned());
            let id = self.fresh();
            let moved =
                Move { id, repository, actor: actor.user, branch: branch.clone(), at: now, forced, before, after };
            let Move { before, after, .. } = moved.clone();
            self.moves.push(moved);
            let moved = super::push::Push {
                id: 0,
                repository,
                by: actor.user,
                branch: branch.clone(),
                before: before.clone(),
                after: after.clone(),
                at: now,
            };
            self.note_push(moved);
            self.tell(Happening::Pushed { repository, actor, branch: branch.clone(), before, after, forced });
        }
        self.follow_heads(actor)?;
        self.follow_bases(actor, repository)
    }

    /// Open pull requests whose head branch moved follow it; one whose head is gone closes.
    pub(super) fn follow_heads(&mut self, actor: Actor) -> Result<(), Trouble> {
        for (item, pull) in self.open_pulls() {
            let head =
                self.repositories.get(&pull.head_repository).and_then(|found| found.branches.get(&pull.head_branch));
            let Some(head) = head.cloned() else {
                self.record(actor, item, EventKind::HeadDeleted, None);
                self.close(actor, item, true, None);
                continue;
            };
            if head == pull.head {
                continue;
            }
            self.keep_head(item, &pull)?;
            let forced = !self.depot.is_ancestor(pull.head_repository, &pull.head, &head)?;
            if let Some(found) = self.pull_mut(item) {
                found.head.clone_from(&head);
            }
            if forced {
                self.record(actor, item, EventKind::HeadForcePushed { after: head.clone() }, None);
            }
            self.touch(item);
            let action = ItemAction::Synchronized { before: pull.head, after: head };
            self.tell(Happening::Item { item, actor, action });
        }
        Ok(())
    }

    /// A pull request whose head arrived in its base by another way is merged.
    fn follow_bases(&mut self, actor: Actor, repository: Id) -> Result<(), Trouble> {
        for (item, pull) in self.open_pulls() {
            let base = self
                .items
                .get(&item)
                .filter(|found| found.repository == repository)
                .and_then(|_| self.repositories.get(&repository)?.branches.get(&pull.base_branch))
                .cloned();
            let Some(base) = base.filter(|base| *base != pull.base) else { continue };
            if self.depot.is_ancestor(repository, &pull.head, &base)? {
                self.merged(actor, item, base);
            }
        }
        Ok(())
    }

    fn open_pulls(&self) -> Vec<(Id, Pull)> {
        let open = self.items.values().filter(|item| item.closed.is_none());
        open.filter_map(|item| item.pull.clone().map(|pull| (item.id, pull))).collect()
    }

    fn pull_mut(&mut self, item: Id) -> Option<&mut Pull> {
        self.items.get_mut(&item).and_then(|found| found.pull.as_mut())
    }

    /// Brings the head's objects into the base repository, under the name that forges give it.
    fn keep_head(&self, item: Id, pull: &Pull) -> Result<(), Trouble> {
        let Some(found) = self.items.get(&item) else { return Ok(()) };
        // Azure DevOps shows a merge with the base there; the head stands in for it.
        for name in [format!("refs/pull/{}/head", found.number), format!("refs/pull/{}/merge", found.id)] {
            self.depot.bring(pull.head_repository, &pull.head_branch, found.repository, &name)?;
        }
        Ok(())
    }

    /// Opens a pull request and returns the item's id.
    ///
    /// # Errors
    /// A branch that is not there, no commits between the branches, or an open pull request for the same branches.
    pub(crate) fn open_pull(&mut self, actor: Actor, repository: Id, asked: &Proposal<'_>) -> Result<Id, Trouble> {
        let branch =
            |of: Id, name: &str| self.repositories.get(&of).and_then(|found| found.branches.get(name)).cloned();
        let head = branch(asked.head_repository, asked.head_branch)
            .ok_or_else(|| Trouble::Invalid("field head: invalid".to_owned()))?;
        let base =
            branch(repository, asked.base_branch).ok_or_else(|| Trouble::Invalid("field base: invalid".to_owned()))?;
        let twin = self.open_pulls().into_iter().any(|(item, pull)| {
            self.items.get(&item).is_some_and(|found| found.repository == repository)
                && (pull.head_repository, pull.head_branch.as_str()) == (asked.head_repository, asked.head_branch)
                && pull.base_branch == asked.base_branch
        });
        let owner = self.full_name(asked.head_repository);
        let owner = owner.split('/').next().unwrap_or_default();
        if twin {
            let head = asked.head_branch;
            return Err(Trouble::Invalid(format!("A pull request already exists for {owner}:{head}.")));
        }
        let pull = Pull {
            id: self.fresh(),
            head_repository: asked.head_repository,
            head_branch: asked.head_branch.to_owned(),
            head: head.clone(),
            base_branch: asked.base_branch.to_owned(),
            base: base.clone(),
            draft: asked.draft,
            merged: None,
            reviewers: Vec::new(),
        };
        let probe = format!("refs/probe/{}", pull.id);
        self.depot.bring(asked.head_repository, asked.head_branch, repository, &probe)?;
        let nothing_new = self.depot.is_ancestor(repository, &head, &base)?;
        self.depot.delete_ref(repository, &probe)?;
        if nothing_new {
            let (base, head) = (asked.base_branch, asked.head_branch);
            return Err(Trouble::Invalid(format!("No commits between {base} and {head}")));
        }
        let item = self.add_item(actor, repository, asked.title, asked.body);
        self.keep_head(item, &pull)?;
        if let Some(found) = self.items.get_mut(&item) {
            found.pull = Some(pull);
        }
        self.tell(Happening::Item { item, actor, action: ItemAction::Opened });
        Ok(item)
    }

    /// Merges a pull request; returns the commit that the base branch has then.
    ///
    /// # Errors
    /// It is closed, a draft, its head is not `expected`, or the branches conflict.
    pub(crate) fn merge(
        &mut self,
        actor: Actor,
        item: Id,
        method: Method,
        message: Option<String>,
        expected: Option<&str>,
    ) -> Result<String, Trouble> {
        let Some(found) = self.items.get(&item) else { return Err(Trouble::Invalid("no such item".to_owned())) };
        let (Some(pull), None) = (found.pull.clone(), &found.closed) else {
            return Err(Trouble::Invalid("Pull Request is not mergeable".to_owned()));
        };
        if pull.draft {
            return Err(Trouble::Invalid("Pull Request is still a draft".to_owned()));
        }
        if expected.is_some_and(|expected| expected != pull.head) {
            return Err(Trouble::Conflict("Head branch was modified. Review and try the merge again.".to_owned()));
        }
        let (repository, number, title) = (found.repository, found.number, found.title.clone());
        let full = self.full_name(pull.head_repository);
        let owner = full.split('/').next().unwrap_or_default();
        let message = message.unwrap_or_else(|| match method {
            Method::Merge => format!("Merge pull request #{number} from {owner}/{}\n\n{title}", pull.head_branch),
            Method::Squash => format!("{title} (#{number})"),
        });
        let author = self.signature(actor.user);
        let base = &pull.base_branch;
        let Some(commit) = self.depot.merge(repository, base, &pull.head, method, &message, &author)? else {
            return Err(Trouble::Invalid("Pull Request is not mergeable".to_owned()));
        };
        self.merged(actor, item, commit.clone());
        self.follow(actor, repository)?;
        Ok(commit)
    }

    fn merged(&mut self, actor: Actor, item: Id, commit: String) {
        let at = self.now();
        if let Some(pull) = self.pull_mut(item) {
            pull.merged = Some(Merged { by: actor.user, at, commit: commit.clone() });
        }
        self.record(actor, item, EventKind::Merged { commit: commit.clone() }, None);
        self.close(actor, item, true, Some(commit.clone()));
        self.close_mentioned(actor, item, &commit);
    }

    /// Closes the issues that a merged pull request says it closes, if it went to the default branch.
    fn close_mentioned(&mut self, actor: Actor, item: Id, commit: &str) {
        let Some((found, pull)) = self.items.get(&item).and_then(|found| Some((found, found.pull.as_ref()?))) else {
            return;
        };
        let repository = found.repository;
        if self.repositories.get(&repository).is_none_or(|found| found.default_branch != pull.base_branch) {
            return;
        }
        let numbers = closing_numbers(&found.body);
        for number in numbers {
            if let Some(issue) = self.item_numbered(repository, number).filter(|found| found.pull.is_none()) {
                self.close(actor, issue.id, true, Some(commit.to_owned()));
            }
        }
    }
}

/// The numbers after words like `closes`.
fn closing_numbers(text: &str) -> Vec<u64> {
    const WORDS: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    pairs
        .filter(|(word, _)| WORDS.contains(&word.trim_end_matches(':').to_ascii_lowercase().as_str()))
        .filter_map(|(_, number)| {
            number.strip_prefix('#')?.trim_end_matches(|letter: char| !letter.is_ascii_digit()).parse().ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::closing_numbers;

    #[test]
    fn words_that_close_are_found_and_others_are_not() {
        assert_eq!(closing_numbers("Fixes #12, closes: #7.\nresolved #3"), [12, 7, 3]);
        assert_eq!(closing_numbers("see #12; enclose #7; fixes 9; closes owner/repo#4"), Vec::<u64>::new());
    }
}
