//! What people and programs do to items.

use super::happening::{CommentAction, Happening, ItemAction};
use super::item::{Closed, Comment, Event, EventKind, Item, Reaction, Subject};
use super::review::{Remark, Review, ReviewComment, Verdict};
use super::thread::Thread;
use super::{Actor, Id, Trouble, World};

/// Colour of a label that nobody chose a colour for.
const GREY: &str = "ededed";

impl World {
    /// Opens an issue and returns its id.
    pub(crate) fn open_item(&mut self, actor: Actor, repository: Id, title: &str, body: &str) -> Id {
        let id = self.add_item(actor, repository, title, body);
        self.tell(Happening::Item { item: id, actor, action: ItemAction::Opened });
        id
    }

    /// Adds an item without a word about it.
    pub(super) fn add_item(&mut self, actor: Actor, repository: Id, title: &str, body: &str) -> Id {
        let id = self.fresh();
        let now = self.now();
        let number = self.repositories.get_mut(&repository).map_or(0, super::Repository::next_number);
        let item = Item {
            id,
            repository,
            number,
            author: actor.user,
            app: actor.app,
            title: title.to_owned(),
            body: body.to_owned(),
            closed: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            created: now,
            updated: now,
            rev: 1,
            pull: None,
        };
        self.items.insert(id, item);
        id
    }

    pub(crate) fn touch(&mut self, item: Id) {
        let now = self.now();
        if let Some(item) = self.items.get_mut(&item) {
            item.updated = now;
            item.rev += 1;
        }
    }

    /// Records what changed on an item and tells of it.
    pub(crate) fn record(&mut self, actor: Actor, item: Id, what: EventKind, action: Option<ItemAction>) {
        let (id, at) = (self.fresh(), self.now());
        let Some(found) = self.items.get(&item) else { return };
        let repository = found.repository;
        self.events.insert(id, Event { id, repository, item, actor: actor.user, app: actor.app, at, what });
        self.touch(item);
        if let Some(action) = action {
            self.tell(Happening::Item { item, actor, action });
        }
    }

    pub(crate) fn edit_item(&mut self, actor: Actor, item: Id, title: Option<&str>, body: Option<&str>) {
        let Some(found) = self.items.get_mut(&item) else { return };
        let change = |field: &mut String, new: Option<&str>| {
            new.filter(|new| *new != field).map(|new| std::mem::replace(field, new.to_owned()))
        };
        let (old_title, old_body) = (change(&mut found.title, title), change(&mut found.body, body));
        let to = found.title.clone();
        if let Some(from) = old_title.clone() {
            self.record(actor, item, EventKind::Renamed { from, to }, None);
        }
        if old_title.is_some() || old_body.is_some() {
            self.touch(item);
            let action = ItemAction::Edited { title: old_title, body: old_body };
            self.tell(Happening::Item { item, actor, action });
        }
    }

    pub(crate) fn close(&mut self, actor: Actor, item: Id, planned: bool, commit: Option<String>) {
        let now = self.now();
        let Some(found) = self.items.get_mut(&item).filter(|found| found.closed.is_none()) else { return };
        found.closed = Some(Closed { by: actor.user, at: now, planned });
        self.record(actor, item, EventKind::Closed { commit }, Some(ItemAction::Closed));
    }

    /// Opens a closed item again.
    ///
    /// # Errors
    /// A merged pull request stays closed.
    pub(crate) fn reopen(&mut self, actor: Actor, item: Id) -> Result<(), Trouble> {
        let Some(found) = self.items.get_mut(&item).filter(|found| found.closed.is_some()) else { return Ok(()) };
        if found.pull.as_ref().is_some_and(|pull| pull.merged.is_some()) {
            return Err(Trouble::Invalid("a merged pull request cannot be reopened".to_owned()));
        }
        found.closed = None;
        self.record(actor, item, EventKind::Reopened, Some(ItemAction::Reopened));
        self.follow_heads(actor)
    }

    /// Puts a label on an item; the repository gets it too if it has none of that name.
    pub(crate) fn label(&mut self, actor: Actor, item: Id, name: &str) {
        let Some(repository) = self.items.get(&item).map(|found| found.repository) else { return };
        let id = self.ensure_label(repository, name, GREY, None);
        let Some(found) = self.items.get_mut(&item).filter(|found| !found.labels.contains(&id)) else { return };
        found.labels.push(id);
        if let Some(label) = self.label_named(repository, name).cloned() {
            self.record(actor, item, EventKind::Labeled(label.clone()), Some(ItemAction::Labeled(label)));
        }
    }

    /// Takes a label off an item; false if it was not there.
    pub(crate) fn unlabel(&mut self, actor: Actor, item: Id, name: &str) -> bool {
        let Some(repository) = self.items.get(&item).map(|found| found.repository) else { return false };
        let Some(label) = self.label_named(repository, name).cloned() else { return false };
        let Some(found) = self.items.get_mut(&item).filter(|found| found.labels.contains(&label.id)) else {
            return false;
        };
        found.labels.retain(|id| *id != label.id);
        self.record(actor, item, EventKind::Unlabeled(label.clone()), Some(ItemAction::Unlabeled(label)));
        true
    }

    pub(crate) fn assign(&mut self, actor: Actor, item: Id, user: Id) {
        let Some(found) = self.items.get_mut(&item).filter(|found| !found.assignees.contains(&user)) else { return };
        found.assignees.push(user);
        self.record(actor, item, EventKind::Assigned(user), Some(ItemAction::Assigned(user)));
    }

    pub(crate) fn unassign(&mut self, actor: Actor, item: Id, user: Id) {
        let Some(found) = self.items.get_mut(&item).filter(|found| found.assignees.contains(&user)) else { return };
        found.assignees.retain(|id| *id != user);
        self.record(actor, item, EventKind::Unassigned(user), Some(ItemAction::Unassigned(user)));
    }

    pub(crate) fn comment(&mut self, actor: Actor, item: Id, body: &str) -> Id {
        let (id, now) = (self.fresh(), self.now());
        let repository = self.items.get(&item).map_or(0, |found| found.repository);
        let body = body.to_owned();
        let comment =
            Comment { id, repository, item, author: actor.user, app: actor.app, body, created: now, updated: now };
        self.comments.insert(id, comment.clone());
        self.touch(item);
        self.tell(Happening::Comment { comment: Box::new(comment), actor, action: CommentAction::Created });
        id
    }

    pub(crate) fn edit_comment(&mut self, actor: Actor, comment: Id, body: &str) {
        let now = self.now();
        let Some(found) = self.comments.get_mut(&comment) else { return };
        let from = std::mem::replace(&mut found.body, body.to_owned());
        found.updated = now;
        let comment = Box::new(found.clone());
        self.tell(Happening::Comment { comment, actor, action: CommentAction::Edited { from } });
    }

    pub(crate) fn delete_comment(&mut self, actor: Actor, comment: Id) {
        let Some(comment) = self.comments.remove(&comment) else { return };
        self.tell(Happening::Comment { comment: Box::new(comment), actor, action: CommentAction::Deleted });
    }

    /// Adds a reaction, or finds the one that this user made before: the id, and whether it is new.
    pub(crate) fn react(&mut self, user: Id, on: Subject, content: &str) -> (Id, bool) {
        let same = |found: &&Reaction| found.on == on && found.user == user && found.content == content;
        if let Some(found) = self.reactions.values().find(same) {
            return (found.id, false);
        }
        let (id, created) = (self.fresh(), self.now());
        self.reactions.insert(id, Reaction { id, on, user, content: content.to_owned(), created });
        (id, true)
    }

    /// Submits a review of a pull request with its comments on lines.
    pub(crate) fn review(&mut self, actor: Actor, item: Id, verdict: Verdict, body: &str, remarks: &[Remark]) -> Id {
        let (id, now) = (self.fresh(), self.now());
        let (repository, commit) = self.items.get(&item).map_or((0, String::new()), |found| {
            (found.repository, found.pull.as_ref().map(|pull| pull.head.clone()).unwrap_or_default())
        });
        let review = Review {
            id,
            repository,
            item,
            author: actor.user,
            body: body.to_owned(),
            verdict,
            commit: commit.clone(),
            submitted: now,
        };
        self.reviews.insert(id, review);
        // Who has reviewed is no longer asked to.
        if let Some(pull) = self.items.get_mut(&item).and_then(|found| found.pull.as_mut()) {
            pull.reviewers.retain(|reviewer| *reviewer != actor.user);
        }
        self.touch(item);
        self.tell(Happening::Review { review: id, actor });
        for remark in remarks {
            let comment = ReviewComment {
                id: self.fresh(),
                repository,
                item,
                review: id,
                author: actor.user,
                body: remark.body.clone(),
                path: remark.path.clone(),
                line: remark.line,
                start_line: remark.start_line,
                commit: commit.clone(),
                answers: remark.answers,
                created: now,
                updated: now,
            };
            self.review_comments.insert(comment.id, comment.clone());
            let comment = Box::new(comment);
            self.tell(Happening::ReviewComment { comment, actor, action: CommentAction::Created });
        }
        id
    }

    /// Whether somebody said that the thread which begins so is settled.
    pub(crate) fn is_resolved(&self, root: Id) -> bool {
        const SETTLED: [&str; 4] = ["fixed", "wontFix", "closed", "byDesign"];
        self.threads.get(&root).is_some_and(|thread| SETTLED.contains(&thread.status.as_str()))
    }

    /// Says that a thread is settled, or that it is not.
    pub(crate) fn set_resolved(&mut self, root: Id, resolved: bool) {
        let status = if resolved { "fixed" } else { "active" }.to_owned();
        let properties = self.threads.get(&root).map_or_else(|| serde_json::json!({}), |it| it.properties.clone());
        self.threads.insert(root, Thread { status, properties });
    }

    pub(crate) fn edit_review_comment(&mut self, actor: Actor, comment: Id, body: &str) {
        let now = self.now();
        let Some(found) = self.review_comments.get_mut(&comment) else { return };
        let from = std::mem::replace(&mut found.body, body.to_owned());
        found.updated = now;
        let comment = Box::new(found.clone());
        self.tell(Happening::ReviewComment { comment, actor, action: CommentAction::Edited { from } });
    }

    pub(crate) fn request_review(&mut self, actor: Actor, item: Id, user: Id) {
        let pull = self.items.get_mut(&item).and_then(|found| found.pull.as_mut());
        let Some(pull) = pull.filter(|pull| !pull.reviewers.contains(&user)) else { return };
        pull.reviewers.push(user);
        self.record(actor, item, EventKind::ReviewRequested(user), Some(ItemAction::ReviewRequested(user)));
    }

    pub(crate) fn unrequest_review(&mut self, actor: Actor, item: Id, user: Id) {
        let pull = self.items.get_mut(&item).and_then(|found| found.pull.as_mut());
        let Some(pull) = pull.filter(|pull| pull.reviewers.contains(&user)) else { return };
        pull.reviewers.retain(|reviewer| *reviewer != user);
        self.record(actor, item, EventKind::ReviewRequestRemoved(user), Some(ItemAction::ReviewRequestRemoved(user)));
    }

    pub(crate) fn set_draft(&mut self, actor: Actor, item: Id, draft: bool) {
        let pull = self.items.get_mut(&item).and_then(|found| found.pull.as_mut());
        let Some(pull) = pull.filter(|pull| pull.draft != draft) else { return };
        pull.draft = draft;
        let (what, action) = if draft {
            (EventKind::ConvertedToDraft, ItemAction::ConvertedToDraft)
        } else {
            (EventKind::ReadyForReview, ItemAction::ReadyForReview)
        };
        self.record(actor, item, what, Some(action));
    }
}
