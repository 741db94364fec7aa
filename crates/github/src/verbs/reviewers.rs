//! Asking people and teams to look at a pull request.

use forgeline_forge::{
    remote::{RemoteError, Trouble},
    types::RepoId,
};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::{
    api::{Api, Result},
    auth::{Identity, Need},
    limits::Priority,
};

/// Asks them all; those that GitHub does not take come back. It takes all or nobody, so after a refusal each is asked alone.
pub(crate) async fn request(api: &Api, repo: &RepoId, number: u64, names: &[String]) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    match ask(api, repo, number, names).await {
        Ok(()) => return Ok(Vec::new()),
        Err(error) if !is_about_names(&error) => return Err(error),
        Err(_) if names.len() == 1 => return Ok(names.to_vec()),
        Err(_) => {}
    }
    let mut unknown = Vec::new();
    for name in names {
        match ask(api, repo, number, std::slice::from_ref(name)).await {
            Ok(()) => {}
            Err(error) if is_about_names(&error) => unknown.push(name.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(unknown)
}

async fn ask(api: &Api, repo: &RepoId, number: u64, names: &[String]) -> Result<()> {
    let doing = format!("ask for reviews of {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Pulls), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "pulls", &number.to_string(), "requested_reviewers"])?;
    // A team is `organization/team`; GitHub wants its short name.
    let (teams, people): (Vec<&str>, Vec<&str>) = names.iter().map(String::as_str).partition(|it| it.contains('/'));
    let teams: Vec<&str> = teams.into_iter().map(|it| it.rsplit('/').next().unwrap_or(it)).collect();
    let body = json!({ "reviewers": people, "team_reviewers": teams });
    talk.change::<IgnoredAny>(Method::POST, &path, Some(body), Priority::Report).await?;
    Ok(())
}

fn is_about_names(error: &RemoteError) -> bool {
    matches!(error.trouble, Trouble::Refused(_) | Trouble::Missing(_) | Trouble::Forbidden(_))
}
