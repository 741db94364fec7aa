//! Definition files: bounded YAML with the exact place of every value.
//!
//! Values are read by `serde_yaml`, the gate and the places come from `serde-saphyr`. A document is taken only when
//! both read every value in the same way, so nobody has to know which YAML dialect a reader speaks. Anchors, aliases,
//! merge keys, tags, duplicate keys and a second document are refused: a definition is what it shows.

mod agreement;
mod gate;
mod tree;

use forgeline_model::{Diagnostic, Span};
use serde_json::Value;

use crate::codes;

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 64;

/// A place in a document. Line and column count from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters on that line, at least 1.
    pub length: u32,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Null, a boolean, a number or a string.
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file; keys are strings and differ.
    Map(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: Node,
}

/// A parsed file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Path as the reader knows it.
    pub file: String,
    /// The whole text.
    pub source: String,
    /// The root value.
    pub root: Node,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it as YAML: encoding, size, syntax, and what the module page refuses.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let source = decode(file, bytes).map_err(|diagnostic| vec![*diagnostic])?;
        let findings = Findings { file, source };
        let raw = tree::read(&findings)?;
        let root = agreement::settle(raw, &findings)?;
        Ok(Self { file: file.to_owned(), source: source.to_owned(), root })
    }

    /// The document as JSON.
    pub fn value(&self) -> Value {
        self.root.to_value()
    }

    /// The place of the value at a JSON pointer, or of the nearest value above it that exists.
    pub fn place(&self, pointer: &str) -> Place {
        self.walk(pointer).0.place
    }

    /// The place of the key that the pointer ends in, else of the value.
    pub fn key_place(&self, pointer: &str) -> Place {
        let (node, key) = self.walk(pointer);
        key.unwrap_or(node.place)
    }

    /// A finding at the value that a JSON pointer names.
    #[must_use]
    pub fn at(&self, pointer: &str, diagnostic: Diagnostic) -> Diagnostic {
        self.at_place(self.place(pointer), diagnostic)
    }

    /// A finding at the key that a JSON pointer ends in.
    #[must_use]
    pub fn at_key(&self, pointer: &str, diagnostic: Diagnostic) -> Diagnostic {
        self.at_place(self.key_place(pointer), diagnostic)
    }

    /// A finding at a place of this document.
    #[must_use]
    pub fn at_place(&self, place: Place, diagnostic: Diagnostic) -> Diagnostic {
        Findings { file: &self.file, source: &self.source }.at(place, diagnostic)
    }

    fn walk(&self, pointer: &str) -> (&Node, Option<Place>) {
        let mut found = (&self.root, None);
        for token in pointer.split('/').skip(1) {
            let name = token.replace("~1", "/").replace("~0", "~");
            let next = match &found.0.kind {
                Kind::Map(entries) => {
                    entries.iter().find(|entry| entry.key == name).map(|entry| (&entry.value, Some(entry.key_place)))
                }
                Kind::List(items) => {
                    name.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item, None))
                }
                Kind::Scalar(_) => None,
            };
            match next {
                Some(next) => found = next,
                None => break,
            }
        }
        found
    }
}

impl Node {
    /// The value as JSON.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_value())).collect())
            }
        }
    }

    /// What a person calls this kind of value, with its article.
    pub fn kind_word(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(Value::Null) => "nothing",
            Kind::Scalar(Value::Bool(_)) => "a boolean",
            Kind::Scalar(Value::Number(_)) => "a number",
            Kind::Scalar(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// The file that findings speak of.
#[derive(Clone, Copy)]
struct Findings<'a> {
    file: &'a str,
    source: &'a str,
}

impl Findings<'_> {
    fn at(&self, place: Place, diagnostic: Diagnostic) -> Diagnostic {
        let Place { line, column, length } = place;
        diagnostic.at(Span { file: self.file.to_owned(), line, column, length }, self.source)
    }
}

/// A name as a token of a JSON pointer.
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Box<Diagnostic>> {
    if bytes.len() > MAX_BYTES {
        let fault = Diagnostic::error(codes::TOO_LARGE, format!("`{file}` has {} bytes", bytes.len()))
            .hint("a definition may have at most 1 MiB; move long texts into files beside it");
        return Err(Box::new(fault.in_file(file)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        let fault = Diagnostic::error(codes::NOT_UTF8, format!("`{file}` is not UTF-8 from line {line} on"));
        Box::new(fault.hint("save the file as UTF-8").in_file(file))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Document;

    fn findings(text: &[u8]) -> Vec<(String, u32, u32)> {
        let found = Document::parse("f.yaml", text).expect_err("refused");
        found
            .into_iter()
            .map(|found| (found.code, found.span.as_ref().map_or(0, |s| s.line), found.span.map_or(0, |s| s.column)))
            .collect()
    }

    #[test]
    fn values_and_places_are_exact() {
        let text = "a: 1\nb:\n  - {x: \"é\", y: true}\n  - text # comment\n";
        let document = Document::parse("f.yaml", text.as_bytes()).expect("valid");
        assert_eq!(document.value(), json!({"a": 1, "b": [{"x": "é", "y": true}, "text"]}));
        let place = |pointer| {
            let place = document.place(pointer);
            (place.line, place.column, place.length)
        };
        assert_eq!(place("/a"), (1, 4, 1));
        assert_eq!(place("/b/0/y"), (3, 17, 4));
        assert_eq!(place("/b/1"), (4, 5, 4));
        assert_eq!(document.key_place("/b/0/y").column, 14);
        assert_eq!(place("/b/7/nothing"), (3, 3, 1));
    }

    #[test]
    fn what_yaml_readers_dispute_must_be_quoted() {
        for text in [
            "010",
            "1_000",
            "yes",
            "Off",
            "0x1F",
            "0o17",
            "+1",
            ".inf",
            "1e3",
            "1.",
            "y",
            "~",
            "NULL",
            "TRUE",
            "0b1",
            "99999999999999999999999",
            "190:20:30",
        ] {
            let found = findings(format!("a: {text}\n").as_bytes());
            assert_eq!(found, [("FL0106".to_owned(), 1, 4)], "{text}");
            let quoted = format!("a: \"{text}\"\n");
            let document = Document::parse("f.yaml", quoted.as_bytes()).expect("quoted");
            assert_eq!(document.value(), json!({ "a": text }));
        }
        for (text, value) in
            [("true", json!(true)), ("-1", json!(-1)), ("2.5", json!(2.5)), ("null", json!(null)), ("", json!(null))]
        {
            let document = Document::parse("f.yaml", format!("on: {text}\n").as_bytes()).expect("plain");
            assert_eq!(document.value(), json!({ "on": value }), "{text}");
        }
    }

    #[test]
    fn every_refusal_has_its_place_and_all_come_in_one_pass() {
        let text = "a: &x 1\nb: *x\na: 2\nc: !thing 3\n<<: {d: 4}\n";
        let codes = findings(text.as_bytes());
        let expected = [("FL0105", 1, 7), ("FL0105", 2, 4), ("FL0104", 3, 1), ("FL0105", 4, 11), ("FL0105", 5, 1)];
        assert_eq!(codes, expected.map(|(code, line, column)| (code.to_owned(), line, column)));
    }

    #[test]
    fn size_encoding_depth_and_syntax_are_bounded() {
        let code = |text: &[u8]| findings(text).remove(0).0;
        assert_eq!(code(&vec![b' '; super::MAX_BYTES + 1]), "FL0102");
        assert_eq!(code(b"a: \xff\n"), "FL0101");
        assert_eq!(code(format!("{}{}", "[".repeat(70), "]".repeat(70)).as_bytes()), "FL0102");
        assert_eq!(code(format!("a: {}", "[".repeat(100_000)).as_bytes()), "FL0102");
        assert_eq!(findings(b"a: 1\nb: [1, 2\nc: }\n")[0].0, "FL0103");
        assert_eq!(code(b"a: 1\n---\nb: 2\n"), "FL0103");
        assert_eq!(code(b""), "FL0103");
        assert_eq!(code(b"a: \"\x01\"\n"), "FL0103");
    }
}
