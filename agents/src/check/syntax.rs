//! Whether a file parses.

use forgeline_model::task::ProposedFile;
use serde::{Deserialize as _, de::IgnoredAny};

/// Largest YAML or TOML file that is parsed, bytes.
const MAX_PARSED_BYTES: usize = 1 << 20;

/// No control characters, and nothing that was lost in decoding.
pub(super) fn characters(file: &ProposedFile) -> Result<(), String> {
    let is_odd = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == '\u{fffd}';
    let found = file
        .content
        .lines()
        .enumerate()
        .find_map(|(index, line)| Some((index + 1, line.chars().find(|c| is_odd(*c))?)));
    match found {
        Some((line, c)) => Err(format!("line {line} holds the character U+{:04X}", u32::from(c))),
        None => Ok(()),
    }
}

/// Every document of the file parses.
pub(super) fn yaml(file: &ProposedFile) -> Result<(), String> {
    documents(&file.content).map(drop)
}

/// The documents of a YAML file.
pub(super) fn documents(content: &str) -> Result<Vec<serde_yaml::Value>, String> {
    within_bounds(content)?;
    serde_yaml::Deserializer::from_str(content)
        .map(|document| serde_yaml::Value::deserialize(document).map_err(|error| error.to_string()))
        .collect()
}

pub(super) fn json(file: &ProposedFile) -> Result<(), String> {
    value(&file.content)
}

/// One JSON value, and nothing else.
pub(super) fn value(content: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(content).map(drop).map_err(|error| error.to_string())
}

pub(super) fn toml(file: &ProposedFile) -> Result<(), String> {
    within_bounds(&file.content)?;
    file.content.parse::<toml_edit::DocumentMut>().map(drop).map_err(|error| error.message().to_owned())
}

pub(super) fn rust(file: &ProposedFile) -> Result<(), String> {
    within_bounds(&file.content)?;
    syn::parse_file(&file.content).map(drop).map_err(|error| {
        let start = error.span().start();
        format!("line {}, column {}: {error}", start.line, start.column + 1)
    })
}

fn within_bounds(content: &str) -> Result<(), String> {
    if content.len() > MAX_PARSED_BYTES {
        return Err(format!("it is larger than {MAX_PARSED_BYTES} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use forgeline_model::task::ProposedFile;

    type Check = fn(&ProposedFile) -> Result<(), String>;

    #[track_caller]
    fn check(check: Check, content: &str, expected: Result<(), &str>) {
        let file = ProposedFile { path: "x".into(), artifact_type: "X".into(), content: content.into() };
        match (check(&file), expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(part)) => assert!(found.contains(part), "{found}"),
            (found, _) => panic!("{content:?}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn files_parse_or_say_where_not() {
        check(super::yaml, "a: 1\n---\nb: [2]\n", Ok(()));
        check(super::yaml, "a: 1\na: 2\n", Err("duplicate"));
        check(super::yaml, "a: [1\n", Err("line"));
        check(super::json, "{\"a\": 1}", Ok(()));
        check(super::json, "{\"a\": 1,}", Err("line 1 column 9"));
        check(super::toml, "[a]\nb = 1\n", Ok(()));
        check(super::toml, "[a\n", Err("table"));
        check(super::rust, "fn main() {}\n", Ok(()));
        check(super::rust, "fn main() {\n    let x = ;\n}\n", Err("line 2, column"));
        check(super::characters, "größe\t\r\n", Ok(()));
        check(super::characters, "a\nb\u{1b}[0m", Err("line 2 holds the character U+001B"));
    }
}
