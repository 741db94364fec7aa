//! GitHub's REST dialect of the model.
//!
//! [`operation::all`] is the table of what is served. Each operation says what its caller must be allowed to do; its
//! handler reads the [`call::Call`] and answers with a [`reply::Reply`] or a [`reply::Refusal`]. Requests and answers are
//! held against GitHub's own description ([`openapi`]) on the way in and out.

pub(crate) mod auth;
pub(crate) mod call;
pub(crate) mod gate;
mod graphql;
pub(crate) mod openapi;
pub(crate) mod operation;
pub(crate) mod payload;
pub(crate) mod reply;
mod routes;
pub(crate) mod shape;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawPathParams, RawQuery};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::routing::{MethodFilter, on};
use serde_json::{Value, json};

use crate::model::World;
use crate::server::limits::Refused;
use crate::server::log::Problem;
use crate::server::serve::Ticket;
use crate::server::{Shared, State};
use call::{Call, Incoming};
use reply::{Refusal, Reply};

/// All operations as one service.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for operation in operation::all() {
        let shared = shared.clone();
        let handler = move |params: RawPathParams,
                            RawQuery(query): RawQuery,
                            uri: Uri,
                            headers: HeaderMap,
                            Extension(ticket): Extension<Ticket>,
                            body: Bytes| async move {
            let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let query = query.unwrap_or_default();
            let path = uri.path().to_owned();
            let incoming = Incoming { operation, ticket, params, path, query, headers, body };
            tokio::task::block_in_place(|| answer(&shared, incoming))
        };
        router = router.route(&operation.route(), on(filter(operation.method), handler));
    }
    let shared = shared.clone();
    let query = move |headers: HeaderMap, Extension(ticket): Extension<Ticket>, body: Bytes| async move {
        tokio::task::block_in_place(|| graphql::answer(&shared, &ticket, &headers, &body))
    };
    router.route("/graphql", on(MethodFilter::POST, query)).fallback(|| async { Refusal::not_found().into_response() })
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "GET" => MethodFilter::GET,
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        _ => MethodFilter::DELETE,
    }
}

/// Holds a request and its answer against the description, and has it answered in between.
fn answer(shared: &Shared, incoming: Incoming) -> Response<Body> {
    let (operation, number, reads) = (incoming.operation, incoming.ticket.number, incoming.operation.method == "GET");
    let found = openapi::request_problems(operation, &incoming);
    let result = shared.act(|state| {
        if let Some(entry) = state.log.entry(number) {
            entry.operation = Some(operation.name());
            entry.problems.extend(found.into_iter().map(Problem::Request));
        }
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut call = Call::new(state, shared.base(), incoming)?;
            gate::admit(&mut call)?;
            (operation.handler)(&mut call)
        }));
        if reads {
            state.world.lag.pass();
        }
        result
    });
    let reply = match result {
        Ok(Ok(reply)) => reply,
        Ok(Err(refusal)) => refusal.into_reply(),
        Err(_) => {
            shared
                .lock()
                .log
                .problem(number, Problem::Answer(format!("the handler of `{}` panicked", operation.name())));
            return plain(500);
        }
    };
    let problems = openapi::answer_problems(operation, &reply);
    if problems.is_empty() {
        return reply.into_response();
    }
    let mut state = shared.lock();
    for problem in &problems {
        state.log.problem(number, Problem::Answer(problem.clone()));
    }
    drop(state);
    let text = problems.join("; ");
    Reply::status(500).with(json!({ "message": format!("bug of the fake forge: {text}") })).into_response()
}

/// What a `GET` of this path would show to the owner of everything, whole.
pub(crate) fn peek(state: &mut State, base: String, target: &str) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let reads = operation::all().filter(|operation| operation.method == "GET");
    // Of two that match, the one with fewer parameters is meant.
    let found = reads
        .filter_map(|operation| Some((operation, operation.match_path(path)?)))
        .min_by_key(|(_, params)| params.len());
    let (operation, params) = found.unwrap_or_else(|| panic!("the fake does not serve `GET {path}`"));
    let (path, query, headers, body) = (path.to_owned(), query.to_owned(), HeaderMap::new(), Bytes::new());
    let ticket = Ticket { number: 0, prefix: "" };
    let incoming = Incoming { operation, ticket, params, path, query, headers, body };
    let answered = Call::new(state, base, incoming).and_then(|mut call| {
        call.look_at_all();
        (operation.handler)(&mut call)
    });
    match answered {
        Ok(reply) => reply.body.unwrap_or_default(),
        Err(refusal) => panic!("`GET {target}`: {refusal:?}"),
    }
}

/// An answer with that status and the message that GitHub has for it.
pub(crate) fn plain(status: u16) -> Response<Body> {
    let message = match status {
        401 => "Bad credentials",
        403 => "Resource not accessible by integration",
        404 => "Not Found",
        409 => "Conflict",
        422 => "Validation Failed",
        500..=599 => "Server Error",
        _ => "",
    };
    Refusal::new(status, message).into_response()
}

/// The answer of a limit.
pub(crate) fn limited(refused: Refused, status: u16) -> Response<Body> {
    match refused {
        Refused::Primary => Refusal::new(403, "API rate limit exceeded").into_response(),
        Refused::Secondary(seconds) => {
            let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            Refusal::new(status, message).with_header("retry-after", seconds.to_string()).into_response()
        }
    }
}

/// Whether a request makes something that people are notified of.
pub(crate) fn creates(method: &str, path: &str) -> bool {
    const KINDS: [&str; 5] = ["issues", "pulls", "comments", "reviews", "replies"];
    method == "POST" && path.rsplit('/').next().is_some_and(|last| KINDS.contains(&last))
}

/// `/repositories/{id}/…`, which redirects lead to, as `/repos/{owner}/{name}/…`.
pub(crate) fn path_by_name(world: &World, path: &str) -> String {
    let by_name = || {
        let rest = path.strip_prefix("/repositories/")?;
        let (id, rest) = rest.split_once('/').map_or((rest, ""), |(id, rest)| (id, rest));
        let id = id.parse().ok().filter(|id| world.repositories.contains_key(id))?;
        let slash = if rest.is_empty() { "" } else { "/" };
        Some(format!("/repos/{}{slash}{rest}", world.full_name(id)))
    };
    by_name().unwrap_or_else(|| path.to_owned())
}

/// The status of a number.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
