//! Commits, comparisons, and the pull requests of a commit.

use serde_json::{Value, json};

use super::{CONTENTS, PULLS};
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::Read;
use crate::model::app::Access;
use crate::model::item::Item;
use crate::model::refs::{Move, Tagged};

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/activity", CONTENTS, Access::Read, Read, activity),
    within("GET", "/repos/{owner}/{repo}/commits", CONTENTS, Access::Read, Read, list),
    within("GET", "/repos/{owner}/{repo}/commits/{ref}", CONTENTS, Access::Read, Read, get),
    within("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", PULLS, Access::Read, Read, pulls),
    within("GET", "/repos/{owner}/{repo}/compare/{basehead}", CONTENTS, Access::Read, Read, compare),
    within("GET", "/repos/{owner}/{repo}/events", CONTENTS, Access::Read, Read, events),
];

/// How many commits a list reaches back.
const REACH: usize = 1000;

/// The commit that a branch, tag or id names; 422 as GitHub says it of commits.
pub(super) fn resolve(call: &Call<'_>, name: &str) -> Result<String, Refusal> {
    let name = name.strip_prefix("heads/").unwrap_or(name);
    let found = call.world().depot.resolve(call.repository, name)?;
    found.ok_or_else(|| Refusal::invalid(format!("No commit found for SHA: {name}")))
}

fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let default = call.world().repositories.get(&call.repository).map(|found| found.default_branch.clone());
    let start = call.query("sha").map(str::to_owned).or(default).unwrap_or_default();
    let Some(start) = call.world().depot.resolve(call.repository, &start)? else { return Err(Refusal::not_found()) };
    let commits = call.world().depot.log(call.repository, &start, call.query("path"), REACH)?;
    call.list(commits, |commit| call.show().commit(call.repository, &commit))
}

/// The moves of branches, newest first.
fn activity(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let wanted = call.query("ref").map(|name| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned());
    let is_it = |moved: &&Move| {
        moved.repository == call.repository && wanted.as_ref().is_none_or(|branch| moved.branch == *branch)
    };
    let moves = call.world().moves.iter().rev().filter(is_it).collect();
    call.list(moves, |moved| call.show().activity(moved))
}

/// What happened in the repository, newest first; of all that only the making of tags.
fn events(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let is_it = |tagged: &&Tagged| tagged.repository == call.repository;
    let made = call.world().tags.iter().rev().filter(is_it).collect();
    call.list(made, |tagged| call.show().tag_made(tagged))
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let sha = resolve(call, call.param("ref"))?;
    let depot = &call.world().depot;
    let commit = depot.log(call.repository, &sha, None, 1)?.pop().ok_or_else(Refusal::not_found)?;
    let changes = match commit.parents.first() {
        Some(parent) => depot.changes(call.repository, parent, &sha)?,
        None => Vec::new(),
    };
    let (added, removed) = changes.iter().fold((0, 0), |(a, r), change| (a + change.added, r + change.removed));
    let mut value = call.show().commit(call.repository, &commit);
    value["stats"] = json!({ "additions": added, "deletions": removed, "total": added + removed });
    value["files"] = changes.iter().map(|change| call.show().change(call.repository, &sha, change)).collect();
    Ok(Reply::ok(value))
}

/// The pull requests that have the commit as their head or merge.
fn pulls(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let sha = resolve(call, call.param("commit_sha"))?;
    let of = |item: &&Item| {
        item.pull
            .as_ref()
            .is_some_and(|pull| pull.head == sha || pull.merged.as_ref().is_some_and(|merged| merged.commit == sha))
    };
    let items = call.world().items.values().filter(|item| item.repository == call.repository);
    let items = items.filter(of).collect();
    call.list(items, |item| call.show().pull(item))
}

fn compare(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (base, head) = call.param("basehead").split_once("...").ok_or_else(Refusal::not_found)?;
    let (base, head) = (resolve(call, base)?, resolve(call, head)?);
    let (depot, repository) = (&call.world().depot, call.repository);
    let fork = depot.merge_base(repository, &base, &head)?.ok_or_else(Refusal::not_found)?;
    let (ahead, behind) =
        (depot.count(repository, &format!("{base}..{head}"))?, depot.count(repository, &format!("{head}..{base}"))?);
    let mut commits = depot.log(repository, &format!("{base}..{head}"), None, 250)?;
    commits.reverse();
    let changes = depot.changes(repository, &fork, &head)?;
    let show = call.show();
    let one = |sha: &str| -> Result<Value, Refusal> {
        let commit = depot.log(repository, sha, None, 1)?.pop().ok_or_else(Refusal::not_found)?;
        Ok(show.commit(repository, &commit))
    };
    let name = call.world().full_name(repository);
    let url = format!("{}/repos/{name}/compare/{base}...{head}", show.api);
    let html = format!("{}/{name}/compare/{base}...{head}", show.web);
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (0, _) => "behind",
        (_, 0) => "ahead",
        _ => "diverged",
    };
    Ok(Reply::ok(json!({
        "url": url, "html_url": html, "permalink_url": html,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "base_commit": one(&base)?, "merge_base_commit": one(&fork)?,
        "status": status, "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
        "commits": commits.iter().map(|commit| show.commit(repository, commit)).collect::<Vec<_>>(),
        "files": changes.iter().map(|change| show.change(repository, &head, change)).collect::<Vec<_>>(),
    })))
}
