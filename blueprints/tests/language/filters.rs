//! Filters of triggers: what is taken, what contradicts itself, what is written wrong.

use crate::world::{BLUEPRINT_FILE, findings, shown, with};

#[test]
fn filters_that_contradict_each_other() {
    let on = |trigger: &str, expected: &[&str]| {
        let found = shown(&findings(&with(BLUEPRINT_FILE, "  - label: generate\n", &format!("  - {trigger}\n"))));
        assert_eq!(found, expected);
    };
    for fine in [
        "pull_request: {draft: false, labels: {any: [go], none: [wip]}, authors: [\"a*\"], not_authors: [\"*[bot]\"]}",
        "pull_request: {draft: any, max_files: 3, max_lines: 100, check: required, actions: [opened, updated]}",
        "push: {tags: [\"v*\"], branches: [main], paths: [\"src/**\"]}",
        "work_item: {types: [Bug], states: [New, Active]}",
    ] {
        on(fine, &[]);
    }
    let one = |trigger: &str, message: &str| {
        let found = shown(&findings(&with(BLUEPRINT_FILE, "  - label: generate\n", &format!("  - {trigger}\n"))));
        assert!(
            found.len() == 1 && found[0].starts_with("FL0147") && found[0].contains(message),
            "{trigger}: {found:?}"
        );
    };
    one("work_item: {state: New, states: [New]}", "`state` and `states` are both there");
    one("push: {tags: [\"v*\"], paths: [\"src/**\"]}", "`paths` and only `tags`");
    one("push: {tags: [\"v*\"], max_lines: 3}", "`max_lines` and only `tags`");
    one("pull_request: {draft: true, actions: [ready]}", "`draft: true` and only `actions: [ready]`");
    one("pull_request: {check: required, actions: [merged]}", "`check: required` without the actions");
    one("pull_request: {authors: [ana, bo], not_authors: [\"*\"]}", "everybody in `authors`");
    one("pull_request: {labels: {all: [go], none: [go]}}", "the label `go` is in `all` and in `none`");
    one("pull_request: {labels: {any: [a, b], none: [\"*\"]}}", "every label of `any`");
    let wrong = |trigger: &str, start: &str| {
        let found = shown(&findings(&with(BLUEPRINT_FILE, "  - label: generate\n", &format!("  - {trigger}\n"))));
        assert!(found.len() == 1 && found[0].contains(start), "{trigger}: {found:?}");
    };
    wrong("push: {tags: [\"v{\"]}", "is not a glob");
    wrong("pull_request: {draft: maybe}", "`draft` is a text, expected `true`, `false` or `any`");
    wrong("pull_request: {actions: [open]}", "did you mean `opened`?");
    wrong("pull_request: {max_files: 0}", "expected a whole number from 1");
}
