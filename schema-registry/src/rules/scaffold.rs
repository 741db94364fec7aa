//! A new contract, ready to be edited, checked and released.

use forgeline_model::FileSet;
use serde_json::{Value, json};

use crate::{load::layout, materialise::to_text, schema::DIALECT};

/// The name cannot be used; the message says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAName(String);

/// The files of a new event below `events/<domain>/<event>/`: manifest, schema, changelog, one example that passes and
/// one that does not. `files` is the registry it joins, with the envelope it uses.
pub fn scaffold(files: &FileSet, domain: &str, event: &str, owner: &str) -> Result<FileSet, NotAName> {
    if !layout::is_kebab_name(domain) || !layout::is_event_name(event) {
        return Err(NotAName(format!(
            "`{domain}/{event}` is not a contract's name; write one like `shop/OrderPlaced`"
        )));
    }
    let taken = |path: &str| path.starts_with("events/") && path.split('/').nth(2) == Some(event);
    if let Some((path, _)) = files.iter().find(|(path, _)| taken(path)) {
        let folder = path.split('/').take(3).collect::<Vec<_>>().join("/");
        return Err(NotAName(format!("there is already an event `{event}` in `{folder}`; take another name")));
    }
    let envelope = files.below("common/envelope/versions");
    let newest = envelope.iter().filter_map(|(name, _)| layout::plain_version(name.strip_suffix(".json")?)).max();
    let mut head = json!({
        "$schema": DIALECT, "x-version": "1.0.0", "title": event, "description": words(event) + ".",
        "type": "object", "required": ["summary"],
        "properties": {
            "event_type": {"const": event},
            "summary": {"type": "string", "description": "What happened, in one sentence.", "minLength": 1},
        },
    });
    if let Some(version) = newest {
        head["allOf"] = json!([{"$ref": format!("../../../common/envelope/versions/{version}.json")}]);
    }
    let valid = json!({
        "event_id": "0b0f6f0e-3f5a-8c51-9f0e-5b1c6f6f2d11", "event_type": event,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "correlation_id": "acme/shop#7", "project_id": domain,
        "originating_agent": domain, "version": "1.0", "timestamp": "2026-03-02T09:30:00.250Z",
        "summary": "The first one.",
    });
    let mut invalid = valid.clone();
    invalid.as_object_mut().and_then(|fields| fields.remove("summary"));
    let folder = format!("events/{domain}/{event}");
    let mut new = FileSet::new("new contract");
    let manifest = format!(
        "title: {}\nowners: [{}]\nstatus: draft\nproducers: []\nconsumers: []\n",
        words(event),
        Value::from(owner)
    );
    new.insert(format!("{folder}/event.yaml"), manifest);
    new.insert(format!("{folder}/schema.json"), to_text(&head));
    let changelog = format!("# Changes of `{event}`\n\n## 1.0.0\n\n- added: the first version\n");
    new.insert(format!("{folder}/CHANGELOG.md"), changelog);
    new.insert(format!("{folder}/examples/1.0.0/valid/typical.json"), to_text(&valid));
    new.insert(format!("{folder}/examples/1.0.0/invalid/missing-summary.json"), to_text(&invalid));
    Ok(new)
}

/// `OrderPlaced` as words: `Order placed`.
fn words(event: &str) -> String {
    let mut out = String::new();
    for (at, c) in event.chars().enumerate() {
        if at > 0 && c.is_ascii_uppercase() {
            out.push(' ');
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}
