//! Which files a contract's folder may hold.

use semver::Version;

/// What a file in a contract's folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Manifest,
    Head,
    Changelog,
    Version(Version),
    Lock(Version),
    Example,
}

/// What the file at this path, relative to the contract's folder, is; nothing if the layout knows no such file.
pub(crate) fn part(path: &str) -> Option<Part> {
    match path {
        "event.yaml" => return Some(Part::Manifest),
        "schema.json" => return Some(Part::Head),
        "CHANGELOG.md" => return Some(Part::Changelog),
        _ => {}
    }
    if let Some(name) = path.strip_prefix("versions/") {
        let schema = name.strip_suffix(".json").and_then(plain_version).map(Part::Version);
        return schema.or_else(|| name.strip_suffix(".lock").and_then(plain_version).map(Part::Lock));
    }
    let [version, verdict, name] = path.strip_prefix("examples/")?.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    let known = plain_version(version).is_some() && matches!(verdict, "valid" | "invalid") && name.ends_with(".json");
    known.then_some(Part::Example)
}

/// A file directly below `exceptions/`.
pub(crate) fn is_exception(path: &str) -> bool {
    path.strip_suffix(".yaml").is_some_and(is_kebab_name)
}

/// `major.minor.patch` and nothing more.
pub(crate) fn plain_version(text: &str) -> Option<Version> {
    text.parse().ok().filter(|version: &Version| version.pre.is_empty() && version.build.is_empty())
}

/// An event's name: upper camel case.
pub(crate) fn is_event_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A domain's or fragment's name: kebab case.
pub(crate) fn is_kebab_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
