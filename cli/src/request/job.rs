//! What is asked, with what the job of a pipeline says filled in. What a person typed wins.

use std::{path::Path, sync::Arc};

use forgeline_forge::types::RepoId;
use forgeline_registry::Registry;
use forgeline_repo::{BranchName, Repo};
use forgeline_runner::{InForce, OpenTarget, Runner};

use super::Asked;
use crate::{
    ci::{Ci, System},
    commands::Session,
    definitions,
    exit::{Exit, Failure},
    output,
};

/// What is asked, and the definitions that it is asked by.
pub struct Aim {
    /// With target, base and work item.
    pub asked: Asked,
    /// Of the target where the job is about it, else those that the flags or the current folder name.
    pub in_force: Arc<InForce>,
}

/// Opens the state and finds out what is meant. In a job without a target that is the job's repository on its forge, as it is
/// there now: the checkout is not looked at, and definitions come from the base branch.
pub async fn aim(
    asked: &Asked,
    session: &Session,
    open: impl AsyncFnOnce(Arc<Registry>) -> anyhow::Result<Runner>,
) -> anyhow::Result<(Runner, Aim)> {
    let mut asked = asked.clone();
    let there = match session.ci.as_deref() {
        Some(ci) => fill_in(&mut asked, ci, session)?,
        None => None,
    };
    let Some(repo) = there else {
        let in_force = definitions::usable(definitions::load(session)?)?;
        let runner = open(in_force.registry.clone()).await?;
        return Ok((runner, Aim { asked, in_force: Arc::new(in_force) }));
    };
    let named = definitions::usable(definitions::load_named(session)?)?;
    let runner = open(named.registry.clone()).await?;
    runner.forge.learn(&repo, asked.issue, runner.clock.now()).await?;
    let in_force = match session.global.factory {
        Some(_) => Arc::new(named),
        None => served(&repo, &asked, &runner, Arc::new(named)).await?,
    };
    definitions::check(&in_force)?;
    Ok((runner, Aim { asked, in_force }))
}

/// Target, base, work item and actor from the job; the repository on its forge if that is the target.
fn fill_in(asked: &mut Asked, ci: &Ci, session: &Session) -> anyhow::Result<Option<RepoId>> {
    asked.actor = ci.actor.clone();
    let own = ci.repository.as_ref().filter(|_| ci.is_at_home());
    let there = match (&asked.repo, own) {
        (None, Some(repo)) => Some(repo.clone()),
        (Some(named), Some(repo)) if named.parse::<RepoId>().as_ref() == Ok(repo) => Some(repo.clone()),
        _ => None,
    };
    let Some(repo) = there else {
        let path = match &asked.repo {
            None => ci.workspace.clone().filter(|_| !Path::new(".git").exists()).unwrap_or_else(|| ".".into()),
            Some(named) => named.into(),
        };
        if path.is_dir() {
            asked.repo = Some(path.display().to_string());
            on_checkout(asked, ci, &path)?;
        }
        return Ok(None);
    };
    connected(ci, session)?;
    asked.repo = Some(repo.to_string());
    asked.base = asked.base.take().or_else(|| ci.base.clone());
    if asked.issue.is_none() && asked.work_item.is_none() {
        asked.issue = ci.item.clone().map_err(|reason| {
            Failure::new(Exit::Invalid, format!("{reason}; name the work item with `--issue` or `--work-item`"))
        })?;
    }
    Ok(Some(repo))
}

/// Whether the job's forge can be spoken to.
///
/// # Errors
/// There is no token for it.
pub fn connected(ci: &Ci, session: &Session) -> anyhow::Result<()> {
    match ci.system {
        System::GitHub if ci.token.is_none() && !session.operator.has_github() => {
            anyhow::bail!(Failure::new(
                Exit::Unauthenticated,
                "the job has no token for its repository; give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`, or name \
                 a path with `--repo .` to work on the checkout alone"
            ))
        }
        System::Azure if ci.is_at_home() && ci.token.is_none() && !session.operator.has_azure_devops() => {
            anyhow::bail!(Failure::new(
                Exit::Unauthenticated,
                "the job has no token for its repository; give the step `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`, or \
                 name a path with `--repo .` to work on the checkout alone"
            ))
        }
        System::Azure if !ci.is_at_home() => {
            output::note("  note      the job's repository is not on Azure Repos: its forge is not looked at");
            Ok(())
        }
        System::GitHub | System::Azure => Ok(()),
    }
}

/// A checkout has no branch, only what it was made from: the base branch is put there if it lacks.
fn on_checkout(asked: &mut Asked, ci: &Ci, path: &Path) -> anyhow::Result<()> {
    if let (System::Azure, Ok(Some(number)), None, None) = (ci.system, &ci.item, asked.issue, &asked.work_item) {
        output::note(&format!(
            "  note      work item {number} is not read, since the run works on the checkout; give its text with `--work-item FILE`"
        ));
    }
    output::note("  note      the run works on the checkout: it writes a branch there and opens no pull request");
    let Some(name) = asked.base.clone().or_else(|| ci.base.clone()) else { return Ok(()) };
    let (Ok(repo), Ok(base)) = (Repo::open(path), name.parse::<BranchName>()) else { return Ok(()) };
    if repo.is_shallow() {
        output::note(
            "  note      the checkout is shallow: what a person changed on the run's branch cannot be merged; fetch all of it (`fetch-depth: 0`, `fetchDepth: 0`)",
        );
    }
    if repo.resolve(&base.refname())?.is_none() {
        let fetched = repo.resolve(&format!("refs/remotes/origin/{base}"))?;
        let checked_out = || ci.commit.as_deref().filter(|_| ci.event != "PullRequest").and_then(|id| id.parse().ok());
        let Some(tip) = fetched.or_else(checked_out) else {
            anyhow::bail!(Failure::new(
                Exit::NotFound,
                format!("the checkout has no branch `{base}`; fetch it first with `git fetch origin {base}:{base}`")
            ));
        };
        repo.compare_and_swap(&base.refname(), None, Some(tip), "forgeline: the job's base branch")?;
    }
    asked.base = Some(name);
    Ok(())
}

/// The definitions that the repository keeps at the base, else those of the factory that serves it.
async fn served(repo: &RepoId, asked: &Asked, runner: &Runner, fallback: Arc<InForce>) -> anyhow::Result<Arc<InForce>> {
    let path = runner.forge.git_dir(repo).await?;
    let shown = repo.to_string();
    let base = asked.base.as_deref().and_then(|name| name.parse::<BranchName>().ok());
    let target = OpenTarget::find(&path, &shown, base.as_ref())?;
    runner.read_factories().await;
    Ok(runner.definitions_at(repo, target.base, &fallback).await?.in_force)
}
