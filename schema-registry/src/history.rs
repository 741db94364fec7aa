//! What is published stays as it was published.

use std::{collections::BTreeMap, sync::LazyLock};

use forgeline_model::{Diagnostic, Digest};
use serde::{Deserialize, Serialize};

use crate::{
    CompatibilityMode, Status, codes,
    load::{Source, bundled_head, unusable},
    materialise::Fragments,
    schema::{self, Limits},
    shipped,
};

/// `versions/<version>.lock`: what was published, and under which promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    /// Digest of the version's schema in canonical form.
    pub(crate) digest: Digest,
    /// Compatibility mode when it was published.
    pub(crate) mode: CompatibilityMode,
}

/// Digests of the built-in versions, by path without its ending.
static BUILT_IN: LazyLock<BTreeMap<String, Digest>> = LazyLock::new(|| {
    let files = shipped();
    let locks = files.iter().filter_map(|(path, bytes)| Some((path.strip_suffix(".lock")?, bytes)));
    locks
        .filter_map(|(path, bytes)| Some((path.to_owned(), serde_json::from_slice::<Lock>(bytes).ok()?.digest)))
        .collect()
});

/// The digest of the built-in version at `…/versions/<version>`, if there is one.
pub(crate) fn built_in(path: &str) -> Option<Digest> {
    BUILT_IN.get(path).copied()
}

/// Holds a contract's versions against their locks, its head against its versions, and its changelog against both.
pub(crate) fn check(source: &Source, fragments: &Fragments, limits: Limits) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (version, schema) in &source.versions {
        let file = |suffix: &str| format!("{}/versions/{version}.{suffix}", source.folder);
        let digest = Digest::of(schema);
        match source.locks.get(version) {
            None => found.push(
                Diagnostic::error(codes::LOCK, format!("`{}` has no lock beside it", file("json")))
                    .hint("a version is published by a release, which writes both files")
                    .in_file(file("json")),
            ),
            Some(lock) if lock.digest != digest => found.push(modified(source, &file("json"), lock.digest, digest)),
            Some(_) => {}
        }
        if let Some(shipped) = built_in(&format!("{}/versions/{version}", source.folder)).filter(|one| *one != digest) {
            found.push(modified(source, &file("json"), shipped, digest));
        }
        let heading = format!("## {version}");
        if !source.changelog.lines().any(|line| line.split(" - ").next().is_some_and(|l| l.trim_end() == heading)) {
            found.push(
                Diagnostic::error(codes::CHANGELOG, format!("the changelog has no section `{heading}`"))
                    .in_file(format!("{}/CHANGELOG.md", source.folder)),
            );
        }
    }
    for version in source.locks.keys().filter(|version| !source.versions.contains_key(version)) {
        let file = format!("{}/versions/{version}.lock", source.folder);
        found.push(
            Diagnostic::error(codes::PUBLISHED_MODIFIED, format!("published version `{version}` is gone"))
                .hint("restore its file; a published version is never deleted")
                .in_file(file),
        );
    }
    if source.versions.is_empty() && source.manifest.status != Status::Draft {
        found.push(
            Diagnostic::error(codes::UNPUBLISHED, format!("`{}` is in use but has no published version", source.name))
                .hint("release its first version, or set `status: draft`")
                .in_file(format!("{}/event.yaml", source.folder)),
        );
    }
    found.extend(check_head(source, fragments, limits));
    found
}

fn modified(source: &Source, file: &str, locked: Digest, actual: Digest) -> Diagnostic {
    let message = format!(
        "a published version of `{}` was modified: published as {}, now {}",
        source.name,
        locked.short(),
        actual.short()
    );
    Diagnostic::error(codes::PUBLISHED_MODIFIED, message)
        .hint("restore the file and publish the change under a new version")
        .in_file(file)
}

/// A head that stands for a published version gives exactly that; a new one builds and is newer than all of them.
fn check_head(source: &Source, fragments: &Fragments, limits: Limits) -> Option<Diagnostic> {
    let version = &source.head_version;
    let file = format!("{}/schema.json", source.folder);
    let schema = match bundled_head(source, fragments) {
        Ok(schema) => schema,
        Err(fault) => return Some(unusable(&fault, &file)),
    };
    if let Some(published) = source.versions.get(version) {
        let message = format!("the head of `{}` differs from its published version `{version}`", source.name);
        return (Digest::of(published) != Digest::of(&schema)).then(|| {
            Diagnostic::error(codes::HEAD_MODIFIED, message)
                .hint("raise `x-version`; a published version never changes")
                .in_file(file)
        });
    }
    if let Err(fault) = schema::compile(&schema, limits) {
        return Some(unusable(&fault, &file));
    }
    source.versions.keys().next_back().filter(|last| *last > version).map(|last| {
        let message = format!("the head's version `{version}` is older than the published `{last}`");
        Diagnostic::error(codes::VERSION, message).in_file(file)
    })
}
