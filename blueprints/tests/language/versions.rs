//! Published versions never change.

use forgeline_blueprints::{
    Factory,
    versions::{VersionLock, check},
};

use crate::world::{AGENT_FILE, BLUEPRINT_FILE, files, shown, with};

#[test]
fn a_published_version_that_changes_needs_a_new_number() {
    let lock = VersionLock::of(&Factory::load(&files()).0);
    let lock = VersionLock::parse(&lock.print()).expect("its own text");
    assert_eq!(check(&Factory::load(&files()).0, &lock), []);

    let changed = Factory::load(&with("agents/writer/templates/page.md.hbs", "#", "##")).0;
    let found = shown(&check(&changed, &lock));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(
            "FL0128 agent.yaml:3:35 `writer` changed after its version 1.1.0 was published | write `version: 1.1.1`"
        ),
        "{found:?}"
    );

    let raised = Factory::load(&with(AGENT_FILE, "version: 1.1.0", "version: 1.1.1")).0;
    assert_eq!(check(&raised, &lock), []);
    let mut grown = lock.clone();
    assert_eq!(grown.add(&raised), []);
    assert!(grown.holds(&raised.own_agents()[0].reference) && !lock.holds(&raised.own_agents()[0].reference));

    let blueprint = Factory::load(&with(BLUEPRINT_FILE, "pool: default", "pool: other")).0;
    assert_eq!(grown.clone().add(&blueprint).len(), 1);
    assert_eq!(check(&blueprint, &lock).len(), 1);
}

#[test]
fn a_lock_of_another_form_is_refused() {
    for text in [
        "",
        "{}",
        "{\"schemaVersion\": 2, \"blueprints\": {}, \"agents\": {}}",
        "{\"schemaVersion\": 1, \"blueprints\": {\"a\": {\"1\": \"x\"}}, \"agents\": {}}",
    ] {
        assert!(VersionLock::parse(text).is_err(), "{text}");
    }
}
