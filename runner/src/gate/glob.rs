//! Globs over repository paths: `*` stays within a folder, `**` does not.

use globset::{Glob, GlobBuilder, GlobMatcher};

/// A matcher for a glob. `None` is a glob that cannot be read; it matches nothing, and the linter has reported it.
pub(super) fn matcher(glob: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .empty_alternates(true)
        .build()
        .as_ref()
        .map(Glob::compile_matcher)
        .ok()
}

/// The same, for protection: upper and lower case are one, so that a spelling does not get around it.
pub(super) fn caseless(glob: &str) -> Option<GlobMatcher> {
    let mut builder = GlobBuilder::new(glob);
    builder
        .literal_separator(true)
        .empty_alternates(true)
        .case_insensitive(true)
        .build()
        .as_ref()
        .map(Glob::compile_matcher)
        .ok()
}
