//! One request as its handler sees it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::auth::{self, Caller};
use super::operation::Operation;
use super::reply::{Refusal, Reply};
use super::shape::Show;
use crate::model::clock::parse_iso;
use crate::model::item::Item;
use crate::model::{Actor, Id, Millis, World};
use crate::server::State;
use crate::server::serve::Ticket;

/// A request before anybody looked into it.
pub(crate) struct Incoming {
    pub(crate) operation: &'static Operation,
    pub(crate) ticket: Ticket,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Incoming {
    /// The query's parameters, decoded; the last one of a name counts.
    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect()
    }
}

/// Percent-decoding, with `+` for a space.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let coded = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, coded) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (first, _) => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One request: the world, who asks, and for what.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) caller: Caller,
    pub(crate) operation: &'static Operation,
    pub(crate) body: Value,
    /// The repository that the path names; set by the gate.
    pub(crate) repository: Id,
    params: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
    path: String,
    base: String,
    prefix: &'static str,
    /// Are lists whole?
    whole: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(state: &'a mut State, base: String, incoming: Incoming) -> Result<Self, Refusal> {
        let caller = auth::caller(&state.world, &incoming.headers)?;
        let query = incoming.query();
        let body = if incoming.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&incoming.body).map_err(|_| Refusal::new(400, "Problems parsing JSON"))?
        };
        let Incoming { operation, ticket, params, path, .. } = incoming;
        let prefix = ticket.prefix;
        Ok(Self { state, caller, operation, body, repository: 0, params, query, path, base, prefix, whole: false })
    }

    /// From now on lists are whole, and the path's repository is taken without asking who looks.
    pub(crate) fn look_at_all(&mut self) {
        self.whole = true;
        let found = self.world().repository_named(self.param("owner"), self.param("repo")).map(|found| found.id);
        self.repository = found.unwrap_or_default();
    }

    pub(crate) fn world(&self) -> &World {
        &self.state.world
    }

    pub(crate) fn world_mut(&mut self) -> &mut World {
        &mut self.state.world
    }

    /// Makes JSON of the world, for this caller.
    pub(crate) fn show(&self) -> Show<'_> {
        let viewer = self.caller.user();
        Show { world: &self.state.world, web: self.base.clone(), api: format!("{}{}", self.base, self.prefix), viewer }
    }

    /// In whose name the caller writes.
    pub(crate) fn actor(&self) -> Result<Actor, Refusal> {
        let user = self.caller.user().ok_or_else(|| Refusal::new(401, "Requires authentication"))?;
        Ok(Actor { user, app: self.caller.app() })
    }

    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    pub(crate) fn id(&self, name: &str) -> Result<Id, Refusal> {
        self.param(name).parse().map_err(|_| Refusal::not_found())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body as a type of the handler's.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let body = if self.body.is_null() { Value::Object(serde_json::Map::new()) } else { self.body.clone() };
        serde_json::from_value(body).map_err(|error| Refusal::invalid(format!("Invalid request. {error}")))
    }

    /// The time of `since`, if it is there: items that were updated then or later are meant.
    pub(crate) fn since(&self) -> Result<Option<Millis>, Refusal> {
        let Some(text) = self.query("since") else { return Ok(None) };
        parse_iso(text).map(Some).ok_or_else(|| Refusal::invalid("`since` is no ISO 8601 time"))
    }

    /// The issue or pull request that the path names.
    pub(crate) fn item(&self) -> Result<&Item, Refusal> {
        let name = if self.params.contains_key("issue_number") { "issue_number" } else { "pull_number" };
        let item = self.world().item_numbered(self.repository, self.id(name)?);
        let item = item.filter(|item| name == "issue_number" || item.pull.is_some());
        item.filter(|item| self.world().lag.sees(item.id)).ok_or_else(Refusal::not_found)
    }

    /// Hides what the caller just made for as long as the lag lasts.
    pub(crate) fn made(&mut self, id: Id) {
        self.state.world.lag.made(id);
    }

    /// The part of a list that was asked for, and the links to the others.
    pub(crate) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), Refusal> {
        if self.whole {
            return Ok((all, None));
        }
        let number = |name: &str, default: usize| match self.query(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Refusal::invalid(format!("`{name}` is no number"))),
        };
        let per_page = number("per_page", 30)?.clamp(1, 100);
        let page = number("page", 1)?.max(1);
        let pages = all.len().div_ceil(per_page).max(1);
        let mut links = Vec::new();
        if page > 1 {
            links.push(self.link("page", &(page - 1).to_string(), "prev"));
        }
        if page < pages {
            links.push(self.link("page", &(page + 1).to_string(), "next"));
            links.push(self.link("page", &pages.to_string(), "last"));
        }
        if page > 1 {
            links.push(self.link("page", "1", "first"));
        }
        let part = all.into_iter().skip((page - 1) * per_page).take(per_page).collect();
        Ok((part, (!links.is_empty()).then(|| links.join(", "))))
    }

    /// A list, a page at a time.
    pub(crate) fn list<T>(&self, all: Vec<T>, show: impl FnMut(T) -> Value) -> Result<Reply, Refusal> {
        let (part, link) = self.page(all)?;
        Ok(with_link(Reply::ok(part.into_iter().map(show).collect()), link))
    }

    /// A list inside an object that counts it.
    pub(crate) fn counted<T>(&self, name: &str, all: Vec<T>, show: impl FnMut(T) -> Value) -> Result<Reply, Refusal> {
        let total = all.len();
        let (part, link) = self.page(all)?;
        let part: Value = part.into_iter().map(show).collect();
        Ok(with_link(Reply::ok(serde_json::json!({ "total_count": total, name: part })), link))
    }

    /// A link to the same list with another value of one parameter.
    pub(crate) fn link(&self, name: &str, value: &str, relation: &str) -> String {
        let others = self.query.iter().filter(|(known, _)| *known != name);
        let mut pairs: Vec<String> = others.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        pairs.push(format!("{name}={}", encode(value)));
        format!("<{}{}{}?{}>; rel=\"{relation}\"", self.base, self.prefix, self.path, pairs.join("&"))
    }

    /// The address of the same request at a repository that was renamed.
    pub(crate) fn moved_to(&self, repository: Id, owner: &str, name: &str) -> String {
        let rest = self.path.strip_prefix(&format!("/repos/{owner}/{name}")).unwrap_or_default();
        let mut url = format!("{}{}/repositories/{repository}{rest}", self.base, self.prefix);
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query.join("&"));
        }
        url
    }
}

pub(crate) fn with_link(reply: Reply, link: Option<String>) -> Reply {
    match link {
        Some(link) => reply.with_header("link", link),
        None => reply,
    }
}

/// Percent-encoding of everything that is not plain.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_encoded_is_decoded_again() {
        for text in ["plain", "a b+c%d", "grüße/☃", "%zz", "100%"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("a+b%2Fc%"), "a b/c%");
    }
}
