//! Issues.

use forgeline_model::Timestamp;
use forgeline_store::local_forge::{ItemFilter, ItemRow};
use serde_json::json;

use super::{LocalForge, labels, rows, scope::View, text};
use crate::{
    ForgeError,
    types::{Feed, Issue, IssueState, Login, RepoId, Role},
};

const ISSUE: &str = "issue";

impl LocalForge {
    /// Opens an issue.
    ///
    /// # Errors
    /// The text is refused, or `actor` may not look at the repository.
    pub async fn open_issue(
        &self,
        repo: &RepoId,
        title: &str,
        body: &str,
        with_labels: &[String],
        actor: &Login,
        at: Timestamp,
    ) -> Result<Issue, ForgeError> {
        let (title, body) = (text::title(title)?, text::body(body)?);
        if let Some(there) = self.authority(repo).await? {
            let number = self.open_issue_there(&there, repo, (&title, &body), with_labels, actor, at).await?;
            return self.issue(repo, number).await;
        }
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Guest, "open issues").await?;
        if !with_labels.is_empty() {
            verb.require(Role::Editor, "label issues").await?;
        }
        let number = verb.view.tx.take_number(verb.view.row.id).await?;
        let mut item = ItemRow {
            number,
            kind: ISSUE.to_owned(),
            title,
            body,
            state: IssueState::Open.as_str().to_owned(),
            author: actor.to_string(),
            created_at: at.millis(),
            ..ItemRow::default()
        };
        verb.put(&mut item).await?;
        verb.tell(Feed::IssueOpened, number, json!({"title": item.title, "labels": with_labels})).await?;
        for label in with_labels {
            labels::add(&mut verb, &item, label).await?;
        }
        let issue = load(&mut verb.view, item).await?;
        verb.commit().await?;
        Ok(issue)
    }

    /// An issue by number.
    ///
    /// # Errors
    /// There is no such issue.
    pub async fn issue(&self, repo: &RepoId, number: u64) -> Result<Issue, ForgeError> {
        let mut view = self.view(repo).await?;
        let item = view.item(number, Some(ISSUE)).await?;
        load(&mut view, item).await
    }

    /// Issues in this state and with this label, newest first; none means any.
    ///
    /// # Errors
    /// There is no such repository.
    pub async fn issues(
        &self,
        repo: &RepoId,
        state: Option<IssueState>,
        label: Option<&str>,
    ) -> Result<Vec<Issue>, ForgeError> {
        let mut view = self.view(repo).await?;
        let label = label.map(str::to_owned);
        let filter = ItemFilter { kind: Some(ISSUE), state: state.map(IssueState::as_str), label, head: None };
        let mut found = Vec::new();
        for item in view.tx.items(view.row.id, &filter).await? {
            found.push(load(&mut view, item).await?);
        }
        Ok(found)
    }

    /// Replaces an issue's title, text or both.
    ///
    /// # Errors
    /// There is no such issue, the text is refused, or `actor` neither opened it nor is an editor.
    pub async fn edit_issue(
        &self,
        repo: &RepoId,
        number: u64,
        title: Option<&str>,
        body: Option<&str>,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Issue, ForgeError> {
        let title = title.map(text::title).transpose()?;
        let body = body.map(text::body).transpose()?;
        let mut verb = self.verb(repo, actor, at).await?;
        let mut item = verb.view.item(number, Some(ISSUE)).await?;
        verb.require_author_or_editor(&item, "edit this issue").await?;
        let before = (item.title.clone(), item.body.clone());
        item.title = title.unwrap_or(item.title);
        item.body = body.unwrap_or(item.body);
        if (&item.title, &item.body) != (&before.0, &before.1) {
            verb.put(&mut item).await?;
            verb.tell(Feed::IssueEdited, number, json!({"title": item.title})).await?;
        }
        let issue = load(&mut verb.view, item).await?;
        verb.commit().await?;
        Ok(issue)
    }

    /// Closes or reopens an issue; one that is so already stays as it is.
    ///
    /// # Errors
    /// There is no such issue, or `actor` neither opened it nor is an editor.
    pub async fn set_issue_state(
        &self,
        repo: &RepoId,
        number: u64,
        state: IssueState,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Issue, ForgeError> {
        if let Some(there) = self.authority(repo).await? {
            return self.set_issue_state_there(&there, repo, number, state, actor, at).await;
        }
        let mut verb = self.verb(repo, actor, at).await?;
        let mut item = verb.view.item(number, Some(ISSUE)).await?;
        verb.require_author_or_editor(&item, "close or reopen this issue").await?;
        if item.state != state.as_str() {
            item.state = state.as_str().to_owned();
            let (kind, by) = match state {
                IssueState::Closed => (Feed::IssueClosed, Some(actor.to_string())),
                IssueState::Open => (Feed::IssueReopened, None),
            };
            item.closed_by = by;
            verb.put(&mut item).await?;
            verb.tell(kind, number, json!({})).await?;
        }
        let issue = load(&mut verb.view, item).await?;
        verb.commit().await?;
        Ok(issue)
    }
}

async fn load(view: &mut View, item: ItemRow) -> Result<Issue, ForgeError> {
    let labels = view.tx.item_labels(view.row.id, item.number).await?;
    rows::issue(item, labels)
}

#[cfg(test)]
mod tests {
    use crate::{
        ForgeError,
        local::scratch::{World, login},
        types::IssueState,
    };

    #[tokio::test]
    async fn an_issue_lives_and_the_feed_tells_each_change_once() {
        let world = World::new().await;
        let (forge, repo, acme) = (&world.forge, &world.repo, login("acme"));
        let issue =
            forge.open_issue(repo, " Orders ", "text", &["generate".into()], &acme, world.now()).await.expect("opens");
        assert_eq!((issue.number, issue.title.as_str(), issue.labels.len()), (1, "Orders", 1));
        for _ in 0..2 {
            forge.edit_issue(repo, 1, Some("Orders 2"), None, &acme, world.now()).await.expect("edits");
            assert_eq!(forge.issues(repo, Some(IssueState::Open), Some("Generate")).await.expect("lists").len(), 1);
        }
        for state in [IssueState::Closed, IssueState::Closed, IssueState::Open] {
            forge.set_issue_state(repo, 1, state, &acme, world.now()).await.expect("changes");
        }
        assert!(!forge.add_label(repo, 1, "GENERATE", &acme, world.now()).await.expect("there"));
        assert!(forge.remove_label(repo, 1, "generate", &acme, world.now()).await.expect("removes"));
        assert_eq!(forge.issue(repo, 1).await.expect("reads").work_item().id.as_str(), "1");
        assert_eq!(
            world.told().await,
            [
                "issue_opened 1",
                "issue_labeled 1",
                "issue_edited 1",
                "issue_closed 1",
                "issue_reopened 1",
                "issue_unlabeled 1"
            ]
        );
    }

    #[tokio::test]
    async fn what_is_refused_changes_nothing() {
        let world = World::new().await;
        let (forge, repo, eve) = (&world.forge, &world.repo, login("eve"));
        let open = |title, body| forge.open_issue(repo, title, body, &[], &eve, world.now());
        let huge = "x".repeat(100 << 20);
        for (title, body) in [("", "x"), ("a\nb", "x"), ("a", huge.as_str()), ("a", "\0")] {
            assert!(matches!(open(title, body).await, Err(ForgeError::Invalid { .. })));
        }
        let labeled = forge.open_issue(repo, "a", "", &["generate".into()], &eve, world.now()).await;
        assert!(matches!(labeled, Err(ForgeError::Forbidden { .. })), "{labeled:?}");
        let nobody = forge.open_issue(repo, "a", "", &[], &login("nobody"), world.now()).await;
        assert!(matches!(nobody, Err(ForgeError::NoUser { .. })), "{nobody:?}");
        let missing = forge.issue(repo, 7).await.expect_err("missing");
        assert_eq!(missing.to_string(), "no issue 7 in `acme/shop`; there is none yet");
        assert!(world.told().await.is_empty());
        assert_eq!(open("first", "").await.expect("opens").number, 1, "no number was used up");
    }
}
