//! How far back a first look tells what it finds as news: what makes a bot whose state was lost lose nothing.

use std::collections::BTreeMap;

use forgeline_model::Timestamp;

use crate::{
    LocalForge, marker,
    remote::{RemoteComment, RemoteItem},
    types::Login,
};

/// A comment of Forgeline's own, with the key of its marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnComment<'a> {
    /// The marker's key.
    pub key: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// What a first look at a repository does with what is not over for long.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Items and comments that are younger are news, unless they are settled, milliseconds.
    pub millis: u64,
    /// Whether an item or, by the forge's own number, a comment on it has been dealt with, as Forgeline's own comments on the
    /// item tell.
    pub is_settled: fn(comment: Option<u64>, own: &[OwnComment<'_>]) -> bool,
}

impl LocalForge {
    /// The same, whose first look at a repository elsewhere reaches back.
    #[must_use]
    pub fn reaching_back(mut self, reach: Reach) -> Self {
        self.reach = Some(reach);
        self
    }
}

/// What is news in one first look.
pub(super) struct News<'a> {
    since: Timestamp,
    reach: Reach,
    own: BTreeMap<u64, Vec<OwnComment<'a>>>,
}

impl<'a> News<'a> {
    /// `comments` are all since `since`, with their authors as they are written here.
    pub(super) fn new(since: Timestamp, reach: Reach, comments: &'a [RemoteComment], authors: &[Login]) -> Self {
        let bot = LocalForge::bot();
        let mut own: BTreeMap<u64, Vec<OwnComment<'_>>> = BTreeMap::new();
        for (comment, _) in comments.iter().zip(authors).filter(|(_, author)| **author == bot) {
            if let Some(key) = marker::key(&comment.body) {
                let RemoteComment { body, created_at, updated_at, .. } = comment;
                own.entry(comment.number).or_default().push(OwnComment {
                    key,
                    body,
                    created_at: *created_at,
                    updated_at: *updated_at,
                });
            }
        }
        Self { since, reach, own }
    }

    pub(super) fn has_item(&self, item: &RemoteItem) -> bool {
        item.created_at >= self.since && !self.is_settled(None, item.number)
    }

    /// What Forgeline said itself is no news to it.
    pub(super) fn has_comment(&self, comment: &RemoteComment, author: &Login) -> bool {
        *author != LocalForge::bot()
            && comment.created_at >= self.since
            && !self.is_settled(Some(comment.id), comment.number)
    }

    fn is_settled(&self, comment: Option<u64>, number: u64) -> bool {
        (self.reach.is_settled)(comment, self.own.get(&number).map_or(&[], Vec::as_slice))
    }
}
