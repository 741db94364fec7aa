//! Commit statuses, for tokens: only Apps make check runs.

use forgeline_forge::{
    remote::NewCheck,
    types::{CheckStatus, Conclusion, RepoId},
};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::text;
use crate::{
    api::{Api, Result},
    auth::{Identity, Need},
    limits::Priority,
    shapes::Status,
};

/// Longest description, characters.
const LONGEST: usize = 140;

/// Puts the check as a status of the same name. Annotations and the rest of the summary have no place there.
pub(super) async fn put(api: &Api, repo: &RepoId, check: &NewCheck) -> Result<()> {
    let doing = format!("put the status {} on {repo}", text::line(&check.name, 60));
    let talk = api.talk(Identity::Repo(repo, Need::Checks), &doing);
    let commit = check.commit.to_string();
    let (state, description) = (state(check), text::line(&check.summary, LONGEST));
    // The newest stands first. A commit takes a thousand statuses of a name, so none is repeated.
    let path = talk.path(&["repos", repo.owner(), repo.name(), "commits", &commit, "statuses"])?;
    let statuses: Vec<Status> = talk.pages(path).await?;
    let is_there =
        |status: &Status| status.state == state && status.description.as_deref().unwrap_or_default() == description;
    if statuses.iter().find(|status| status.context == check.name).is_some_and(is_there) {
        return Ok(());
    }
    let path = talk.path(&["repos", repo.owner(), repo.name(), "statuses", &commit])?;
    let body = json!({ "state": state, "context": check.name, "description": description });
    talk.change::<IgnoredAny>(Method::POST, &path, Some(body), Priority::Report).await?;
    Ok(())
}

const fn state(check: &NewCheck) -> &'static str {
    match (check.status, check.conclusion) {
        (CheckStatus::Queued | CheckStatus::InProgress, _) | (CheckStatus::Completed, None) => "pending",
        (_, Some(Conclusion::ActionRequired)) => "pending",
        (_, Some(Conclusion::Success | Conclusion::Neutral | Conclusion::Skipped)) => "success",
        (_, Some(Conclusion::Failure | Conclusion::TimedOut)) => "failure",
        (_, Some(Conclusion::Cancelled)) => "error",
    }
}
