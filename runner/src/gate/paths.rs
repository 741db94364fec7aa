//! Rules about where a file goes.

use std::collections::BTreeMap;

use forgeline_model::{SafePath, StageId};
use globset::GlobMatcher;

use super::{
    BaseEntry, GateInput, RuleOutcome, glob,
    verdict::{Answers, Decision, counted, printable},
};

/// `safe-path`: the path means the same on every file system.
pub(super) fn safe_path(input: &GateInput<'_>) -> Vec<RuleOutcome> {
    let mut answers = Answers::new("safe-path");
    for file in input.files {
        if let Err(unsafe_path) = file.path.parse::<SafePath>() {
            answers.file(Decision::Deny, file.path, unsafe_path.reason);
        }
    }
    answers.or_passed(format!("{} well formed", counted(input.files.len(), "path")))
}

/// `declared-path`: the stage that proposes the file declares it, with this artifact type.
pub(super) fn declared_path(input: &GateInput<'_>) -> Vec<RuleOutcome> {
    let declared: BTreeMap<&StageId, Vec<(Option<GlobMatcher>, &str)>> = input
        .produces
        .iter()
        .map(|(stage, all)| {
            (stage, all.iter().map(|one| (glob::matcher(&one.path), one.artifact_type.as_str())).collect())
        })
        .collect();
    let mut answers = Answers::new("declared-path");
    for file in input.files {
        let matching: Vec<&str> = declared
            .get(file.stage)
            .into_iter()
            .flatten()
            .filter(|(matcher, _)| matcher.as_ref().is_some_and(|matcher| matcher.is_match(file.path)))
            .map(|(_, artifact_type)| *artifact_type)
            .collect();
        if matching.is_empty() {
            answers.file(
                Decision::Deny,
                file.path,
                format!("stage `{}` does not declare it in `produces`", file.stage),
            );
        } else if !matching.contains(&file.artifact_type) {
            let message = format!(
                "stage `{}` declares it as `{}`, not as `{}`",
                file.stage,
                matching.join("` or `"),
                printable(file.artifact_type)
            );
            answers.file(Decision::Deny, file.path, message);
        }
    }
    answers.or_passed("every file is declared by its stage")
}

/// `path-conflict`: no path twice, no file where a folder is or the other way round, nothing through a link.
pub(super) fn path_conflict(input: &GateInput<'_>) -> Vec<RuleOutcome> {
    let mut answers = Answers::new("path-conflict");
    let mut proposed: BTreeMap<&str, &StageId> = BTreeMap::new();
    for file in input.files {
        if let Some(other) = proposed.insert(file.path, file.stage) {
            answers.file(Decision::Deny, file.path, format!("stages `{other}` and `{}` both write it", file.stage));
        }
    }
    for path in proposed.keys() {
        if let Some(parent) = parents(path).find(|parent| proposed.contains_key(parent)) {
            answers.file(Decision::Deny, path, format!("`{}` is written as a file", printable(parent)));
        }
        if input.base.is_folder(path) {
            answers.file(Decision::Deny, path, "it is a folder in the base");
        }
        for (place, entry) in parents(path).chain([*path]).filter_map(|place| Some((place, input.base.entry(place)?))) {
            let what = match entry {
                BaseEntry::File if place == *path => continue,
                BaseEntry::File => "a file",
                BaseEntry::Symlink => "a symbolic link",
                BaseEntry::Submodule => "a submodule",
            };
            answers.file(Decision::Deny, path, format!("`{}` is {what} in the base", printable(place)));
        }
    }
    answers.or_passed("no path in the way of another")
}

/// `case-collision`: no two paths that some file systems hold for the same, in the proposal or with the base.
pub(super) fn case_collision(input: &GateInput<'_>) -> Vec<RuleOutcome> {
    let mut answers = Answers::new("case-collision");
    let mut spelt: BTreeMap<String, &str> = BTreeMap::new();
    for file in input.files {
        for place in parents(file.path).chain([file.path]) {
            let first = *spelt.entry(place.to_lowercase()).or_insert(place);
            if first != place {
                answers.file(
                    Decision::Deny,
                    file.path,
                    format!("`{}` is spelt `{}` elsewhere", printable(place), printable(first)),
                );
                break;
            }
        }
    }
    let mut against_base: BTreeMap<&str, &str> = BTreeMap::new();
    for path in input.base.paths() {
        for place in parents(path).chain([path]) {
            if let Some(ours) = spelt.get(&place.to_lowercase()).filter(|ours| **ours != place) {
                against_base.insert(ours, place);
            }
        }
    }
    for (ours, theirs) in against_base {
        answers.file(Decision::Deny, ours, format!("the base spells it `{}`", printable(theirs)));
    }
    answers.or_passed("no two spellings of one path")
}

/// `a/b/c` gives `a`, then `a/b`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}
