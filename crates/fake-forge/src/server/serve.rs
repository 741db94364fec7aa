//! The way of one request: into the log, through limits and faults, to the dialect, and back with its headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::faults::Fault;
use super::limits::Refused;
use super::log::{Credential, Problem};
use super::{Shared, conditional, git};
use crate::{azure, github};

/// How a request ends.
pub(crate) enum Ending {
    Answer(Response<Body>),
    Reset,
}

/// What handlers need to know of the way that a request came.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) number: u64,
    /// `/api/v3` where the client takes the fake for an Enterprise Server.
    pub(crate) prefix: &'static str,
}

/// What was decided before a request reaches the dialect.
struct Admission {
    ticket: Ticket,
    credential: Credential,
    fault: Option<Fault>,
    refused: Option<Response<Body>>,
    latency_ms: u64,
}

pub(crate) async fn answer(shared: &Arc<Shared>, router: Router, request: Request<Body>) -> Ending {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else { return Ending::Reset };
    let path = parts.uri.path().to_owned();
    let (prefix, path) = match path.strip_prefix("/api/v3") {
        Some(rest) if rest.starts_with('/') => ("/api/v3", rest.to_owned()),
        _ if path == "/api/graphql" => ("/api/v3", "/graphql".to_owned()),
        _ => ("", path),
    };
    let is_azure = azure::is_path(&path);
    let path = {
        let state = shared.lock();
        azure::git_path(&state.world, &path).unwrap_or_else(|| github::path_by_name(&state.world, &path))
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
    parts.uri = target.parse::<Uri>().unwrap_or_default();

    let method = parts.method.as_str().to_owned();
    let admission = admit(shared, &method, &path, &query, &parts.headers, prefix, &body);
    let wait = admission.latency_ms + if let Some(Fault::Slow(millis)) = admission.fault { millis } else { 0 };
    if wait > 0 {
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    let number = admission.ticket.number;
    if let Some(refused) = admission.refused {
        return Ending::Answer(finish(shared, number, &admission.credential, refused, true));
    }
    if admission.fault == Some(Fault::ResetBefore) {
        return Ending::Reset;
    }
    let headers = parts.headers.clone();
    let is_git = git::split(&path).is_some();
    let response = if is_git {
        git::answer(shared, &parts, &path, &query, &body).await
    } else if is_azure {
        let asked = azure::Asked::new(number, &method, &path, &query, &headers, &body);
        tokio::task::block_in_place(|| azure::answer(shared, &asked))
    } else {
        parts.extensions.insert(admission.ticket.clone());
        let request = Request::from_parts(parts, Body::from(body));
        // A router cannot fail.
        router.oneshot(request).await.unwrap_or_default()
    };
    match admission.fault {
        Some(Fault::ResetAfter) => return Ending::Reset,
        Some(Fault::StatusAfter(status)) => {
            return Ending::Answer(finish(shared, number, &admission.credential, plain(&path, status), true));
        }
        _ => {}
    }
    if is_git {
        if let Some(entry) = shared.lock().log.entry(number) {
            entry.status = Some(response.status().as_u16());
        }
        return Ending::Answer(response);
    }
    let (response, unchanged) = if is_azure { (response, false) } else { with_tag(response, &method, &headers).await };
    let response = if admission.fault == Some(Fault::Truncate) { truncated(response).await } else { response };
    Ending::Answer(finish(shared, number, &admission.credential, response, !unchanged))
}

fn admit(
    shared: &Shared,
    method: &str,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    prefix: &'static str,
    body: &[u8],
) -> Admission {
    let mut state = shared.lock();
    let state = &mut *state;
    let now = state.world.now();
    let credential = github::auth::credential(&state.world, headers);
    let number = state.log.begin(method, path, query, now, credential.clone());
    let fault = state.plan.take(method, path);
    if let Some(entry) = state.log.entry(number) {
        entry.fault = fault.map(|fault| format!("{fault:?}"));
        entry.body = serde_json::from_slice(body).ok();
    }
    let mut refused = None;
    if git::split(path).is_none() && path != "/rate_limit" {
        if let Some(remaining_ms) = state.limits.too_early(&credential, now) {
            state.log.problem(number, Problem::TooEarly { remaining_ms });
            let seconds = u32::try_from(remaining_ms.div_euclid(1000) + 1).unwrap_or(u32::MAX);
            refused = Some(limited(path, Refused::Secondary(seconds), state.limits.settings.status));
        } else if azure::is_path(path) {
            // It has no limits by number of requests.
        } else if let Some(limit) = state.limits.admit(&credential, now, method, github::creates(method, path)) {
            refused = Some(github::limited(limit, state.limits.settings.status));
        }
    }
    match fault {
        Some(Fault::Status(status)) => refused = Some(plain(path, status)),
        Some(Fault::RetryAfter { status, seconds }) => {
            state.limits.forbid(&credential, now, seconds);
            refused = Some(limited(path, Refused::Secondary(seconds), status));
        }
        _ => {}
    }
    let latency_ms = state.plan.latency_ms;
    Admission { ticket: Ticket { number, prefix }, credential, fault, refused, latency_ms }
}

/// An answer with that status in the words of the dialect that the path belongs to.
fn plain(path: &str, status: u16) -> Response<Body> {
    if azure::is_path(path) { azure::plain(status) } else { github::plain(status) }
}

/// The answer of a limit.
fn limited(path: &str, refused: Refused, status: u16) -> Response<Body> {
    match refused {
        Refused::Secondary(seconds) if azure::is_path(path) => azure::limited(seconds, status),
        refused => github::limited(refused, status),
    }
}

/// Gives a read its tag, or takes its body away if the client has it.
async fn with_tag(response: Response<Body>, method: &str, headers: &HeaderMap) -> (Response<Body>, bool) {
    if method != "GET" || response.status() != StatusCode::OK {
        return (response, false);
    }
    let (mut parts, body) = response.into_parts();
    let bytes = collected(body).await;
    let tag = conditional::tag(&bytes);
    let unchanged = conditional::unchanged(headers, &tag);
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    if unchanged {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return (Response::from_parts(parts, Body::empty()), true);
    }
    (Response::from_parts(parts, Body::from(bytes)), false)
}

async fn truncated(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = collected(body).await;
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes.slice(..bytes.len() / 2)))
}

async fn collected(body: Body) -> Bytes {
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

/// Counts the request, adds the headers that every answer has, and completes the log.
fn finish(
    shared: &Shared,
    number: u64,
    credential: &Credential,
    mut response: Response<Body>,
    counts: bool,
) -> Response<Body> {
    let mut state = shared.lock();
    let now = state.world.now();
    if state.log.entry(number).is_some_and(|entry| azure::is_path(&entry.path)) {
        azure::stamp(&mut response, now);
        if let Some(entry) = state.log.entry(number) {
            entry.status = Some(response.status().as_u16());
        }
        return response;
    }
    if counts && state.log.entry(number).is_none_or(|entry| entry.path != "/rate_limit") {
        state.limits.count(credential, now);
    }
    let standing = state.limits.standing(credential, now);
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", i64::from(standing.limit)),
        ("x-ratelimit-remaining", i64::from(standing.remaining)),
        ("x-ratelimit-used", i64::from(standing.used)),
        ("x-ratelimit-reset", standing.reset),
    ] {
        headers.insert(name, HeaderValue::from(value));
    }
    headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
    if let Ok(id) = HeaderValue::from_str(&format!("FAKE:{number}")) {
        headers.insert("x-github-request-id", id);
    }
    if let Some(entry) = state.log.entry(number) {
        entry.status = Some(response.status().as_u16());
    }
    response
}
