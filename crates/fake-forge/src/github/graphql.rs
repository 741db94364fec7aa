//! The GraphQL API, for the one query that the fake knows: threads on lines and reviews of a pull request.
//!
//! Another query is a problem of the request. The answer is held against what GitHub's reference says of these fields.

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::auth::{self, Caller};
use super::gate::sees;
use super::reply::{Refusal, Reply};
use crate::model::app::Access;
use crate::model::clock::iso;
use crate::model::people::Kind;
use crate::model::review::{ReviewComment, Verdict};
use crate::model::{Id, World};
use crate::server::log::Problem;
use crate::server::serve::Ticket;
use crate::server::{Shared, State};

const QUERY: &str = include_str!("../../graphql/review-threads.graphql");
/// Threads on a page.
const PAGE: usize = 100;

static ANSWER: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../graphql/review-threads.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema in this crate is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema in this crate compiles")
});

/// Answers a query.
pub(super) fn answer(shared: &Shared, ticket: &Ticket, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_known = words(asked["query"].as_str().unwrap_or_default()) == words(QUERY);
    shared.act(|state| {
        if let Some(entry) = state.log.entry(ticket.number) {
            entry.operation = Some("POST /graphql".to_owned());
        }
        if !is_known {
            let problem = "the fake knows no such query".to_owned();
            state.log.problem(ticket.number, Problem::Request(problem.clone()));
            return errors("undefinedField", &problem).into_response();
        }
        let data = match data(state, headers, &asked["variables"]) {
            Ok(data) => data,
            Err(answer) => return answer.into_response(),
        };
        for error in ANSWER.iter_errors(&data).take(3) {
            let text: String = format!("POST /graphql{}: {error}", error.instance_path()).chars().take(400).collect();
            state.log.problem(ticket.number, Problem::Answer(text));
        }
        Reply::ok(json!({ "data": data })).into_response()
    })
}

fn errors(kind: &str, message: &str) -> Reply {
    Reply::ok(json!({ "data": null, "errors": [{ "type": kind, "message": message }] }))
}

fn data(state: &State, headers: &HeaderMap, variables: &Value) -> Result<Value, Reply> {
    let world = &state.world;
    let caller = auth::caller(world, headers).map_err(Refusal::into_reply)?;
    if matches!(caller, Caller::Nobody | Caller::App(_)) {
        return Err(Refusal::new(401, "This endpoint requires you to be authenticated.").into_reply());
    }
    let text = |name: &str| variables[name].as_str().unwrap_or_default();
    let missing = || errors("NOT_FOUND", "Could not resolve to a Repository with that name.");
    let found = world.repository_named(text("owner"), text("name")).filter(|it| sees(world, &caller, it.id));
    let repository = found.ok_or_else(missing)?;
    let may = match &caller {
        Caller::Installation { permissions, .. } => {
            !repository.private || permissions.get("pull_requests").is_some_and(|has| *has >= Access::Read)
        }
        _ => true,
    };
    if !may {
        return Err(errors("FORBIDDEN", "Resource not accessible by integration"));
    }
    let number = variables["number"].as_u64().unwrap_or_default();
    let item = world.item_numbered(repository.id, number).filter(|item| item.pull.is_some());
    let item = item.ok_or_else(|| errors("NOT_FOUND", "Could not resolve to a PullRequest with that number."))?;
    let head = item.pull.as_ref().map(|pull| pull.head.clone()).unwrap_or_default();
    let after: usize = variables["after"].as_str().and_then(|it| it.parse().ok()).unwrap_or_default();
    let roots: Vec<&ReviewComment> =
        world.review_comments.values().filter(|it| it.item == item.id && it.answers.is_none()).collect();
    let threads: Vec<Value> = roots.iter().skip(after).take(PAGE).map(|root| thread(world, root, &head)).collect();
    let end = after + threads.len();
    let reviews: Vec<Value> = world
        .reviews
        .values()
        .filter(|it| it.item == item.id)
        .map(|review| {
            json!({
                "fullDatabaseId": review.id.to_string(), "state": verdict(review.verdict), "body": review.body,
                "submittedAt": iso(review.submitted), "author": actor(world, review.author),
            })
        })
        .collect();
    let reviews = &reviews[reviews.len().saturating_sub(PAGE)..];
    Ok(json!({ "repository": { "pullRequest": {
        "reviewThreads": {
            "pageInfo": { "hasNextPage": end < roots.len(), "endCursor": (!threads.is_empty()).then(|| end.to_string()) },
            "nodes": threads,
        },
        "reviews": { "nodes": reviews },
    } } }))
}

fn thread(world: &World, root: &ReviewComment, head: &str) -> Value {
    let comments = world.review_comments.values().filter(|it| it.id == root.id || it.answers == Some(root.id));
    let comments: Vec<Value> = comments
        .take(PAGE)
        .map(|it| {
            json!({
                "fullDatabaseId": it.id.to_string(), "body": it.body, "createdAt": iso(it.created),
                "updatedAt": iso(it.updated), "author": actor(world, it.author),
                "originalCommit": { "oid": it.commit },
            })
        })
        .collect();
    json!({
        "isResolved": world.is_resolved(root.id), "isOutdated": is_outdated(world, root, head), "path": root.path,
        "originalLine": root.line, "originalStartLine": root.start_line, "diffSide": "RIGHT",
        "comments": { "nodes": comments },
    })
}

/// Whether the file is another one now.
fn is_outdated(world: &World, root: &ReviewComment, head: &str) -> bool {
    let at = |commit: &str| match world.depot.entry(root.repository, commit, &root.path) {
        Ok(Some(crate::git::Entry::File { bytes, .. })) => Some(bytes),
        _ => None,
    };
    root.commit != head && at(&root.commit) != at(head)
}

/// Programs have no ending here, other than in the REST API.
fn actor(world: &World, user: Id) -> Value {
    let Some(user) = world.users.get(&user) else { return Value::Null };
    let kind = match user.kind {
        Kind::Bot => "Bot",
        Kind::Organization => "Organization",
        Kind::Person if user.login.ends_with("[bot]") => "Bot",
        Kind::Person => "User",
    };
    json!({ "__typename": kind, "login": user.login.trim_end_matches("[bot]") })
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Commented => "COMMENTED",
        Verdict::Approved => "APPROVED",
        Verdict::ChangesRequested => "CHANGES_REQUESTED",
    }
}
