//! Who is asked to review a pull request.

use forgeline_forge::{remote::Trouble, types::RepoId};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::{items::known, people};
use crate::{
    api::{Api, Result},
    http::Manner,
    ids::Item,
    limits::Priority,
};

/// Adds reviewers, each once; who is one already stays as they are but for `required`. Nobody's vote is touched.
pub(crate) async fn add(api: &Api, repo: &RepoId, number: u64, logins: &[String], required: bool) -> Result<()> {
    let doing = format!("ask for a review of {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let Item::Pull(pull) = known(talk, &place, number)? else {
        return Err(talk.error(Trouble::Refused("it is no pull request".to_owned())));
    };
    for login in logins {
        let Some(id) = people::id_of(talk, &place, login).await? else {
            return Err(talk.error(Trouble::Missing(format!("nobody of the login `{login}` was seen there"))));
        };
        let path =
            format!("{}/_apis/git/repositories/{}/pullRequests/{pull}/reviewers/{id}", place.project, place.repository);
        let body = json!({ "id": id, "isRequired": required });
        // With the person in the address it is made or changed, and repeated it stays.
        let sent = talk.raw(Manner::Write(Priority::Report), Method::PUT, &path, Some(&body)).await?;
        let _reviewer: IgnoredAny = talk.written(sent)?;
    }
    Ok(())
}
