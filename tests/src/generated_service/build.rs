//! A generated crate on disk, built offline into the build cache of these tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::generate::Generated;

/// A generated service. It keeps its folder from run to run, so that only what changed is built again.
pub(crate) struct Crate {
    folder: PathBuf,
    name: &'static str,
}

impl Crate {
    /// Writes the files of a run that are below `services/<name>/`, and removes what an earlier run left.
    pub(crate) fn write(generated: &Generated, name: &'static str) -> Self {
        let folder = target().join("generated-service").join(name);
        let prefix = format!("services/{name}/");
        let mut kept = BTreeSet::new();
        for (path, text) in &generated.files {
            let Some(path) = path.strip_prefix(&prefix) else { continue };
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            if fs::read_to_string(&path).ok().as_ref() != Some(text) {
                fs::write(&path, text).expect("a file");
            }
            kept.insert(path);
        }
        remove_others(&folder, &kept);
        Self { folder, name }
    }

    /// Runs cargo; whatever it says is the failure's message.
    #[track_caller]
    pub(crate) fn cargo(&self, args: &[&str]) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(args)
            .args(["--offline", "--locked"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target())
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("cargo starts");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "cargo {args:?}\n{}\n{}", said(&output.stdout), said(&output.stderr));
    }

    /// The executable that `cargo build` made.
    pub(crate) fn executable(&self) -> PathBuf {
        target().join("debug").join(self.name)
    }
}

fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_others(&path, kept);
        } else if !kept.contains(&path) {
            fs::remove_file(path).expect("a stale file");
        }
    }
}

/// The build cache: `<target>/<profile>/deps/<this program>`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    program.ancestors().nth(3).map(Path::to_owned).expect("target/<profile>/deps")
}
