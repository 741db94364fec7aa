//! The check of a blueprint, put on the commits that it is about: the head of the pull request that it looks at, and the commit
//! of its own pull request.

use forgeline_engine::{BotEffect, Outcome};
use forgeline_forge::{
    ForgeError,
    remote::Trouble,
    types::{Check, CheckStatus, RepoId},
};
use forgeline_repo::CommitId;
use forgeline_store::RunView;

use crate::{Runner, RunnerError, report::check, report::check::CheckSaid};

impl Runner {
    /// Makes sure that a commit has the check of a blueprint and that it says this. Where Forgeline may put none, that is told
    /// to whoever watches and keeps nothing else away: the comment says the same.
    ///
    /// # Errors
    /// The forge cannot be written to.
    pub async fn put_check(
        &self,
        repo: &RepoId,
        commit: CommitId,
        blueprint: &str,
        said: CheckSaid,
    ) -> Result<(), RunnerError> {
        let check = Check {
            commit,
            external_id: blueprint.to_owned(),
            name: check::name(blueprint),
            status: if said.conclusion.is_some() { CheckStatus::Completed } else { CheckStatus::InProgress },
            conclusion: said.conclusion,
            summary: said.text,
            annotations: said.annotations,
            updated_at: self.clock.now(),
        };
        match self.forge.upsert_check(repo, &check).await {
            Ok(_) => Ok(()),
            Err(ForgeError::Remote(error)) if matches!(error.trouble, Trouble::Forbidden(_)) => {
                self.watch.warn(format!(
                    "there is no check `{}`: {error}; let Forgeline write checks, or with a token commit statuses",
                    check.name
                ));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What a run says of the commit that it looks at; what was decided before it and is not there yet has its say no more.
    pub(crate) async fn put_check_of(
        &self,
        view: &RunView,
        repo: &RepoId,
        head: &str,
        said: CheckSaid,
    ) -> Result<(), RunnerError> {
        let spec = &view.spec;
        let Ok(commit) = head.parse() else { return Ok(()) };
        let blueprint = spec.plan.blueprint.name.clone();
        let pending = BotEffect::Check {
            repository: spec.target.repository.clone(),
            commit: head.to_owned(),
            blueprint: blueprint.clone(),
            conclusion: None,
            text: String::new(),
        };
        self.store.supersede(&pending, &spec.id).await?;
        self.put_check(repo, commit, &blueprint, said).await
    }

    /// Brings the checks of a run up to date.
    pub(crate) async fn report_checks(&self, view: &RunView) -> Result<(), RunnerError> {
        let spec = &view.spec;
        let repo = self.forge_repository(&spec.target)?;
        if let Some(at) = &spec.pull_request {
            self.put_check_of(view, &repo, &at.head, check::of_run(view)).await?;
        }
        if let Some(outcome @ Outcome::Published(publication)) = view.state.outcome()
            && publication.pull_request.is_some()
        {
            let said = check::of_publication(spec, outcome, publication);
            self.put_check_of(view, &repo, &publication.commit, said).await?;
        }
        Ok(())
    }
}
