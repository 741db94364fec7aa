//! Pull requests.
//!
//! Azure DevOps does not say when one last changed: an open one counts as changed shortly before the answer that showed it, by
//! the server's own clock, and a closed one when it was closed.

use azure_devops_rust_api::git::models::{
    GitPullRequestCreateOptions, GitPullRequestUpdateOptions, PullRequestStatus, PullRequestTimeRangeType, ResourceRef,
};
use forgeline_forge::{
    remote::{NewPullRequest, RemoteItem, RemotePull, RemoteState, Scan, Trouble},
    types::RepoId,
};
use forgeline_model::Timestamp;
use forgeline_repo::BranchName;
use http::Method;
use serde_json::json;

use super::{items, text};
use crate::{
    api::{Api, MOST_PAGES, Result, Talk, done_all_the_same, sent},
    http::Manner,
    ids::{Item, inward, outward},
    limits::Priority,
    places::Place,
    shapes::{Label, List, Pull, Ref},
};

/// Pull requests on a page.
const PAGE: i32 = 100;
/// Longest title and description, UTF-16 units.
const LONGEST_TITLE: usize = 400;
const LONGEST_BODY: usize = 4000;

/// What an open one is dated before the answer that shows it, milliseconds: longer than any answer takes, so that its end,
/// which may come while the answer is on its way, is never older than what the answer said.
const BEFORE: i64 = 31_000;

/// Pull requests as they are listed.
pub(super) struct Listed {
    pub(super) pulls: Vec<Pull>,
    /// The server's time before anything on the list was read.
    pub(super) at: Timestamp,
}

pub(super) async fn scan(talk: Talk<'_>, place: &Place, scan: Scan) -> Result<Vec<RemoteItem>> {
    let listed = list(talk, place, scan).await?;
    let mut all = Vec::with_capacity(listed.pulls.len());
    for pull in listed.pulls {
        all.extend(item(talk, place, pull, listed.at).await?);
    }
    Ok(all)
}

/// Open ones; with [`Scan::After`] also those that were closed since.
pub(super) async fn list(talk: Talk<'_>, place: &Place, scan: Scan) -> Result<Listed> {
    let mut listed = some(talk, place, PullRequestStatus::Active, None, None).await?;
    if let Scan::After(since) = scan {
        for status in [PullRequestStatus::Completed, PullRequestStatus::Abandoned] {
            let closed = some(talk, place, status, Some(since), None).await?;
            // Servers that do not know by what to filter list them all.
            let is_new = |pull: &Pull| pull.closed_date.is_some_and(|closed| closed.0 >= since);
            listed.pulls.extend(closed.pulls.into_iter().filter(is_new));
        }
    }
    // One that was closed in between is on both lists: the later one knows more.
    listed.pulls.reverse();
    let mut seen = std::collections::HashSet::new();
    listed.pulls.retain(|pull| seen.insert(pull.pull_request_id));
    Ok(listed)
}

async fn some(
    talk: Talk<'_>,
    place: &Place,
    status: PullRequestStatus,
    since: Option<Timestamp>,
    head: Option<&BranchName>,
) -> Result<Listed> {
    let mut listed = Listed { pulls: Vec::new(), at: talk.api.now() };
    for page in 0..MOST_PAGES {
        let skip = i32::try_from(page).unwrap_or(i32::MAX).saturating_mul(PAGE);
        let mut request = talk
            .git(Manner::Read)?
            .pull_requests_client()
            .get_pull_requests(talk.organization(), &place.repository, &place.project)
            .search_criteria_status(status.clone())
            .top(PAGE)
            .skip(skip);
        if let Some(since) = since {
            let text = jiff::Timestamp::from_millisecond(since.millis()).unwrap_or_default().to_string();
            if let Ok(since) = azure_core::time::parse_rfc3339(&text) {
                request = request
                    .search_criteria_min_time(since)
                    .search_criteria_query_time_range_type(PullRequestTimeRangeType::Closed);
            }
        }
        if let Some(head) = head {
            request = request.search_criteria_source_ref_name(head.refname());
        }
        let answer = talk.answer(sent!(request))?;
        if let (0, Some(at)) = (page, answer.at) {
            listed.at = at;
        }
        let batch: List<Pull> = talk.shape(&answer)?;
        let length = batch.value.len();
        listed.pulls.extend(batch.value);
        if length < usize::try_from(PAGE).unwrap_or_default() {
            return Ok(listed);
        }
    }
    Err(talk.error(Trouble::Unreadable("the list has no end".into())))
}

pub(super) async fn one(talk: Talk<'_>, place: &Place, id: i32) -> Result<Option<RemoteItem>> {
    let request = talk.git(Manner::Read)?.pull_requests_client().get_pull_request(
        talk.organization(),
        &place.repository,
        id,
        &place.project,
    );
    let answer = match talk.answer(sent!(request)) {
        Ok(answer) => answer,
        Err(error) if matches!(error.trouble, Trouble::Missing(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let at = answer.at.unwrap_or_else(|| talk.api.now());
    let pull: Pull = talk.shape(&answer)?;
    item(talk, place, pull, at).await
}

pub(crate) async fn open_from(api: &Api, repo: &RepoId, head: &BranchName) -> Result<Vec<RemoteItem>> {
    let doing = format!("read the pull requests of {repo} from `{head}`");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let listed = some(talk, &place, PullRequestStatus::Active, None, Some(head)).await?;
    let mut all = Vec::new();
    for pull in listed.pulls {
        let is_it = pull.fork_source.is_none() && pull.source_ref_name == head.refname();
        if is_it {
            all.extend(item(talk, &place, pull, listed.at).await?);
        }
    }
    Ok(all)
}

pub(crate) async fn open(api: &Api, repo: &RepoId, new: &NewPullRequest) -> Result<RemoteItem> {
    let doing = format!("open a pull request of {repo} from `{}`", new.head);
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let title = text::line(&outward(&new.title), LONGEST_TITLE);
    let mut options = GitPullRequestCreateOptions::new(new.head.refname(), new.base.refname(), title);
    options.description = Some(text::cut(&outward(&new.body), LONGEST_BODY));
    options.is_draft = Some(new.draft);
    if let Some(work_item) = work_item_of(&new.head).filter(|_| place.has_work_items) {
        let mut linked = options.clone();
        linked.work_item_refs = vec![ResourceRef { id: Some(work_item.to_string()), url: None }];
        match create(talk, &place, linked).await {
            // Nothing was done: the link may be what is not allowed, and the pull request is worth more.
            Err(error)
                if matches!(error.trouble, Trouble::Missing(_) | Trouble::Forbidden(_) | Trouble::Refused(_)) =>
            {
                tracing::warn!(%repo, work_item, reason = %error, "the pull request is opened without a link to its work item");
            }
            done => return done,
        }
    }
    create(talk, &place, options).await
}

async fn create(talk: Talk<'_>, place: &Place, options: GitPullRequestCreateOptions) -> Result<RemoteItem> {
    let request = talk.git(Manner::Write(Priority::Work))?.pull_requests_client().create(
        talk.organization(),
        &place.repository,
        &place.project,
        options,
    );
    shown(talk, place, sent!(request)).await
}

/// The work item that a branch of Forgeline's is for: `forgeline/<blueprint>/<number>-<title>`.
fn work_item_of(head: &BranchName) -> Option<i32> {
    let name = head.to_string();
    let (_, rest) = name.strip_prefix("forgeline/")?.split_once('/')?;
    let number = rest.split_once('-').map_or(rest, |(number, _)| number);
    match Item::of(number.parse().ok()?)? {
        Item::WorkItem(id) => Some(id),
        Item::Pull(_) => None,
    }
}

pub(crate) async fn edit(
    api: &Api,
    repo: &RepoId,
    number: u64,
    title: Option<&str>,
    body: Option<&str>,
    base: Option<&BranchName>,
) -> Result<RemoteItem> {
    let doing = format!("edit {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let Item::Pull(id) = items::known(talk, &place, number)? else {
        return Err(talk.error(Trouble::Refused("it is no pull request".to_owned())));
    };
    // The other crate's options have no base.
    let mut change = serde_json::Map::new();
    if let Some(title) = title {
        change.insert("title".to_owned(), text::line(&outward(title), LONGEST_TITLE).into());
    }
    if let Some(body) = body {
        change.insert("description".to_owned(), text::cut(&outward(body), LONGEST_BODY).into());
    }
    if let Some(base) = base {
        change.insert("targetRefName".to_owned(), base.refname().into());
    }
    let path = format!("{}/_apis/git/repositories/{}/pullrequests/{id}", place.project, place.repository);
    let manner = Manner::Write(Priority::Work);
    let answer = talk.raw(manner, Method::PATCH, &path, Some(&json!(change))).await?;
    shown(talk, &place, answer).await
}

pub(super) async fn set_open(talk: Talk<'_>, place: &Place, id: i32, open: bool) -> Result<RemoteItem> {
    let status = if open { PullRequestStatus::Active } else { PullRequestStatus::Abandoned };
    let options = GitPullRequestUpdateOptions { status: Some(status), ..GitPullRequestUpdateOptions::new() };
    let request = talk.git(Manner::Write(Priority::Work))?.pull_requests_client().update(
        talk.organization(),
        &place.repository,
        &place.project,
        id,
        options,
    );
    shown(talk, place, sent!(request)).await
}

/// A pull request that was written.
async fn shown(
    talk: Talk<'_>,
    place: &Place,
    sent: azure_core::Result<azure_core::http::RawResponse>,
) -> Result<RemoteItem> {
    let answer = talk.answer(sent)?;
    let at = answer.at.unwrap_or_else(|| talk.api.now());
    let read = async {
        let pull: Pull = talk.shape(&answer)?;
        item(talk, place, pull, at)
            .await?
            .ok_or_else(|| talk.error(Trouble::Unreadable("the answer does not say what its branches are".to_owned())))
    };
    read.await.map_err(done_all_the_same)
}

/// None for one that cannot be shown in the mirror: its branches have names that Git does not take, or its head is unknown.
async fn item(talk: Talk<'_>, place: &Place, pull: Pull, at: Timestamp) -> Result<Option<RemoteItem>> {
    let id = pull.pull_request_id;
    let branch = |name: &str| name.strip_prefix("refs/heads/").and_then(|name| name.parse::<BranchName>().ok());
    let (Some(head), Some(base)) = (branch(&pull.source_ref_name), branch(&pull.target_ref_name)) else {
        tracing::warn!(repo = %place.repo, id, "a pull request whose branches cannot be named is left out");
        return Ok(None);
    };
    let fork = pull.fork_source.as_ref().map(|fork| {
        let from = fork.repository.as_ref();
        let named = |it: &crate::shapes::Repository| {
            format!("{}/{}", it.project.as_ref().map_or("", |project| &project.name), it.name)
        };
        from.map(named).unwrap_or_default()
    });
    let commit = |of: &Option<crate::shapes::CommitRef>| of.as_ref()?.commit_id.as_deref()?.parse().ok();
    let mut head_commit = commit(&pull.last_merge_source_commit);
    if head_commit.is_none() && fork.is_none() {
        // The server has not looked at the new pull request yet.
        head_commit = tip(talk, place, &head).await?;
    }
    let Some(head_commit) = head_commit else {
        tracing::warn!(repo = %place.repo, id, "a pull request whose head is not known yet is left out");
        return Ok(None);
    };
    let state = match pull.status.as_str() {
        "completed" => RemoteState::Merged,
        "abandoned" => RemoteState::Closed,
        _ => RemoteState::Open,
    };
    let labels = match &pull.labels {
        Some(labels) => labels.clone(),
        // What is closed is labelled no more.
        None if state != RemoteState::Open => Vec::new(),
        None => labels(talk, place, id).await?,
    };
    let closed_at = pull.closed_date.map(|when| when.0).filter(|_| state != RemoteState::Open);
    let people = &talk.api.people;
    let author = people.login(talk, pull.created_by.as_ref()).await?;
    let closed_by = match (&pull.closed_by, state) {
        (Some(who), RemoteState::Closed | RemoteState::Merged) => Some(people.login(talk, Some(who)).await?),
        _ => None,
    };
    Ok(Some(RemoteItem {
        number: Item::Pull(id).number(),
        title: inward(pull.title.as_deref().unwrap_or_default()),
        body: inward(pull.description.as_deref().unwrap_or_default()),
        state,
        author,
        labels: names(labels),
        created_at: pull.creation_date.0,
        updated_at: closed_at.unwrap_or_else(|| pull.creation_date.0.max(Timestamp::from_millis(at.millis() - BEFORE))),
        closed_by: closed_by.filter(|login| !login.is_empty()),
        pull: Some(RemotePull {
            draft: pull.is_draft == Some(true),
            head,
            head_commit,
            fork,
            base,
            merged_commit: if state == RemoteState::Merged { commit(&pull.last_merge_commit) } else { None },
        }),
    }))
}

pub(super) async fn labels(talk: Talk<'_>, place: &Place, id: i32) -> Result<Vec<Label>> {
    let client = talk.git(Manner::Read)?.pull_request_labels_client();
    let request = client.list(talk.organization(), &place.repository, id, &place.project);
    talk.list(sent!(request))
}

fn names(labels: Vec<Label>) -> Vec<String> {
    labels.into_iter().filter(|label| label.active != Some(false)).map(|label| label.name).collect()
}

async fn tip(talk: Talk<'_>, place: &Place, branch: &BranchName) -> Result<Option<forgeline_repo::CommitId>> {
    let client = talk.git(Manner::Read)?.refs_client();
    let request = client.list(talk.organization(), &place.repository, &place.project).filter(format!("heads/{branch}"));
    let refs: Vec<Ref> = talk.list(sent!(request))?;
    let found = refs.into_iter().find(|it| it.name == branch.refname());
    Ok(found.and_then(|it| it.object_id.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::work_item_of;

    #[test]
    fn a_branch_of_forgelines_names_its_work_item() {
        for (name, expected) in [
            ("forgeline/docs-page/12-how-to-return-goods", Some(12)),
            ("forgeline/docs-page/12", Some(12)),
            ("forgeline/docs-page/1000000012-a-pull-request", None),
            ("forgeline/docs-page/file-item", None),
            ("topic/docs-page/12-x", None),
        ] {
            assert_eq!(work_item_of(&name.parse().expect("a branch")), expected, "{name}");
        }
    }
}
