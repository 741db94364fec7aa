//! Where schemas stand inside a schema of 2020-12, and what each place means.

/// How schemas lie under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One schema.
    One,
    /// An array of schemas.
    List,
    /// An object whose values are schemas.
    Map,
}

/// What the schemas under a keyword are applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The same place in the instance, and each has to hold when it is looked at.
    InPlace,
    /// The same place, and exactly one may hold: a narrower branch can make the whole wider.
    OneOf,
    /// A place further down in the instance.
    Below,
    /// What holds there may make the whole fail, or is counted: it must stay as it is.
    Negative,
    /// Nothing, until a reference points there.
    Definitions,
}

/// What is known of a keyword that holds schemas.
pub(crate) fn of(keyword: &str) -> Option<(Shape, Role)> {
    Some(match keyword {
        "allOf" | "anyOf" => (Shape::List, Role::InPlace),
        "then" | "else" => (Shape::One, Role::InPlace),
        "dependentSchemas" => (Shape::Map, Role::InPlace),
        "oneOf" => (Shape::List, Role::OneOf),
        "properties" | "patternProperties" => (Shape::Map, Role::Below),
        "additionalProperties" | "unevaluatedProperties" | "items" | "unevaluatedItems" => (Shape::One, Role::Below),
        "prefixItems" => (Shape::List, Role::Below),
        "not" | "if" | "contains" | "propertyNames" => (Shape::One, Role::Negative),
        "$defs" | "definitions" => (Shape::Map, Role::Definitions),
        _ => return None,
    })
}
