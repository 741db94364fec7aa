//! The dialect of Azure DevOps: an owner of the model is a project, an issue a work item of it, a comment on a pull request a
//! thread.
//!
//! [`route`] is the table of what is served. Microsoft publishes no description that requests could be held against; each
//! handler says what it does not know (parameters, fields, queries) as a problem of the request, and answers are held against
//! the types of `azure_devops_rust_api` by the tests of the adapter.

mod call;
mod hooks;
mod operation;
mod people;
mod pulls;
mod reply;
mod repositories;
mod route;
mod shape;
mod threads;
mod work_items;

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response};
use serde_json::{Value, json};

use crate::github::auth::{Caller, caller};
use crate::model::{Millis, World};
use crate::server::log::Problem;
use crate::server::{Shared, State};
use call::Call;
use reply::{Outcome, Refusal, Reply};
pub(crate) use work_items::TYPES;

/// The one organization.
pub(crate) const ORGANIZATION: &str = "fabrikam";

/// Whether a path belongs to this dialect.
pub(crate) fn is_path(path: &str) -> bool {
    path.split('/').any(|segment| segment == "_apis" || segment == "_git") || path.ends_with("/oauth2/v2.0/token")
}

/// `/fabrikam/{project}/_git/{repository}/…` as Git's path by names; none for other paths.
pub(crate) fn git_path(world: &World, path: &str) -> Option<String> {
    let rest = path.strip_prefix(&format!("/{ORGANIZATION}/"))?;
    let (project, rest) = rest.split_once("/_git/")?;
    let (name, rest) = rest.split_once('/')?;
    let decoded = |text: &str| call::decoded(text);
    let id = repositories::named(world, &decoded(project), &decoded(name))?;
    Some(format!("/{}.git/{rest}", world.full_name(id)))
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    number: u64,
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Asked {
    pub(crate) fn new(number: u64, method: &str, path: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        Self { number, method, path, query, headers: headers.clone(), body: body.to_vec() }
    }
}

/// Answers a request.
pub(crate) fn answer(shared: &Shared, asked: &Asked) -> Response<Body> {
    let base = shared.base();
    let (reply, problems) = shared.act(|state| {
        let mut problems = Vec::new();
        let done = catch_unwind(AssertUnwindSafe(|| one(state, &base, asked, &mut problems)));
        let reads = asked.method == "GET";
        if reads {
            state.world.lag.pass();
        }
        let reply = done.unwrap_or_else(|_| {
            problems.push(format!("bug of the fake: the handler of `{} {}` panicked", asked.method, asked.path));
            Err(Refusal::new(500, "the handler panicked"))
        });
        (reply, problems)
    });
    let mut state = shared.lock();
    if let Some(entry) = state.log.entry(asked.number) {
        entry.operation = operation::name(&asked.method, &asked.path);
    }
    for problem in problems {
        state.log.problem(asked.number, Problem::Request(problem));
    }
    drop(state);
    reply.unwrap_or_else(Refusal::into_reply).into_response()
}

fn one(state: &mut State, base: &str, asked: &Asked, problems: &mut Vec<String>) -> Outcome {
    if asked.path.ends_with("/oauth2/v2.0/token") {
        return people::token(state, &asked.body);
    }
    let user = match caller(&state.world, &asked.headers) {
        Ok(Caller::Person(user)) => user,
        Ok(Caller::Nobody) => return Ok(Reply::status(302).with_header("location", "https://login.example/")),
        _ => return Err(Refusal::new(401, "TF400813: The user is not authorized to access this resource.")),
    };
    let mut call = Call::new(state, base, Some(user), asked, problems);
    let outcome = route::dispatch(&mut call);
    call.settle(outcome.is_ok());
    outcome
}

/// What a `GET` of this path would show to the owner of everything.
pub(crate) fn peek(state: &mut State, base: &str, target: &str) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asked = Asked::new(0, "GET", path, query, &HeaderMap::new(), &[]);
    let mut problems = Vec::new();
    let mut call = Call::new(state, base, None, &asked, &mut problems);
    match route::dispatch(&mut call) {
        Ok(reply) => reply.body.unwrap_or_default(),
        Err(refusal) => panic!("`GET {target}`: {refusal:?}"),
    }
}

/// An answer with that status and a message like those of Azure DevOps.
pub(crate) fn plain(status: u16) -> Response<Body> {
    let message = match status {
        401 => "TF400813: The user is not authorized to access this resource.",
        404 => "VS800075: The project does not exist.",
        409 => "TF26071: This work item has been changed by someone else since you opened it.",
        412 => "VS403351: Test Operation for path /rev failed.",
        _ => "An error occurred.",
    };
    Refusal::new(status, message).into_reply().into_response()
}

/// The answer of a limit.
pub(crate) fn limited(seconds: u32, status: u16) -> Response<Body> {
    let refusal =
        Refusal::new(status, "TF400733: The request has been canceled: Request was blocked due to exceeding usage.");
    let reply = refusal.into_reply().with_header("retry-after", seconds.to_string());
    let reply = reply.with_header("x-ratelimit-resource", "Core").with_header("x-ratelimit-limit", "200");
    reply.with_header("x-ratelimit-remaining", "0").into_response()
}

/// Gives an answer the headers that every one has.
pub(crate) fn stamp(response: &mut Response<Body>, now: Millis) {
    let at = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert("date", date);
    }
    response.headers_mut().insert("x-tfs-processid", HeaderValue::from_static("fake"));
}

/// A list as Azure DevOps wraps it.
fn list(values: Vec<Value>) -> Value {
    json!({ "count": values.len(), "value": values })
}

/// The id of an account.
pub(crate) fn identity_id(user: crate::model::Id) -> String {
    shape::guid("identity", user)
}
