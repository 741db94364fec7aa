//! Issues and pull requests of elsewhere, noted here; the feed is told what is new.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_model::Timestamp;
use forgeline_repo::{CommitId, Repo};
use forgeline_store::local_forge::{ItemFilter, ItemRow};
use serde_json::json;

use super::{Elsewhere, git::fork_branch, is_older_than_the_mirror, people::somebody};
use crate::{
    ForgeError, LocalForge,
    local::{labels, pull_requests::PULL_REQUEST, scope::Verb, text},
    remote::{RemoteItem, RemoteState},
    types::{Feed, Login, RepoId},
};

/// Longest text of an item or comment that is kept, bytes. Forges allow less.
const MOST_TEXT: usize = 1 << 20;

/// An item that was read, with all that has to be asked before it can be noted.
pub(super) struct Arrived {
    row: ItemRow,
    author: Login,
    closed_by: Option<Login>,
    labels: BTreeSet<String>,
    /// Whether it is told as news, however old the mirror is.
    is_news: bool,
    /// Who put on the labels that are new here.
    labelled_by: BTreeMap<String, Login>,
    /// Who opened it again, if it was closed when it was last seen.
    reopened_by: Option<Login>,
}

impl LocalForge {
    /// Asks what has to be known besides: who did it, and what Git says. The commits have been fetched. `is_news`: of a first
    /// look, and to be told all the same.
    pub(super) async fn arrive(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        item: &RemoteItem,
        is_news: bool,
    ) -> Result<Arrived, ForgeError> {
        let labels: BTreeSet<String> = item.labels.iter().filter_map(|label| label_of(label)).collect();
        let known = match self.known_labels(repo, item.number).await? {
            None if is_news => Some(BTreeSet::new()),
            known => known,
        };
        let mut labelled_by = BTreeMap::new();
        if let Some(known) = known {
            for label in labels.iter().filter(|label| !known.contains(&label.to_lowercase())) {
                if let Some(login) = there.labelled_by(repo, item.number, label).await? {
                    labelled_by.insert(label.clone(), login);
                }
            }
        }
        let reopened = match self.is_known_closed(repo, item.number).await? && item.state == RemoteState::Open {
            true => there.remote.reopened_by(repo, item.number).await?,
            false => None,
        };
        let reopened_by = match reopened {
            Some(login) => Some(there.name(&login).await?),
            None => None,
        };
        // A pull request of Forgeline's has no marker.
        let author = match &item.pull {
            Some(_) => there.name(&item.author).await?,
            None => there.author(&item.author, &item.body).await?,
        };
        let closed_by = match &item.closed_by {
            Some(login) => Some(there.name(login).await?),
            None => None,
        };
        let mut row = ItemRow {
            number: i64::try_from(item.number).unwrap_or(i64::MAX),
            kind: if item.pull.is_some() { PULL_REQUEST } else { "issue" }.to_owned(),
            title: title_of(&item.title),
            body: text_of(&item.body),
            state: word(item.state).to_owned(),
            author: author.to_string(),
            created_at: item.created_at.millis(),
            updated_at: item.updated_at.millis(),
            closed_by: closed_by.as_ref().filter(|_| item.state != RemoteState::Open).map(Login::to_string),
            ..ItemRow::default()
        };
        if let Some(pull) = &item.pull {
            let head = if pull.fork.is_some() { fork_branch(item.number) } else { pull.head.clone() };
            (row.head, row.base, row.draft) = (head.to_string(), pull.base.to_string(), pull.draft);
            row.head_commit = pull.head_commit.to_string();
            row.merged_commit = pull.merged_commit.map(|id| id.to_string());
            let (base, head) = (pull.base.refname(), pull.head_commit);
            let fork = self.with_git(repo, move |git| Ok::<_, ForgeError>(common(git, &base, head))).await?;
            row.base_commit = fork.map(|id| id.to_string()).unwrap_or_default();
        }
        Ok(Arrived { row, author, closed_by, labels, is_news, labelled_by, reopened_by })
    }

    async fn is_known_closed(&self, repo: &RepoId, number: u64) -> Result<bool, ForgeError> {
        let mut view = self.view(repo).await?;
        let item = view.tx.item(view.row.id, i64::try_from(number).unwrap_or(i64::MAX)).await?;
        Ok(item.is_some_and(|item| item.state != "open"))
    }

    /// In lower case; none when the item is not known here and who labelled it is of no interest.
    async fn known_labels(&self, repo: &RepoId, number: u64) -> Result<Option<BTreeSet<String>>, ForgeError> {
        let mut view = self.view(repo).await?;
        let first_look = view.row.items_seen_to.is_none();
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let labels = view.tx.item_labels(view.row.id, number).await?;
        Ok((!first_look).then(|| labels.iter().map(|label| label.to_lowercase()).collect()))
    }

    /// Takes in one item at once: what a write was answered, or what a comment stands under.
    pub(super) async fn take_in(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        item: &RemoteItem,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let arrived = self.arrive(there, repo, item, false).await?;
        let mut verb = self.verb_anywhere(repo, &somebody(), at).await?;
        arrived.note(&mut verb, false).await?;
        verb.commit().await
    }
}

impl Arrived {
    /// Notes the item and tells what is new; a first look tells nothing.
    pub(super) async fn note(self, verb: &mut Verb, is_first_look: bool) -> Result<(), ForgeError> {
        let repository = verb.view.row.id;
        let old = verb.view.tx.item(repository, self.row.number).await?;
        // An answer that took long is older than what is known.
        if old.as_ref().is_some_and(|old| old.updated_at > self.row.updated_at) {
            return Ok(());
        }
        let same = old.as_ref() == Some(&self.row);
        if !same {
            self.make_room(verb).await?;
            verb.view.tx.put_item(repository, &self.row).await?;
            verb.view.tx.note_number(repository, self.row.number).await?;
        }
        // Who labelled it before Forgeline came did not ask for anything.
        let was_there =
            old.is_none() && is_older_than_the_mirror(&verb.view.row, Timestamp::from_millis(self.row.created_at));
        if (is_first_look || was_there) && !self.is_news {
            for label in &self.labels {
                verb.view.tx.upsert_label(repository, label, "").await?;
                verb.view.tx.add_item_label(repository, self.row.number, label).await?;
            }
            return if is_first_look { Ok(()) } else { self.tell_new(verb).await };
        }
        match &old {
            None => self.tell_new(verb).await?,
            Some(old) if !same => self.tell_changes(old, verb).await?,
            Some(_) => {}
        }
        self.note_labels(verb).await?;
        self.tell_end(old.as_ref(), verb).await
    }

    fn is_issue(&self) -> bool {
        self.row.kind != PULL_REQUEST
    }

    /// A branch has one open pull request into a base. If another one is open here, it is not any more.
    async fn make_room(&self, verb: &mut Verb) -> Result<(), ForgeError> {
        if self.is_issue() || self.row.state != "open" {
            return Ok(());
        }
        let head = Some(self.row.head.clone());
        let filter = ItemFilter { kind: Some(PULL_REQUEST), state: Some("open"), head, label: None };
        for other in verb.view.tx.items(verb.view.row.id, &filter).await? {
            if other.base == self.row.base && other.number != self.row.number {
                // The next look tells how it ended.
                let closed = ItemRow { state: "closed".to_owned(), ..other };
                verb.view.tx.put_item(verb.view.row.id, &closed).await?;
                verb.actor = somebody();
                verb.tell(Feed::PullRequestClosed, closed.number, json!({"head": closed.head})).await?;
            }
        }
        Ok(())
    }

    async fn tell_new(&self, verb: &mut Verb) -> Result<(), ForgeError> {
        verb.actor = self.author.clone();
        let row = &self.row;
        let created = Timestamp::from_millis(row.created_at);
        if !self.is_news && is_older_than_the_mirror(&verb.view.row, created) {
            // Everything that was open then is known: it was closed, and is open again or was changed since.
            if row.state == "open" {
                verb.actor = somebody();
                let kind = if self.is_issue() { Feed::IssueReopened } else { Feed::PullRequestReopened };
                verb.tell(kind, row.number, json!({})).await?;
            }
            return Ok(());
        }
        if self.is_issue() {
            verb.tell(Feed::IssueOpened, row.number, json!({"title": row.title, "labels": self.labels})).await
        } else {
            let payload = json!({"head": row.head, "base": row.base, "commit": row.head_commit});
            verb.tell(Feed::PullRequestOpened, row.number, payload).await
        }
    }

    async fn tell_changes(&self, old: &ItemRow, verb: &mut Verb) -> Result<(), ForgeError> {
        let row = &self.row;
        verb.actor = somebody();
        if (&row.title, &row.body, &row.base) != (&old.title, &old.body, &old.base) {
            let kind = if self.is_issue() { Feed::IssueEdited } else { Feed::PullRequestEdited };
            verb.tell(kind, row.number, json!({"title": row.title})).await?;
        }
        if old.draft && !row.draft && !self.is_issue() {
            // Only the author and who may write can say so, and the head is the author's: their right decides.
            verb.actor = self.author.clone();
            verb.tell(Feed::PullRequestReady, row.number, json!({})).await?;
            verb.actor = somebody();
        }
        if old.head_commit != row.head_commit && row.state == "open" && row.head == fork_head(row) {
            // A fork's head is its author's.
            verb.actor = self.author.clone();
            verb.tell(Feed::PullRequestPushed, row.number, json!({"commit": row.head_commit})).await?;
            verb.actor = somebody();
        }
        if old.state != "open" && row.state == "open" {
            verb.actor = self.reopened_by.clone().unwrap_or_else(somebody);
            let kind = if self.is_issue() { Feed::IssueReopened } else { Feed::PullRequestReopened };
            verb.tell(kind, row.number, json!({"head": row.head})).await?;
        }
        Ok(())
    }

    /// Labels become those that are there.
    async fn note_labels(&self, verb: &mut Verb) -> Result<(), ForgeError> {
        let known = verb.view.tx.item_labels(verb.view.row.id, self.row.number).await?;
        let has = |label: &str| self.labels.iter().any(|it| it.to_lowercase() == label.to_lowercase());
        for label in known.iter().filter(|label| !has(label)) {
            // No forge says who; what follows of it on a pull request follows by the right of its author.
            verb.actor = if self.is_issue() { somebody() } else { self.author.clone() };
            labels::remove(verb, &self.row, label).await?;
        }
        for label in &self.labels {
            verb.actor = self.labelled_by.get(label).cloned().unwrap_or_else(somebody);
            labels::add(verb, &self.row, label).await?;
        }
        Ok(())
    }

    /// That it was closed or merged is told last: what was done to it before still counts.
    async fn tell_end(&self, old: Option<&ItemRow>, verb: &mut Verb) -> Result<(), ForgeError> {
        let row = &self.row;
        if row.state == "open" || old.is_some_and(|old| old.state == row.state) {
            return Ok(());
        }
        verb.actor = self.closed_by.clone().unwrap_or_else(somebody);
        match row.state.as_str() {
            "merged" => {
                let payload = json!({"head": row.head, "base": row.base, "commit": row.merged_commit, "method": null});
                verb.tell(Feed::PullRequestMerged, row.number, payload).await
            }
            _ if self.is_issue() => verb.tell(Feed::IssueClosed, row.number, json!({})).await,
            _ => verb.tell(Feed::PullRequestClosed, row.number, json!({"head": row.head})).await,
        }
    }
}

/// What stands in for the head branch, were the pull request from a fork.
fn fork_head(row: &ItemRow) -> String {
    fork_branch(crate::local::rows::number(row.number)).to_string()
}

fn common(git: &Repo, base: &str, head: CommitId) -> Option<CommitId> {
    let base = git.resolve(base).ok().flatten()?;
    git.merge_base(base, head).ok().flatten()
}

fn word(state: RemoteState) -> &'static str {
    match state {
        RemoteState::Open => "open",
        RemoteState::Closed => "closed",
        RemoteState::Merged => "merged",
    }
}

/// A title as it can stand here: one line that is not empty.
fn title_of(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(256).collect();
    match line.trim() {
        "" => "(no title)".to_owned(),
        line => line.to_owned(),
    }
}

/// A text as it can stand here. Line ends become `\n`; what is too long ends early.
pub(super) fn text_of(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\0', "");
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
    }
    text
}

/// A label as it can stand here; none when nothing can.
fn label_of(label: &str) -> Option<String> {
    text::label(label).ok()
}
