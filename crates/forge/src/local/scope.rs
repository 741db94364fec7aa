//! One verb on one repository: its transaction, who asks for it, and what it tells.

use forgeline_model::Timestamp;
use forgeline_store::local_forge::{ForgeTx, ItemFilter, ItemRow, NewFeedRow, RepositoryRow};
use serde_json::Value;

use super::LocalForge;
use crate::{
    ForgeError,
    types::{Feed, Login, RepoId, Role},
};

/// A repository in an open transaction.
pub(super) struct View {
    pub(super) tx: ForgeTx,
    pub(super) repo: RepoId,
    pub(super) row: RepositoryRow,
}

/// A view in which somebody changes something.
pub(super) struct Verb {
    pub(super) view: View,
    pub(super) actor: Login,
    pub(super) at: Timestamp,
}

impl LocalForge {
    /// A consistent view of a repository.
    pub(super) async fn view(&self, repo: &RepoId) -> Result<View, ForgeError> {
        View::open(self.store.forge_read().await?, repo).await
    }

    /// A transaction in which `actor` changes a repository that is kept here.
    pub(super) async fn verb(&self, repo: &RepoId, actor: &Login, at: Timestamp) -> Result<Verb, ForgeError> {
        let verb = self.verb_anywhere(repo, actor, at).await?;
        match &verb.view.row.remote {
            Some(kind) if !(self.rehearses && *actor == Self::bot()) => {
                Err(ForgeError::KeptElsewhere { repo: verb.view.repo.clone(), kind: kind.clone() })
            }
            _ => Ok(verb),
        }
    }

    /// The same, also for a mirror.
    pub(super) async fn verb_anywhere(&self, repo: &RepoId, actor: &Login, at: Timestamp) -> Result<Verb, ForgeError> {
        let mut view = View::open(self.store.forge_write().await?, repo).await?;
        if *actor == Self::bot() {
            view.tx.ensure_user(actor.as_str(), true, at.millis()).await?;
        }
        Ok(Verb { view, actor: actor.clone(), at })
    }
}

impl View {
    async fn open(mut tx: ForgeTx, repo: &RepoId) -> Result<Self, ForgeError> {
        let now = tx.repository(repo.owner(), repo.name()).await?;
        let found = match now {
            Some(row) => Some(row),
            None => tx.repository_formerly(repo.owner(), repo.name()).await?,
        };
        let Some(row) = found else {
            let known = tx.repositories().await?;
            let known = known.into_iter().map(|row| format!("{}/{}", row.owner, row.name)).collect();
            return Err(ForgeError::NoRepository { repo: repo.clone(), known });
        };
        let repo = super::rows::repo_id(&row.owner, &row.name)?;
        Ok(Self { tx, repo, row })
    }

    /// An item that exists, of this kind if one is given.
    pub(super) async fn item(&mut self, number: u64, kind: Option<&'static str>) -> Result<ItemRow, ForgeError> {
        let found = match i64::try_from(number) {
            Ok(number) => self.tx.item(self.row.id, number).await?,
            Err(_) => None,
        };
        if let Some(item) = found.filter(|item| kind.is_none_or(|kind| item.kind == kind)) {
            return Ok(item);
        }
        let filter = ItemFilter { kind, ..ItemFilter::default() };
        let newest = self.tx.items(self.row.id, &filter).await?;
        let known = newest.iter().take(5).map(|item| item.number.to_string()).collect();
        let what = match kind {
            Some("issue") => "issue",
            Some(_) => "pull request",
            None => "issue or pull request",
        };
        Err(ForgeError::NoItem { what, number, repo: self.repo.clone(), known })
    }

    /// What a user may do here; none means not even look.
    pub(super) async fn role_of(&mut self, login: &Login) -> Result<Option<Role>, ForgeError> {
        if *login == LocalForge::bot() {
            return Ok(Some(Role::Editor));
        }
        // Who may do what there is asked there.
        if self.row.remote.is_some() {
            return Ok(None);
        }
        let Some(user) = self.tx.user(login.as_str()).await? else { return Ok(None) };
        if user.login.eq_ignore_ascii_case(&self.row.owner) {
            return Ok(Some(Role::Admin));
        }
        let given = self.tx.role(self.row.id, user.id).await?;
        let given = given.map(|role| super::rows::word::<Role>("role", &role)).transpose()?;
        Ok(given.or((!self.row.private).then_some(Role::Guest)))
    }
}

impl Verb {
    /// Refuses unless the actor has at least this role.
    pub(super) async fn require(&mut self, needs: Role, action: &'static str) -> Result<(), ForgeError> {
        let has = self.view.role_of(&self.actor).await?;
        if has.is_some_and(|role| role >= needs) {
            return Ok(());
        }
        if *self.actor.as_str() != *super::BOT && self.view.tx.user(self.actor.as_str()).await?.is_none() {
            let known = self.view.tx.users().await?.into_iter().map(|user| user.login).collect();
            return Err(ForgeError::NoUser { login: self.actor.to_string(), known });
        }
        Err(ForgeError::Forbidden { actor: self.actor.to_string(), action, repo: self.view.repo.clone(), needs, has })
    }

    /// Refuses unless the actor opened the item or is an editor.
    pub(super) async fn require_author_or_editor(
        &mut self,
        item: &ItemRow,
        action: &'static str,
    ) -> Result<(), ForgeError> {
        if item.author.eq_ignore_ascii_case(self.actor.as_str()) {
            Ok(())
        } else {
            self.require(Role::Editor, action).await
        }
    }

    /// Appends to the feed, in this transaction.
    pub(super) async fn tell(&mut self, kind: Feed, subject: impl ToString, payload: Value) -> Result<(), ForgeError> {
        let entry = NewFeedRow {
            repository: self.view.row.id,
            kind: kind.as_str(),
            subject: &subject.to_string(),
            actor: self.actor.as_str(),
            payload: &payload.to_string(),
            at: self.at.millis(),
        };
        self.view.tx.append_feed(&entry).await?;
        Ok(())
    }

    /// Stores an item with a new change time.
    pub(super) async fn put(&mut self, item: &mut ItemRow) -> Result<(), ForgeError> {
        item.updated_at = self.at.millis();
        Ok(self.view.tx.put_item(self.view.row.id, item).await?)
    }

    /// Makes everything durable.
    pub(super) async fn commit(self) -> Result<(), ForgeError> {
        Ok(self.view.tx.commit().await?)
    }
}
