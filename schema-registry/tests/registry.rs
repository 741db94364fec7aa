//! The registry from the outside: files in, contracts, verdicts or diagnostics out.

use forgeline_model::{Diagnostic, Digest, FileSet};
use forgeline_registry::{ContractViolation, Registry, check_examples, codes, release, shipped, with_shipped};
use serde_json::{Value, json};

fn loaded() -> Registry {
    Registry::load(&shipped()).unwrap_or_else(|found| panic!("{}", shown(&found)))
}

fn shown(found: &[Diagnostic]) -> String {
    found.iter().map(Diagnostic::render).collect()
}

fn event(event_type: &str, fields: &Value) -> Value {
    let mut event = json!({
        "event_id": "0b0f6f0e-3f5a-8c51-9f0e-5b1c6f6f2d11", "event_type": event_type,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "correlation_id": "acme/shop#7", "project_id": "shop",
        "originating_agent": "vision-architect", "version": "1.0", "timestamp": "2026-03-02T09:30:00.250Z",
    });
    let target = event.as_object_mut().expect("an object");
    target.extend(fields.as_object().expect("an object").clone());
    event
}

#[test]
fn shipped_contracts_load_and_their_examples_are_judged_as_filed() {
    let registry = loaded();
    let found = check_examples(&shipped(), &registry);
    assert!(found.is_empty(), "{}", shown(&found));
    assert_eq!(registry.digest(), Registry::built_in().digest());
    assert!(registry.contracts().count() > 25, "{:?}", registry.versions());
    let nothing = release(&shipped()).expect("shipped contracts have no fault");
    assert!(nothing.is_empty(), "unreleased heads: {:?}", nothing.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn every_invalid_example_fails_for_the_reason_in_its_name() {
    let registry = loaded();
    for (path, bytes) in shipped().iter().filter(|(path, _)| path.starts_with("events/") && path.contains("/invalid/"))
    {
        let name = path.rsplit('/').next().expect("a file name").trim_end_matches(".json");
        let value: Value = serde_json::from_slice(bytes).expect("an example is JSON");
        let Err(ContractViolation::Invalid { violations, .. }) = registry.validate_produced(&value) else {
            panic!("{path} is not refused by its schema");
        };
        let [violation] = &violations[..] else { panic!("{path} fails for several reasons: {violations:?}") };
        let fits = match name.strip_prefix("missing-") {
            Some(field) => violation.message.contains(&format!("\"{}\" is a required", field.replace('-', "_"))),
            None => {
                let field = violation.pointer.split('/').nth(1).unwrap_or_default().replace('_', "-");
                !field.is_empty() && name.starts_with(&field)
            }
        };
        assert!(fits, "{path} fails otherwise: {violation}");
    }
}

#[test]
fn domain_events_have_the_agreed_fields() {
    let registry = loaded();
    for (event_type, fields) in [
        ("VisionDocumentCreated", json!({"vision_summary": "x"})),
        ("BacklogCreated", json!({"stories": 3})),
        ("ArchitectureDecided", json!({"decision": "x"})),
        ("EventContractsDefined", json!({"events": ["OrderPlaced"]})),
        ("ApiDesigned", json!({"operations": 5})),
        ("ServiceImplemented", json!({"entities": ["Order"]})),
        ("TestsWritten", json!({"tests": 5})),
        ("DocsPageWritten", json!({"page": "docs/x.md"})),
        ("InfrastructureDefined", json!({"environments": ["dev"]})),
        ("ReleasePrepared", json!({"release": "0.1.0"})),
    ] {
        assert_eq!(registry.versions()[event_type], ["1.0"], "{event_type}");
        let good = event(event_type, &fields);
        assert_eq!(registry.validate_produced(&good), Ok(()), "{event_type}");
        assert_eq!(registry.validate_consumed(&good), Ok(()), "{event_type}");
        assert!(registry.validate_produced(&event(event_type, &json!({}))).is_err(), "{event_type} without its field");
    }
}

#[test]
fn an_event_that_fits_no_contract_says_why() {
    let registry = loaded();
    let why = |event: &Value| registry.validate_produced(event).expect_err("must be refused").to_string();
    assert_eq!(why(&json!({"x": 1})), "this is not an event: it has no text field `event_type`");
    assert_eq!(
        why(&event("visionDocument_created", &json!({}))),
        "no contract is named `visionDocument_created`; did you mean `VisionDocumentCreated`?"
    );
    let ahead = event("BacklogCreated", &json!({"stories": 1, "version": "1.7", "added_later": true}));
    assert_eq!(why(&ahead), "`BacklogCreated` has no version `1.7`; published: 1.0");
    assert_eq!(registry.validate_consumed(&ahead), Ok(()), "a newer minor is read with ours");
    let next_major = event("BacklogCreated", &json!({"stories": 1, "version": "2.0"}));
    assert!(registry.validate_consumed(&next_major).is_err());
    let leaking = event("BacklogCreated", &json!({"stories": "hunter2", "trace_id": "hunter2"}));
    let why = why(&leaking);
    assert!(why.contains("`/stories`") && why.contains("`/trace_id`") && !why.contains("hunter2"), "{why}");
}

/// A registry of one own event over the shipped ones, published.
fn own() -> FileSet {
    let mut files = FileSet::new("acme/factory");
    let folder = "events/shop/OrderPlaced";
    files.insert(
        format!("{folder}/event.yaml"),
        "title: An order was placed\nowners: [\"@shop\"]\nstatus: active\nproducers: [shop]\n",
    );
    let head = json!({
        "x-version": "1.0.0", "type": "object", "required": ["order"],
        "allOf": [{"$ref": "../../../common/envelope/versions/1.0.0.json"}],
        "properties": {"order": {"type": "string"}},
    });
    files.insert(format!("{folder}/schema.json"), head.to_string());
    files.insert(format!("{folder}/CHANGELOG.md"), "# Changes\n\n## 1.0.0\n\n- added: all\n");
    let new = release(&with_shipped(&files)).unwrap_or_else(|found| panic!("{}", shown(&found)));
    assert_eq!(new.iter().count(), 2, "a version and its lock");
    for (path, bytes) in new.iter() {
        files.insert(path, bytes);
    }
    files
}

#[test]
fn a_factory_adds_its_own_contract() {
    let files = with_shipped(&own());
    let registry = Registry::load(&files).unwrap_or_else(|found| panic!("{}", shown(&found)));
    assert_ne!(registry.digest(), loaded().digest());
    assert_eq!(registry.show("OrderPlaced").expect("its own contract").domain, "shop");
    assert_eq!(registry.validate_produced(&event("OrderPlaced", &json!({"order": "7"}))), Ok(()));
    assert!(registry.validate_produced(&event("OrderPlaced", &json!({}))).is_err());
}

#[test]
fn each_fault_in_the_files_has_its_code_and_place() {
    let order = "events/shop/OrderPlaced";
    let vision = "events/vision/VisionDocumentCreated";
    let other_lock = json!({"digest": Digest::of_bytes(b"x"), "mode": "full"}).to_string();
    let cases: &[(&str, &str, &str)] = &[
        ("registry.yaml", "kind: [", codes::SETTINGS),
        ("registry.yaml", "apiVersion: v0\nkind: Registry\ndialect: x\n", codes::SETTINGS),
        (&format!("{order}/schema.json"), "{", codes::NOT_JSON),
        (&format!("{order}/Schema.json"), "{}", codes::UNKNOWN_FILE),
        (&format!("{order}/versions/one.json"), "{}", codes::UNKNOWN_FILE),
        ("events/README.md", "hello", codes::UNKNOWN_FILE),
        ("events/shop/order_placed/event.yaml", "", codes::UNKNOWN_FILE),
        (&format!("{order}/event.yaml"), "title: x\nowner: me\n", codes::MANIFEST),
        (&format!("{order}/schema.json"), r#"{"x-version": "1.1.0", "type": "strnig"}"#, codes::SCHEMA_INVALID),
        (&format!("{order}/schema.json"), r#"{"x-version": "1.1.0", "pattern": "(?!a)"}"#, codes::SCHEMA_INVALID),
        (
            &format!("{order}/schema.json"),
            r#"{"x-version": "1.1.0", "$ref": "https://example.com/x"}"#,
            codes::REFERENCE,
        ),
        (&format!("{order}/schema.json"), r#"{"x-version": "1.1"}"#, codes::VERSION),
        (&format!("{order}/schema.json"), r#"{"x-version": "0.9.0"}"#, codes::VERSION),
        (&format!("{order}/schema.json"), r#"{"x-version": "1.0.0"}"#, codes::HEAD_MODIFIED),
        (&format!("{order}/versions/1.0.0.json"), r#"{"x-version": "1.0.0"}"#, codes::PUBLISHED_MODIFIED),
        (&format!("{order}/versions/1.0.0.lock"), &other_lock, codes::PUBLISHED_MODIFIED),
        (&format!("{order}/versions/1.1.0.lock"), &other_lock, codes::PUBLISHED_MODIFIED),
        (&format!("{order}/versions/1.1.0.json"), "{}", codes::LOCK),
        (&format!("{vision}/versions/1.0.0.json"), "{}", codes::PUBLISHED_MODIFIED),
        (&format!("{order}/CHANGELOG.md"), "# Changes\n", codes::CHANGELOG),
    ];
    for (path, content, code) in cases {
        let mut files = with_shipped(&own());
        files.insert(*path, *content);
        let found = Registry::load(&files).expect_err(path);
        let there = |d: &Diagnostic| d.code == *code && d.span.as_ref().is_some_and(|s| !s.file.is_empty());
        assert!(found.iter().any(there), "{path} with {content} should give {code}:\n{}", shown(&found));
    }
}

#[test]
fn all_faults_are_told_in_one_pass() {
    let mut files = with_shipped(&own());
    files.insert("events/shop/OrderPlaced/event.yaml", "title: 1\nstatus: new\n");
    files.insert("events/vision/BacklogCreated/schema.json", "[");
    files.insert("common/run/notes.txt", "");
    files.insert("events/shop/BacklogCreated/event.yaml", "title: again\nowners: []\nstatus: draft\n");
    files.insert("events/shop/BacklogCreated/schema.json", r#"{"x-version": "1.0.0"}"#);
    let found = Registry::load(&files).expect_err("four faults");
    let codes: Vec<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    for code in [codes::MANIFEST, codes::NOT_JSON, codes::UNKNOWN_FILE] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
}

#[test]
fn swapping_lock_and_schema_of_a_shipped_version_is_seen() {
    let mut files = shipped();
    let schema = json!({"x-version": "1.0.0", "type": "object"});
    let folder = "events/vision/VisionDocumentCreated";
    files.insert(format!("{folder}/schema.json"), schema.to_string());
    files.insert(format!("{folder}/versions/1.0.0.json"), schema.to_string());
    let lock = json!({"digest": Digest::of(&schema), "mode": "full-transitive"});
    files.insert(format!("{folder}/versions/1.0.0.lock"), lock.to_string());
    let found = Registry::load(&files).expect_err("published elsewhere already");
    assert_eq!(found.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), [codes::PUBLISHED_MODIFIED]);
}
