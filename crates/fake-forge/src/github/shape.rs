//! The world as GitHub's JSON.

mod checks;
pub(crate) mod commits;
mod events;
mod items;
pub(crate) mod people;
mod repositories;
mod reviews;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::model::access::Level;
use crate::model::clock::iso;
use crate::model::{Id, Millis, World};

/// Makes JSON of the world for one caller.
pub(crate) struct Show<'a> {
    pub(crate) world: &'a World,
    /// Where people look: `http://host:port`.
    pub(crate) web: String,
    /// Where programs look: the same, or with `/api/v3`.
    pub(crate) api: String,
    /// Who looks.
    pub(crate) viewer: Option<Id>,
}

impl Show<'_> {
    /// The repository's address for programs.
    fn repo_api(&self, repository: Id) -> String {
        format!("{}/repos/{}", self.api, self.world.full_name(repository))
    }

    /// The repository's address for people.
    fn repo_web(&self, repository: Id) -> String {
        format!("{}/{}", self.web, self.world.full_name(repository))
    }

    /// What somebody is to a repository.
    fn association(&self, user: Id, repository: Id) -> &'static str {
        if self.world.repositories.get(&repository).is_some_and(|found| found.owner == user) {
            return "OWNER";
        }
        let merged = |item: &crate::model::item::Item| {
            item.repository == repository
                && item.author == user
                && item.pull.as_ref().is_some_and(|pull| pull.merged.is_some())
        };
        match self.world.granted(user, repository) {
            Level::None if self.world.items.values().any(merged) => "CONTRIBUTOR",
            Level::None => "NONE",
            _ => "COLLABORATOR",
        }
    }

    /// The App through which something was done.
    fn via(&self, app: Option<Id>) -> Value {
        app.map_or(Value::Null, |app| self.app(app))
    }
}

/// The name of a thing for GraphQL.
fn node(kind: &str, id: Id) -> String {
    format!("{kind}_{}", STANDARD.encode(format!("{kind}:{id}")).trim_end_matches('='))
}

fn time(at: Option<Millis>) -> Value {
    at.map_or(Value::Null, |at| json!(iso(at)))
}

/// Adds the fields of `more`.
pub(crate) fn extend(mut value: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}
