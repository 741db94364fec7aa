//! Labels.

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
    shapes::{self, Issue},
};

/// Colour of labels that are made here: neutral, a person may choose another.
const COLOUR: &str = "ededed";

/// Makes the labels that the repository lacks.
pub(super) async fn ensure(api: &Api, repo: &RepoId, labels: &[String]) -> Result<()> {
    for label in labels {
        let doing = format!("make a label in {repo}");
        let reading = api.talk(Identity::Repo(repo, Need::Read), &doing);
        let path = reading.path(&["repos", repo.owner(), repo.name(), "labels", label])?;
        if reading.find::<IgnoredAny>(&path).await?.is_some() {
            continue;
        }
        let writing = api.talk(Identity::Repo(repo, Need::Issues), &doing);
        let path = writing.path(&["repos", repo.owner(), repo.name(), "labels"])?;
        let body = json!({ "name": label, "color": COLOUR });
        match writing.change::<IgnoredAny>(Method::POST, &path, Some(body), Priority::Report).await {
            Ok(_) | Err(RemoteError { trouble: Trouble::Exists(_), .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(crate) async fn add(api: &Api, repo: &RepoId, number: u64, labels: &[String]) -> Result<()> {
    if labels.is_empty() {
        return Ok(());
    }
    ensure(api, repo, labels).await?;
    let doing = format!("label {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number.to_string(), "labels"])?;
    talk.change::<IgnoredAny>(Method::POST, &path, Some(json!({ "labels": labels })), Priority::Report).await?;
    Ok(())
}

pub(crate) async fn remove(api: &Api, repo: &RepoId, number: u64, label: &str) -> Result<()> {
    let doing = format!("take a label off {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let number = number.to_string();
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number, "labels", label])?;
    let gone = match talk.change::<IgnoredAny>(Method::DELETE, &path, None, Priority::Report).await {
        Ok(_) => return Ok(()),
        Err(error) if matches!(error.trouble, Trouble::Missing(_)) => error,
        Err(error) => return Err(error),
    };
    // The label, the item or the repository may be what is missing.
    let reading = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = reading.path(&["repos", repo.owner(), repo.name(), "issues", &number])?;
    let labels = reading.find::<Issue>(&path).await?.map(|issue| shapes::names(issue.labels));
    match labels {
        Some(labels) if !labels.iter().any(|has| has.eq_ignore_ascii_case(label)) => Ok(()),
        Some(_) | None => Err(gone),
    }
}
