//! The definitions in the binary: the last resort of every lookup.

use forgeline_model::FileSet;

/// Path from the root of a factory, and bytes.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The shipped blueprints and agents, laid out as in a factory.
pub fn shipped() -> FileSet {
    let mut files = FileSet::new("built in");
    for (path, bytes) in FILES {
        files.insert(*path, *bytes);
    }
    files
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    /// The build script watches the folders that it found when it last ran.
    #[test]
    fn every_shipped_folder_is_in_the_binary() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let shipped = super::shipped();
        for (kind, manifest) in [("blueprints", "blueprint.yaml"), ("agents", "agent.yaml")] {
            let on_disk: BTreeSet<String> = std::fs::read_dir(root.join(kind))
                .expect("the folder is part of the workspace")
                .map(|entry| entry.expect("readable"))
                .filter(|entry| entry.path().join(manifest).is_file())
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect();
            let inside: BTreeSet<String> = shipped.folders(kind).into_iter().collect();
            assert_eq!(inside, on_disk, "run `cargo run -p forgeline-blueprints --example lock`");
        }
    }
}
