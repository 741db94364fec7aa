//! Git's smart HTTP protocol: `git http-backend`, run as CGI.

use std::path::Path;
use std::process::Stdio;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::command::{ENVIRONMENT, GitError};

/// A request of a Git client.
pub(crate) struct Ask<'a> {
    pub(crate) repository: &'a Path,
    pub(crate) method: &'a str,
    /// What follows the repository: `/info/refs`, `/git-upload-pack` or `/git-receive-pack`.
    pub(crate) rest: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) user: &'a str,
    /// May what is pushed change workflows?
    pub(crate) workflows: bool,
}

/// Whether the request is part of a push.
pub(crate) fn is_push(rest: &str, query: &str) -> bool {
    rest == "/git-receive-pack" || query.contains("service=git-receive-pack")
}

/// Answers a request of a Git client.
pub(crate) async fn serve(ask: &Ask<'_>) -> Result<Response<Body>, GitError> {
    let header = |name: &str| ask.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (root, name) = (ask.repository.parent(), ask.repository.file_name());
    let (root, name) = (root.unwrap_or(Path::new("/")), name.unwrap_or_default().to_string_lossy());
    let length = ask.body.len().to_string();
    let mut child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(ENVIRONMENT)
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("FAKE_FORGE_WORKFLOWS", if ask.workflows { "yes" } else { "no" })
        .env("REQUEST_METHOD", ask.method)
        .env("PATH_INFO", format!("/{name}{}", ask.rest))
        .env("QUERY_STRING", ask.query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", &length)
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", ask.user)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // It may answer without reading all.
            let _ = stdin.write_all(ask.body).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    Ok(cgi(&output?.stdout))
}

/// A CGI answer as an HTTP one.
fn cgi(output: &[u8]) -> Response<Body> {
    let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(output.len());
    let head = String::from_utf8_lossy(&output[..end]);
    let body = output.get(end + 4..).unwrap_or_default().to_vec();
    let mut status = if head.is_empty() { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    let mut answer = Response::builder();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse::<u16>().ok());
            status = code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(status);
        } else {
            answer = answer.header(name, value);
        }
    }
    answer.status(status).body(Body::from(body)).unwrap_or_else(|_| Response::new(Body::empty()))
}
