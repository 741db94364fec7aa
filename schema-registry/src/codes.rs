//! The diagnostic codes of this crate and what `forgeline explain` says about them.

/// `registry.yaml` is missing or cannot be read.
pub const SETTINGS: &str = "FL0301";
/// A JSON file of the registry is not JSON.
pub const NOT_JSON: &str = "FL0302";
/// A file lies where the layout knows none.
pub const UNKNOWN_FILE: &str = "FL0303";
/// `event.yaml` is missing or cannot be read.
pub const MANIFEST: &str = "FL0304";
/// A schema is not a valid JSON Schema of the registry's dialect.
pub const SCHEMA_INVALID: &str = "FL0305";
/// A schema is larger than the limits allow.
pub const SCHEMA_TOO_LARGE: &str = "FL0306";
/// A reference is remote, unpinned or leads nowhere.
pub const REFERENCE: &str = "FL0307";
/// A version is missing or is not `major.minor.patch`.
pub const VERSION: &str = "FL0308";
/// A published version is no longer what was published.
pub const PUBLISHED_MODIFIED: &str = "FL0309";
/// The head was edited without a new version.
pub const HEAD_MODIFIED: &str = "FL0310";
/// A lock is missing, unreadable, or belongs to no version.
pub const LOCK: &str = "FL0311";
/// Two folders define the same event.
pub const DUPLICATE_EVENT: &str = "FL0312";
/// A published version has no example.
pub const EXAMPLE_MISSING: &str = "FL0313";
/// An example is not judged as its folder says.
pub const EXAMPLE_INVALID: &str = "FL0314";
/// The changelog has no section for a published version.
pub const CHANGELOG: &str = "FL0315";
/// A contract in use has no published version.
pub const UNPUBLISHED: &str = "FL0316";

/// Code, title and explanation of every code above, in code order.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        SETTINGS,
        "registry settings missing or invalid",
        "`registry.yaml` at the top of the registry names the dialect, the default compatibility mode and the limits. Limits can only be lowered.",
    ),
    (NOT_JSON, "file is not JSON", "Schemas, locks and examples are JSON in UTF-8, at most 256 KiB."),
    (
        UNKNOWN_FILE,
        "file is not part of the layout",
        "A contract's folder holds `event.yaml`, `schema.json`, `CHANGELOG.md`, `versions/<version>.json` with `versions/<version>.lock`, and `examples/<version>/valid|invalid/*.json`. A file with a misspelt name would be ignored, so it is refused.",
    ),
    (
        MANIFEST,
        "event.yaml missing or invalid",
        "`event.yaml` gives the title, the owners, the status, and who produces and consumes the event. Unknown keys are refused.",
    ),
    (
        SCHEMA_INVALID,
        "schema is not valid",
        "The schema must be valid JSON Schema 2020-12 with known formats, and its patterns must work on a linear regular expression engine: no look-around, no back-references.",
    ),
    (SCHEMA_TOO_LARGE, "schema is too large", "A schema is at most 256 KiB, 20 000 nodes and 64 levels deep."),
    (
        REFERENCE,
        "reference refused",
        "A head refers to its own definitions (`#/$defs/…`) or to one published version of a shared fragment (`../../../common/<name>/versions/1.0.0.json`). Nothing is fetched.",
    ),
    (
        VERSION,
        "version missing or malformed",
        "`x-version` in `schema.json` and the names of the files in `versions/` are `major.minor.patch`.",
    ),
    (
        PUBLISHED_MODIFIED,
        "published version modified",
        "A published version never changes: others have produced and stored events under it. Restore the file and publish a new version instead.",
    ),
    (
        HEAD_MODIFIED,
        "schema changed without a new version",
        "`schema.json` no longer gives what was published under its `x-version`. Raise `x-version`, describe the change in the changelog and release it.",
    ),
    (
        LOCK,
        "lock missing or invalid",
        "Each `versions/<version>.json` has a `versions/<version>.lock` with its digest and mode.",
    ),
    (DUPLICATE_EVENT, "event defined twice", "An event's name is unique in the registry, whatever its domain."),
    (EXAMPLE_MISSING, "example missing", "Each published version has at least one valid and one invalid example."),
    (
        EXAMPLE_INVALID,
        "example judged otherwise",
        "Files under `valid/` must pass the version's schema and files under `invalid/` must not.",
    ),
    (CHANGELOG, "changelog section missing", "`CHANGELOG.md` has a section `## <version>` for each published version."),
    (
        UNPUBLISHED,
        "contract without a published version",
        "An active contract has at least one version; until the first release its status is `draft`.",
    ),
];

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_explained_once_and_in_order() {
        let codes: Vec<&str> = super::CODES.iter().map(|(code, ..)| *code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        assert!(codes.iter().all(|code| code.starts_with("FL03")));
    }
}
