//! The schemas of what commands print with `--json`, as they lie in `schemas/output/`. A test holds every command to its
//! schema, and each schema names every field.

use include_dir::{Dir, include_dir};
use serde_json::Value;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../schemas/output");

/// Version of the documents, `schemaVersion` and part of the files' names.
const SUFFIX: &str = ".v1.json";

/// Each schema with its name: the words of the command joined by `-`, `error` for a failure.
pub fn all() -> impl Iterator<Item = (&'static str, Value)> {
    let mut files: Vec<_> = FILES.files().collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().filter_map(|file| {
        let name = file.path().to_str()?.strip_suffix(SUFFIX)?;
        let schema = serde_json::from_slice(file.contents()).expect("a shipped schema is JSON: a test asks for it");
        Some((name, schema))
    })
}
