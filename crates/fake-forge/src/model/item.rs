//! Issues and pull requests (an item is either), their comments, events and reactions.

use super::pull::Pull;
use super::repository::Label;
use super::{Id, Millis, World};

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) number: u64,
    pub(crate) author: Id,
    pub(crate) app: Option<Id>,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) closed: Option<Closed>,
    pub(crate) labels: Vec<Id>,
    pub(crate) assignees: Vec<Id>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    /// Counts changes, from 1.
    pub(crate) rev: u64,
    pub(crate) pull: Option<Pull>,
}

#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) by: Id,
    pub(crate) at: Millis,
    pub(crate) planned: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) item: Id,
    pub(crate) author: Id,
    pub(crate) app: Option<Id>,
    pub(crate) body: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// What changed on an item, and who did it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) item: Id,
    pub(crate) actor: Id,
    pub(crate) app: Option<Id>,
    pub(crate) at: Millis,
    pub(crate) what: EventKind,
}

#[derive(Debug, Clone)]
pub(crate) enum EventKind {
    Labeled(Label),
    Unlabeled(Label),
    Closed { commit: Option<String> },
    Reopened,
    Merged { commit: String },
    Renamed { from: String, to: String },
    Assigned(Id),
    Unassigned(Id),
    ReviewRequested(Id),
    ReviewRequestRemoved(Id),
    ReadyForReview,
    ConvertedToDraft,
    HeadForcePushed { after: String },
    HeadDeleted,
}

/// What a reaction is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Item(Id),
    Comment(Id),
    ReviewComment(Id),
}

#[derive(Debug)]
pub(crate) struct Reaction {
    pub(crate) id: Id,
    pub(crate) on: Subject,
    pub(crate) user: Id,
    /// The dialect's word, such as `eyes`.
    pub(crate) content: String,
    pub(crate) created: Millis,
}

impl World {
    pub(crate) fn item_numbered(&self, repository: Id, number: u64) -> Option<&Item> {
        self.items.values().find(|item| item.repository == repository && item.number == number)
    }

    pub(crate) fn labels_of(&self, item: &Item) -> Vec<&Label> {
        let Some(repository) = self.repositories.get(&item.repository) else { return Vec::new() };
        item.labels.iter().filter_map(|id| repository.labels.get(id)).collect()
    }
}
