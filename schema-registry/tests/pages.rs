//! What is written about the shipped contracts is what they say.

use std::{collections::BTreeSet, fs, path::Path};

use forgeline_registry::{
    rules::{RULES, pages},
    shipped,
};

#[test]
fn pages_of_the_shipped_contracts_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contracts");
    let pages = pages(&shipped()).expect("the shipped contracts load");
    for (name, wanted) in pages.iter() {
        let there = fs::read(folder.join(name)).unwrap_or_default();
        assert!(there == wanted, "`docs/contracts/{name}` is old; run `forgeline contracts docs`");
    }
    let there = fs::read_dir(&folder).expect("the pages").flatten();
    let there: BTreeSet<String> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let wanted: BTreeSet<String> = pages.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(there, wanted, "a page is left over");
}

#[test]
fn every_rule_stands_in_the_documentation() {
    let text = include_str!("../../docs/contracts.md");
    for rule in RULES {
        let row = format!("| `{}` | {} | {} |\n", rule.id, rule.level.word(), rule.title);
        assert!(text.contains(&row), "docs/contracts.md lacks\n{row}");
    }
}
