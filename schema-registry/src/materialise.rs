//! From the head that people edit to the bundled, self-contained schema of a version.

use std::collections::BTreeMap;

use semver::Version;
use serde_json::{Map, Value};

/// Published versions of shared fragments, by name.
pub(crate) type Fragments = BTreeMap<String, BTreeMap<Version, Value>>;

/// The head with each fragment it refers to put under `$defs`, and its references pointing there. `folder` is where
/// the head lies in the registry.
pub(crate) fn materialise(head: &Value, folder: &str, fragments: &Fragments) -> Result<Value, String> {
    let mut bundled = Map::new();
    let mut schema = rewrite(head, &mut |target| {
        if target.starts_with('#') {
            return Ok(target.to_owned());
        }
        let (name, version, fragment) = find(target, folder, fragments)?;
        let key = format!("{name}@{version}");
        let place = format!("#/$defs/{key}");
        if !bundled.contains_key(&key) {
            bundled.insert(key, embed(fragment, &place)?);
        }
        Ok(place)
    })?;
    if !bundled.is_empty()
        && let Value::Object(map) = &mut schema
    {
        match map.entry("$defs").or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(defs) => defs.extend(bundled),
            _ => return Err("`$defs` is not an object".to_owned()),
        }
    }
    Ok(schema)
}

/// A fragment as it stands inside another schema: without its own head keys, local references moved to `place`.
fn embed(fragment: &Value, place: &str) -> Result<Value, String> {
    let mut moved = rewrite(fragment, &mut |target| {
        Ok(target.strip_prefix('#').map_or_else(|| target.to_owned(), |rest| format!("{place}{rest}")))
    })?;
    if let Value::Object(map) = &mut moved {
        for key in ["$schema", "$id", "x-version"] {
            map.remove(key);
        }
    }
    Ok(moved)
}

fn find<'a>(target: &str, folder: &str, fragments: &'a Fragments) -> Result<(String, Version, &'a Value), String> {
    let refuse = |why: &str| format!("reference `{target}` {why}");
    let path = resolve(folder, target).ok_or_else(|| refuse("leads out of the registry"))?;
    let pinned = path
        .strip_prefix("common/")
        .and_then(|rest| rest.split_once("/versions/"))
        .and_then(|(name, file)| Some((name, file.strip_suffix(".json")?.parse::<Version>().ok()?)));
    let Some((name, version)) = pinned else {
        return Err(refuse("does not name a published version (`common/<name>/versions/<version>.json`)"));
    };
    let fragment = fragments
        .get(name)
        .and_then(|versions| versions.get(&version))
        .ok_or_else(|| refuse("names a version that is not there"))?;
    Ok((name.to_owned(), version, fragment))
}

/// A relative path against a folder, or nothing when it is a URL or leaves the top.
fn resolve(folder: &str, target: &str) -> Option<String> {
    if target.contains([':', '#', '\\', '?']) || target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn rewrite(value: &Value, reference: &mut impl FnMut(&str) -> Result<String, String>) -> Result<Value, String> {
    Ok(match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| rewrite(item, reference)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, item) in map {
                let rewritten = match item {
                    Value::String(target) if key == "$ref" => Value::String(reference(target)?),
                    other => rewrite(other, reference)?,
                };
                out.insert(key.clone(), rewritten);
            }
            Value::Object(out)
        }
        plain => plain.clone(),
    })
}

/// The file form: keys sorted, two spaces, a newline at the end.
pub(crate) fn to_text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(&sorted(value)).expect("a JSON value serialises");
    text.push('\n');
    text
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let ordered: BTreeMap<&String, &Value> = map.iter().collect();
            Value::Object(ordered.into_iter().map(|(key, item)| (key.clone(), sorted(item))).collect())
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fragments, materialise};

    fn fragments() -> Fragments {
        let money = json!({"x-version": "1.0.0", "$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n"});
        [("money".to_owned(), [(semver::Version::new(1, 0, 0), money)].into())].into()
    }

    fn bundle(target: &str) -> Result<Value, String> {
        let head = json!({"properties": {"price": {"$ref": target}, "self": {"$ref": "#/properties/price"}}});
        materialise(&head, "events/shop/OrderPlaced", &fragments())
    }

    #[test]
    fn a_pinned_fragment_is_bundled_and_its_own_references_move_along() {
        assert_eq!(
            bundle("../../../common/money/versions/1.0.0.json").expect("a published version"),
            json!({
                "properties": {"price": {"$ref": "#/$defs/money@1.0.0"}, "self": {"$ref": "#/properties/price"}},
                "$defs": {"money@1.0.0": {
                    "$defs": {"n": {"type": "integer"}},
                    "$ref": "#/$defs/money@1.0.0/$defs/n",
                }},
            })
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for target in [
            "../../../common/money/schema.json",
            "../../../common/money/versions/2.0.0.json",
            "../../../common/coins/versions/1.0.0.json",
            "../../../../etc/passwd",
            "../OrderPaid/versions/1.0.0.json",
            "https://example.com/common/money/versions/1.0.0.json",
            "/common/money/versions/1.0.0.json",
            "file:common/money/versions/1.0.0.json",
        ] {
            assert!(bundle(target).is_err(), "{target}");
        }
    }
}
