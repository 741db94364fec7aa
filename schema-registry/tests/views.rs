//! What producers are held to and what consumers are, from the outside.

use forgeline_model::{Diagnostic, FileSet};
use forgeline_registry::{ContractViolation, Registry, check_examples, codes, release, with_shipped};
use serde_json::{Value, json};

const FOLDER: &str = "events/shop/OrderPlaced";

/// A registry with versions of one contract, over the shipped ones.
struct World {
    files: FileSet,
}

impl World {
    fn new() -> Self {
        let mut world = Self { files: FileSet::new("acme/factory") };
        world.manifest("active", "full-transitive");
        world
    }

    fn with(schema: &Value) -> Self {
        let mut world = Self::new();
        world.publish("1.0.0", schema);
        world
    }

    fn manifest(&mut self, status: &str, mode: &str) {
        let text = format!("title: An order was placed\nowners: [\"@shop\"]\nstatus: {status}\nmode: {mode}\n");
        self.files.insert(format!("{FOLDER}/event.yaml"), text);
    }

    /// Publishes a version of the event: the envelope and this.
    fn publish(&mut self, version: &str, schema: &Value) {
        let found = self.try_publish(version, schema);
        found.unwrap_or_else(|found| panic!("{}", shown(&found)));
    }

    fn try_publish(&mut self, version: &str, schema: &Value) -> Result<(), Vec<Diagnostic>> {
        let mut head = schema.clone();
        let map = head.as_object_mut().expect("an object");
        map.insert("x-version".to_owned(), json!(version));
        map.insert("allOf".to_owned(), json!([{"$ref": "../../../common/envelope/versions/1.0.0.json"}]));
        self.files.insert(format!("{FOLDER}/schema.json"), head.to_string());
        let changes = self.files.get(&format!("{FOLDER}/CHANGELOG.md")).unwrap_or_default().to_vec();
        let changes = format!("{}\n## {version}\n\n- added: all\n", String::from_utf8_lossy(&changes));
        self.files.insert(format!("{FOLDER}/CHANGELOG.md"), changes);
        let new = release(&with_shipped(&self.files))?;
        for (path, bytes) in new.iter() {
            self.files.insert(path, bytes);
        }
        Ok(())
    }

    fn strict(mut self) -> Self {
        let settings = with_shipped(&FileSet::default()).get("registry.yaml").unwrap_or_default().to_vec();
        let settings = String::from_utf8_lossy(&settings).replace("content_model: views", "content_model: strict");
        assert!(settings.contains("strict"), "{settings}");
        self.files.insert("registry.yaml", settings);
        self
    }

    fn load(&self) -> Registry {
        Registry::load(&with_shipped(&self.files)).unwrap_or_else(|found| panic!("{}", shown(&found)))
    }
}

fn shown(found: &[Diagnostic]) -> String {
    found.iter().map(Diagnostic::render).collect()
}

fn event(version: &str, fields: &Value) -> Value {
    let mut event = json!({
        "event_id": "0b0f6f0e-3f5a-8c51-9f0e-5b1c6f6f2d11", "event_type": "OrderPlaced",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "correlation_id": "acme/shop#7", "project_id": "shop",
        "originating_agent": "shop", "version": version, "timestamp": "2026-03-02T09:30:00.250Z",
    });
    event.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    event
}

fn order() -> Value {
    json!({
        "type": "object", "required": ["order", "currency"],
        "properties": {
            "order": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"}, "lines": {"items": {"$ref": "#/$defs/line"}},
            }},
            "currency": {"$ref": "#/$defs/currency"},
        },
        "$defs": {
            "currency": {"enum": ["EUR", "USD"], "default": "EUR"},
            "line": {"type": "object", "required": ["sku", "count"], "properties": {
                "sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1, "default": 1},
            }},
        },
    })
}

#[test]
fn a_producer_writes_what_is_declared_and_nothing_else() {
    let registry = World::with(&order()).load();
    let full = json!({"order": {"id": "7", "lines": [{"sku": "a", "count": 2}]}, "currency": "USD"});
    assert_eq!(registry.validate_produced(&event("1.0", &full)), Ok(()));
    for (fields, place, word) in [
        (json!({"order": {"id": "7"}, "currency": "USD", "extra": 1}), "/", "extra"),
        (json!({"order": {"id": "7", "note": "x"}, "currency": "USD"}), "/order", "note"),
        (
            json!({"order": {"id": "7", "lines": [{"sku": "a", "count": 1, "tax": 3}]}, "currency": "USD"}),
            "/order/lines/0",
            "tax",
        ),
        (json!({"order": {"id": "7"}}), "/", "currency"),
    ] {
        let Err(ContractViolation::Invalid { violations, .. }) = registry.validate_produced(&event("1.0", &fields))
        else {
            panic!("{fields} must be refused");
        };
        let [one] = &violations[..] else { panic!("{violations:?}") };
        let text = one.to_string();
        assert!(text.starts_with(&format!("`{place}`")) && text.contains(word), "{text}");
    }
}

#[test]
fn a_consumer_passes_over_what_it_does_not_know_and_gets_the_defaults() {
    let registry = World::with(&order()).load();
    let sent =
        event("1.0", &json!({"order": {"id": "7", "lines": [{"sku": "a"}, {"sku": "b", "count": 3}], "new": {}}}));
    assert_eq!(registry.validate_consumed(&sent), Ok(()));
    let read = registry.consume(sent.clone()).expect("it can be read");
    let lines = json!([{"sku": "a", "count": 1}, {"sku": "b", "count": 3}]);
    let expected = json!({"order": {"id": "7", "lines": lines, "new": {}}, "currency": "EUR"});
    assert_eq!(read, event("1.0", &expected));
    assert_eq!(registry.consume(read.clone()), Ok(read), "nothing is left to fill in");
    assert!(registry.validate_produced(&sent).is_err());
    for fields in [json!({"currency": "EUR"}), json!({"order": {"id": "7"}, "currency": "GBP"})] {
        assert!(registry.consume(event("1.0", &fields)).is_err(), "{fields}");
    }
}

#[test]
fn a_newer_minor_is_read_with_the_newest_known_one() {
    let registry = World::with(&order()).load();
    let ahead = event("1.3", &json!({"order": {"id": "7"}, "added_later": true}));
    let read = registry.consume(ahead).expect("forward compatibility");
    assert_eq!((&read["currency"], &read["version"]), (&json!("EUR"), &json!("1.3")));
    assert!(registry.consume(event("2.0", &json!({"order": {"id": "7"}}))).is_err());
}

#[test]
fn strict_holds_both_sides_to_the_schema_as_it_stands() {
    let mut schema = order();
    schema["properties"]["order"]["additionalProperties"] = json!(false);
    let registry = World::with(&schema).strict().load();
    let good = event("1.0", &json!({"order": {"id": "7"}, "currency": "EUR", "undeclared": 1}));
    assert_eq!(registry.validate_produced(&good), Ok(()));
    assert_eq!(registry.consume(good.clone()), Ok(good));
    for fields in [json!({"order": {"id": "7"}}), json!({"order": {"id": "7", "x": 1}, "currency": "EUR"})] {
        assert!(registry.validate_produced(&event("1.0", &fields)).is_err(), "{fields}");
        assert!(registry.validate_consumed(&event("1.0", &fields)).is_err(), "{fields}");
    }
}

#[test]
fn variants_are_read_by_any_branch_and_written_by_exactly_one() {
    let branch = |kind: &str| json!({"properties": {"payment": {"properties": {kind: {"type": "string"}}}}});
    let registry = World::with(&json!({"oneOf": [branch("card"), {"required": ["payment", "cash"],
        "properties": {"cash": {"type": "boolean"}}}]}))
    .load();
    let (card, both) = (json!({"payment": {"card": "x"}}), json!({"payment": {"card": "x"}, "cash": true}));
    assert_eq!(registry.validate_produced(&event("1.0", &card)), Ok(()));
    assert_eq!(registry.validate_consumed(&event("1.0", &both)), Ok(()));
    assert!(registry.validate_produced(&event("1.0", &both)).is_err());
}

#[test]
fn an_event_without_bounds_is_refused_before_it_is_looked_at() {
    let registry = World::with(&order()).load();
    let mut deep = json!(1);
    for _ in 0..70 {
        deep = json!([deep]);
    }
    for (field, word) in
        [(deep, "levels"), (json!("x".repeat((1 << 20) + 1)), "bytes of text"), (json!(vec![0; 100_001]), "nodes")]
    {
        let event = event("1.0", &json!({"order": {"id": "7"}, "x": field}));
        let refused =
            [registry.validate_produced(&event), registry.validate_consumed(&event), registry.consume(event).map(drop)];
        for refused in refused {
            let Err(violation @ ContractViolation::TooLarge { .. }) = refused else { panic!("{refused:?}") };
            assert!(violation.to_string().contains(word), "{violation}");
        }
    }
}

#[test]
fn a_schema_has_a_bounded_number_of_alternatives() {
    let schema = |branches: usize| {
        let all: Vec<Value> = (0..branches).map(|n| json!({"const": n})).collect();
        json!({"properties": {"n": {"anyOf": all}}})
    };
    World::with(&schema(256));
    let found = World::new().try_publish("1.0.0", &schema(257)).expect_err("too many branches");
    assert_eq!(found.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), [codes::SCHEMA_TOO_LARGE]);
    assert!(shown(&found).contains("257 branches under `anyOf`"), "{}", shown(&found));
}

#[test]
fn examples_are_what_a_producer_may_write() {
    let mut world = World::with(&order());
    let fields = json!({"order": {"id": "7"}, "currency": "EUR"});
    let mut undeclared = fields.clone();
    undeclared["undeclared"] = json!(1);
    world.files.insert(format!("{FOLDER}/examples/1.0.0/valid/typical.json"), event("1.0", &fields).to_string());
    let invalid = format!("{FOLDER}/examples/1.0.0/invalid/undeclared.json");
    world.files.insert(&invalid, event("1.0", &undeclared).to_string());
    let files = with_shipped(&world.files);
    let found = check_examples(&files, &world.load());
    assert!(found.is_empty(), "{}", shown(&found));
    world.files.insert(format!("{FOLDER}/examples/1.0.0/valid/more.json"), event("1.0", &undeclared).to_string());
    let found = check_examples(&with_shipped(&world.files), &world.load());
    assert_eq!(found.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), [codes::EXAMPLE_INVALID]);
}

#[test]
fn a_producer_is_told_the_newest_version_that_all_consumers_read() {
    let mut world = World::new();
    for version in ["1.0.0", "1.0.1", "1.1.0", "1.2.0", "2.0.0"] {
        world.publish(version, &order());
    }
    let mut check = |mode: &str, wanted: &[&str], expected: Option<&str>| {
        world.manifest("active", mode);
        let told = world.load().negotiate("OrderPlaced", wanted);
        assert_eq!(told.as_deref().ok(), expected, "{mode} {wanted:?}: {told:?}");
    };
    check("full-transitive", &[], Some("2.0"));
    check("full-transitive", &["1.0", "1.2"], Some("1.2"));
    check("full-transitive", &["2.0"], Some("2.0"));
    check("full-transitive", &["1.2", "2.0"], None);
    check("backward-transitive", &["1.0", "1.2"], Some("1.0"));
    check("backward-transitive", &["1.1"], Some("1.1"));
    check("forward-transitive", &["1.0", "1.1"], Some("1.2"));
    check("full", &["1.0"], Some("1.1"));
    check("full", &["1.0", "1.2"], Some("1.1"));
    check("backward", &["1.0", "1.2"], None);
    check("none", &["1.1", "1.1"], Some("1.1"));
    check("none", &["1.0", "1.1"], None);
    check("full-transitive", &["1.7"], None);
    world.manifest("retired", "full-transitive");
    let retired = world.load().negotiate("OrderPlaced", &[]);
    assert!(matches!(retired, Err(ContractViolation::Retired { .. })), "{retired:?}");
    let unknown = world.load().negotiate("orderPlaced", &[]).expect_err("no such event").to_string();
    assert!(unknown.contains("did you mean `OrderPlaced`"), "{unknown}");
}

#[test]
fn every_shipped_contract_builds_for_both_sides_in_both_models() {
    for world in [World::new(), World::new().strict()] {
        let mut files = world.files.clone();
        files = files.iter().filter(|(path, _)| !path.starts_with("events/")).fold(
            FileSet::default(),
            |mut all, (path, bytes)| {
                all.insert(path, bytes);
                all
            },
        );
        let registry = Registry::load(&with_shipped(&files)).unwrap_or_else(|found| panic!("{}", shown(&found)));
        for version in registry.contracts().flat_map(|contract| contract.versions.values()) {
            assert!(!version.check_produced(&json!({})).is_empty());
            assert!(!version.check_consumed(&json!({})).is_empty());
        }
    }
}
