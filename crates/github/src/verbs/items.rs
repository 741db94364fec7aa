//! Issues, and what pull requests have in common with them.

use forgeline_forge::{
    remote::{RemoteError, RemoteItem, RemoteState, Scan, Trouble},
    types::RepoId,
};
use forgeline_model::Timestamp;
use futures::future::try_join_all;
use http::Method;
use serde_json::json;

use super::{labels, pulls, repositories::is_private};
use crate::{
    api::{Api, Changing, Result, Talk, done_all_the_same},
    auth::{Identity, Need},
    limits::Priority,
    shapes::{self, Issue},
};

/// Pull requests whose details are read at the same time.
const AT_ONCE: usize = 4;

impl Changing for Issue {
    fn key(&self) -> u64 {
        self.number
    }

    fn changed(&self) -> Timestamp {
        self.updated_at.0
    }
}

pub(crate) async fn scan(api: &Api, repo: &RepoId, scan: Scan) -> Result<Vec<RemoteItem>> {
    let doing = format!("scan {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let (state, since) = match scan {
        Scan::Open => ("open", None),
        Scan::After(since) => ("all", Some(since)),
    };
    let path = talk
        .path(&["repos", repo.owner(), repo.name(), "issues"])?
        .with("state", state)
        .with("sort", "updated")
        .with("direction", "asc");
    let mut waiting = match talk.by_change::<Issue>(&path, since).await {
        Ok(issues) => issues.into_iter(),
        Err(error) if has_no_issues(&error) => return pulls::scan(talk, repo, scan).await,
        Err(error) => return Err(error),
    };
    let mut items = Vec::new();
    loop {
        let some: Vec<Issue> = waiting.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            return Ok(items);
        }
        let details = try_join_all(some.into_iter().map(|issue| with_details(talk, repo, issue))).await?;
        items.extend(details.into_iter().flatten());
    }
}

pub(crate) async fn one(api: &Api, repo: &RepoId, number: u64) -> Result<Option<RemoteItem>> {
    let doing = format!("read {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number.to_string()])?;
    // An issue that was moved to another repository has another number there, and is not in this one any more.
    let found = match talk.find::<Issue>(&path).await {
        Err(error) if has_no_issues(&error) => return pulls::one(talk, repo, number).await,
        found => found?,
    };
    match found {
        Some(issue) if issue.number == number => with_details(talk, repo, issue).await,
        Some(_) => Ok(None),
        // GitHub says the same of an item that is gone and of a repository that may not be seen any more.
        None if is_private(api, repo).await?.is_some() => Ok(None),
        None => Err(talk.error(Trouble::Missing("the repository itself is not there".into()))),
    }
}

pub(crate) async fn open(api: &Api, repo: &RepoId, title: &str, body: &str, labels: &[String]) -> Result<RemoteItem> {
    labels::ensure(api, repo, labels).await?;
    let doing = format!("open an issue in {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Issues), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues"])?;
    let body = json!({ "title": title, "body": body, "labels": labels });
    let issue = talk.change::<Issue>(Method::POST, &path, Some(body), Priority::Work).await?;
    Ok(item(issue))
}

pub(crate) async fn set_open(api: &Api, repo: &RepoId, number: u64, open: bool) -> Result<RemoteItem> {
    let (state, doing) =
        if open { ("open", format!("reopen {repo}#{number}")) } else { ("closed", format!("close {repo}#{number}")) };
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number.to_string()])?;
    let issue = talk.change::<Issue>(Method::PATCH, &path, Some(json!({ "state": state })), Priority::Report).await?;
    let reading = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let read = with_details(reading, repo, issue).await.map_err(done_all_the_same)?;
    read.ok_or_else(|| done_all_the_same(reading.error(Trouble::Unreadable("its details are gone".into()))))
}

/// None for a pull request that went away.
async fn with_details(talk: Talk<'_>, repo: &RepoId, issue: Issue) -> Result<Option<RemoteItem>> {
    if issue.pull_request.is_none() {
        return Ok(Some(item(issue)));
    }
    let (closed_by, updated_at) = (issue.closed_by, issue.updated_at.0);
    Ok(pulls::one(talk, repo, issue.number).await?.map(|mut item| {
        item.closed_by = item.closed_by.or(closed_by.map(|actor| actor.login));
        // The list is ordered by the issue's own time.
        item.updated_at = updated_at;
        item
    }))
}

/// Issues are switched off for a repository; then GitHub answers "gone" for the list of them, though pull requests are there.
fn has_no_issues(error: &RemoteError) -> bool {
    matches!(&error.trouble, Trouble::Refused(said) if said.contains("disabled"))
}

/// An issue without the details of a pull request.
fn item(issue: Issue) -> RemoteItem {
    RemoteItem {
        number: issue.number,
        title: issue.title.unwrap_or_default(),
        body: issue.body.unwrap_or_default(),
        state: if issue.state == "open" { RemoteState::Open } else { RemoteState::Closed },
        author: shapes::login(issue.user),
        labels: shapes::names(issue.labels),
        created_at: issue.created_at.0,
        updated_at: issue.updated_at.0,
        closed_by: issue.closed_by.map(|actor| actor.login),
        pull: None,
    }
}
