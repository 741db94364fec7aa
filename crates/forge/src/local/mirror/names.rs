//! Repositories elsewhere that got another name, and those that are not shown any more.
//!
//! The forge's own id says which is which. A new name renames the mirror, with all that hangs on it; one that is not listed any
//! more is told once and left alone, and goes on when it is listed again.

use std::{collections::HashSet, fs, io, path::Path};

use forgeline_model::Timestamp;
use forgeline_store::{Decision, local_forge::RepositoryRow};
use serde_json::json;

use super::Elsewhere;
use crate::{
    ForgeError, LocalForge,
    local::{blocking, rows},
    remote::RemoteRepository,
    types::RepoId,
};

impl LocalForge {
    /// What keys of runs call a repository: the name that it had first, whatever it is called now.
    ///
    /// # Errors
    /// There is no such repository, or its forge does not show it any more.
    pub async fn known_as(&self, repo: &RepoId) -> Result<String, ForgeError> {
        let view = self.view(repo).await?;
        match (&view.row.remote, view.row.gone_at) {
            (Some(kind), Some(_)) => Err(ForgeError::Gone { repo: view.repo.clone(), kind: kind.clone() }),
            _ => Ok(view.row.known_as.unwrap_or_else(|| view.repo.to_string())),
        }
    }

    /// Mirrors of what forges elsewhere do not show any more, each with the kind of its forge.
    ///
    /// # Errors
    /// The database failed.
    pub async fn gone(&self) -> Result<Vec<(RepoId, String)>, ForgeError> {
        let all = self.store.forge_read().await?.repositories().await?;
        let gone = all.into_iter().filter(|row| row.gone_at.is_some());
        gone.map(|row| Ok((rows::repo_id(&row.owner, &row.name)?, row.remote.unwrap_or_default()))).collect()
    }

    /// Brings names and presence of the mirrors in line with the forge's whole list.
    pub(super) async fn follow_names(
        &self,
        there: &Elsewhere,
        all: &[RemoteRepository],
        at: Timestamp,
    ) -> Result<(), ForgeError> {
        let kind = there.remote.kind();
        for it in all.iter().filter(|it| !it.id.is_empty()) {
            self.follow_name(kind, it, at).await?;
        }
        if !there.remote.lists_all() {
            return Ok(());
        }
        let ids: HashSet<&str> = all.iter().map(|it| it.id.as_str()).collect();
        let names: HashSet<String> = all.iter().map(|it| it.repo.to_string().to_ascii_lowercase()).collect();
        let known = self.store.forge_read().await?.repositories().await?;
        for row in known.into_iter().filter(|row| row.remote.as_deref() == Some(kind)) {
            let name = format!("{}/{}", row.owner, row.name);
            let is_listed = match &row.remote_id {
                Some(id) if !ids.contains("") => ids.contains(id.as_str()),
                // A list without ids says no more than names.
                _ => names.contains(&name.to_ascii_lowercase()),
            };
            if is_listed == row.gone_at.is_none() {
                continue;
            }
            let (rule, verdict, reason) = if is_listed {
                tracing::info!("`{name}` is there again on {kind}; it is looked at from here on");
                ("mirror.back", "look", "its forge shows it again")
            } else {
                tracing::warn!(
                    "`{name}` is not there any more on {kind}; what is known of it is kept, and its runs end"
                );
                ("mirror.gone", "leave", "it was deleted, or taken away from Forgeline")
            };
            let detail = json!({"forge": kind, "id": row.remote_id, "reason": reason});
            let decision = noted(format!("repository {name}"), rule, verdict, detail);
            let mut tx = self.store.forge_write().await?;
            tx.set_gone(row.id, (!is_listed).then_some(at.millis())).await?;
            tx.record(&decision, at).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn follow_name(&self, kind: &str, it: &RemoteRepository, at: Timestamp) -> Result<(), ForgeError> {
        let (owner, name) = (it.repo.owner(), it.repo.name());
        let mut tx = self.store.forge_read().await?;
        let (by_id, by_name) = (tx.repository_of_remote(kind, &it.id).await?, tx.repository(owner, name).await?);
        drop(tx);
        let is_mirror = |row: &RepositoryRow| row.remote.as_deref() == Some(kind);
        match (by_id, by_name) {
            // Made before ids were kept.
            (None, Some(row)) if is_mirror(&row) && row.remote_id.is_none() => {
                let mut tx = self.store.forge_write().await?;
                tx.set_remote_id(row.id, &it.id).await?;
                Ok(tx.commit().await?)
            }
            // Another one has the name now, and what had it is not seen under a new one, or not yet.
            (None, Some(row)) if is_mirror(&row) => self.put_aside(kind, &row, at).await,
            (None, _) => Ok(()),
            (Some(row), Some(other)) if row.id == other.id => Ok(()),
            (Some(_), Some(other)) if !is_mirror(&other) => {
                tracing::warn!("`{}` is the name of another repository here; its mirror keeps its old one", it.repo);
                Ok(())
            }
            (Some(row), other) => {
                if let Some(other) = other {
                    self.put_aside(kind, &other, at).await?;
                }
                self.rename(kind, &row, &it.repo, at).await
            }
        }
    }

    /// Takes a name from a mirror whose repository is not called so any more.
    async fn put_aside(&self, kind: &str, row: &RepositoryRow, at: Timestamp) -> Result<(), ForgeError> {
        let aside = rows::repo_id(&row.owner, &format!("{}.former-{}", row.name, row.id))?;
        self.rename(kind, row, &aside, at).await
    }

    async fn rename(&self, kind: &str, row: &RepositoryRow, to: &RepoId, at: Timestamp) -> Result<(), ForgeError> {
        let from = format!("{}/{}", row.owner, row.name);
        let target = self.folder.join(to.owner()).join(format!("{}.git", to.name()));
        let old = self.path_of(row);
        // Under the write lock, before the row: a look that was cut off here finds the folder moved and goes on.
        let mut tx = self.store.forge_write().await?;
        blocking(move || move_folder(&old, &target)).await?;
        tx.rename_repository(row, (to.owner(), to.name()), at.millis()).await?;
        let detail = json!({"forge": kind, "id": row.remote_id, "from": from, "to": to.to_string()});
        tx.record(&noted(format!("repository {to}, formerly {from}"), "mirror.renamed", "follow", detail), at).await?;
        tx.commit().await?;
        self.store.forget_runs();
        tracing::info!("`{from}` is called `{to}` now on {kind}");
        Ok(())
    }
}

fn noted(subject: String, rule: &str, verdict: &str, detail: serde_json::Value) -> Decision {
    Decision { subject, rule: rule.to_owned(), verdict: verdict.to_owned(), detail }
}

/// Moves a mirror's folder. Where it was, a link leads to it, for what is under way.
fn move_folder(from: &Path, to: &Path) -> Result<(), ForgeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ForgeError::File { action: "move", path, source }
    };
    if from == to || from.is_symlink() || !from.exists() {
        return Ok(());
    }
    if to.is_symlink() {
        fs::remove_file(to).map_err(failed(to))?;
    }
    if to.exists() {
        return Err(failed(to)(io::Error::from(io::ErrorKind::AlreadyExists)));
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    fs::rename(from, to).map_err(failed(from))?;
    #[cfg(unix)]
    if let Err(error) = std::os::unix::fs::symlink(to, from) {
        tracing::debug!("no link from the old place: {error}");
    }
    Ok(())
}
