//! Asking people to look at a pull request.

use forgeline_forge::{
    remote::{RemoteError, Trouble},
    types::RepoId,
};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::{items::known, people::id_of};
use crate::{
    api::{Api, Result},
    http::Manner,
    ids::Item,
    limits::Priority,
};

/// Asks each; those that are not found, and teams, which have no login here, come back.
pub(crate) async fn request(api: &Api, repo: &RepoId, number: u64, names: &[String]) -> Result<Vec<String>> {
    let doing = format!("ask for reviews of {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let Item::Pull(pull) = known(talk, &place, number)? else { return Ok(names.to_vec()) };
    let mut unknown = Vec::new();
    for name in names {
        let found = if name.contains('/') { None } else { id_of(talk, &place, name).await? };
        let Some(id) = found else {
            unknown.push(name.clone());
            continue;
        };
        let path =
            format!("{}/_apis/git/repositories/{}/pullRequests/{pull}/reviewers/{id}", place.project, place.repository);
        let asked = talk.raw(Manner::Write(Priority::Report), Method::PUT, &path, Some(&json!({ "vote": 0 }))).await?;
        match talk.written::<IgnoredAny>(asked) {
            Ok(_) => {}
            Err(RemoteError { trouble: Trouble::Refused(_) | Trouble::Missing(_), .. }) => unknown.push(name.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(unknown)
}
