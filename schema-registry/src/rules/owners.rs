//! Who reviews which contract, and who reads which version.

use forgeline_model::{FileSet, diagnostic::escape_all_controls};

use super::Finding;
use crate::{
    load::{Source, Sources},
    shipped,
};

/// Where a forge reads who reviews what; from the repository's root.
pub const FILE: &str = ".github/CODEOWNERS";
const BEGIN: &str = "# contracts: begin (written by `forgeline contracts release`)";
const END: &str = "# contracts: end";

/// Findings on owners and consumers.
pub(super) fn check(files: &FileSet, sources: &Sources, folder: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in sources.fragments.iter().chain(&sources.events) {
        let file = format!("{}/event.yaml", source.folder);
        if source.manifest.owners.iter().all(|owner| owner.trim().is_empty()) {
            let message = format!("`{}` has no owner", source.name);
            found.push(
                Finding::new("owners-missing", &source.name, file.clone(), message).fix("name a team in `owners`"),
            );
        }
        found.extend(behind(source, &file));
        for owner in source.manifest.owners.iter().filter(|owner| !is_owner(owner)) {
            let message = format!("`{}` is not an owner", escape_all_controls(owner));
            let mut finding = Finding::new("owners-missing", &source.name, &file, message);
            finding.level = crate::settings::Level::Error;
            found.push(finding.fix("write `@name`, `@organisation/team` or an e-mail address"));
        }
    }
    let Some(text) = files.get(FILE).map(String::from_utf8_lossy) else { return found };
    if block(&text) != Some(&wanted(sources, folder)) {
        let line = text.lines().position(|line| line == BEGIN).map_or(1, |at| at + 1);
        let message = format!("the marked block of `{FILE}` is not what the contracts' owners make of it");
        let mut finding = Finding::new("codeowners-drift", "", FILE, message).fix("run `forgeline contracts release`");
        finding.line = u32::try_from(line).unwrap_or(u32::MAX);
        found.push(finding);
    }
    found.extend(taken_over(&text, folder));
    found
}

/// Whether a name can stand in CODEOWNERS without being anything else there.
fn is_owner(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#')
}

/// Lines after the block that are about the registry: the last line that fits a file decides whose it is.
fn taken_over(text: &str, folder: &str) -> Vec<Finding> {
    let Some(end) = text.find(END) else { return Vec::new() };
    let before = text[..end].lines().count();
    let touches = |pattern: &str| {
        let bare = pattern.trim_start_matches('/');
        let fixed = bare.split(['*', '?']).next().unwrap_or_default().trim_end_matches('/');
        let places =
            if folder.is_empty() { vec!["events", "common", "exceptions", "registry.yaml"] } else { vec![folder] };
        fixed.is_empty() || places.iter().any(|place| fixed.starts_with(place) || place.starts_with(fixed))
    };
    let rules = text[end..].lines().enumerate().skip(1);
    let rules = rules.filter_map(|(at, line)| Some((at, line.split_whitespace().next()?)));
    rules
        .filter(|(_, pattern)| !pattern.starts_with('#') && touches(pattern))
        .map(|(at, pattern)| {
            let message = format!("`{pattern}` after the marked block takes contracts away from their owners");
            let mut finding = Finding::new("codeowners-drift", "", FILE, message).fix("move it above the block");
            finding.line = u32::try_from(before + at).unwrap_or(u32::MAX);
            finding
        })
        .collect()
}

fn behind(source: &Source, file: &str) -> Vec<Finding> {
    let Some(newest) = source.versions.keys().next_back() else { return Vec::new() };
    let wire = format!("{}.{}", newest.major, newest.minor);
    let named = source.manifest.consumers.iter().filter_map(|consumer| consumer.split_once('@'));
    named
        .filter(|(_, at)| *at != wire)
        .map(|(name, at)| {
            let message = format!("`{name}` reads `{at}`, the newest version is `{wire}`");
            Finding::new("consumer-behind", &source.name, file, message)
                .hurts(&[format!("consumer {name}")])
                .fix("move the consumer on, then change its line")
        })
        .collect()
}

/// The text of CODEOWNERS with the block brought up to date; `folder` is where the registry lies in the repository.
pub(crate) fn rewritten(text: &str, sources: &Sources, folder: &str) -> String {
    let wanted = wanted(sources, folder);
    match block(text) {
        Some(old) => text.replacen(old, &wanted, 1),
        None if text.is_empty() => wanted,
        None => format!("{}\n\n{wanted}", text.trim_end()),
    }
}

fn block(text: &str) -> Option<&str> {
    let start = text.find(BEGIN)?;
    let end = text[start..].find(END)? + start + END.len();
    Some(&text[start..text[end..].find('\n').map_or(text.len(), |at| end + at + 1)])
}

fn wanted(sources: &Sources, folder: &str) -> String {
    let prefix = if folder.is_empty() { String::new() } else { format!("/{folder}") };
    let mut lines = vec![BEGIN.to_owned()];
    // What is built in has its owners elsewhere.
    let built_in = shipped();
    let own = |source: &&Source| built_in.get(&format!("{}/event.yaml", source.folder)).is_none();
    for source in sources.fragments.iter().chain(&sources.events).filter(own) {
        let owners: Vec<&str> =
            source.manifest.owners.iter().map(String::as_str).filter(|owner| is_owner(owner)).collect();
        lines.push(format!("{prefix}/{}/ {}", source.folder, owners.join(" ")).trim_end().to_owned());
    }
    lines.push(END.to_owned());
    lines.join("\n") + "\n"
}
