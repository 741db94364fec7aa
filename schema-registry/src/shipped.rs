//! The contracts inside the binary.

use forgeline_model::FileSet;
use include_dir::{Dir, include_dir};

static EVENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/events");
static COMMON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/common");
const SETTINGS: &str = include_str!("../registry.yaml");

/// The contracts that come with Forgeline, in the layout of any other registry.
pub fn shipped() -> FileSet {
    let mut files = FileSet::new("built in");
    files.insert("registry.yaml", SETTINGS);
    add(&mut files, "events", &EVENTS);
    add(&mut files, "common", &COMMON);
    files
}

/// A registry's own files on top of the shipped ones, so that a factory only holds the contracts it adds. What it
/// says under a shipped name and version must be what is shipped; loading reports it otherwise.
#[must_use]
pub fn with_shipped(own: &FileSet) -> FileSet {
    let mut files = shipped();
    if !own.is_empty() {
        files.origin = format!("{}, over the built-in contracts", own.origin);
    }
    for (path, bytes) in own.iter() {
        files.insert(path, bytes);
    }
    files
}

/// What a registry is made of, seen from its folder.
pub const PARTS: [&str; 4] = ["registry.yaml", "common", "events", "exceptions"];
/// Carried by a registry that needs no other beneath it.
const ENVELOPE: &str = "common/envelope/event.yaml";

/// Whether a registry needs no other beneath it.
pub fn stands_alone(own: &FileSet) -> bool {
    own.get(ENVELOPE).is_some()
}

/// A registry stands on the built-in contracts, unless it has the envelope itself.
#[must_use]
pub fn over_built_in(own: &FileSet) -> FileSet {
    if stands_alone(own) { own.clone() } else { with_shipped(own) }
}

fn add(files: &mut FileSet, folder: &str, dir: &Dir<'_>) {
    for file in dir.files() {
        files.insert(format!("{folder}/{}", file.path().display()), file.contents());
    }
    for below in dir.dirs() {
        add(files, folder, below);
    }
}
