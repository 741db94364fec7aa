//! What happened the last time that somebody looked and agreed: one file for each scenario, the same for all forges.

use std::{fs, path::PathBuf};

use super::{
    DIFFERENCES,
    table::{Group, Scenario},
};

/// Rewrites what is written down.
const ACCEPT: &str = "FORGELINE_ACCEPT";

/// What to do when something is stale.
pub(super) const COMMAND: &str = "FORGELINE_ACCEPT=1 make test-long ARGS=conformance";

/// Compares a transcript with what is written down; what is wrong, for people.
pub(super) fn compare(forge: &str, group: &Group, scenario: &Scenario, transcript: &str) -> Option<String> {
    let differs = DIFFERENCES.iter().any(|it| (it.forge, it.scenario) == (forge, scenario.name));
    let suffix = if differs { format!(".{forge}") } else { String::new() };
    let file = format!("{}{suffix}.txt", slug(scenario.name));
    let path = format!("tests/src/conformance/transcripts/{}/{file}", group.name);
    keep(&path, transcript).map(|wrong| format!("`{}`: {wrong}", scenario.name))
}

/// A name as a file's.
fn slug(name: &str) -> String {
    let words: String = name.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').collect();
    words.replace(' ', "-")
}

/// Compares a text with a file of the checkout, or writes the file; what is wrong, for people.
pub(super) fn keep(path: &str, text: &str) -> Option<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os(ACCEPT).is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, text).expect("a file");
        return None;
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    (written != text).then(|| {
        let place = written.lines().zip(text.lines()).take_while(|(one, other)| one == other).count();
        let line = |text: &str| text.lines().nth(place).unwrap_or("(its end)").to_owned();
        format!(
            "`{path}` is not what happened, from line {} on.\n  written:  {}\n  happened: {}\nIf that is right, `{COMMAND}` \
             writes it.\n\n{text}",
            place + 1,
            line(&written),
            line(text)
        )
    })
}
