//! The service that a work item describes. Templates name it `work_item.spec`; absent values are `null`, never left
//! out, because templates are strict.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::Names;

/// A service with entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// The service's name, from the title without words like "service".
    pub name: Names,
    /// The work item's title, cleaned.
    pub title: String,
    /// The first paragraph as one line, cleaned; the title when there is none.
    pub summary: String,
    /// All prose, cleaned. Empty when there is none.
    pub description: String,
    /// At least one.
    pub entities: Vec<EntitySpec>,
    /// Events with a name of their own.
    pub events: Vec<EventSpec>,
    /// Rules: enforced, or kept as text.
    pub rules: Vec<RuleSpec>,
}

/// One kind of thing that the service keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntitySpec {
    /// Its name, singular.
    pub name: Names,
    /// At least one, in the order of the work item.
    pub fields: Vec<FieldSpec>,
    /// Entities that fields refer to, without itself, each once.
    pub references: Vec<Names>,
    /// Whether any field refers to an entity, itself included.
    pub refers: bool,
    /// Names of the events told when one is created, updated or deleted.
    pub events: EntityEvents,
}

/// Event names of an entity: its own first, then those that the work item names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityEvents {
    /// `OrderCreated`, `OrderPlaced`.
    pub created: Vec<String>,
    /// `OrderUpdated`.
    pub updated: Vec<String>,
    /// `OrderDeleted`.
    pub deleted: Vec<String>,
}

/// A property of an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldSpec {
    /// Its name; a reference ends in `_id`.
    pub name: Names,
    /// Its type.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Whether it must be given.
    pub required: bool,
    /// The entity that it refers to.
    pub reference: Option<Names>,
    /// Values of an enum, in order; empty otherwise.
    pub values: Vec<String>,
    /// Whether no two may have the same value.
    pub unique: bool,
    /// Lowest number.
    pub min: Option<i64>,
    /// Highest number.
    pub max: Option<i64>,
    /// A value that is valid, for documents and tests; `null` for a reference.
    pub example: Value,
    /// Another one.
    pub other_example: Value,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// One line, 1 to 200 characters.
    String,
    /// Up to 10 000 characters.
    Text,
    /// A whole number that every JSON reader keeps exact.
    Int,
    /// A floating point number.
    Number,
    /// An exact decimal, as text: money.
    Decimal,
    /// True or false.
    Bool,
    /// A day.
    Date,
    /// A moment, RFC 3339.
    Datetime,
    /// A UUID.
    Uuid,
    /// An e-mail address.
    Email,
    /// One of a list of words.
    Enum,
    /// The id of another entity.
    Reference,
}

/// An event that a work item names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSpec {
    /// Its name.
    pub name: Names,
    /// The entity whose change it tells.
    pub entity: Names,
    /// Which change.
    pub change: Change,
    /// What the work item says of it.
    pub text: String,
}

/// What can happen to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Created,
    /// It has other values.
    Updated,
    /// It is gone.
    Deleted,
}

/// A rule of the work item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// As it was written.
    pub text: String,
    /// Whether the service enforces it; a rule in prose is for people.
    pub enforced: bool,
    /// The entity of an enforced rule.
    pub entity: Option<Names>,
    /// The field of an enforced rule.
    pub field: Option<Names>,
}
