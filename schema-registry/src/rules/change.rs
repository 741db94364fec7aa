//! The structural difference of two versions, field by field.

use serde_json::Value;

use super::{
    keywords,
    shape::{Shape, paths},
};

/// What kind of change it is; the changelog has a word for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A field came.
    Added,
    /// A field will go.
    Deprecated,
    /// A field went.
    Removed,
    /// Other values are accepted than before.
    Accepts,
    /// The same values mean something else.
    Semantics,
    /// Words.
    Docs,
}

/// One difference.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    /// The rule that tells of it, where one does.
    pub(crate) rule: Option<&'static str>,
    /// Field path, `lines[].price`; empty for the event itself.
    pub(crate) field: String,
    /// Into the new schema; for a removed field into the old one.
    pub(crate) pointer: String,
    pub(crate) message: String,
}

/// All differences from `old` to `new`, in field order.
pub(crate) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let (old, new) = (Shape::root(old), Shape::root(new));
    let (mut old_fields, mut new_fields) = (paths(&old), paths(&new));
    old_fields.insert(String::new(), old);
    new_fields.insert(String::new(), new);
    let mut found = Vec::new();
    for (field, before) in &old_fields {
        match new_fields.get(field) {
            Some(after) => {
                let mut keep = |kind, rule, pointer: &str, message| {
                    found.push(Change { kind, rule, field: field.clone(), pointer: pointer.to_owned(), message });
                };
                keywords::compare(field, before, after, &mut keep);
            }
            None => found.push(Change {
                kind: Kind::Removed,
                rule: None,
                field: field.clone(),
                pointer: before.pointer.clone(),
                message: format!("`{field}` was removed"),
            }),
        }
    }
    for (field, after) in new_fields.iter().filter(|(field, _)| !old_fields.contains_key(*field)) {
        found.push(Change {
            kind: Kind::Added,
            rule: None,
            field: field.clone(),
            pointer: after.pointer.clone(),
            message: format!("`{field}` was added"),
        });
    }
    found.extend(renames(&old_fields, &new_fields));
    found
}

/// A field that went and one that came beside it, of the same form.
fn renames(
    old: &std::collections::BTreeMap<String, Shape<'_>>,
    new: &std::collections::BTreeMap<String, Shape<'_>>,
) -> Vec<Change> {
    let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned());
    let gone = old.iter().filter(|(field, _)| !new.contains_key(*field));
    let pairs = gone.flat_map(|(from, before)| {
        let came = new.iter().filter(|(field, _)| !old.contains_key(*field));
        came.filter(move |(to, after)| {
            let same_words =
                before.get("description").is_some() && before.get("description") == after.get("description");
            let alike =
                plain(from) == plain(to) || plain(to).contains(&plain(from)) || plain(from).contains(&plain(to));
            parent(from) == parent(to) && same_form(before, after) && (same_words || alike)
        })
        .map(move |(to, after)| Change {
            kind: Kind::Accepts,
            rule: Some("field-renamed-suspect"),
            field: to.clone(),
            pointer: after.pointer.clone(),
            message: format!("`{from}` went and `{to}` of the same form came"),
        })
    });
    pairs.collect()
}

fn same_form(before: &Shape<'_>, after: &Shape<'_>) -> bool {
    let same = |keyword| before.get(keyword) == after.get(keyword);
    before.types() == after.types() && same("format") && same("pattern")
}

/// The last name of a path without case and separators.
fn plain(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Kind, changes};

    #[track_caller]
    fn check(old: Value, new: Value, expected: &[(&str, Kind)]) {
        let wrap = |field: Value| json!({"properties": {"f": field}});
        let found = changes(&wrap(old), &wrap(new));
        let short: Vec<(&str, Kind)> = found.iter().map(|it| (it.rule.unwrap_or("-"), it.kind)).collect();
        assert_eq!(short, expected, "{found:#?}");
    }

    #[test]
    fn each_difference_has_its_rule() {
        use Kind::{Accepts, Added, Deprecated, Docs, Removed, Semantics};
        let text = json!({"type": "string"});
        check(text.clone(), json!({"type": "integer"}), &[("field-type-changed", Accepts)]);
        check(text.clone(), json!({"type": ["string", "integer"]}), &[("field-type-widened", Accepts)]);
        check(text.clone(), json!({"type": ["string", "null"]}), &[("nullability-changed", Accepts)]);
        check(
            json!({"enum": [1, 2]}),
            json!({"enum": [2, 3]}),
            &[("enum-value-removed", Accepts), ("enum-value-added", Accepts)],
        );
        check(json!({"maxLength": 3}), json!({"maxLength": 2}), &[("bound-tightened", Accepts)]);
        check(json!({"maxLength": 3}), json!({"maxLength": 4}), &[("-", Accepts)]);
        check(json!({}), json!({"minimum": 0}), &[("bound-tightened", Accepts)]);
        check(json!({"pattern": "a"}), json!({"pattern": "b"}), &[("pattern-changed", Accepts)]);
        check(text.clone(), json!({"type": "string", "format": "uri"}), &[("format-changed", Accepts)]);
        check(json!({"default": 1}), json!({"default": 2}), &[("default-changed", Semantics)]);
        check(json!({"anyOf": [{}]}), json!({"anyOf": [{}, false]}), &[("composition-changed", Accepts)]);
        check(json!({"unit": "s"}), json!({"unit": "ms"}), &[("semantics-changed-without-bump", Semantics)]);
        check(json!({}), json!({"x-privacy": "personal"}), &[("semantics-changed-without-bump", Semantics)]);
        check(json!({"const": 1}), json!({"const": 2}), &[("semantics-changed-without-bump", Semantics)]);
        check(json!({"description": "a"}), json!({"description": "b"}), &[("description-changed", Docs)]);
        check(json!({}), json!({"deprecated": true}), &[("-", Deprecated)]);
        let object = |fields: Value, required: Value| json!({"properties": fields, "required": required});
        check(
            object(json!({"a": {}}), json!([])),
            object(json!({"a": {}}), json!(["a"])),
            &[("required-added", Accepts)],
        );
        check(
            object(json!({"a": {}}), json!(["a"])),
            object(json!({"a": {}}), json!([])),
            &[("required-removed", Accepts)],
        );
        check(
            object(json!({"a": {}}), json!([])),
            object(json!({"b": text}), json!([])),
            &[("-", Removed), ("-", Added)],
        );
        check(
            object(json!({"user_id": {}}), json!([])),
            object(json!({"userId": {}}), json!([])),
            &[("-", Removed), ("-", Added), ("field-renamed-suspect", Accepts)],
        );
    }
}
