//! Pull requests.

use std::collections::BTreeSet;

use forgeline_forge::{
    remote::{NewPullRequest, RemoteItem, RemotePull, RemoteState, Scan, Trouble},
    types::RepoId,
};
use forgeline_repo::BranchName;
use http::Method;
use serde_json::{Map, Value, json};

use crate::{
    api::{Api, Result, Talk, done_all_the_same},
    auth::{Identity, Need},
    limits::Priority,
    shapes::{self, Pull},
};

pub(crate) async fn open_from(api: &Api, repo: &RepoId, head: &BranchName) -> Result<Vec<RemoteItem>> {
    let doing = format!("list pull requests from {head} in {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk
        .path(&["repos", repo.owner(), repo.name(), "pulls"])?
        .with("state", "open")
        .with("head", &format!("{}:{head}", repo.owner()));
    let pulls: Vec<Pull> = talk.pages(path).await?;
    let items = pulls.into_iter().map(|pull| item(repo, pull)).collect::<std::result::Result<Vec<_>, _>>();
    let items = items.map_err(|trouble| talk.error(trouble))?;
    // GitHub's filter names an owner, who may have a fork with such a branch beside the repository.
    let is_ours = |item: &RemoteItem| item.pull.as_ref().is_some_and(|pull| pull.fork.is_none() && pull.head == *head);
    Ok(items.into_iter().filter(is_ours).collect())
}

/// What a scan finds in a repository whose issues are switched off: pull requests only.
pub(super) async fn scan(talk: Talk<'_>, repo: &RepoId, scan: Scan) -> Result<Vec<RemoteItem>> {
    let (state, since) = match scan {
        Scan::Open => ("open", i64::MIN),
        Scan::After(since) => ("all", since.seconds()),
    };
    // Newest first: what changes meanwhile comes twice, and nothing is skipped.
    let path = talk
        .path(&["repos", repo.owner(), repo.name(), "pulls"])?
        .with("state", state)
        .with("sort", "updated")
        .with("direction", "desc");
    let pulls = talk.pages_while(path, |pull: &Pull| pull.updated_at.0.seconds() >= since).await?;
    let mut seen = BTreeSet::new();
    let mut items: Vec<RemoteItem> =
        pulls.into_iter().filter(|pull| seen.insert(pull.number)).filter_map(|pull| item_or_none(repo, pull)).collect();
    items.sort_by_key(|item| (item.updated_at, item.number));
    Ok(items)
}

/// One pull request; none when it is not there.
pub(super) async fn one(talk: Talk<'_>, repo: &RepoId, number: u64) -> Result<Option<RemoteItem>> {
    let path = talk.path(&["repos", repo.owner(), repo.name(), "pulls", &number.to_string()])?;
    Ok(talk.find::<Pull>(&path).await?.and_then(|pull| item_or_none(repo, pull)))
}

pub(crate) async fn open(api: &Api, repo: &RepoId, new: &NewPullRequest) -> Result<RemoteItem> {
    let doing = format!("open a pull request from {} in {repo}", new.head);
    let talk = api.talk(Identity::Repo(repo, Need::Pulls), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "pulls"])?;
    let body = json!({
        "title": new.title,
        "body": new.body,
        "head": new.head.as_str(),
        "base": new.base.as_str(),
        "draft": new.draft,
    });
    let pull = talk.change::<Pull>(Method::POST, &path, Some(body), Priority::Work).await?;
    item(repo, pull).map_err(|trouble| done_all_the_same(talk.error(trouble)))
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
    let fields = [("title", title), ("body", body), ("base", base.map(BranchName::as_str))];
    let fields: Map<String, Value> =
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
    let need = if fields.is_empty() { Need::Read } else { Need::Pulls };
    let talk = api.talk(Identity::Repo(repo, need), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "pulls", &number.to_string()])?;
    if fields.is_empty() {
        return item(repo, talk.get(&path).await?).map_err(|trouble| talk.error(trouble));
    }
    let pull = talk.change::<Pull>(Method::PATCH, &path, Some(fields.into()), Priority::Work).await?;
    item(repo, pull).map_err(|trouble| done_all_the_same(talk.error(trouble)))
}

/// None for a pull request whose branches have names that Git does not take: it must not hold the others up.
fn item_or_none(repo: &RepoId, pull: Pull) -> Option<RemoteItem> {
    let number = pull.number;
    item(repo, pull).inspect_err(|trouble| tracing::debug!(%repo, number, %trouble, "pull request left out")).ok()
}

/// A pull request with its details.
fn item(repo: &RepoId, pull: Pull) -> std::result::Result<RemoteItem, Trouble> {
    let merged = pull.merged == Some(true) || pull.merged_at.is_some();
    let branch = |name: &str| name.parse::<BranchName>().map_err(|error| Trouble::Unreadable(error.to_string()));
    // Before the merge GitHub puts a commit here that only tries the merge out.
    let merged_commit = if merged { pull.merge_commit_sha.and_then(|sha| sha.parse().ok()) } else { None };
    // A fork that is gone is no branch of ours either.
    let head_repo = pull.head.repo.map(|repo| repo.full_name).unwrap_or_default();
    Ok(RemoteItem {
        number: pull.number,
        title: pull.title.unwrap_or_default(),
        body: pull.body.unwrap_or_default(),
        state: match pull.state.as_str() {
            _ if merged => RemoteState::Merged,
            "open" => RemoteState::Open,
            _ => RemoteState::Closed,
        },
        author: shapes::login(pull.user),
        labels: shapes::names(pull.labels),
        created_at: pull.created_at.0,
        updated_at: pull.updated_at.0,
        closed_by: pull.merged_by.map(|actor| actor.login),
        pull: Some(RemotePull {
            draft: pull.draft.unwrap_or(false),
            head: branch(&pull.head.name)?,
            head_commit: pull.head.sha.parse().map_err(|_| Trouble::Unreadable("the head is no commit".into()))?,
            fork: (!head_repo.eq_ignore_ascii_case(&full_name(repo, pull.base.repo.as_ref()))).then_some(head_repo),
            base: branch(&pull.base.name)?,
            merged_commit,
        }),
    })
}

/// As the answer itself spells the repository, which may have a new name.
fn full_name(repo: &RepoId, base: Option<&shapes::Named>) -> String {
    base.map_or_else(|| repo.to_string(), |named| named.full_name.clone())
}
