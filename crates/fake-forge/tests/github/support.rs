//! A small HTTP client that shows everything, and a fake with some people in it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use forgeline_fake_forge::{FakeForge, Level};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        assert!(!self.text.contains("bug of the fake forge"), "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The address that the `link` header has for a relation.
    pub(crate) fn link(&self, relation: &str) -> Option<String> {
        let wanted = format!("rel=\"{relation}\"");
        let link = self.header("link").split(", ").find(|link| link.ends_with(&wanted))?;
        Some(link.split_once('>')?.0.trim_start_matches('<').to_owned())
    }
}

/// Asks as the holder of a token.
pub(crate) struct Client {
    base: String,
    token: String,
}

impl Client {
    pub(crate) fn new(forge: &FakeForge, token: &str) -> Self {
        Self { base: forge.url(), token: token.to_owned() }
    }

    pub(crate) fn enterprise(forge: &FakeForge, token: &str) -> Self {
        Self { base: forge.enterprise_url(), token: token.to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).expect("an answer")
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body)).expect("an answer")
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, &[], Some(body)).expect("an answer")
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, &[], Some(body)).expect("an answer")
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).expect("an answer")
    }

    /// Sends a request to a path or to a whole address; an error is a connection that broke.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> std::io::Result<Answer> {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let rest = url.strip_prefix("http://").expect("an http address");
        let (host, path) = rest.split_once('/').expect("an address with a path");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        if !self.token.is_empty() {
            head.push_str(&format!("authorization: Bearer {}\r\n", self.token));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(host)?;
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let Some((head, text)) = answer.split_once("\r\n\r\n") else {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        };
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let pairs = head.lines().filter_map(|line| line.split_once(": "));
        let headers = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Ok(Answer { status, headers, text: text.to_owned() })
    }
}

/// `acme/shop` with a commit on `main`; Ada maintains it, Wil writes, Tri sorts issues, Rea reads, Otto is nobody.
pub(crate) fn shop() -> FakeForge {
    shop_with(false)
}

pub(crate) fn shop_with(private: bool) -> FakeForge {
    let forge = FakeForge::start_blocking();
    forge.repository("acme/shop", private);
    for (login, level) in [
        ("ada", Level::Maintain),
        ("wil", Level::Write),
        ("tri", Level::Triage),
        ("rea", Level::Read),
        ("adm", Level::Admin),
    ] {
        forge.grant(login, "acme/shop", level);
    }
    forge.user("otto");
    forge.push("ada", "acme/shop", "main", &[("README.md", "# Shop\n")]);
    forge
}

pub(crate) fn person(forge: &FakeForge, login: &str) -> Client {
    Client::new(forge, &forge.token_for(login))
}

/// A client with an installation's token for all of `acme`.
pub(crate) fn program(forge: &FakeForge, permissions: &[(&str, &str)]) -> Client {
    let app = forge.app("helper", permissions);
    let installation = forge.install(&app, "acme", None);
    Client::new(forge, &forge.installation_token(installation, None, None))
}

/// All of the permissions that a bot needs.
pub(crate) const BOT: [(&str, &str); 6] = [
    ("checks", "write"),
    ("contents", "write"),
    ("issues", "write"),
    ("pull_requests", "write"),
    ("statuses", "write"),
    ("metadata", "read"),
];

/// Nothing that was asked or answered differs from GitHub's description.
#[track_caller]
pub(crate) fn described(forge: &FakeForge) {
    assert_eq!(forge.problems(), Vec::<String>::new());
}
