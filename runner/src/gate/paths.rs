//! Rules about where a file goes.

use std::collections::BTreeMap;

use forgeline_model::{SafePath, StageId};
use forgeline_repo::folded;
use globset::GlobMatcher;

use super::{
    BaseEntry, GateInput, RuleOutcome, glob,
    verdict::{Answers, Decision, counted, printable},
};

/// Folder of what Forgeline itself keeps in a repository.
const OWN_FOLDER: &str = ".forgeline";

/// `safe-path`: the path means the same on every file system.
pub(super) fn safe_path(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files {
        if let Err(unsafe_path) = file.path.parse::<SafePath>() {
            answers.about(Decision::Deny, file.path, unsafe_path.reason);
        }
    }
    answers.or_passed(format!("{} well formed", counted(input.files.len(), "path")))
}

/// `declared-path`: the stage that proposes the file declares it, with this artifact type.
pub(super) fn declared_path(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let declared: BTreeMap<&StageId, Vec<(Option<GlobMatcher>, &str)>> = input
        .produces
        .iter()
        .map(|(stage, all)| {
            (stage, all.iter().map(|one| (glob::matcher(&one.path), one.artifact_type.as_str())).collect())
        })
        .collect();
    for file in input.files {
        let matching: Vec<&str> = declared
            .get(file.stage)
            .into_iter()
            .flatten()
            .filter(|(matcher, _)| matcher.as_ref().is_some_and(|matcher| matcher.is_match(file.path)))
            .map(|(_, artifact_type)| *artifact_type)
            .collect();
        if matching.is_empty() {
            answers.about(
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
            answers.about(Decision::Deny, file.path, message);
        }
    }
    answers.or_passed("every file is declared by its stage")
}

/// `own-path`: only the publisher writes below [`OWN_FOLDER`].
pub(super) fn own_path(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files.iter().filter(|file| is_own(file.path)) {
        answers.about(Decision::Deny, file.path, format!("`{OWN_FOLDER}/` is written by Forgeline alone"));
    }
    answers.or_passed(match input.own_paths {
        [] => format!("nothing below `{OWN_FOLDER}/`"),
        own => format!("Forgeline adds {}", own.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")),
    })
}

/// Whether a path is at or below [`OWN_FOLDER`] on some file system.
pub(super) fn is_own(path: &str) -> bool {
    path.split('/').find(|part| !part.is_empty()).is_some_and(|first| folded(first) == OWN_FOLDER)
}

/// `path-conflict`: no path twice, no file where a folder is or the other way round, nothing through a link.
pub(super) fn path_conflict(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let mut proposed: BTreeMap<&str, &StageId> = BTreeMap::new();
    for file in input.files {
        if let Some(other) = proposed.insert(file.path, file.stage) {
            answers.about(Decision::Deny, file.path, format!("stages `{other}` and `{}` both write it", file.stage));
        }
    }
    for path in proposed.keys().chain(input.own_paths) {
        if let Some(parent) = parents(path).find(|parent| proposed.contains_key(parent)) {
            answers.about(Decision::Deny, path, format!("`{}` is written as a file", printable(parent)));
        }
        if input.base.is_folder(path) {
            answers.about(Decision::Deny, path, "it is a folder in the base");
        }
        for (place, entry) in parents(path).chain([*path]).filter_map(|place| Some((place, input.base.entry(place)?))) {
            let what = match entry {
                BaseEntry::File | BaseEntry::Executable if place == *path => continue,
                BaseEntry::File | BaseEntry::Executable => "a file",
                BaseEntry::Symlink => "a symbolic link",
                BaseEntry::Submodule => "a submodule",
            };
            answers.about(Decision::Deny, path, format!("`{}` is {what} in the base", printable(place)));
        }
    }
    answers.or_passed("no path in the way of another")
}

/// `case-collision`: no two paths that some file systems hold for the same, in the proposal or with the base.
pub(super) fn case_collision(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let mut spelt: BTreeMap<String, &str> = BTreeMap::new();
    for path in input.files.iter().map(|file| file.path).chain(input.own_paths.iter().copied()) {
        for place in parents(path).chain([path]) {
            let first = *spelt.entry(folded(place)).or_insert(place);
            if first != place {
                let reason = format!("`{}` is spelt `{}` elsewhere", printable(place), printable(first));
                answers.about(Decision::Deny, path, reason);
                break;
            }
        }
    }
    let mut against_base: BTreeMap<&str, &str> = BTreeMap::new();
    for path in input.base.paths() {
        for place in parents(path).chain([path]) {
            if let Some(ours) = spelt.get(&folded(place)).filter(|ours| **ours != place) {
                against_base.insert(ours, place);
            }
        }
    }
    for (ours, theirs) in against_base {
        answers.about(Decision::Deny, ours, format!("the base spells it `{}`", printable(theirs)));
    }
    answers.or_passed("no two spellings of one path")
}

/// `mode`: nothing that is written can be run. Proposals have no mode of their own, but a file keeps the one it has.
pub(super) fn mode(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files.iter().filter(|file| !file.unchanged) {
        if input.base.entry(file.path) == Some(BaseEntry::Executable) {
            answers.about(Decision::NeedsHuman, file.path, "it is executable in the base and stays so");
        }
    }
    answers.or_passed("regular files, none of them executable")
}

/// `a/b/c` gives `a`, then `a/b`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}
