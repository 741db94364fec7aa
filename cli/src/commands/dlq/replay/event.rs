//! An event that broke its contract, handed in anew under a new id.

use std::collections::BTreeMap;

use forgeline_model::{Digest, Event, event::derived_id};
use forgeline_registry::Registry;
use forgeline_store::Delivery;
use serde_json::{Map, Value};

use super::{Attempt, Outcome};
use crate::{
    exit::{Exit, Failure},
    request::user,
};

impl Attempt<'_> {
    /// The event with other fields, validated again; it goes through the same door as any other.
    pub(super) async fn event(&self) -> anyhow::Result<Outcome> {
        let event = changed(&self.row.letter.body, self.row.id, &self.inputs)
            .and_then(|value| check(value, &self.in_force.registry))
            .map_err(|reason| {
                Failure::new(Exit::Invalid, format!("{reason}; dead letter {} stays as it is", self.row.id))
            })?;
        let id = event.event_id.to_string();
        let value = event.to_value();
        let body = value.to_string().into_bytes();
        let delivery = Delivery { key: id.clone(), source: "publish".into(), kind: "event".into(), body };
        let store = &self.runner.store;
        let replayed = store.replay_as_delivery(self.row, &delivery, &user(), self.runner.clock.now()).await?;
        Ok(Outcome { kind: "event", id, replayed, next: "lets the blueprints that listen to it start" })
    }
}

/// The event with these fields, and an id that follows from letter and fields.
fn changed(body: &str, letter: i64, inputs: &BTreeMap<String, String>) -> Result<Value, String> {
    let Ok(mut value @ Value::Object(_)) = serde_json::from_str::<Value>(body) else {
        return Err("what was kept is no event; mend its file and hand it in with `forgeline events publish`".into());
    };
    for (path, text) in inputs {
        let new = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
        put(&mut value, path, new)?;
    }
    // The old id is taken: by what was refused, or by nobody who should be believed.
    let identity = format!("replay {letter} {} {}", Digest::of(inputs), Digest::of_bytes(body.as_bytes()));
    value["event_id"] = Value::from(derived_id(&identity).to_string());
    Ok(value)
}

/// Sets the value at a dotted path; objects on the way are made.
fn put(value: &mut Value, path: &str, new: Value) -> Result<(), String> {
    let mut place = value;
    for name in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(map) = place else { return Err(format!("`{path}` leads into something that has no fields")) };
        place = map.entry(name).or_insert(Value::Null);
    }
    *place = new;
    Ok(())
}

fn check(value: Value, registry: &Registry) -> Result<Event, String> {
    registry.validate_consumed(&value).map_err(|violation| violation.to_string())?;
    serde_json::from_value(value).map_err(|error| format!("the event's envelope cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::changed;

    #[test]
    fn fields_are_changed_where_they_stand_and_the_id_follows() {
        let inputs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let body = r#"{"event_id": "x", "a": {"b": 1}, "n": 1}"#;
        let first = changed(body, 3, &inputs(&[("a.b", "[2]"), ("a.c", "text"), ("d.e", "true")])).expect("changes");
        assert_eq!(first["a"], serde_json::json!({"b": [2], "c": "text"}));
        assert_eq!(first["d"]["e"], true);
        let same = changed(body, 3, &inputs(&[("a.b", "[2]"), ("a.c", "text"), ("d.e", "true")])).expect("changes");
        assert_eq!(first, same, "the same request is the same event");
        let other = changed(body, 3, &inputs(&[("a.b", "3")])).expect("changes");
        assert_ne!(first["event_id"], other["event_id"]);
        assert!(changed(body, 3, &inputs(&[("n.x", "1")])).is_err());
        assert!(changed("not json", 3, &inputs(&[])).is_err());
    }
}
