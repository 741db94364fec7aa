//! One repository made fit to work on, without reading all that happens there: what a job of a pipeline needs.

use forgeline_model::Timestamp;
use forgeline_store::local_forge::ItemFilter;

use super::{Elsewhere, people::somebody};
use crate::{ForgeError, LocalForge, local::pull_requests::PULL_REQUEST, remote::RemoteItem, types::RepoId};

impl LocalForge {
    /// Brings the branches of a repository elsewhere up to date, this item, and the open pull requests that are known. Of a
    /// repository that was looked at before, everything that is new.
    ///
    /// The feed is told what is new only where something was looked at before; whoever learns, answers nobody.
    ///
    /// # Errors
    /// No forge elsewhere has the repository, or one cannot be read.
    pub async fn learn(&self, repo: &RepoId, number: Option<u64>, at: Timestamp) -> Result<(), ForgeError> {
        for there in &self.elsewhere {
            let Some(it) = self.to_look_at(there, Some(std::slice::from_ref(repo)), at).await?.pop() else { continue };
            self.place_mirror(there.remote.kind(), &it, at).await?;
            if self.view(&it.repo).await?.row.items_seen_to.is_some() {
                self.look(there, &it, at).await?;
                if let Some(number) = number
                    && !self.knows(&it.repo, number).await?
                    && let Some(item) = there.remote.item(&it.repo, number).await?
                {
                    self.fetch_mirror(there, &it.repo, None, &[]).await?;
                    self.note_silently(there, &it.repo, &item, at).await?;
                }
                return Ok(());
            }
            let mut numbers = self.open_pull_requests_known(&it.repo).await?;
            numbers.extend(number.filter(|number| !numbers.contains(number)));
            let mut items = Vec::with_capacity(numbers.len());
            for number in numbers {
                items.extend(there.remote.item(&it.repo, number).await?);
            }
            // Objects after items: whatever an item names is there.
            self.fetch_mirror(there, &it.repo, it.default_branch.clone(), &[]).await?;
            for item in &items {
                self.note_silently(there, &it.repo, item, at).await?;
            }
            return Ok(());
        }
        let known = self.store.forge_read().await?.repositories().await?;
        let known = known.into_iter().map(|row| format!("{}/{}", row.owner, row.name)).collect();
        Err(ForgeError::NoRepository { repo: repo.clone(), known })
    }

    /// Notes an item as it is; nobody is told.
    async fn note_silently(
        &self,
        there: &Elsewhere,
        repo: &RepoId,
        item: &RemoteItem,
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let arrived = self.arrive(there, repo, item, false).await?;
        let mut verb = self.verb_anywhere(repo, &somebody(), at).await?;
        let (repository, number) = (verb.view.row.id, i64::try_from(item.number).unwrap_or(i64::MAX));
        // A label that is gone there is gone here.
        for label in verb.view.tx.item_labels(repository, number).await? {
            verb.view.tx.remove_item_label(repository, number, &label).await?;
        }
        arrived.note(&mut verb, true).await?;
        verb.commit().await
    }

    async fn knows(&self, repo: &RepoId, number: u64) -> Result<bool, ForgeError> {
        let mut view = self.view(repo).await?;
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        Ok(view.tx.item(view.row.id, number).await?.is_some())
    }

    async fn open_pull_requests_known(&self, repo: &RepoId) -> Result<Vec<u64>, ForgeError> {
        let mut view = self.view(repo).await?;
        let filter = ItemFilter { kind: Some(PULL_REQUEST), state: Some("open"), head: None, label: None };
        let open = view.tx.items(view.row.id, &filter).await?;
        Ok(open.into_iter().filter_map(|item| u64::try_from(item.number).ok()).collect())
    }
}
