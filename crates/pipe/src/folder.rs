//! The fresh directory of a child, and the directories of children whose parent was killed.
//!
//! A directory carries its parent's process id, so that any later process can tell which ones nobody needs any more.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Once,
};

use rustix::{
    io::Errno,
    process::{Pid, getuid, test_kill_process},
};
use tempfile::TempDir;

/// Begins the name of every such directory.
const PREFIX: &str = "forgeline-child-";

/// Whether this process has looked for abandoned directories.
static SWEPT: Once = Once::new();

/// A directory for a child of this process. The first one is the occasion to remove abandoned ones.
pub(crate) fn fresh() -> io::Result<TempDir> {
    SWEPT.call_once(|| drop(sweep()));
    tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir()
}

/// Directories of this user's children whose parent is gone. None when there is no reading the place where they are.
pub fn abandoned() -> Vec<PathBuf> {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_abandoned(path)).collect();
    found.sort();
    found
}

/// Removes abandoned directories that are empty, and says which. A child writes nothing into its directory; what is not
/// empty was changed by somebody else and is left to them.
pub fn sweep() -> Vec<PathBuf> {
    let mut found = abandoned();
    found.retain(|path| fs::remove_dir(path).is_ok());
    found
}

fn is_abandoned(path: &Path) -> bool {
    let parent = path.file_name().and_then(|name| parent_in(name.to_str()?));
    let is_ours = |it: fs::Metadata| it.is_dir() && it.uid() == getuid().as_raw();
    parent.is_some_and(|parent| test_kill_process(parent) == Err(Errno::SRCH))
        && path.symlink_metadata().is_ok_and(is_ours)
}

/// The parent's process id in a directory's name.
fn parent_in(name: &str) -> Option<Pid> {
    let (id, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    id.parse().ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::parent_in;

    #[test]
    fn only_our_names_carry_a_parent() {
        let id = |name: &str| parent_in(name).map(|pid| pid.as_raw_nonzero().get());
        assert_eq!(id("forgeline-child-17-AbC"), Some(17));
        for name in ["forgeline-17-AbC", "forgeline-child-17", "forgeline-child-x-AbC", "forgeline-child-0-AbC"] {
            assert_eq!(id(name), None, "{name}");
        }
    }
}
