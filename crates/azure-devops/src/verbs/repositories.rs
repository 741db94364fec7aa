//! Which repositories there are, who Forgeline is, and how Git reaches them.

use forgeline_forge::{
    remote::{GitAccess, RemoteRepository},
    types::RepoId,
};

use crate::api::{Api, Result};

pub(crate) async fn me(api: &Api) -> Result<String> {
    api.people.me(api.talk("ask who Forgeline is there")).await
}

pub(crate) async fn all(api: &Api) -> Result<Vec<RemoteRepository>> {
    api.places.all(api.talk("list the repositories")).await
}

pub(crate) async fn git_access(api: &Api, repo: &RepoId) -> Result<GitAccess> {
    let doing = format!("reach {repo} with Git");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let token = api.secret().await.map_err(|trouble| talk.error(trouble))?;
    // Any name does; some clients refuse an empty one.
    Ok(GitAccess {
        url: api.base().git(&place.project_name, &place.repository_name),
        user: "forgeline".to_owned(),
        token,
    })
}
