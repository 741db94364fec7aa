//! Examples: what each version accepts and refuses, shown.

use forgeline_model::{Diagnostic, FileSet};
use semver::Version;
use serde_json::Value;

use crate::{Contract, Registry, codes};

/// Checks the examples in `files` against the registry that was loaded from them: each published version has a valid
/// and an invalid one, and each is judged as its folder says.
pub fn check(files: &FileSet, registry: &Registry) -> Vec<Diagnostic> {
    let events =
        registry.contracts().map(|contract| (format!("events/{}/{}", contract.domain, contract.name), contract));
    let fragments = registry.fragments().map(|contract| (format!("common/{}", contract.name), contract));
    let mut found = Vec::new();
    for (folder, contract) in events.chain(fragments) {
        for version in contract.versions.keys() {
            for verdict in [Verdict::Valid, Verdict::Invalid] {
                check_folder(files, &folder, contract, version, verdict, &mut found);
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Valid,
    Invalid,
}

fn check_folder(
    files: &FileSet,
    folder: &str,
    contract: &Contract,
    version: &Version,
    verdict: Verdict,
    found: &mut Vec<Diagnostic>,
) {
    let word = if verdict == Verdict::Valid { "valid" } else { "invalid" };
    let folder = format!("{folder}/examples/{version}/{word}");
    let examples = files.below(&folder);
    if examples.is_empty() {
        let message = format!("`{}@{version}` has no {word} example", contract.name);
        found.push(Diagnostic::error(codes::EXAMPLE_MISSING, message).in_file(format!("{folder}/…")));
    }
    for (name, bytes) in examples.iter() {
        let file = format!("{folder}/{name}");
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                found.push(Diagnostic::error(codes::NOT_JSON, error.to_string()).in_file(file));
                continue;
            }
        };
        let violations = contract.versions[version].check_produced(&value);
        let message = match verdict {
            Verdict::Valid if !violations.is_empty() => {
                let listed: Vec<String> = violations.iter().map(ToString::to_string).collect();
                format!("`{}@{version}` refuses its valid example: {}", contract.name, listed.join("; "))
            }
            Verdict::Invalid if violations.is_empty() => {
                format!("`{}@{version}` accepts its invalid example", contract.name)
            }
            Verdict::Valid | Verdict::Invalid => continue,
        };
        found.push(Diagnostic::error(codes::EXAMPLE_INVALID, message).in_file(file));
    }
}
