//! Which dialect a schema is in, and what that dialect does not know.

use serde_json::{Map, Value};

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
    /// No `$schema`, and keywords of draft-07 beside newer ones: each means what it says.
    Mixed,
}

/// Keywords that draft-06 brought.
const SINCE_6: &[&str] = &["const", "contains", "propertyNames"];
/// Keywords that draft-07 brought.
const SINCE_7: &[&str] = &["if", "then", "else"];
/// Keywords that 2019-09 brought.
const SINCE_2019: &[&str] = &[
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "minContains",
    "maxContains",
    "$anchor",
    "$recursiveRef",
    "$recursiveAnchor",
];
/// Keywords that 2020-12 brought.
const SINCE_2020: &[&str] = &["prefixItems", "$dynamicRef", "$dynamicAnchor"];

/// Assertions that hold no schemas.
const ASSERTIONS: &[&str] = &[
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "format",
    "contentEncoding",
    "contentMediaType",
];

impl Draft {
    /// The dialect that `$schema` names; the error names one that is not known.
    pub(super) fn named(uri: &str) -> Result<Self, String> {
        let plain = uri.trim_end_matches('#');
        let plain = plain.strip_prefix("https://").or_else(|| plain.strip_prefix("http://")).unwrap_or(plain);
        match plain {
            "json-schema.org/draft-04/schema" => Ok(Self::D4),
            "json-schema.org/draft-06/schema" => Ok(Self::D6),
            "json-schema.org/draft-07/schema" => Ok(Self::D7),
            "json-schema.org/draft/2019-09/schema" => Ok(Self::D2019),
            "json-schema.org/draft/2020-12/schema" => Ok(Self::D2020),
            _ => Err(format!("dialect `{uri}` is not known; use draft-07 or 2020-12")),
        }
    }

    /// The dialect of a schema that names none, by the keywords at its schema positions.
    pub(super) fn guessed(old: bool, new: bool) -> Self {
        match (old, new) {
            (true, false) => Self::D7,
            (true, true) => Self::Mixed,
            (false, _) => Self::D2020,
        }
    }

    fn is_before_2019(self) -> bool {
        matches!(self, Self::D4 | Self::D6 | Self::D7)
    }

    /// Whether this keyword means nothing in the dialect, so that it must not come to mean something.
    pub(super) fn ignores(self, keyword: &str) -> bool {
        let since = |keywords: &[&str]| keywords.contains(&keyword);
        match self {
            Self::D4 => since(SINCE_6) || since(SINCE_7) || since(SINCE_2019) || since(SINCE_2020),
            Self::D6 => since(SINCE_7) || since(SINCE_2019) || since(SINCE_2020),
            Self::D7 => since(SINCE_2019) || since(SINCE_2020),
            Self::D2019 => since(SINCE_2020),
            Self::D2020 => matches!(keyword, "$recursiveRef" | "$recursiveAnchor" | "additionalItems"),
            Self::Mixed => false,
        }
    }

    /// Whether an array under `items` is a list of positions.
    pub(super) fn has_item_lists(self) -> bool {
        self != Self::D2020
    }

    /// Up to draft-07 a reference stands alone: no sibling constrains. Definitions and annotations stay.
    pub(super) fn silenced_by_reference(self, map: &Map<String, Value>, keyword: &str) -> bool {
        self.is_before_2019()
            && map.get("$ref").is_some_and(Value::is_string)
            && !matches!(keyword, "$ref" | "$defs" | "definitions")
            && (ASSERTIONS.contains(&keyword)
                || super::positions::of(keyword).is_some()
                || matches!(keyword, "additionalItems" | "dependencies"))
    }

    /// The keyword that names a schema.
    pub(super) fn id_keyword(self) -> &'static str {
        if self == Self::D4 { "id" } else { "$id" }
    }

    /// Whether `$id: "#name"` makes an anchor.
    pub(super) fn id_makes_anchors(self) -> bool {
        self.is_before_2019() || self == Self::Mixed
    }
}

/// Whether this keyword, with this value, is one that only old dialects have.
pub(super) fn is_old(keyword: &str, value: &Value) -> bool {
    match keyword {
        "items" => value.is_array(),
        "definitions" | "dependencies" | "additionalItems" => true,
        "exclusiveMinimum" | "exclusiveMaximum" => value.is_boolean(),
        _ => false,
    }
}

/// Whether this keyword is one that draft-07 does not have.
pub(super) fn is_new(keyword: &str) -> bool {
    SINCE_2019.contains(&keyword) || SINCE_2020.contains(&keyword) || keyword == "$defs"
}
