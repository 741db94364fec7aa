//! One request while it is answered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Asked;
use super::reply::Refusal;
use crate::model::access::Level;
use crate::model::{Actor, Id, World};
use crate::server::State;

pub(super) struct Call<'a> {
    state: &'a mut State,
    pub(super) base: String,
    /// None for who may see everything.
    user: Option<Id>,
    pub(super) method: String,
    /// What follows the organization, decoded.
    pub(super) segments: Vec<String>,
    query: BTreeMap<String, String>,
    used: BTreeSet<String>,
    pub(super) body: Value,
    problems: &'a mut Vec<String>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        state: &'a mut State,
        base: &str,
        user: Option<Id>,
        asked: &Asked,
        problems: &'a mut Vec<String>,
    ) -> Self {
        let segments = asked.path.split('/').filter(|it| !it.is_empty()).map(decoded).collect();
        let pairs = asked.query.split('&').filter(|it| !it.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        });
        let body = serde_json::from_slice(&asked.body).unwrap_or_default();
        let (method, query) = (asked.method.clone(), pairs.collect());
        Self { state, base: base.to_owned(), user, method, segments, query, used: BTreeSet::new(), body, problems }
    }

    pub(super) fn world(&mut self) -> &mut World {
        &mut self.state.world
    }

    pub(super) fn look(&self) -> &World {
        &self.state.world
    }

    /// A parameter of the query.
    pub(super) fn param(&mut self, name: &str) -> Option<String> {
        self.used.insert(name.to_owned());
        self.query.get(name).cloned()
    }

    pub(super) fn number(&mut self, name: &str) -> Option<usize> {
        self.param(name)?.parse().ok()
    }

    /// Says that the request does not fit.
    pub(super) fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    /// At the end: what nobody asked for does not belong there.
    pub(super) fn settle(&mut self, went_well: bool) {
        if self.param("api-version").is_none() {
            self.problem("it names no `api-version`");
        }
        let unknown: Vec<String> = self.query.keys().filter(|name| !self.used.contains(*name)).cloned().collect();
        if went_well && !unknown.is_empty() {
            self.problem(format!("the fake knows no parameters {unknown:?}"));
        }
    }

    pub(super) fn actor(&self) -> Actor {
        Actor { user: self.user.unwrap_or_default(), app: None }
    }

    pub(super) fn level(&self, repository: Id) -> Level {
        self.user.map_or(Level::Admin, |user| self.look().level(user, repository))
    }

    /// Refuses who may do less than that.
    pub(super) fn needs(&self, repository: Id, level: Level) -> Result<(), Refusal> {
        if self.level(repository) < Level::Read {
            return Err(Refusal::missing("The Git repository"));
        }
        if self.level(repository) < level {
            return Err(Refusal::forbidden());
        }
        Ok(())
    }

    /// A text of the body.
    pub(super) fn text(&self, pointer: &str) -> Option<String> {
        self.body.pointer(pointer)?.as_str().map(str::to_owned)
    }
}

/// A segment without its escapes.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
