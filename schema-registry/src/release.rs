//! Publishing: from heads to immutable versions.

use forgeline_model::{Diagnostic, Digest, FileSet};
use semver::Version;
use serde_json::Value;

use crate::{
    history::Lock,
    load::{self, Source, head_as_version, unusable},
    materialise::to_text,
};

/// The files that publish each head whose version has none yet: `versions/<version>.json` and its lock. Fragments
/// come first, so that an event may be released together with the fragment it uses. Nothing to do gives no files.
pub fn release(files: &FileSet) -> Result<FileSet, Vec<Diagnostic>> {
    let (sources, mut found) = load::read(files);
    let Some(sources) = sources.filter(|_| found.is_empty()) else { return Err(found) };
    let mut published = sources.published_fragments();
    let mut new = FileSet::new(files.origin.clone());
    let limits = sources.settings.limits();
    for source in sources.fragments.iter().chain(&sources.events) {
        let version = &source.head_version;
        if source.versions.contains_key(version) {
            continue;
        }
        match head_as_version(source, &published, limits) {
            Ok(schema) => {
                let mode = source.manifest.mode.unwrap_or(sources.settings.mode);
                let lock = Lock { digest: Digest::of(&schema), mode };
                add(&mut new, source, version, &schema, &lock);
                if source.domain.is_empty() {
                    published.entry(source.name.clone()).or_default().insert(version.clone(), schema);
                }
            }
            Err(fault) => found.push(unusable(&fault, &format!("{}/schema.json", source.folder))),
        }
    }
    if found.is_empty() { Ok(new) } else { Err(found) }
}

fn add(new: &mut FileSet, source: &Source, version: &Version, schema: &Value, lock: &Lock) {
    let lock = serde_json::to_value(lock).expect("a lock serialises: two strings");
    new.insert(format!("{}/versions/{version}.json", source.folder), to_text(schema));
    new.insert(format!("{}/versions/{version}.lock", source.folder), to_text(&lock));
}
