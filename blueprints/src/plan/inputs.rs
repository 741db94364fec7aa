//! Inputs of a run: completed by defaults, and validated.

use forgeline_model::Diagnostic;
use forgeline_registry::InputSchema;
use serde_json::Value;

use crate::{codes, lint::closed_names, suggest};

/// The inputs with defaults filled in, and everything that is wrong with them. A schema that cannot be used is the
/// lint's to tell.
pub(super) fn complete(schema: &Value, given: &Value) -> (Value, Vec<Diagnostic>) {
    let Ok(built) = InputSchema::compile(schema) else { return (given.clone(), Vec::new()) };
    let inputs = built.fill_defaults(given.clone());
    let mut found = Vec::new();
    let mut judged = inputs.clone();
    if let (Some(declared), Some(object)) = (closed_names(schema), judged.as_object_mut()) {
        object.retain(|name, _| declared.contains(name));
        for name in
            given.as_object().into_iter().flat_map(|given| given.keys()).filter(|name| !declared.contains(*name))
        {
            let diagnostic = Diagnostic::error(codes::UNKNOWN_INPUT, format!("the blueprint has no input `{name}`"));
            found.push(diagnostic.hint(suggest::hint(name, declared.iter().map(String::as_str))));
        }
    }
    for violation in built.check(&judged) {
        let place = if violation.pointer.is_empty() {
            "the inputs".to_owned()
        } else {
            format!("the input `{}`", violation.pointer)
        };
        let diagnostic = Diagnostic::error(codes::INVALID_INPUT, format!("{place}: {}", violation.message));
        found.push(diagnostic.hint("give inputs as `name=value`"));
    }
    (inputs, found)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::complete;

    fn schema() -> Value {
        json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "count": {"type": "integer", "default": 2},
            "store": {"type": "object", "default": {}, "properties": {"kind": {"default": "sqlite"}}}}})
    }

    #[test]
    fn defaults_are_filled_and_everything_wrong_is_told() {
        let (inputs, found) = complete(&schema(), &json!({"name": "a", "store": {}}));
        assert_eq!(inputs, json!({"name": "a", "count": 2, "store": {"kind": "sqlite"}}));
        assert_eq!(found, []);
        let (_, found) = complete(&schema(), &json!({"nmae": "a", "count": "two"}));
        let shown: Vec<String> = found.iter().map(|found| format!("{} {}", found.code, found.message)).collect();
        assert_eq!(shown[0], "FL0251 the blueprint has no input `nmae`");
        assert_eq!(found[0].hint.as_deref(), Some("did you mean `name`?"));
        assert!(shown.iter().any(|line| line.starts_with("FL0252 the input `/count`: ")), "{shown:?}");
        assert!(shown.iter().any(|line| line.starts_with("FL0252 the inputs: ") && line.contains("name")), "{shown:?}");
    }
}
