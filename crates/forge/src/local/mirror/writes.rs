//! What Forgeline writes to an item elsewhere: there first, then here.

use std::sync::Arc;

use forgeline_model::Timestamp;
use forgeline_store::local_forge::CommentRow;

use super::{Elsewhere, people::somebody, talk};
use crate::{
    ForgeError, LocalForge,
    local::{labels, rows},
    marker,
    remote::{NewCheck, Reaction, RemoteComment, RemoteItem, RemoteState, Scan, Trouble},
    types::{Check, Comment, Issue, IssueState, Login, RepoId, Upsert},
};

/// How far back an issue is looked for that may have been opened without an answer, milliseconds.
const RECENT_MS: i64 = 86_400_000;

impl Elsewhere {
    /// Puts a check on its commit.
    pub(in crate::local) async fn put_check(
        &self,
        repo: &RepoId,
        check: &Check,
        summary: &str,
    ) -> Result<(), ForgeError> {
        let new = NewCheck {
            commit: check.commit,
            external_id: check.external_id.clone(),
            name: check.name.clone(),
            status: check.status,
            conclusion: check.conclusion,
            summary: summary.to_owned(),
            annotations: check.annotations.clone(),
        };
        Ok(self.remote.put_check(repo, &new).await?)
    }
}

impl LocalForge {
    /// Makes sure that Forgeline's comment with this key says this. One that may be there already, because nobody answered
    /// when it was written, is looked for before another one is written.
    pub(in crate::local) async fn upsert_comment_there(
        &self,
        there: &Arc<Elsewhere>,
        repo: &RepoId,
        number: u64,
        thread: Option<u64>,
        (key, body): (&str, String),
        at: Timestamp,
    ) -> Result<Upsert<Comment>, ForgeError> {
        let key = marker::key(&body).unwrap_or(key).to_owned();
        let _turn = self.writing.comments.lock().await;
        let mut known = self.own_comment(repo, number, &key).await?;
        if known.is_none() {
            let all = match thread {
                None => there.remote.comments(repo, number).await?,
                Some(_) => there.remote.thread_comments(repo, number).await?,
            };
            self.note_comments(there, repo, &all, at).await?;
            known = self.own_comment(repo, number, &key).await?;
        }
        if let Some((row, remote_id)) = known {
            if row.body == body {
                return Ok(Upsert::Unchanged(rows::comment(row)?));
            }
            match there.remote.edit_comment(repo, number, remote_id, &body).await {
                Ok(edited) => {
                    self.note_comments(there, repo, &[edited], at).await?;
                    return Ok(Upsert::Updated(self.own_comment_now(repo, number, &key).await?));
                }
                // A person deleted it; what is to be said is said again.
                Err(error) if matches!(error.trouble, Trouble::Missing(_)) => {
                    let mut tx = self.store.forge_write().await?;
                    tx.unmark_comment(row.id).await?;
                    tx.commit().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let written = match thread {
            None => there.remote.create_comment(repo, number, &body).await?,
            Some(thread) => there.remote.reply_in_thread(repo, number, thread, &body).await?,
        };
        forgeline_failpoint::pass("comment", "written");
        self.note_comments(there, repo, &[written], at).await?;
        Ok(Upsert::Created(self.own_comment_now(repo, number, &key).await?))
    }

    pub(super) async fn note_comments(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        comments: &[RemoteComment],
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let mut authors = Vec::with_capacity(comments.len());
        for comment in comments {
            authors.push(there.author(&comment.author, &comment.body).await?);
        }
        let mut verb = self.verb_anywhere(repo, &somebody(), at).await?;
        for (comment, author) in comments.iter().zip(authors) {
            talk::note(&mut verb, comment, author, false).await?;
        }
        verb.commit().await
    }

    /// Forgeline's comment with this key, and its number there.
    pub(super) async fn own_comment(
        &self,
        repo: &RepoId,
        number: u64,
        key: &str,
    ) -> Result<Option<(CommentRow, u64)>, ForgeError> {
        let mut view = self.view(repo).await?;
        let item = view.item(number, None).await?;
        let row = view.tx.marked_comment(view.row.id, item.number, crate::BOT, key).await?;
        Ok(row.and_then(|row| row.remote_id.and_then(|id| u64::try_from(id).ok()).map(|id| (row, id))))
    }

    async fn own_comment_now(&self, repo: &RepoId, number: u64, key: &str) -> Result<Comment, ForgeError> {
        match self.own_comment(repo, number, key).await? {
            Some((row, _)) => rows::comment(row),
            None => Err(ForgeError::Unreadable { what: "comment of Forgeline itself", text: key.to_owned() }),
        }
    }

    /// Shows that a comment was seen. The local forge has no reactions: there it does nothing.
    ///
    /// # Errors
    /// There is no such comment, or the forge that keeps it failed.
    pub async fn react(&self, repo: &RepoId, comment: u64, reaction: Reaction) -> Result<(), ForgeError> {
        let Some(there) = self.authority(repo).await? else { return Ok(()) };
        let mut view = self.view(repo).await?;
        let row = view.tx.comment(view.row.id, i64::try_from(comment).unwrap_or(i64::MAX)).await?;
        drop(view);
        let place = row.and_then(|row| Some((u64::try_from(row.number).ok()?, u64::try_from(row.remote_id?).ok()?)));
        match place {
            Some((number, id)) => Ok(there.remote.react(repo, number, id, reaction).await?),
            None => Ok(()),
        }
    }

    /// Closes or opens an issue on the forge that keeps it; one that is so already stays as it is.
    pub(in crate::local) async fn set_issue_state_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        number: u64,
        state: IssueState,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Issue, ForgeError> {
        self.only_forgeline(repo, actor).await?;
        let known = self.issue(repo, number).await?;
        if known.state == state {
            return Ok(known);
        }
        let item = there.remote.set_open(repo, number, state == IssueState::Open).await?;
        self.writing.note(repo, number);
        self.take_in(there, repo, &item, at).await?;
        self.issue(repo, number).await
    }

    pub(in crate::local) async fn add_label_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        number: u64,
        label: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<bool, ForgeError> {
        self.add_labels_there(there, repo, number, &[label.to_owned()], actor, at).await
    }

    /// Puts on those of the labels that it lacks, in one request; whether there were any.
    pub(super) async fn add_labels_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        number: u64,
        wanted: &[String],
        actor: &Login,
        at: Timestamp,
    ) -> Result<bool, ForgeError> {
        self.only_forgeline(repo, actor).await?;
        let mut view = self.view(repo).await?;
        let item = view.item(number, None).await?;
        let known = view.tx.item_labels(view.row.id, item.number).await?;
        drop(view);
        let mut missing = Vec::new();
        for label in wanted {
            let label = crate::local::text::label(label)?;
            if !known.iter().any(|it| it.to_lowercase() == label.to_lowercase()) {
                missing.push(label);
            }
        }
        if missing.is_empty() {
            return Ok(false);
        }
        there.remote.add_labels(repo, number, &missing).await?;
        self.writing.note(repo, number);
        let mut verb = self.verb_anywhere(repo, actor, at).await?;
        for label in &missing {
            labels::add(&mut verb, &item, label).await?;
        }
        verb.commit().await?;
        Ok(true)
    }

    pub(in crate::local) async fn remove_label_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        number: u64,
        label: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<bool, ForgeError> {
        self.only_forgeline(repo, actor).await?;
        let mut view = self.view(repo).await?;
        let item = view.item(number, None).await?;
        let known = view.tx.item_labels(view.row.id, item.number).await?;
        drop(view);
        if !known.iter().any(|it| it.to_lowercase() == label.to_lowercase()) {
            return Ok(false);
        }
        there.remote.remove_label(repo, number, label).await?;
        self.writing.note(repo, number);
        let mut verb = self.verb_anywhere(repo, actor, at).await?;
        let removed = labels::remove(&mut verb, &item, label).await?;
        verb.commit().await?;
        Ok(removed)
    }

    /// Opens an issue there; its number.
    pub(in crate::local) async fn open_issue_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        (title, body): (&str, &str),
        with_labels: &[String],
        actor: &Login,
        at: Timestamp,
    ) -> Result<u64, ForgeError> {
        self.only_forgeline(repo, actor).await?;
        let item = match self.opened_before(there, repo, body, at).await? {
            Some(item) => item,
            None => there.remote.open_issue(repo, title, body, with_labels).await?,
        };
        self.take_in(there, repo, &item, at).await?;
        Ok(item.number)
    }

    /// The open issue with the marker of this text, if one was opened without an answer: a second one would tell people twice.
    async fn opened_before(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        body: &str,
        at: Timestamp,
    ) -> Result<Option<RemoteItem>, ForgeError> {
        let Some(key) = marker::key(body) else { return Ok(None) };
        let me = there.me().await?.to_owned();
        let since = Timestamp::from_millis(at.millis() - RECENT_MS);
        let recent = there.remote.items(repo, Scan::After(since)).await?;
        let is_it = |item: &RemoteItem| {
            let is_open_issue = item.pull.is_none() && item.state == RemoteState::Open;
            is_open_issue && item.author.eq_ignore_ascii_case(&me) && marker::key(&item.body) == Some(key)
        };
        Ok(recent.into_iter().find(is_it))
    }

    /// People write there themselves.
    pub(super) async fn only_forgeline(&self, repo: &RepoId, actor: &Login) -> Result<(), ForgeError> {
        if *actor == Self::bot() {
            return Ok(());
        }
        let kind = self.kept_by(repo).await?.unwrap_or_default();
        Err(ForgeError::KeptElsewhere { repo: repo.clone(), kind })
    }
}
