//! Git clients: who they are, which repository they mean, and what their pushes move.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode, header};

use super::Shared;
use crate::git::{Ask, is_push, serve};
use crate::github;
use crate::model::Actor;

/// Owner, name and rest of a path like `/owner/name.git/info/refs`; none if the path is of the API.
pub(crate) fn split(path: &str) -> Option<(&str, &str, &str)> {
    let (owner, rest) = path.strip_prefix('/')?.split_once('/')?;
    let at = rest.find(".git/").filter(|at| !rest[..*at].contains('/'))?;
    Some((owner, &rest[..at], &rest[at + 4..]))
}

/// Answers a Git client; what it pushed is followed before the client has its answer.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    parts: &Parts,
    path: &str,
    query: &str,
    body: &Bytes,
) -> Response<Body> {
    let Some((owner, name, rest)) = split(path) else { return text(StatusCode::NOT_FOUND, "Repository not found.") };
    let push = is_push(rest, query);
    let admitted = {
        let state = shared.lock();
        github::auth::admit_git(&state.world, &parts.headers, owner, name, push)
    };
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err((status, message)) => return text(status, message),
    };
    let folder = shared.lock().world.depot.path(admitted.repository);
    let ask = Ask {
        repository: &folder,
        method: parts.method.as_str(),
        rest,
        query,
        headers: &parts.headers,
        body,
        user: &admitted.login,
        workflows: admitted.workflows,
    };
    let response = match serve(&ask).await {
        Ok(response) => response,
        Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    if push && rest == "/git-receive-pack" {
        let actor = Actor { user: admitted.user, app: admitted.app };
        let followed =
            tokio::task::block_in_place(|| shared.act(|state| state.world.follow(actor, admitted.repository)));
        if let Err(trouble) = followed {
            return text(StatusCode::INTERNAL_SERVER_ERROR, &trouble.to_string());
        }
    }
    response
}

fn text(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(message.to_owned()));
    *response.status_mut() = status;
    if status == StatusCode::UNAUTHORIZED {
        let realm = header::HeaderValue::from_static("Basic realm=\"GitHub\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
    }
    response
}
