//! Checks on commits.

use forgeline_repo::CommitId;
use forgeline_store::local_forge::CheckRow;
use serde_json::json;

use super::{LocalForge, rows, text};
use crate::{
    ForgeError,
    types::{Check, CheckStatus, RepoId, Upsert},
};

impl LocalForge {
    /// Makes sure that the bot's check with this external id is on its commit and says this.
    ///
    /// # Errors
    /// There is no such repository or commit, or the check is completed without a conclusion or the other way round.
    pub async fn upsert_check(&self, repo: &RepoId, check: &Check) -> Result<Upsert<Check>, ForgeError> {
        let summary = text::body(&check.summary)?;
        if (check.status == CheckStatus::Completed) != check.conclusion.is_some() {
            let reason = "a completed one has a conclusion, and no other one has".to_owned();
            return Err(ForgeError::Invalid { what: "the check", reason });
        }
        let commit = check.commit;
        self.with_git(repo, move |repo| repo.commit_info(commit)).await?;
        let mut view = self.view(repo).await?;
        let existing = view.tx.checks(view.row.id, &commit.to_string()).await?;
        let existing = existing.into_iter().find(|row| row.external_id == check.external_id);
        drop(view);
        let row = CheckRow {
            commit_oid: commit.to_string(),
            external_id: check.external_id.clone(),
            name: check.name.clone(),
            status: check.status.as_str().to_owned(),
            conclusion: check.conclusion.map(|conclusion| conclusion.as_str().to_owned()),
            summary,
            annotations: json!(check.annotations).to_string(),
            updated_at: check.updated_at.millis(),
        };
        if let Some(old) = &existing
            && (CheckRow { updated_at: row.updated_at, ..old.clone() }) == row
        {
            return Ok(Upsert::Unchanged(rows::check(old.clone())?));
        }
        if let Some(there) = self.authority(repo).await? {
            there.put_check(repo, check, &row.summary).await?;
        }
        let mut verb = self.verb_anywhere(repo, &Self::bot(), check.updated_at).await?;
        verb.view.tx.put_check(verb.view.row.id, &row).await?;
        verb.commit().await?;
        let check = rows::check(row)?;
        Ok(if existing.is_some() { Upsert::Updated(check) } else { Upsert::Created(check) })
    }

    /// The checks of a commit in name order.
    ///
    /// # Errors
    /// There is no such repository.
    pub async fn checks(&self, repo: &RepoId, commit: CommitId) -> Result<Vec<Check>, ForgeError> {
        let mut view = self.view(repo).await?;
        view.tx.checks(view.row.id, &commit.to_string()).await?.into_iter().map(rows::check).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        local::scratch::World,
        types::{Check, CheckStatus, Conclusion, Upsert},
    };

    #[tokio::test]
    async fn a_check_is_one_per_commit_and_key() {
        let world = World::new().await;
        let commit = world.push("x", &[("a", "1")], &[]).await;
        let check = |status, conclusion| Check {
            commit,
            external_id: "run_1".into(),
            name: "forgeline".into(),
            status,
            conclusion,
            summary: "s".into(),
            annotations: Vec::new(),
            updated_at: world.now(),
        };
        let upsert = async |check: Check| world.forge.upsert_check(&world.repo, &check).await;
        let running = || check(CheckStatus::InProgress, None);
        let done = || check(CheckStatus::Completed, Some(Conclusion::Success));
        assert!(matches!(upsert(running()).await, Ok(Upsert::Created(_))));
        assert!(matches!(upsert(running()).await, Ok(Upsert::Unchanged(_))));
        assert!(matches!(upsert(done()).await, Ok(Upsert::Updated(_))));
        assert!(upsert(check(CheckStatus::Completed, None)).await.is_err());
        let ghost = Check { commit: "1".repeat(40).parse().expect("valid"), ..done() };
        assert!(upsert(ghost).await.is_err());
        let checks = world.forge.checks(&world.repo, commit).await.expect("lists");
        assert_eq!(checks.iter().map(|c| c.conclusion).collect::<Vec<_>>(), [Some(Conclusion::Success)]);
    }
}
