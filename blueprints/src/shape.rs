//! What a definition may contain, as data: the one source of the structural check and of the editor schemas.

use std::collections::BTreeSet;

use forgeline_model::Diagnostic;
use serde_json::Value;

use crate::{
    codes,
    form::Form,
    suggest,
    yaml::{Document, Entry, Kind, Node, Place, pointer_token},
};

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text of a form.
    Text(Form),
    /// A boolean.
    Flag,
    /// A boolean, or one of these texts.
    FlagOr(&'static [&'static str]),
    /// A whole number from the first to the second, both included.
    Whole(u64, u64),
    /// Any value; texts in it may refer to values by `{{…}}`.
    Anything,
    /// A JSON Schema.
    JsonSchema,
    /// A list.
    List(&'static Shape),
    /// A mapping from names of a form to values of one shape.
    Table(Form, &'static Shape),
    /// A mapping with known fields.
    Object(&'static Object),
    /// A mapping with exactly one of these fields.
    OneField(&'static [Field]),
    /// A mapping whose field `kind` says which object it is.
    ByKind(&'static [(&'static str, &'static Object)]),
}

/// A mapping with known fields.
#[derive(Debug)]
pub struct Object {
    /// What a person calls it.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A known field.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub doc: &'static str,
}

/// A field that must be there.
pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, required: true, doc }
}

/// A field that may be left out.
pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, required: false, doc }
}

/// Everything in which a document differs from its shape.
pub fn check(document: &Document, object: &'static Object) -> Vec<Diagnostic> {
    let mut checking = Checking { document, found: Vec::new() };
    checking.object(&document.root, document.root.place, object);
    checking.found
}

struct Checking<'a> {
    document: &'a Document,
    found: Vec<Diagnostic>,
}

impl Checking<'_> {
    fn report(&mut self, place: Place, diagnostic: Diagnostic) {
        self.found.push(self.document.at_place(place, diagnostic));
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let message = format!("`{what}` is {}, expected {expected}", node.kind_word());
        let diagnostic = Diagnostic::error(codes::WRONG_TYPE, message);
        let is_bare = matches!(&node.kind, Kind::Scalar(Value::Number(_) | Value::Bool(_)));
        let diagnostic =
            if is_bare && expected != "a mapping" { diagnostic.hint(format!("write {expected}")) } else { diagnostic };
        self.report(node.place, diagnostic);
    }

    fn value(&mut self, what: &str, place: Place, node: &Node, shape: Shape) {
        match shape {
            Shape::Anything => {}
            Shape::Text(form) => match &node.kind {
                Kind::Scalar(Value::String(text)) => self.text(node.place, text, form),
                Kind::Scalar(_) | Kind::List(_) | Kind::Map(_) => self.wrong_type(node, what, form.expected()),
            },
            Shape::Flag => {
                if !matches!(node.kind, Kind::Scalar(Value::Bool(_))) {
                    self.wrong_type(node, what, "`true` or `false`");
                }
            }
            Shape::FlagOr(words) => match &node.kind {
                Kind::Scalar(Value::Bool(_)) => {}
                Kind::Scalar(Value::String(text)) if words.contains(&text.as_str()) => {}
                Kind::Scalar(_) | Kind::List(_) | Kind::Map(_) => {
                    self.wrong_type(node, what, &format!("`true`, `false` or {}", suggest::list(words)));
                }
            },
            Shape::Whole(least, most) => {
                let number = if let Kind::Scalar(value) = &node.kind { value.as_u64() } else { None };
                if !number.is_some_and(|number| (least..=most).contains(&number)) {
                    self.wrong_type(node, what, &format!("a whole number from {least} to {most}"));
                }
            }
            Shape::JsonSchema => {
                if !matches!(node.kind, Kind::Map(_) | Kind::Scalar(Value::Bool(_))) {
                    self.wrong_type(node, what, "a JSON Schema");
                }
            }
            Shape::List(items) => match &node.kind {
                Kind::List(nodes) => nodes.iter().for_each(|item| self.value(what, item.place, item, *items)),
                Kind::Scalar(_) | Kind::Map(_) => self.wrong_type(node, what, "a list"),
            },
            Shape::Table(form, values) => match &node.kind {
                Kind::Map(entries) => {
                    for entry in entries {
                        self.text(entry.key_place, &entry.key, form);
                        self.value(&entry.key, entry.key_place, &entry.value, *values);
                    }
                }
                Kind::Scalar(_) | Kind::List(_) => self.wrong_type(node, what, "a mapping"),
            },
            Shape::Object(object) => self.object(node, place, object),
            Shape::OneField(fields) => self.one_field(node, what, fields),
            Shape::ByKind(kinds) => self.by_kind(node, what, kinds),
        }
    }

    fn text(&mut self, place: Place, text: &str, form: Form) {
        if let Err(misfit) = form.check(text) {
            let diagnostic = Diagnostic::error(misfit.code, misfit.message);
            self.report(place, misfit.hint.into_iter().fold(diagnostic, Diagnostic::hint));
        }
    }

    fn object(&mut self, node: &Node, place: Place, object: &'static Object) {
        let Kind::Map(entries) = &node.kind else {
            return self.wrong_type(node, object.name, "a mapping");
        };
        let known: BTreeSet<&str> = object.fields.iter().map(|field| field.name).collect();
        for entry in entries {
            match object.fields.iter().find(|field| field.name == entry.key) {
                Some(field) => self.value(field.name, entry.key_place, &entry.value, field.shape),
                None => self.unknown(entry, object.name, &known),
            }
        }
        for field in object.fields.iter().filter(|field| field.required) {
            if !entries.iter().any(|entry| entry.key == field.name) {
                let message = format!("{} has no `{}`", object.name, field.name);
                let diagnostic = Diagnostic::error(codes::MISSING_FIELD, message);
                self.report(place, diagnostic.hint(format!("add `{}:` ({})", field.name, field.doc)));
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, owner: &str, known: &BTreeSet<&str>) {
        let diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, format!("{owner} has no field `{}`", entry.key));
        self.report(entry.key_place, diagnostic.hint(suggest::hint(&entry.key, known.iter().copied())));
    }

    fn one_field(&mut self, node: &Node, what: &str, fields: &'static [Field]) {
        let Kind::Map(entries) = &node.kind else {
            return self.wrong_type(node, what, "a mapping");
        };
        let known: BTreeSet<&str> = fields.iter().map(|field| field.name).collect();
        for entry in entries {
            match fields.iter().find(|field| field.name == entry.key) {
                Some(field) => self.value(field.name, entry.key_place, &entry.value, field.shape),
                None => self.unknown(entry, &format!("`{what}`"), &known),
            }
        }
        if entries.len() != 1 {
            let names: Vec<&str> = known.into_iter().collect();
            let message = format!("an element of `{what}` has {} fields, expected one", entries.len());
            let diagnostic = Diagnostic::error(codes::WRONG_TYPE, message);
            self.report(node.place, diagnostic.hint(format!("write one of {} in each", suggest::list(&names))));
        }
    }

    fn by_kind(&mut self, node: &Node, what: &str, kinds: &'static [(&'static str, &'static Object)]) {
        let Kind::Map(entries) = &node.kind else {
            return self.wrong_type(node, what, "a mapping");
        };
        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        let Some(entry) = entries.iter().find(|entry| entry.key == "kind") else {
            let diagnostic = Diagnostic::error(codes::MISSING_FIELD, format!("an element of `{what}` has no `kind`"));
            return self.report(node.place, diagnostic.hint(format!("write one of {}", suggest::list(&names))));
        };
        let Kind::Scalar(Value::String(kind)) = &entry.value.kind else {
            return self.wrong_type(&entry.value, "kind", &format!("one of {}", suggest::list(&names)));
        };
        match kinds.iter().find(|(name, _)| name == kind) {
            Some((_, object)) => self.object(node, node.place, object),
            None => {
                let diagnostic = Diagnostic::error(codes::WRONG_FORM, format!("`{kind}` is no kind of `{what}`"));
                self.report(entry.value.place, diagnostic.hint(suggest::hint(kind, names)));
            }
        }
    }
}

/// Every text in a value with its JSON pointer, `at` being the pointer of the value itself.
pub fn texts<'a>(value: &'a Value, at: &str) -> Vec<(String, &'a str)> {
    match value {
        Value::String(text) => vec![(at.to_owned(), text)],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| texts(item, &format!("{at}/{index}"))).collect()
        }
        Value::Object(map) => {
            map.iter().flat_map(|(name, item)| texts(item, &format!("{at}/{}", pointer_token(name)))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
