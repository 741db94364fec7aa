//! What reviewers say elsewhere, and what is answered there.

use std::{collections::BTreeSet, sync::Arc};

use forgeline_model::Timestamp;
use forgeline_repo::CommitId;

use super::{Elsewhere, items::text_of};
use crate::{
    ForgeError, LocalForge,
    local::reviews::{Place, ThreadAnswer},
    marker,
    remote::{CommentPlace, OwnCheck, RemoteComment, RemoteError, RemoteItem, RemoteState, Trouble},
    types::{Feedback, RepoId, ReviewThread, Side, SubmittedReview, ThreadComment},
};

/// A pull request that changed within this time is read again though it looks the same: a list may show a change before what
/// was written. Milliseconds.
const FRESH_MS: u64 = 120_000;

impl Elsewhere {
    pub(in crate::local) async fn request_reviewers(
        &self,
        repo: &RepoId,
        number: u64,
        names: &[String],
    ) -> Result<Vec<String>, RemoteError> {
        self.remote.request_reviewers(repo, number, names).await
    }

    pub(in crate::local) async fn own_check(&self, repo: &RepoId, id: u64) -> Result<Option<OwnCheck>, RemoteError> {
        self.remote.own_check(repo, id).await
    }

    pub(in crate::local) async fn account_id(&self, repo: &RepoId, login: &str) -> Result<Option<u64>, RemoteError> {
        self.remote.account_id(repo, login).await
    }
}

impl LocalForge {
    /// All that reviewers said there, as it is now.
    pub(in crate::local) async fn feedback_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        number: u64,
        (base, head): (Option<CommitId>, CommitId),
    ) -> Result<Feedback, ForgeError> {
        let read = there.remote.feedback(repo, number).await?;
        let places = read.threads.iter().map(|thread| Place {
            commit: if thread.side == Side::Old { base } else { thread.commit.or(Some(head)) },
            path: thread.path.clone(),
            start_line: thread.start_line,
            line: thread.line,
        });
        let quotes = self.quotes(repo, places.collect()).await?;
        let mut feedback = Feedback::default();
        for (thread, quote) in read.threads.into_iter().zip(quotes) {
            let mut comments = Vec::with_capacity(thread.comments.len());
            for comment in thread.comments {
                comments.push(ThreadComment {
                    id: comment.id,
                    author: there.name(&comment.author).await?,
                    body: text_of(&comment.body),
                    created_at: comment.created_at,
                });
            }
            feedback.threads.push(ReviewThread {
                id: thread.id,
                path: thread.path,
                line: thread.line,
                start_line: thread.start_line,
                side: thread.side,
                commit: thread.commit.map(|commit| commit.to_string()).unwrap_or_default(),
                quote,
                resolved: thread.resolved,
                outdated: thread.outdated,
                comments,
            });
        }
        for review in read.reviews {
            let CommentPlace::Review(verdict) = review.place else { continue };
            feedback.reviews.push(SubmittedReview {
                id: review.id,
                author: there.name(&review.author).await?,
                verdict,
                body: text_of(&review.body),
                submitted_at: review.created_at,
            });
        }
        Ok(feedback)
    }

    /// Answers that may be there already, because nobody heard of them, are looked for before others are written.
    pub(in crate::local) async fn answer_threads_there(
        &self,
        there: &Arc<Elsewhere>,
        repo: &RepoId,
        number: u64,
        answers: &[ThreadAnswer],
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let _turn = self.writing.comments.lock().await;
        if !self.unanswered(repo, number, answers).await?.is_empty() {
            let all = there.remote.thread_comments(repo, number).await?;
            self.note_comments(there, repo, &all, at).await?;
        }
        for answer in answers {
            let body = marker::append(&answer.body, &answer.key);
            let key = marker::key(&body).unwrap_or(&answer.key);
            if let Some((row, id)) = self.own_comment(repo, number, key).await? {
                // A further attempt with the same notes came to another end.
                if row.body != body {
                    let edited = there.remote.edit_comment(repo, number, id, &body).await?;
                    self.note_comments(there, repo, &[edited], at).await?;
                }
                continue;
            }
            match there.remote.reply_in_thread(repo, number, answer.thread, &body).await {
                Ok(written) => {
                    forgeline_failpoint::pass("comment", "written");
                    self.note_comments(there, repo, &[written], at).await?;
                }
                // A person deleted what was to be answered.
                Err(error) if matches!(error.trouble, Trouble::Missing(_)) => {
                    tracing::debug!(%error, "a thread of {repo}#{number} is not answered");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn unanswered<'a>(
        &self,
        repo: &RepoId,
        number: u64,
        answers: &'a [ThreadAnswer],
    ) -> Result<Vec<&'a ThreadAnswer>, ForgeError> {
        let mut missing = Vec::new();
        for answer in answers {
            let body = marker::append("", &answer.key);
            if self.own_comment(repo, number, marker::key(&body).unwrap_or(&answer.key)).await?.is_none() {
                missing.push(answer);
            }
        }
        Ok(missing)
    }

    /// What reviewers wrote on open pull requests that changed; `since` when nothing is known of the repository yet.
    pub(super) async fn review_comments_there(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        items: &[RemoteItem],
        since: Timestamp,
        at: Timestamp,
    ) -> Result<Vec<RemoteComment>, ForgeError> {
        let mut view = self.view(repo).await?;
        let mut changed = BTreeSet::new();
        for item in items.iter().filter(|it| it.pull.is_some() && it.state == RemoteState::Open) {
            let number = i64::try_from(item.number).unwrap_or(i64::MAX);
            let known = view.tx.item(view.row.id, number).await?;
            let is_same = known.is_some_and(|known| known.updated_at == item.updated_at.millis());
            let is_fresh = item.updated_at.plus_millis(FRESH_MS) >= at;
            if item.updated_at >= since && (!is_same || is_fresh) {
                changed.insert(item.number);
            }
        }
        drop(view);
        let mut all = Vec::new();
        for number in changed {
            all.extend(there.remote.review_comments(repo, number).await?);
        }
        Ok(all)
    }
}
