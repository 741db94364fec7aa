//! Labels of a repository and of its items.

use forgeline_model::Timestamp;
use forgeline_store::local_forge::ItemRow;
use serde_json::json;

use super::{LocalForge, rows, scope::Verb, text};
use crate::{
    ForgeError,
    types::{Feed, Login, RepoId, Role},
};

impl LocalForge {
    /// Adds a label to a repository, or describes the one there is.
    ///
    /// # Errors
    /// The name is refused, or `actor` is no editor.
    pub async fn define_label(
        &self,
        repo: &RepoId,
        name: &str,
        description: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let name = text::label(name)?;
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Editor, "define labels").await?;
        verb.view.tx.upsert_label(verb.view.row.id, &name, description.trim()).await?;
        verb.commit().await
    }

    /// A repository's labels with their descriptions, in name order.
    ///
    /// # Errors
    /// There is no such repository.
    pub async fn labels(&self, repo: &RepoId) -> Result<Vec<(String, String)>, ForgeError> {
        let mut view = self.view(repo).await?;
        Ok(view.tx.labels(view.row.id).await?)
    }

    /// Puts a label on an issue or pull request; false when it is there already.
    ///
    /// # Errors
    /// There is no such item, the name is refused, or `actor` is no editor.
    pub async fn add_label(
        &self,
        repo: &RepoId,
        number: u64,
        label: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<bool, ForgeError> {
        if let Some(there) = self.authority(repo).await? {
            return self.add_label_there(&there, repo, number, label, actor, at).await;
        }
        let mut verb = self.verb(repo, actor, at).await?;
        let item = verb.view.item(number, None).await?;
        verb.require(Role::Editor, "label").await?;
        let added = add(&mut verb, &item, label).await?;
        verb.commit().await?;
        Ok(added)
    }

    /// Takes a label off an issue or pull request; false when it is not there.
    ///
    /// # Errors
    /// There is no such item, or `actor` is no editor.
    pub async fn remove_label(
        &self,
        repo: &RepoId,
        number: u64,
        label: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<bool, ForgeError> {
        if let Some(there) = self.authority(repo).await? {
            return self.remove_label_there(&there, repo, number, label, actor, at).await;
        }
        let mut verb = self.verb(repo, actor, at).await?;
        let item = verb.view.item(number, None).await?;
        verb.require(Role::Editor, "label").await?;
        let removed = remove(&mut verb, &item, label).await?;
        verb.commit().await?;
        Ok(removed)
    }
}

/// Takes the label off and tells, within a verb.
pub(super) async fn remove(verb: &mut Verb, item: &ItemRow, label: &str) -> Result<bool, ForgeError> {
    let label = text::label(label)?;
    let removed = verb.view.tx.remove_item_label(verb.view.row.id, item.number, &label).await?;
    if removed {
        let kind = if is_issue(item) { Feed::IssueUnlabeled } else { Feed::PullRequestUnlabeled };
        verb.tell(kind, rows::number(item.number), json!({"label": label})).await?;
    }
    Ok(removed)
}

/// Defines the label where needed, puts it on and tells, within a verb.
pub(super) async fn add(verb: &mut Verb, item: &ItemRow, label: &str) -> Result<bool, ForgeError> {
    let label = text::label(label)?;
    let repository = verb.view.row.id;
    verb.view.tx.upsert_label(repository, &label, "").await?;
    let added = verb.view.tx.add_item_label(repository, item.number, &label).await?;
    if added {
        let kind = if is_issue(item) { Feed::IssueLabeled } else { Feed::PullRequestLabeled };
        verb.tell(kind, rows::number(item.number), json!({"label": label})).await?;
    }
    Ok(added)
}

fn is_issue(item: &ItemRow) -> bool {
    item.kind == "issue"
}
