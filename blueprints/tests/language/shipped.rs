//! What the binary carries.

use std::{fs, path::Path};

use forgeline_blueprints::{
    Factory, schema, shipped, text,
    versions::{VersionLock, check},
    yaml::Document,
};
use forgeline_registry::Registry;

use crate::world::shown;

#[test]
fn shipped_definitions_have_no_findings() {
    assert_eq!(shown(&Factory::check_built_in()), Vec::<String>::new());
    let (factory, found) = Factory::load(&shipped());
    assert_eq!(shown(&found), Vec::<String>::new());
    assert_eq!(shown(&factory.check_contracts(Registry::built_in())), Vec::<String>::new());
    for blueprint in factory.own_blueprints() {
        assert!(!blueprint.manifest.metadata.owners.is_empty(), "{}", blueprint.reference);
        assert!(blueprint.files.get("README.md").is_some(), "{} has no README.md", blueprint.reference);
    }
}

#[test]
fn shipped_versions_are_locked() {
    let text = include_str!("../../published.json");
    let lock = VersionLock::parse(text).expect("a version lock");
    let (factory, _) = Factory::load(&shipped());
    let hint = "run `cargo run -p forgeline-blueprints --example lock`";
    assert_eq!(shown(&check(&factory, &lock)), Vec::<String>::new(), "{hint}");
    for reference in factory
        .own_blueprints()
        .iter()
        .map(|own| &own.reference)
        .chain(factory.own_agents().iter().map(|own| &own.reference))
    {
        assert!(lock.holds(reference), "{reference} is not in published.json: {hint}");
    }
    assert_eq!(lock.print(), text, "{hint}");
}

#[test]
fn editor_schemas_are_as_generated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    for (name, schema) in schema::all() {
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
        let is_current = committed == schema::print(&schema);
        assert!(is_current, "{name} is out of date; run `cargo run -p forgeline-blueprints --example schemas`");
    }
}

#[test]
fn editor_schemas_take_what_the_language_takes() {
    let schemas = schema::all();
    let compiled = |name: &str| {
        let mut schema = schemas.iter().find(|(known, _)| *known == name).expect("there").1.clone();
        // The registry's dialect is newer; these schemas mean the same in both.
        schema.as_object_mut().expect("an object").remove("$schema");
        forgeline_registry::InputSchema::compile(&schema).expect(name)
    };
    let (blueprint, agent, config) =
        (compiled("blueprint.v1.json"), compiled("agent.v1.json"), compiled("factory.v1.json"));
    let mut all = shipped();
    for (path, bytes) in crate::world::files().iter() {
        all.insert(path, bytes);
    }
    for (path, bytes) in all.iter() {
        let schema = match path.rsplit('/').next() {
            Some("blueprint.yaml") => &blueprint,
            Some("agent.yaml") => &agent,
            Some("forgeline.yaml") => &config,
            _ => continue,
        };
        let value = Document::parse(path, bytes).expect("valid").value();
        assert_eq!(schema.check(&value), [], "{path}");
        let mut wrong = value;
        wrong["unknown"] = true.into();
        assert!(!schema.check(&wrong).is_empty(), "{path}");
    }
}

#[test]
fn the_small_blueprint_writes_a_page() {
    let (factory, _) = Factory::load(&shipped());
    let agent = factory.agent("docs-writer").expect("shipped");
    let (_, work) = agent.manifest.template().expect("a template skill");
    let context = serde_json::json!({
        "with": {"folder": "docs"},
        "work_item": {"id": "7", "title": "How orders work", "body": "An order has lines.\n"},
    });
    let render = |text: &str| text::render_text(text, &context).expect("renders");
    assert_eq!(render(&work.templates[0].to), "docs/how-orders-work.md");
    let source = agent.files.get(&work.templates[0].from).expect("the template is there");
    assert_eq!(
        render(std::str::from_utf8(source).expect("text")),
        "# How orders work\n\nAn order has lines.\n\n\n---\n\nSource: work item 7.\n"
    );
}
