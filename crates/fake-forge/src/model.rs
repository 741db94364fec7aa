//! The forge itself: who there is, what they own and what they did. Nothing here knows a dialect.
//!
//! [`World`] is one value behind one lock. Its methods are what people and programs do (`open_item`, `comment`, `merge`);
//! each checks only what would be nonsense, since rights are a matter of the dialect that asks. What happened is told in
//! [`World::happenings`], from which a dialect makes its webhooks.

pub(crate) mod access;
pub(crate) mod app;
pub(crate) mod check;
pub(crate) mod clock;
pub(crate) mod doing;
pub(crate) mod happening;
pub(crate) mod item;
pub(crate) mod people;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod refs;
pub(crate) mod repository;
pub(crate) mod review;
pub(crate) mod thread;
pub(crate) mod visible;

use std::collections::{BTreeMap, BTreeSet};

use app::{App, Installation, Token};
use check::{CheckRun, Status};
use clock::Clock;
use happening::Happening;
use item::{Comment, Event, Item, Reaction};
use people::User;
use refs::Move;
use repository::Repository;
use review::{Review, ReviewComment};
use visible::Lag;

use crate::git::Depot;

/// Names one thing of any kind: all kinds share one row of numbers, so an id is never ambiguous.
pub(crate) type Id = u64;

/// A point of the fake's own time: milliseconds since 1970 UTC.
pub(crate) type Millis = i64;

/// Who acts, and through which App if not in person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor {
    pub(crate) user: Id,
    pub(crate) app: Option<Id>,
}

/// What cannot be done, whoever asks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Conflict(String),
    #[error("git: {0}")]
    Git(#[from] crate::git::GitError),
}

/// The whole state of the forge.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) depot: Depot,
    last_id: Id,
    pub(crate) users: BTreeMap<Id, User>,
    pub(crate) apps: BTreeMap<Id, App>,
    pub(crate) installations: BTreeMap<Id, Installation>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) repositories: BTreeMap<Id, Repository>,
    pub(crate) items: BTreeMap<Id, Item>,
    pub(crate) comments: BTreeMap<Id, Comment>,
    pub(crate) events: BTreeMap<Id, Event>,
    pub(crate) reactions: BTreeMap<Id, Reaction>,
    pub(crate) reviews: BTreeMap<Id, Review>,
    pub(crate) review_comments: BTreeMap<Id, ReviewComment>,
    pub(crate) checks: BTreeMap<Id, CheckRun>,
    /// The suite of an App's checks on one commit.
    pub(crate) suites: BTreeMap<(Id, Id, String), Id>,
    pub(crate) statuses: BTreeMap<Id, Status>,
    /// Each move of a branch, oldest first.
    pub(crate) moves: Vec<Move>,
    /// Each tag that was made, oldest first.
    pub(crate) tags: Vec<refs::Tagged>,
    /// Moves of branches, oldest first.
    pub(crate) pushes: Vec<push::Push>,
    /// What threads have beyond their comments, by the first comment.
    pub(crate) threads: BTreeMap<Id, thread::Thread>,
    /// Comments that are Markdown where others are rich text.
    pub(crate) markdown: BTreeSet<Id>,
    /// Area paths of owners' projects, beside the project itself.
    pub(crate) areas: BTreeSet<(Id, String)>,
    /// Area paths of work items that are not in their project's own.
    pub(crate) area_of: BTreeMap<Id, String>,
    /// Types of work items that do not have the usual one.
    pub(crate) type_of: BTreeMap<Id, String>,
    /// Work items and the pull requests that are linked to them.
    pub(crate) links: BTreeSet<(Id, Id)>,
    /// Subscriptions to service hooks, as they were made.
    pub(crate) subscriptions: BTreeMap<Id, serde_json::Value>,
    /// People who must review a pull request, as pull request and person.
    pub(crate) required: BTreeSet<(Id, Id)>,
    /// Programs that get tokens for their own secret: the secret and the account, by the id of the program.
    pub(crate) principals: BTreeMap<String, (String, Id)>,
    /// Entries of a page that ends with a token.
    pub(crate) page: usize,
    /// Whether hidden comments are taken out of what is written, and nothing says what is Markdown.
    pub(crate) is_old: bool,
    pub(crate) lag: Lag,
    /// What happened since a dialect last looked.
    pub(crate) happenings: Vec<Happening>,
}

impl World {
    pub(crate) fn new(clock: Clock, depot: Depot) -> Self {
        Self {
            clock,
            depot,
            last_id: 1000,
            users: BTreeMap::new(),
            apps: BTreeMap::new(),
            installations: BTreeMap::new(),
            tokens: BTreeMap::new(),
            repositories: BTreeMap::new(),
            items: BTreeMap::new(),
            comments: BTreeMap::new(),
            events: BTreeMap::new(),
            reactions: BTreeMap::new(),
            reviews: BTreeMap::new(),
            review_comments: BTreeMap::new(),
            checks: BTreeMap::new(),
            suites: BTreeMap::new(),
            statuses: BTreeMap::new(),
            moves: Vec::new(),
            tags: Vec::new(),
            pushes: Vec::new(),
            threads: BTreeMap::new(),
            markdown: BTreeSet::new(),
            areas: BTreeSet::new(),
            area_of: BTreeMap::new(),
            type_of: BTreeMap::new(),
            links: BTreeSet::new(),
            subscriptions: BTreeMap::new(),
            required: BTreeSet::new(),
            principals: BTreeMap::new(),
            page: 200,
            is_old: false,
            lag: Lag::default(),
            happenings: Vec::new(),
        }
    }

    /// The next free id.
    pub(crate) fn fresh(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn tell(&mut self, happening: Happening) {
        self.happenings.push(happening);
    }

    /// The users of `ids`, in that order.
    pub(crate) fn users_of<'a>(&'a self, ids: &'a [Id]) -> impl Iterator<Item = &'a User> {
        ids.iter().filter_map(|id| self.users.get(id))
    }
}
