//! What is served.

use super::call::Call;
use super::reply::{Outcome, Refusal};
use super::{ORGANIZATION, hooks, people, pulls, repositories, threads, work_items};

pub(super) fn dispatch(call: &mut Call<'_>) -> Outcome {
    let segments = call.segments.clone();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = call.method.clone();
    let [ORGANIZATION, rest @ ..] = parts.as_slice() else { return unknown(call) };
    match (method.as_str(), rest) {
        ("GET", ["_apis", "connectionData"]) => people::connection(call),
        ("GET", ["_apis", "identities"]) => people::identities(call),
        ("GET", ["_apis", "accesscontrollists", namespace]) => people::permissions(call, namespace),
        ("GET", ["_apis", "hooks", "subscriptions"]) => hooks::list(call),
        ("POST", ["_apis", "hooks", "subscriptions"]) => hooks::create(call),
        ("PUT", ["_apis", "hooks", "subscriptions", id]) => hooks::replace(call, id),
        ("GET", ["_apis", "projects"]) => repositories::projects(call),
        ("GET", ["_apis", "projects", wanted]) => repositories::one_project(call, wanted),
        ("GET", [project, "_apis", "git", "repositories"]) => repositories::all(call, project),
        (_, [project, "_apis", "git", "repositories", name, rest @ ..]) => {
            let found = repositories::named(call.look(), project, name);
            let repository = found.ok_or_else(|| Refusal::missing("The Git repository"))?;
            call.needs(repository, crate::model::access::Level::Read)?;
            in_repository(call, repository, &method, rest)
        }
        (_, [project, "_apis", "wit", rest @ ..]) => {
            let owner = repositories::project(call.look(), project);
            let owner = owner.ok_or_else(|| Refusal::missing("The project"))?;
            let seen = repositories::of(call.look(), owner);
            let is_member = seen.iter().any(|id| call.level(*id) >= crate::model::access::Level::Read);
            if !is_member {
                return Err(Refusal::missing("The project"));
            }
            in_project(call, owner, &method, rest)
        }
        _ => unknown(call),
    }
}

fn in_repository(call: &mut Call<'_>, repository: u64, method: &str, rest: &[&str]) -> Outcome {
    match (method, rest) {
        ("GET", []) => repositories::one(call, repository),
        ("GET", ["refs"]) => repositories::refs(call, repository),
        ("GET", ["pushes"]) => repositories::pushes(call, repository),
        ("GET" | "POST", ["commits", commit, "statuses"]) => repositories::statuses(call, repository, commit),
        ("GET", ["pullrequests"]) => pulls::list(call, repository),
        ("POST", ["pullrequests"]) => pulls::open(call, repository),
        (_, ["pullrequests" | "pullRequests", id, rest @ ..]) => {
            let item = pulls::find(call, repository, id)?;
            match (method, rest) {
                ("GET", []) => pulls::one(call, item),
                ("PATCH", []) => pulls::edit(call, item),
                ("GET", ["labels"]) => pulls::labels(call, item),
                ("POST", ["labels"]) => pulls::label(call, item),
                ("DELETE", ["labels", label]) => pulls::unlabel(call, item, label),
                ("GET", ["workitems"]) => pulls::work_items(call, item),
                ("GET", ["reviewers"]) => pulls::reviewers(call, item),
                ("PUT", ["reviewers", who]) => pulls::ask(call, item, who),
                ("GET" | "POST", ["statuses"]) => pulls::statuses(call, item),
                ("GET", ["threads"]) => threads::list(call, item),
                ("POST", ["threads"]) => threads::start(call, item),
                ("PATCH", ["threads", thread]) => threads::settle(call, item, thread),
                ("POST", ["threads", thread, "comments"]) => threads::reply(call, item, thread),
                ("PATCH", ["threads", thread, "comments", comment]) => threads::edit(call, item, thread, comment),
                ("POST", ["threads", thread, "comments", comment, "likes"]) => {
                    threads::like(call, item, thread, comment)
                }
                _ => unknown(call),
            }
        }
        _ => unknown(call),
    }
}

fn in_project(call: &mut Call<'_>, owner: u64, method: &str, rest: &[&str]) -> Outcome {
    match (method, rest) {
        ("GET", ["workitemtypes"]) => work_items::kinds(call),
        ("POST", ["wiql"]) => work_items::query(call, owner),
        ("POST", ["workitemsbatch"]) => work_items::batch(call, owner),
        ("POST", ["workitems", kind]) if kind.starts_with('$') => work_items::create(call, owner, &kind[1..]),
        (_, ["workitems" | "workItems", id, rest @ ..]) => {
            let item = work_items::find(call, owner, id)?;
            match (method, rest) {
                ("GET", []) => work_items::one(call, item),
                ("PATCH", []) => work_items::change(call, item),
                ("GET", ["updates"]) => work_items::updates(call, item),
                ("GET", ["comments"]) => work_items::comments(call, item),
                ("POST", ["comments"]) => work_items::comment(call, item),
                ("PATCH", ["comments", comment]) => work_items::edit_comment(call, item, comment),
                ("PUT", ["comments", comment, "reactions", kind]) => work_items::react(call, item, comment, kind),
                _ => unknown(call),
            }
        }
        _ => unknown(call),
    }
}

fn unknown(call: &mut Call<'_>) -> Outcome {
    let path = call.segments.join("/");
    let text = format!("the fake does not serve `{} /{path}`", call.method);
    call.problem(text.clone());
    Err(Refusal::new(404, text))
}
