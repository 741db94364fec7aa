//! Building a validator out of a schema that somebody else wrote.

use std::fmt;

use forgeline_compat::dialect;
use jsonschema::{Draft, PatternOptions, Regex, ValidationOptions, Validator};
use serde_json::{Map, Value};

/// The one dialect in use.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Largest compiled pattern, bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Most steps back of a pattern that is only compared.
const MAX_BACKTRACKS: usize = 50_000;

/// Bounds of one schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// All text of it together, bytes.
    pub(crate) bytes: usize,
    /// Values, at any depth.
    pub(crate) nodes: usize,
    /// Nesting.
    pub(crate) depth: usize,
}

/// Most branches of one `anyOf` or `oneOf`: each is tried on each value.
const MAX_ALTERNATIVES: usize = 256;
/// Most schemas that one unfolds to. The validator has no deadline, so what it can be made to do is bounded before.
const MAX_UNFOLDED: u64 = 100_000;

impl Limits {
    /// The bounds of a view: it repeats parts of its schema, never without end.
    pub(crate) fn of_views(self) -> Self {
        Self { bytes: 4 * self.bytes, nodes: 4 * self.nodes, depth: self.depth + 32 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 10, nodes: 20_000, depth: 64 }
    }
}

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    TooLarge(String),
    Reference(String),
    Invalid(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::TooLarge(message) | Self::Reference(message) | Self::Invalid(message)) = self;
        f.write_str(message)
    }
}

/// A validator for a self-contained schema: within the limits, no reference out of itself, linear patterns, known
/// formats.
pub(crate) fn compile(schema: &Value, limits: Limits) -> Result<Validator, Fault> {
    measure(schema, limits).map_err(|what| Fault::TooLarge(format!("the schema has {what}")))?;
    refuse_unusable(schema, "")?;
    if let Some(dialect) = schema.get("$schema").filter(|dialect| *dialect != DIALECT) {
        return Err(Fault::Invalid(format!("dialect {dialect} is not available; expected `{DIALECT}`")));
    }
    // What cannot be lowered cannot be built either.
    let unfolded = lowered(schema).map_or(0, |lowered| dialect::unfolded(&lowered));
    if unfolded > MAX_UNFOLDED {
        let message = format!("the schema unfolds to more than {MAX_UNFOLDED} schemas through its references");
        return Err(Fault::TooLarge(message));
    }
    build(schema, jsonschema::options().with_pattern_options(linear()).should_ignore_unknown_formats(false))
}

/// Patterns in time that grows with the text alone, and in bounded space.
fn linear() -> PatternOptions<Regex> {
    PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES)
}

/// A validator for a lowered schema that is only compared, never enforced: formats nobody knows are annotations, and
/// patterns that need backtracking get a little of it.
pub(crate) fn compile_foreign(schema: &Value) -> Result<Validator, Fault> {
    let tolerant = || jsonschema::options().should_ignore_unknown_formats(true);
    build(schema, tolerant().with_pattern_options(linear())).or_else(|fault| {
        let backtracking = PatternOptions::fancy_regex().size_limit(PATTERN_BYTES).backtrack_limit(MAX_BACKTRACKS);
        build(schema, tolerant().with_pattern_options(backtracking)).map_err(|_| fault)
    })
}

fn build(schema: &Value, options: ValidationOptions) -> Result<Validator, Fault> {
    options
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .offline()
        .build(schema)
        .map_err(|error| Fault::Invalid(format!("{error} (at `{}`)", pointer_or_root(error.instance_path().as_str()))))
}

/// The schema in the lowered form. There is one dialect, so a schema that names none is not guessed to be of an older one.
pub(crate) fn lowered(schema: &Value) -> Result<Value, Fault> {
    let lower = |schema: &Value| dialect::lower(schema).map_err(Fault::Invalid);
    match schema {
        Value::Object(map) if !map.contains_key("$schema") => {
            let mut named: Map<String, Value> = map.clone();
            named.insert("$schema".to_owned(), DIALECT.into());
            lower(&Value::Object(named))
        }
        _ => lower(schema),
    }
}

fn pointer_or_root(pointer: &str) -> &str {
    if pointer.is_empty() { "/" } else { pointer }
}

/// Whether a value is within the limits; the walk itself never goes deeper than they allow. The error says what it has
/// too much of.
pub(crate) fn measure(value: &Value, limits: Limits) -> Result<(), String> {
    let (mut bytes, mut nodes) = (0_usize, 0_usize);
    let mut open = vec![(value, 1_usize)];
    while let Some((value, depth)) = open.pop() {
        nodes += 1;
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => {
                bytes += map.keys().map(String::len).sum::<usize>();
                open.extend(map.values().map(|item| (item, depth + 1)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => bytes += 1,
        }
        let exceeded = if bytes > limits.bytes {
            Some(format!("more than {} bytes of text", limits.bytes))
        } else if nodes > limits.nodes {
            Some(format!("more than {} nodes", limits.nodes))
        } else if depth > limits.depth {
            Some(format!("more than {} levels", limits.depth))
        } else {
            None
        };
        if let Some(what) = exceeded {
            return Err(what);
        }
    }
    Ok(())
}

/// `$ref` may only point into the schema itself, nothing inside may give itself another base, and no place has too many
/// alternatives.
fn refuse_unusable(value: &Value, pointer: &str) -> Result<(), Fault> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(n, item)| refuse_unusable(item, &format!("{pointer}/{n}")))
        }
        Value::Object(map) => {
            for keyword in ["$ref", "$dynamicRef"] {
                if let Some(Value::String(target)) = map.get(keyword)
                    && !target.starts_with('#')
                {
                    return Err(Fault::Reference(format!(
                        "`{keyword}` at `{}` leads out of the schema, to `{target}`; only `#…` is followed",
                        pointer_or_root(pointer)
                    )));
                }
            }
            for keyword in ["anyOf", "oneOf"] {
                let branches = map.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
                if branches > MAX_ALTERNATIVES {
                    return Err(Fault::TooLarge(format!(
                        "the schema has {branches} branches under `{keyword}` at `{}`; at most {MAX_ALTERNATIVES}",
                        pointer_or_root(pointer)
                    )));
                }
            }
            if let Some(Value::String(id)) = map.get("$id").filter(|_| !pointer.is_empty()) {
                return Err(Fault::Reference(format!(
                    "`$id` (`{id}`) at `{pointer}` would move the base of references; leave it out"
                )));
            }
            map.iter().try_for_each(|(key, item)| refuse_unusable(item, &format!("{pointer}/{key}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fault, Limits, compile};

    #[track_caller]
    fn refused(schema: &Value) -> Fault {
        compile(schema, Limits::default()).map(drop).expect_err(&format!("{schema} must be refused"))
    }

    #[test]
    fn a_reference_never_leaves_the_schema() {
        for target in ["https://example.com/s.json", "file:///etc/passwd", "other.json", "//host/x", "urn:x"] {
            assert!(matches!(refused(&json!({"$ref": target})), Fault::Reference(_)), "{target}");
            let deep = json!({"properties": {"a": {"items": [{"$dynamicRef": target}]}}});
            assert!(matches!(refused(&deep), Fault::Reference(_)), "{target}");
        }
        assert!(matches!(refused(&json!({"properties": {"a": {"$id": "https://x/"}}})), Fault::Reference(_)));
        let inside = json!({"$defs": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a"}}});
        assert!(compile(&inside, Limits::default()).is_ok());
    }

    #[test]
    fn patterns_and_formats_that_cannot_be_judged_are_refused() {
        for schema in [
            json!({"pattern": "(?=a)b"}),
            json!({"pattern": "(a)\\1"}),
            json!({"pattern": "(((a{100}){100}){100}){100}"}),
            json!({"format": "no-such-format"}),
            json!({"type": "strnig"}),
            json!({"minLength": -1}),
            json!({"$schema": "https://json-schema.org/draft/3099/schema"}),
        ] {
            assert!(matches!(refused(&schema), Fault::Invalid(_)), "{schema}");
        }
    }

    #[test]
    fn size_is_bounded_in_each_direction() {
        let mut deep = json!(true);
        for _ in 0..80 {
            deep = json!({"not": deep});
        }
        let wide = json!({"enum": (0..30_000).collect::<Vec<_>>()});
        let long = json!({"description": "x".repeat(300 << 10)});
        let mut chain = json!({"$ref": "#/$defs/d0", "$defs": {"d60": true}});
        for n in 0..60 {
            let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            chain["$defs"][format!("d{n}")] = json!({"anyOf": [{"properties": {"x": next}}, next]});
        }
        for schema in [deep, wide, long, chain] {
            assert!(matches!(refused(&schema), Fault::TooLarge(_)));
        }
    }
}
