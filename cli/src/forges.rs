//! Forges elsewhere, as the operator names them.

use std::sync::Arc;

use forgeline_azure_devops::AzureDevOps;
use forgeline_blueprints::config::operator::{self, OperatorFile};
use forgeline_forge::{LocalForge, types::RepoId};
use forgeline_github::GitHub;
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
    let forge = with_github(forge, operator, ci)?;
    with_azure_devops(forge, operator, ci)
}

fn with_github(forge: LocalForge, operator: &OperatorFile, ci: Option<&Ci>) -> anyhow::Result<LocalForge> {
    use forgeline_github::{Config, SystemClock};
    let settings = &operator.config.forges.github;
    let refuse = |reason: &str| refused(operator, "github", reason);
    let (auth, base_url) = match (as_github(settings).map_err(refuse)?, ci.and_then(as_job_on_github)) {
        (Some(auth), _) => (auth, settings.base_url.clone()),
        (None, Some((auth, api))) => (auth, settings.base_url.clone().or(api)),
        (None, None) => return Ok(forge),
    };
    let config = Config { base_url, ..Config::new(auth) };
    let github = GitHub::new(config, Arc::new(SystemClock)).map_err(|error| refuse(&error.to_string()))?;
    Ok(forge.beside(Arc::new(github), wanted(settings.repositories.as_deref()).map_err(|error| refuse(&error))?))
}

/// Who Forgeline is on GitHub in a job there, and where that is; none without a token.
fn as_job_on_github(ci: &Ci) -> Option<(forgeline_github::Auth, Option<String>)> {
    use forgeline_github::{Auth, SecretSource};
    match ci.system {
        System::GitHub => {
            let token = SecretSource::new(reader(&SecretRef::Env(ci.token?.to_owned())));
            let auth = Auth::Job { token, repository: ci.repository.clone()?, login: ci.login.clone() };
            Some((auth, ci.api.clone()))
        }
        System::Azure => None,
    }
}

/// Who Forgeline is on GitHub; none when only the secret of webhooks is named.
fn as_github(settings: &operator::GitHub) -> Result<Option<forgeline_github::Auth>, &'static str> {
    use forgeline_github::{Auth, SecretSource};
    let source = |reference: &SecretRef| SecretSource::new(reader(reference));
    match (settings.app_id, &settings.private_key, &settings.token) {
        (None, None, None) => Ok(None),
        (None, None, Some(token)) => Ok(Some(Auth::Token(source(token)))),
        (Some(app_id), Some(key), None) => Ok(Some(Auth::App { app_id, private_key: source(key) })),
        (_, _, Some(_)) => Err("name an app or a token, not both"),
        (Some(_), None, None) => Err("an app needs its `private_key`"),
        (None, Some(_), None) => Err("an app needs its `app_id`"),
    }
}

fn with_azure_devops(forge: LocalForge, operator: &OperatorFile, ci: Option<&Ci>) -> anyhow::Result<LocalForge> {
    let settings = &operator.config.forges.azure_devops;
    let refuse = |reason: &str| refused(operator, "azure_devops", reason);
    let Some(azure) = azure_devops(operator, ci)? else { return Ok(forge) };
    Ok(forge.beside(Arc::new(azure), wanted(settings.repositories.as_deref()).map_err(|error| refuse(&error))?))
}

/// Azure DevOps as the operator names it, or the job's own; none when neither says who Forgeline is there.
///
/// # Errors
/// What is said of it is not enough, or too much.
pub fn azure_devops(operator: &OperatorFile, ci: Option<&Ci>) -> anyhow::Result<Option<AzureDevOps>> {
    use forgeline_azure_devops::{Config, SystemClock};
    let settings = &operator.config.forges.azure_devops;
    let refuse = |reason: &str| refused(operator, "azure_devops", reason);
    let config = match (as_azure_devops(settings).map_err(refuse)?, ci.and_then(as_job_on_azure)) {
        (Some(auth), _) => {
            let Some(organization) = &settings.organization else {
                return Err(refuse("name the `organization`").into());
            };
            let (base_url, work_items) = (settings.base_url.clone(), settings.work_items.clone());
            Config { base_url, work_items, ..Config::new(organization, auth) }
        }
        (None, Some(config)) => config,
        (None, None) => return Ok(None),
    };
    let azure = AzureDevOps::new(config, Arc::new(SystemClock)).map_err(|error| refuse(&error.to_string()))?;
    Ok(Some(azure))
}

/// Who Forgeline is on Azure DevOps in a job there, and where that is; none without a token. The work items of the job's
/// project are the issues of the job's repository, and no other project is looked at.
fn as_job_on_azure(ci: &Ci) -> Option<forgeline_azure_devops::Config> {
    use forgeline_azure_devops::{Auth, Config, SecretSource};
    let azure = ci.azure.as_ref()?;
    let token = SecretSource::new(reader(&SecretRef::Env(ci.token?.to_owned())));
    Some(Config {
        base_url: azure.base_url.clone(),
        work_items: [(azure.project.clone(), azure.repository.clone())].into(),
        project: Some(azure.project.clone()),
        ..Config::new(&azure.organization, Auth::Job(token))
    })
}

/// Who Forgeline is on Azure DevOps; none when no credential is named.
fn as_azure_devops(settings: &operator::AzureDevOps) -> Result<Option<forgeline_azure_devops::Auth>, &'static str> {
    use forgeline_azure_devops::{Auth, SecretSource};
    let source = |reference: &SecretRef| SecretSource::new(reader(reference));
    match (&settings.token, &settings.tenant, &settings.client_id, &settings.client_secret) {
        (None, None, None, None) => Ok(None),
        (Some(token), None, None, None) => Ok(Some(Auth::Token(source(token)))),
        (None, Some(tenant), Some(client_id), Some(client_secret)) => Ok(Some(Auth::Principal {
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            client_secret: source(client_secret),
            authority: settings.authority.clone(),
        })),
        (Some(_), ..) => Err("name a token or a service principal, not both"),
        _ => Err("a service principal needs `tenant`, `client_id` and `client_secret`"),
    }
}

/// Whether Forgeline may act in a repository: in all that the credential shows, unless some are named.
fn wanted(globs: Option<&[String]>) -> Result<impl Fn(&RepoId) -> bool + Send + Sync + 'static, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs.unwrap_or(&["*/*".to_owned()]) {
        let built = GlobBuilder::new(glob).literal_separator(true).case_insensitive(true).build();
        set.add(built.map_err(|error| format!("`repositories`: {error}"))?);
    }
    let set = set.build().map_err(|error| format!("`repositories`: {error}"))?;
    Ok(move |repo: &RepoId| set.is_match(repo.to_string()))
}

/// Read at each use, so that a new secret needs no restart.
pub fn reader(
    reference: &SecretRef,
) -> impl Fn() -> Result<forgeline_model::Secret<String>, String> + Send + Sync + 'static {
    let reference = reference.clone();
    move || secret::read(&reference).map_err(|error| error.to_string())
}

fn refused(operator: &OperatorFile, forge: &str, reason: &str) -> Failure {
    let place = operator.origin(&format!("/forges/{forge}")).unwrap_or_default();
    Failure::new(Exit::Invalid, format!("{place}: `forges.{forge}`: {reason}"))
}
