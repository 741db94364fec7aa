//! Pages for people: one for each event, and an index.

use std::fmt::Write as _;

use forgeline_model::{Diagnostic, FileSet};
use serde_json::Value;

use super::shape::{Shape, paths};
use crate::{Contract, ContractVersion, Registry};

/// The pages of a registry: `README.md` and `<Event>.md` for each event.
pub fn pages(files: &FileSet) -> Result<FileSet, Vec<Diagnostic>> {
    let registry = Registry::load(files)?;
    let mut new = FileSet::new("generated");
    new.insert("README.md", index(&registry));
    for contract in registry.contracts() {
        new.insert(format!("{}.md", contract.name), page(contract, files));
    }
    Ok(new)
}

const NOTE: &str = "<!-- Written by `forgeline contracts docs`; edit the registry instead. -->\n";

fn index(registry: &Registry) -> String {
    let mut text =
        format!("{NOTE}\n# Event contracts\n\n| event | version | domain | status | says |\n|---|---|---|---|---|\n");
    let mut all: Vec<&Contract> = registry.contracts().collect();
    all.sort_by(|one, other| (&one.domain, &one.name).cmp(&(&other.domain, &other.name)));
    for contract in all {
        let _ = writeln!(
            text,
            "| [{name}]({name}.md) | {} | {} | {} | {} |",
            contract.versions.keys().next_back().map_or_else(|| "none".to_owned(), ToString::to_string),
            contract.domain,
            status(contract),
            cell(&contract.manifest.title),
            name = contract.name,
        );
    }
    text
}

fn page(contract: &Contract, files: &FileSet) -> String {
    let manifest = &contract.manifest;
    let folder = format!("events/{}/{}", contract.domain, contract.name);
    let list = |names: &[String]| if names.is_empty() { "nobody yet".to_owned() } else { names.join(", ") };
    let mut text = format!("{NOTE}\n# {}\n\n{}.\n\n| | |\n|---|---|\n", contract.name, manifest.title);
    for (name, value) in [
        ("domain", contract.domain.clone()),
        ("status", status(contract)),
        ("owners", list(&manifest.owners)),
        ("producers", list(&manifest.producers)),
        ("consumers", list(&manifest.consumers)),
    ] {
        let _ = writeln!(text, "| {name} | {} |", cell(&value));
    }
    if !manifest.reserved.is_empty() {
        let _ = writeln!(text, "| reserved | {} |", cell(&manifest.reserved.join(", ")));
    }
    if let Some((version, one)) = contract.versions.iter().next_back() {
        fields(&mut text, version, one);
        let valid = files.below(&format!("{folder}/examples/{version}/valid"));
        if let Some((_, bytes)) = valid.iter().next() {
            let _ = write!(text, "\n## Example\n\n```json\n{}\n```\n", String::from_utf8_lossy(bytes).trim());
        }
    }
    text.push_str("\n## Versions\n\n| version | on the wire | digest |\n|---|---|---|\n");
    for (version, one) in contract.versions.iter().rev() {
        let _ = writeln!(text, "| {version} | {}.{} | `{}` |", version.major, version.minor, one.digest().short());
    }
    let changelog = files.get(&format!("{folder}/CHANGELOG.md")).map(String::from_utf8_lossy).unwrap_or_default();
    text.push_str("\n## Changes\n");
    for line in changelog.lines().skip_while(|line| !line.starts_with("## ")) {
        let line = line.strip_prefix("## ").map_or_else(|| line.to_owned(), |version| format!("### {version}"));
        if line.starts_with("### ") {
            text.push('\n');
        }
        if !line.is_empty() {
            let _ = writeln!(text, "{line}{}", if line.starts_with("### ") { "\n" } else { "" });
        }
    }
    text
}

fn fields(text: &mut String, version: &semver::Version, one: &ContractVersion) {
    let shape = Shape::root(one.schema());
    let _ = write!(text, "\n## Fields of {version}\n\n| field | type | required | says |\n|---|---|---|---|\n");
    for (path, field) in paths(&shape) {
        let required = match path.rsplit_once('.') {
            None => shape.required().contains_key(path.as_str()),
            Some((parent, name)) => {
                let all = paths(&shape);
                let parent = all.get(parent.trim_end_matches("[]"));
                let holder = parent.map(|it| if path.contains("[].") { it.items() } else { Some(it.clone()) });
                holder.flatten().is_some_and(|it| it.required().contains_key(name))
            }
        };
        let says = field.get("description").and_then(Value::as_str).unwrap_or_default();
        let note = if field.deprecated() { "**Deprecated.** " } else { "" };
        let word = if required { "yes" } else { "no" };
        let _ = writeln!(text, "| `{path}` | {} | {word} | {note}{} |", cell(&kind(&field)), cell(says));
    }
}

fn kind(field: &Shape<'_>) -> String {
    if let Some(values) = field.values() {
        return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    }
    let mut text =
        field.types().map_or_else(|| "any".to_owned(), |all| all.into_iter().collect::<Vec<_>>().join(" or "));
    if let Some(format) = field.get("format").and_then(Value::as_str) {
        let _ = write!(text, ", {format}");
    }
    if let Some(items) = field.items() {
        let _ = write!(text, " of {}", kind(&items));
    }
    text
}

fn status(contract: &Contract) -> String {
    format!("{:?}", contract.manifest.status).to_lowercase()
}

/// Text inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
