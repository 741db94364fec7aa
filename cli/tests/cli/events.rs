//! Events: the log, and one handed in.

use serde_json::{Value, json};

use crate::world::World;

const ID: &str = "0190c2a4-0000-7000-8000-000000000001";

pub fn event() -> Value {
    let example = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../schema-registry/events/vision/VisionDocumentCreated/examples/1.0.0/valid/typical.json"
    ));
    let mut event: Value = serde_json::from_str(example).expect("an example");
    event["event_id"] = json!(ID);
    event
}

#[test]
fn a_run_tells_events_one_a_line() {
    let world = World::new();
    world.repository("here");
    world.write("../item.md", "# Orders\n");
    world.forgeline("events tail").ok().quiet();
    world.forgeline("run docs-page --work-item ../item.md").ok();
    let said = world.forgeline("events tail --json --run @latest").ok();
    let types: Vec<String> = said
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a document a line"))
        .map(|line| line["event"]["event_type"].as_str().expect("a type").to_owned())
        .collect();
    assert_eq!(types.first().map(String::as_str), Some("RunStarted"));
    assert_eq!(types.last().map(String::as_str), Some("RunFinished"));
    let one = world.forgeline("events tail --json --type DocsPageWritten").ok();
    let one: Value = serde_json::from_str(&one.out).expect("one line");
    let id = one["event"]["event_id"].as_str().expect("an id");
    world.forgeline(&format!("why {id}")).ok().says("is DocsPageWritten@1.0").says("no blueprint listens to");
}

#[test]
fn an_event_is_handed_in_once() {
    let world = World::new();
    world.write("event.json", event().to_string());
    world.forgeline("events publish event.json --dry-run").ok().says("received VisionDocumentCreated@1.0");
    world.forgeline(&format!("why {ID}")).ends(9);
    world
        .forgeline("events publish event.json")
        .ok()
        .says("received VisionDocumentCreated@1.0")
        .says("forgeline bot once");
    world.forgeline("events publish event.json").ok().says("handed in before");
    world.forgeline(&format!("why {ID}")).ok().says("waits to be looked at");
}

#[test]
fn an_event_that_breaks_its_contract_is_kept_with_the_reason() {
    let world = World::new();
    let mut broken = event();
    broken["vision_uri"] = json!(7);
    broken["timestamp"] = json!("yesterday");
    let said = world.run(&["events", "publish", "-"], Some(broken.to_string().as_bytes())).ends(3);
    said.quiet().complains("does not fit its contract").complains("forgeline dlq list");
    world.forgeline("dlq list").ok().says("contract").says(ID);
    world.forgeline("dlq show 1").ok().says("yesterday").says("does not fit its contract");
    world.forgeline(&format!("why {ID}")).ok().says("given up:");
    world.forgeline("dlq show 2").ends(9).complains("no dead letter 2");
    world.run(&["events", "publish", "-"], Some(b"not json")).ends(3).complains("not JSON");
}
