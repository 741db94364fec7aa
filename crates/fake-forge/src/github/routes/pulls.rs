//! Pull requests.

use serde::Deserialize;
use serde_json::{Value, json};

use super::issues::{own_or, sort};
use super::{CONTENTS, PULLS};
use crate::github::auth::Caller;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::Id;
use crate::model::access::Level::{Read, Triage, Write};
use crate::model::app::Access;
use crate::model::item::Item;
use crate::model::pull::{Method, Pull};
use crate::model::refs::Proposal;

pub(super) const TABLE: &[Operation] = &[
    within("GET", "/repos/{owner}/{repo}/pulls", PULLS, Access::Read, Read, list),
    within("POST", "/repos/{owner}/{repo}/pulls", PULLS, Access::Write, Read, create),
    within("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", PULLS, Access::Read, Read, get),
    within("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", PULLS, Access::Write, Read, update),
    within("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", PULLS, Access::Read, Read, files),
    within("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", PULLS, Access::Read, Read, commits),
    within("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", PULLS, Access::Read, Read, is_merged),
    within("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", CONTENTS, Access::Write, Write, merge),
    within(
        "GET",
        "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        PULLS,
        Access::Read,
        Read,
        reviewers,
    ),
    within("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", PULLS, Access::Write, Triage, ask),
    within(
        "DELETE",
        "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        PULLS,
        Access::Write,
        Triage,
        unask,
    ),
];

fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let world = call.world();
    let state = call.query("state").unwrap_or("open");
    let (head, base) = (call.query("head"), call.query("base"));
    let label = |pull: &Pull| {
        let full = world.full_name(pull.head_repository);
        format!("{}:{}", full.split('/').next().unwrap_or_default(), pull.head_branch)
    };
    let fits = |item: &&Item| {
        item.repository == call.repository
            && world.lag.sees(item.id)
            && (state == "all" || (state == "closed") == item.closed.is_some())
            && item.pull.as_ref().is_some_and(|pull| {
                head.is_none_or(|head| label(pull).eq_ignore_ascii_case(head))
                    && base.is_none_or(|base| pull.base_branch == base)
            })
    };
    let mut items: Vec<&Item> = world.items.values().filter(fits).collect();
    sort(call, &mut items);
    call.list(items, |item| call.show().pull(item))
}

#[derive(Deserialize)]
struct Create {
    title: Option<String>,
    head: String,
    head_repo: Option<String>,
    base: String,
    body: Option<String>,
    #[serde(default)]
    draft: bool,
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Create = call.read()?;
    let title = asked.title.filter(|title| !title.trim().is_empty());
    let title = title.ok_or_else(|| Refusal::field("PullRequest", "title", "missing_field"))?;
    let (actor, repository) = (call.actor()?, call.repository);
    let (owner, branch) = asked.head.split_once(':').map_or((None, asked.head.as_str()), |(o, b)| (Some(o), b));
    let head_repository = head_repository(call, owner, asked.head_repo.as_deref())
        .ok_or_else(|| Refusal::field("PullRequest", "head", "invalid"))?;
    // Who opens a pull request can push its head; programs have `contents` for that.
    if let Caller::Person(user) = &call.caller
        && call.world().level(*user, head_repository) < Write
    {
        return Err(Refusal::forbidden("Must have push access to repository"));
    }
    let proposal = Proposal {
        title: &title,
        body: asked.body.as_deref().unwrap_or_default(),
        head_repository,
        head_branch: branch,
        base_branch: &asked.base,
        draft: asked.draft,
    };
    let item = call.world_mut().open_pull(actor, repository, &proposal)?;
    call.made(item);
    show(call, item).map(Reply::created)
}

/// The repository itself, or the fork of it that `owner` has.
fn head_repository(call: &Call<'_>, owner: Option<&str>, name: Option<&str>) -> Option<Id> {
    let world = call.world();
    let own = world.repositories.get(&call.repository)?;
    let Some(owner) = owner else { return Some(own.id) };
    let owner = world.user_named(owner)?.id;
    if owner == own.owner {
        return Some(own.id);
    }
    let forks = world.repositories.values().filter(|found| found.owner == owner && found.parent == Some(own.id));
    forks.filter(|fork| name.is_none_or(|name| fork.name == name)).map(|fork| fork.id).next()
}

fn show(call: &Call<'_>, item: Id) -> Result<Value, Refusal> {
    let item = call.world().items.get(&item).ok_or_else(Refusal::not_found)?;
    Ok(call.show().full_pull(item)?)
}

/// The item that the path names, with its pull request.
fn named<'a>(call: &'a Call<'_>) -> Result<(&'a Item, &'a Pull), Refusal> {
    let item = call.item()?;
    item.pull.as_ref().map(|pull| (item, pull)).ok_or_else(Refusal::not_found)
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let item = named(call)?.0.id;
    show(call, item).map(Reply::ok)
}

#[derive(Deserialize)]
struct Update {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    base: Option<String>,
}

fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Update = call.read()?;
    let (actor, (item, _)) = (call.actor()?, named(call)?);
    let id = item.id;
    own_or(call, item.author, Write)?;
    if let Some(base) = asked.base {
        let world = call.world_mut();
        let repository = world.items.get(&id).map(|item| item.repository).unwrap_or_default();
        let tip = world.repositories.get(&repository).and_then(|found| found.branches.get(&base)).cloned();
        let tip = tip.ok_or_else(|| Refusal::field("PullRequest", "base", "invalid"))?;
        if let Some(pull) = world.items.get_mut(&id).and_then(|item| item.pull.as_mut()) {
            (pull.base_branch, pull.base) = (base, tip);
        }
    }
    let world = call.world_mut();
    world.edit_item(actor, id, asked.title.as_deref(), asked.body.as_deref());
    match asked.state.as_deref() {
        Some("closed") => world.close(actor, id, true, None),
        Some("open") => world.reopen(actor, id)?,
        _ => {}
    }
    show(call, id).map(Reply::ok)
}

/// Where the head left the base, and the head.
fn range(call: &Call<'_>) -> Result<(Id, String, String), Refusal> {
    let (item, pull) = named(call)?;
    let fork = call.world().depot.merge_base(item.repository, &pull.base, &pull.head)?;
    Ok((item.repository, fork.unwrap_or_else(|| pull.base.clone()), pull.head.clone()))
}

fn files(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (repository, fork, head) = range(call)?;
    let changes = call.world().depot.changes(repository, &fork, &head)?;
    call.list(changes, |change| call.show().change(repository, &head, &change))
}

/// Oldest first, at most 250.
fn commits(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (repository, fork, head) = range(call)?;
    let mut commits = call.world().depot.log(repository, &format!("{fork}..{head}"), None, 250)?;
    commits.reverse();
    call.list(commits, |commit| call.show().commit(repository, &commit))
}

fn is_merged(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    match named(call)?.1.merged {
        Some(_) => Ok(Reply::no_content()),
        None => Err(Refusal::not_found()),
    }
}

#[derive(Deserialize)]
struct Merge {
    commit_title: Option<String>,
    commit_message: Option<String>,
    sha: Option<String>,
    merge_method: Option<String>,
}

fn merge(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let asked: Merge = call.read()?;
    let method = match asked.merge_method.as_deref() {
        None | Some("merge") => Method::Merge,
        Some("squash") => Method::Squash,
        Some(_) => return Err(Refusal::new(405, "Rebase merges are not allowed on this repository.")),
    };
    let (actor, (item, _)) = (call.actor()?, named(call)?);
    let id = item.id;
    let message = asked.commit_title.map(|title| match asked.commit_message {
        Some(text) => format!("{title}\n\n{text}"),
        None => title,
    });
    match call.world_mut().merge(actor, id, method, message, asked.sha.as_deref()) {
        Ok(sha) => Ok(Reply::ok(json!({ "sha": sha, "merged": true, "message": "Pull Request successfully merged" }))),
        // GitHub says 405 where the pull request cannot be merged at all.
        Err(crate::model::Trouble::Invalid(message)) => Err(Refusal::new(405, message)),
        Err(trouble) => Err(trouble.into()),
    }
}

fn reviewers(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (_, pull) = named(call)?;
    let users: Vec<Value> = call.world().users_of(&pull.reviewers).map(|user| call.show().user(user.id)).collect();
    Ok(Reply::ok(json!({ "users": users, "teams": [] })))
}

#[derive(Deserialize)]
struct Reviewers {
    #[serde(default)]
    reviewers: Vec<String>,
}

/// The users; only those who see the repository can be asked, and never the author.
fn asked_users(call: &Call<'_>) -> Result<Vec<Id>, Refusal> {
    let asked: Reviewers = call.read()?;
    let author = named(call)?.0.author;
    let mut users = Vec::new();
    for name in &asked.reviewers {
        let user = call.world().user_named(name).map(|user| user.id);
        let user = user.filter(|user| call.world().granted(*user, call.repository) >= Read);
        let Some(user) = user else {
            return Err(Refusal::invalid(
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.",
            ));
        };
        if user == author {
            return Err(Refusal::invalid("Review cannot be requested from pull request author."));
        }
        users.push(user);
    }
    Ok(users)
}

fn ask(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (actor, item, users) = (call.actor()?, named(call)?.0.id, asked_users(call)?);
    for user in users {
        call.world_mut().request_review(actor, item, user);
    }
    simple(call, item).map(Reply::created)
}

fn unask(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (actor, item, users) = (call.actor()?, named(call)?.0.id, asked_users(call)?);
    for user in users {
        call.world_mut().unrequest_review(actor, item, user);
    }
    simple(call, item).map(Reply::ok)
}

fn simple(call: &Call<'_>, item: Id) -> Result<Value, Refusal> {
    let item = call.world().items.get(&item).ok_or_else(Refusal::not_found)?;
    Ok(call.show().pull(item))
}
