//! What is wrong with a schema whatever it is compared with.

use forgeline_compat::dialect;
use forgeline_model::Diagnostic;
use serde_json::Value;

use super::{Finding, place::place, shape::escape, subject::Subject};
use crate::codes;

/// Nodes above which a schema is called large.
const MANY_NODES: usize = 2000;
/// Constructs that engines read differently.
const NOT_PORTABLE: [&str; 10] = ["(?i)", "(?m)", "(?s)", "(?x)", "(?P<", "\\A", "\\z", "\\Z", "\\p{", "[[:"];

/// The rule that a diagnostic of loading belongs to.
pub(super) fn of_diagnostic(diagnostic: &Diagnostic) -> Finding {
    let message = &diagnostic.message;
    let rule = match diagnostic.code.as_str() {
        codes::SCHEMA_TOO_LARGE => "complexity-too-high",
        codes::REFERENCE if message.contains("://") || message.contains("out of the") => "ref-remote",
        codes::REFERENCE => "ref-unpinned",
        codes::VERSION => "version-not-monotonic",
        codes::PUBLISHED_MODIFIED | codes::LOCK => "published-version-modified",
        codes::HEAD_MODIFIED => "version-bump-too-small",
        codes::CHANGELOG => "changelog-missing",
        codes::EXAMPLE_MISSING => "example-missing",
        codes::EXAMPLE_INVALID => "example-invalid",
        codes::SCHEMA_INVALID | codes::SETTINGS if message.contains("dialect") => "dialect-unsupported",
        _ => "schema-invalid",
    };
    let span = diagnostic.span.as_ref();
    let file = span.map_or_else(|| "registry.yaml".to_owned(), |span| span.file.clone());
    let event = match &file.split('/').collect::<Vec<_>>()[..] {
        ["events", _, name, ..] | ["common", name, ..] => (*name).to_owned(),
        _ => String::new(),
    };
    let mut finding =
        Finding::new(rule, &event, file, message.clone()).fix(diagnostic.hint.clone().unwrap_or_default());
    // What cannot be loaded stops the change, whatever the rule thinks of lesser cases.
    finding.level = crate::settings::Level::Error;
    if let Some(span) = span {
        (finding.line, finding.column) = (span.line, span.column);
    }
    finding
}

/// Findings on the head alone.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let file = subject.head_file();
    let text = subject.files.get(&file).map(String::from_utf8_lossy).unwrap_or_default();
    let mut found = Vec::new();
    let mut nodes = 0;
    let mut tell = |rule, pointer: &str, message: String, fix: &str| {
        let mut finding = Finding::new(rule, &subject.source.name, file.clone(), message).at(pointer).fix(fix);
        (finding.line, finding.column) = place(&text, pointer);
        found.push(finding);
    };
    walk(&subject.source.head, String::new(), &mut nodes, &mut tell);
    cycles(&subject.source.head, &mut tell);
    if nodes > MANY_NODES {
        tell(
            "complexity-too-high",
            "",
            format!("the schema has {nodes} nodes; {MANY_NODES} are many"),
            "split the event",
        );
    }
    found
}

type Tell<'t> = dyn FnMut(&'static str, &str, String, &str) + 't;

fn walk(value: &Value, pointer: String, nodes: &mut usize, tell: &mut Tell<'_>) {
    *nodes += 1;
    match value {
        Value::Array(all) => {
            for (n, item) in all.iter().enumerate() {
                walk(item, format!("{pointer}/{n}"), nodes, tell);
            }
        }
        Value::Object(map) => {
            if let Some(why) = contradiction(value) {
                tell("schema-unsatisfiable", &pointer, format!("nothing can pass: {why}"), "correct the constraints");
            }
            for keyword in ["anyOf", "oneOf"] {
                let branches = map.get(keyword).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for (n, branch) in branches.iter().enumerate() {
                    if *branch == false || branches[..n].contains(branch) || contradiction(branch).is_some() {
                        let message = format!("branch {n} of `{keyword}` never matters");
                        tell("dead-branch", &format!("{pointer}/{keyword}/{n}"), message, "remove it");
                    }
                }
            }
            if let Some(pattern) = map.get("pattern").and_then(Value::as_str) {
                for part in NOT_PORTABLE.iter().filter(|part| pattern.contains(**part)) {
                    let message = format!("`{part}` in the pattern `{pattern}` differs between engines");
                    tell(
                        "pattern-not-portable",
                        &format!("{pointer}/pattern"),
                        message,
                        "write it as a class or two cases",
                    );
                }
            }
            for (key, item) in
                map.iter().filter(|(key, _)| !matches!(key.as_str(), "const" | "enum" | "default" | "examples"))
            {
                walk(item, format!("{pointer}/{}", escape(key)), nodes, tell);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Why this schema alone accepts nothing, where that is plain to see.
fn contradiction(schema: &Value) -> Option<String> {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    if schema.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        return Some("`enum` is empty".to_owned());
    }
    // A bound only rules something out where the type is the only one it speaks of.
    let kind = schema.get("type").and_then(Value::as_str)?;
    let pairs: &[(&str, &str)] = match kind {
        "integer" | "number" => &[("minimum", "maximum")],
        "string" => &[("minLength", "maxLength")],
        "array" => &[("minItems", "maxItems")],
        "object" => &[("minProperties", "maxProperties")],
        _ => &[],
    };
    for (low, high) in pairs {
        if let (Some(least), Some(most)) = (number(low), number(high))
            && least > most
        {
            return Some(format!("`{low}` {least} is above `{high}` {most}"));
        }
    }
    let only = schema.get("const")?;
    let is = super::shape::type_of(only);
    let fits = is == kind || (kind == "number" && is == "integer");
    let fits = fits || (kind == "integer" && is == "number");
    (!fits).then(|| format!("`const` {only} is not of type `{kind}`"))
}

fn cycles(root: &Value, tell: &mut Tell<'_>) {
    if let Some(pointer) = dialect::circular(root) {
        let message = format!("`#{pointer}` comes back to itself");
        tell("ref-cycle-without-descent", &pointer, message, "put a property in between");
    }
}
