//! A peer that speaks HTTP over a real socket, answers as a test says, and can break off.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use forgeline_forge::types::RepoId;
use forgeline_github::{Auth, Clock, Config, GitHub, Limits, SecretSource};
use forgeline_model::{Secret, Timestamp};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// 2023-11-14T22:13:20Z.
pub(crate) const START: i64 = 1_700_000_000_000;

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What the peer does about it.
pub(crate) enum Reply {
    Whole {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Half of the body, then the end.
    Cut,
    /// No word.
    Reset,
    /// Something else, once it may.
    Later(Arc<Notify>, Box<Reply>),
}

pub(crate) fn ok(body: Value) -> Reply {
    reply(200, body)
}

pub(crate) fn reply(status: u16, body: Value) -> Reply {
    Reply::Whole { status, headers: Vec::new(), body: body.to_string() }
}

pub(crate) fn missing() -> Reply {
    reply(404, json!({ "message": "Not Found" }))
}

impl Reply {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// Requests that are being answered, and the most there were.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

type Script = Arc<Mutex<dyn FnMut(&Asked) -> Reply + Send>>;

pub(crate) struct Peer {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    crowd: Arc<Crowd>,
}

impl Peer {
    pub(crate) async fn start(script: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Script = Arc::new(Mutex::new(script));
        let (all, crowd) = (asked.clone(), Arc::new(Crowd::default()));
        let counted = crowd.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), all.clone(), counted.clone()));
            }
        });
        Self { url, asked, crowd }
    }

    /// Answers from a list of `METHOD /path` and body; whatever is not on it is missing.
    pub(crate) async fn with(table: Vec<(&'static str, Value)>) -> Self {
        Self::start(move |asked| match table.iter().find(|(line, _)| *line == asked.line) {
            Some((_, body)) => ok(body.clone()),
            None => missing(),
        })
        .await
    }

    /// All that arrived.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// The most requests that were being answered at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.crowd.most.load(Ordering::SeqCst)
    }

    /// Methods and paths of all that arrived.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// The bodies that were sent with this line.
    pub(crate) fn bodies(&self, line: &str) -> Vec<Value> {
        self.asked().into_iter().filter(|asked| asked.line == line).map(|asked| asked.body).collect()
    }
}

async fn serve(stream: TcpStream, script: Script, all: Arc<Mutex<Vec<Asked>>>, crowd: Arc<Crowd>) {
    let mut stream = BufReader::new(stream);
    let Some(asked) = receive(&mut stream).await else { return };
    all.lock().expect("no panic").push(asked.clone());
    crowd.most.fetch_max(crowd.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    // Whoever else is to come has the time to.
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    crowd.now.fetch_sub(1, Ordering::SeqCst);
    let reply = (script.lock().expect("no panic"))(&asked);
    let reply = match reply {
        Reply::Later(may, reply) => {
            may.notified().await;
            *reply
        }
        now => now,
    };
    let text = match reply {
        Reply::Reset | Reply::Later(..) => return,
        Reply::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":".to_owned(),
        Reply::Whole { status, headers, body } => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        }
    };
    // Who asked may have gone.
    let _ = stream.get_mut().write_all(text.as_bytes()).await;
    let _ = stream.get_mut().shutdown().await;
}

async fn receive(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let line = head.first()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: HashMap<String, String> = head[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { line, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

/// Time that passes only when somebody waits.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub(crate) fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn passed(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - START
    }
}

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, millis: u64) {
        self.advance(i64::try_from(millis).expect("not for ever"));
        tokio::task::yield_now().await;
    }
}

pub(crate) fn repo() -> RepoId {
    "acme/shop".parse().expect("a name")
}

pub(crate) const TOKEN: &str = "ghp_hunter2";

pub(crate) fn secret(text: &str) -> SecretSource {
    let text = text.to_owned();
    SecretSource::new(move || Ok(Secret::new(text.clone())))
}

/// GitHub with a token.
pub(crate) fn with_token(peer: &Peer) -> GitHub {
    with(peer, Auth::Token(secret(TOKEN)), Time::new())
}

pub(crate) fn with(peer: &Peer, auth: Auth, time: Time) -> GitHub {
    let limits = Limits { gap_millis: 0, ..Limits::default() };
    GitHub::new(Config { base_url: Some(peer.url.clone()), auth, limits }, Arc::new(time)).expect("settings that work")
}

/// A key that was made for these tests and opens nothing.
pub(crate) fn pem() -> String {
    let body = include_str!("../key-that-opens-nothing.b64");
    format!("-----BEGIN RSA {0}-----\n{body}-----END RSA {0}-----\n", "PRIVATE KEY")
}

pub(crate) const APP: u64 = 4711;

/// GitHub with an App.
pub(crate) fn with_app(peer: &Peer, time: &Time) -> GitHub {
    with(peer, Auth::App { app_id: APP, private_key: secret(&pem()) }, time.clone())
}

/// What an App is told about its installation: number 7 on `acme`, with all rights, tokens for an hour from `START`.
pub(crate) fn installed(asked: &Asked) -> Option<Reply> {
    match asked.line.as_str() {
        "GET /repos/acme/shop/installation" => Some(ok(json!({ "id": 7, "permissions": {
            "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write" } }))),
        "POST /app/installations/7/access_tokens" => {
            let asked_for = asked.body["permissions"].as_object().expect("permissions");
            let name: String =
                asked_for.iter().map(|(what, level)| format!("{what}={}-", level.as_str().unwrap_or(""))).collect();
            Some(reply(201, json!({ "token": format!("ghs_{name}"), "expires_at": "2023-11-14T23:13:20Z" })))
        }
        _ => None,
    }
}

/// An issue as GitHub tells of it, with this much else.
pub(crate) fn issue(number: u64, second: u32, rest: Value) -> Value {
    let mut issue = json!({
        "number": number, "title": format!("Issue {number}"), "body": null, "state": "open",
        "user": { "login": "ada" }, "labels": [{ "name": "bug" }], "closed_by": null,
        "created_at": "2023-11-14T22:00:00Z", "updated_at": format!("2023-11-14T22:13:{second:02}Z"),
    });
    merge(&mut issue, rest);
    issue
}

/// A pull request as GitHub tells of it, with this much else.
pub(crate) fn pull(number: u64, rest: Value) -> Value {
    let mut pull = json!({
        "number": number, "title": format!("Pull {number}"), "body": "text", "state": "open", "draft": false,
        "user": { "login": "ada" }, "labels": [], "merged": false, "merged_at": null, "merged_by": null,
        "merge_commit_sha": "3".repeat(40), "created_at": "2023-11-14T22:00:00Z", "updated_at": "2023-11-14T22:13:00Z",
        "head": { "ref": "fix", "sha": "1".repeat(40), "repo": { "full_name": "acme/shop" } },
        "base": { "ref": "main", "sha": "2".repeat(40), "repo": { "full_name": "acme/shop" } },
    });
    merge(&mut pull, rest);
    pull
}

pub(crate) fn comment(id: u64, number: u64, second: u32) -> Value {
    json!({
        "id": id, "body": format!("Comment {id}"), "user": { "login": "ada" },
        "issue_url": format!("https://api.github.com/repos/acme/shop/issues/{number}"),
        "created_at": "2023-11-14T22:00:00Z", "updated_at": format!("2023-11-14T22:13:{second:02}Z"),
    })
}

fn merge(into: &mut Value, rest: Value) {
    if let (Some(into), Value::Object(rest)) = (into.as_object_mut(), rest) {
        into.extend(rest);
    }
}
