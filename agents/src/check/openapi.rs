//! The structure of an OpenAPI 3 document, as far as it can be told without the full schema.

use std::collections::BTreeMap;

use forgeline_model::task::ProposedFile;
use serde_json::Value;

use super::syntax;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// Deepest nesting that is searched for references.
const MAX_DEPTH: usize = 64;

/// Version, title, paths, operations with answers, unique operation ids, local references that resolve.
pub(super) fn check(file: &ProposedFile) -> Result<(), String> {
    let documents = syntax::documents(&file.content)?;
    let [document] = documents.as_slice() else { return Err("it is not one document".to_owned()) };
    let root = serde_json::to_value(document).map_err(|error| error.to_string())?;
    let version = root["openapi"].as_str().unwrap_or_default();
    if !version.starts_with("3.0.") && !version.starts_with("3.1.") {
        return Err("`openapi` is not a version 3.0 or 3.1".to_owned());
    }
    for field in ["title", "version"] {
        if root["info"][field].as_str().unwrap_or_default().is_empty() {
            return Err(format!("`info.{field}` is missing"));
        }
    }
    operations(&root)?;
    references(&root, &root, 0)
}

fn operations(root: &Value) -> Result<(), String> {
    let paths = root["paths"].as_object().ok_or("`paths` is missing")?;
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    // In the order of their names, so that the finding is the same whatever order the map keeps.
    let mut paths: Vec<(&String, &Value)> = paths.iter().collect();
    paths.sort_unstable_by_key(|(path, _)| *path);
    for (path, item) in paths {
        if !path.starts_with('/') {
            return Err(format!("path `{path}` does not start with `/`"));
        }
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let name = format!("{method} {path}");
            if operation["responses"].as_object().is_none_or(serde_json::Map::is_empty) {
                return Err(format!("operation `{name}` has no `responses`"));
            }
            if let Some(id) = operation["operationId"].as_str()
                && let Some(other) = ids.insert(id, name.clone())
            {
                return Err(format!("`{other}` and `{name}` have the same operation id `{id}`"));
            }
            parameters(path, item, operation)
                .map_err(|missing| format!("operation `{name}` does not declare path parameter `{missing}`"))?;
        }
    }
    Ok(())
}

/// Every `{name}` of the path is declared, unless a reference hides what is declared.
fn parameters(path: &str, item: &Value, operation: &Value) -> Result<(), String> {
    let declared: Vec<&Value> =
        [item, operation].iter().filter_map(|holder| holder["parameters"].as_array()).flatten().collect();
    if declared.iter().any(|parameter| parameter.get("$ref").is_some()) {
        return Ok(());
    }
    for part in path.split('{').skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if !declared.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name) {
            return Err(name.to_owned());
        }
    }
    Ok(())
}

fn references(root: &Value, value: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH}"));
    }
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                let pointer =
                    target.strip_prefix('#').ok_or_else(|| format!("reference `{target}` leaves the document"))?;
                root.pointer(pointer).ok_or_else(|| format!("reference `{target}` names nothing"))?;
            }
            map.values().try_for_each(|value| references(root, value, depth + 1))
        }
        Value::Array(items) => items.iter().try_for_each(|value| references(root, value, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::task::ProposedFile;

    const GOOD: &str = r##"
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
components: {schemas: {Order: {type: object}}}
"##;

    #[track_caller]
    fn check(from: &str, to: &str, expected: Result<(), &str>) {
        let content = GOOD.replace(from, to);
        assert!(from.is_empty() || content != GOOD, "`{from}` is in the document");
        let file = ProposedFile { path: "api.yaml".into(), artifact_type: "OpenApiDocument".into(), content };
        assert_eq!(super::check(&file), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_document_holds_together() {
        check("3.1.0", "3.1.1", Ok(()));
        check("3.1.0", "2.0", Err("`openapi` is not a version 3.0 or 3.1"));
        check("title: Orders, ", "", Err("`info.title` is missing"));
        check("/orders/{id}:", "orders/{id}:", Err("path `orders/{id}` does not start with `/`"));
        check("name: id", "name: key", Err("operation `get /orders/{id}` does not declare path parameter `id`"));
        check("schemas/Order\"", "schemas/Odrer\"", Err("reference `#/components/schemas/Odrer` names nothing"));
        check(
            "\"#/comp",
            "\"other.yaml#/comp",
            Err("reference `other.yaml#/components/schemas/Order` leaves the document"),
        );
        check("responses:", "answers:", Err("operation `get /orders/{id}` has no `responses`"));
        check(
            "components: {",
            "  /b: {get: {operationId: getOrder, responses: {\"200\": {description: ok}}}}\ncomponents: {",
            Err("`get /b` and `get /orders/{id}` have the same operation id `getOrder`"),
        );
    }
}
