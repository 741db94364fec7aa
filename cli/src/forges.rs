//! Forges elsewhere, as the operator names them.

use std::sync::Arc;

use forgeline_blueprints::config::operator::{GitHub as Settings, OperatorFile};
use forgeline_forge::{LocalForge, types::RepoId};
use forgeline_github::{Auth, Config, GitHub, SecretSource, SystemClock};
use forgeline_model::SecretRef;
use forgeline_runner::secret;
use globset::{GlobBuilder, GlobSetBuilder};

use crate::{
    ci::{Ci, System},
    exit::{Exit, Failure},
};

/// The local forge with those beside it that the operator names; in a job, with the job's own by the job's token where the
/// operator names none.
///
/// # Errors
/// What is said of one is not enough, or too much. Whether its credential is accepted shows when it is first used.
pub fn beside(forge: LocalForge, operator: &OperatorFile, ci: Option<&Ci>) -> anyhow::Result<LocalForge> {
    let settings = &operator.config.forges.github;
    let (auth, base_url) = match (auth(settings, operator)?, ci.and_then(of_job)) {
        (Some(auth), _) => (auth, settings.base_url.clone()),
        (None, Some((auth, api))) => (auth, settings.base_url.clone().or(api)),
        (None, None) => return Ok(forge),
    };
    let config = Config { base_url, ..Config::new(auth) };
    let github = GitHub::new(config, Arc::new(SystemClock)).map_err(|error| refused(operator, &error.to_string()))?;
    let wanted = wanted(settings.repositories.as_deref(), operator)?;
    Ok(forge.beside(Arc::new(github), wanted))
}

/// Who Forgeline is on GitHub in a job there, and where that is; none without a token.
fn of_job(ci: &Ci) -> Option<(Auth, Option<String>)> {
    match ci.system {
        System::GitHub => {
            let token = source(&SecretRef::Env(ci.token?.to_owned()));
            let auth = Auth::Job { token, repository: ci.repository.clone()?, login: ci.login.clone() };
            Some((auth, ci.api.clone()))
        }
        // Here the adapter for Azure DevOps takes `ci.api`, `ci.repository` and the token, once this build has it.
        System::Azure => None,
    }
}

/// Who Forgeline is on GitHub; none when only the secret of webhooks is named.
fn auth(settings: &Settings, operator: &OperatorFile) -> anyhow::Result<Option<Auth>> {
    match (settings.app_id, &settings.private_key, &settings.token) {
        (None, None, None) => Ok(None),
        (None, None, Some(token)) => Ok(Some(Auth::Token(source(token)))),
        (Some(app_id), Some(key), None) => Ok(Some(Auth::App { app_id, private_key: source(key) })),
        (_, _, Some(_)) => Err(refused(operator, "name an app or a token, not both").into()),
        (Some(_), None, None) => Err(refused(operator, "an app needs its `private_key`").into()),
        (None, Some(_), None) => Err(refused(operator, "an app needs its `app_id`").into()),
    }
}

/// Whether Forgeline may act in a repository. Nobody is told that theirs is not named.
fn wanted(
    globs: Option<&[String]>,
    operator: &OperatorFile,
) -> anyhow::Result<impl Fn(&RepoId) -> bool + Send + Sync + 'static> {
    let mut set = GlobSetBuilder::new();
    for glob in globs.unwrap_or(&["*/*".to_owned()]) {
        let built = GlobBuilder::new(glob).literal_separator(true).case_insensitive(true).build();
        set.add(built.map_err(|error| refused(operator, &format!("`repositories`: {error}")))?);
    }
    let set = set.build().map_err(|error| refused(operator, &format!("`repositories`: {error}")))?;
    Ok(move |repo: &RepoId| set.is_match(repo.to_string()))
}

/// Read at each use, so that a new secret needs no restart.
fn source(reference: &SecretRef) -> SecretSource {
    let reference = reference.clone();
    SecretSource::new(move || secret::read(&reference).map_err(|error| error.to_string()))
}

fn refused(operator: &OperatorFile, reason: &str) -> Failure {
    let place = operator.origin("/forges/github").unwrap_or_default();
    Failure::new(Exit::Invalid, format!("{place}: `forges.github`: {reason}"))
}
