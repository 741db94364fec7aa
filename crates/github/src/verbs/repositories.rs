//! Who Forgeline is, which repositories it was given, and how Git reaches them.

use forgeline_forge::{
    remote::{GitAccess, RemoteError, RemoteRepository, Trouble},
    types::RepoId,
};

use crate::{
    api::{Api, Result},
    auth::{Identity, Installation, Need},
    shapes,
};

pub(crate) async fn me(api: &Api) -> Result<String> {
    let talk = api.talk(Identity::Own, "ask who Forgeline is");
    if api.app().is_some() {
        let app: shapes::App = talk.get(&talk.path(&["app"])?).await?;
        return Ok(format!("{}[bot]", app.slug));
    }
    let user = talk.get::<shapes::Actor>(&talk.path(&["user"])?).await;
    match (user, api.job()) {
        (Ok(user), _) => Ok(user.login),
        // A job's own token is an App's: nobody stands behind it who could be asked for.
        (Err(RemoteError { trouble: Trouble::Forbidden(_), .. }), Some((_, login))) => Ok(login.to_owned()),
        (Err(error), _) => Err(error),
    }
}

pub(crate) async fn all(api: &Api) -> Result<Vec<RemoteRepository>> {
    let own = api.talk(Identity::Own, "list repositories");
    if let Some((repo, _)) = api.job() {
        let talk = api.talk(Identity::Repo(repo, Need::Read), "look at the job's repository");
        let one: shapes::Repository = talk.get(&talk.path(&["repos", repo.owner(), repo.name()])?).await?;
        return Ok(repository(one).into_iter().collect());
    }
    if api.app().is_none() {
        let path = own.path(&["user", "repos"])?.with("affiliation", "owner,collaborator,organization_member");
        let all: Vec<shapes::Repository> = own.pages(path).await?;
        return Ok(all.into_iter().filter_map(repository).collect());
    }
    let installations: Vec<shapes::Installation> = own.pages(own.path(&["app", "installations"])?).await?;
    let mut all = Vec::new();
    for shape in installations.into_iter().filter(|shape| shape.suspended_at.is_none()) {
        let installation = Installation::from(shape);
        let talk = api.talk(Identity::Installation(installation.id), "list an installation's repositories");
        let path = talk.path(&["installation", "repositories"])?;
        let unwrap = |page: shapes::Repositories| page.repositories;
        let given: Vec<RemoteRepository> = match talk.pages_of(path, unwrap).await {
            Ok(given) => given.into_iter().filter_map(repository).collect(),
            // It was suspended while the others were read.
            Err(error) if matches!(&error.trouble, Trouble::Forbidden(said) if said.contains("suspended")) => continue,
            Err(error) => return Err(error),
        };
        for one in &given {
            api.remember(&one.repo, &installation);
        }
        all.extend(given);
    }
    Ok(all)
}

fn repository(shape: shapes::Repository) -> Option<RemoteRepository> {
    let private = shape.is_private();
    let repo =
        shape.full_name.parse::<RepoId>().inspect_err(|error| tracing::debug!(%error, "repository left out")).ok()?;
    let default_branch = shape.default_branch.and_then(|name| name.parse().ok());
    Some(RemoteRepository {
        id: shape.id.map(|id| id.to_string()).unwrap_or_default(),
        repo,
        private,
        archived: shape.archived,
        default_branch,
        pushed_at: shape.pushed_at.map(|it| it.0),
    })
}

/// Whether only people with a role may read a repository; none when it is not there.
pub(super) async fn is_private(api: &Api, repo: &RepoId) -> Result<Option<bool>> {
    let doing = format!("look at {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let found: Option<shapes::Repository> = talk.get_fresh(&talk.path(&["repos", repo.owner(), repo.name()])?).await?;
    Ok(found.map(|shape| shape.is_private()))
}

pub(crate) async fn git_access(api: &Api, repo: &RepoId, write: bool) -> Result<GitAccess> {
    let (need, doing) = if write {
        (Need::Push, format!("get access for pushing to {repo}"))
    } else {
        (Need::Fetch, format!("get access for fetching {repo}"))
    };
    let granted = api.talk(Identity::Repo(repo, need), &doing).granted().await?;
    Ok(GitAccess {
        url: api.base().git(repo.owner(), repo.name()),
        user: "x-access-token".into(),
        token: granted.token,
    })
}
