//! Where a benchmark works: the executable that was built with it, a disk, a repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The `forgeline` of the same profile.
pub(crate) fn forgeline() -> PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    let program = own.parent().and_then(Path::parent).expect("target/<profile>/deps").join("forgeline");
    assert!(program.is_file(), "`{}` is not built; run `make bench`", program.display());
    program
}

/// A folder on the disk that holds the build, not in memory: what is measured waits for the disk.
pub(crate) fn scratch() -> TempDir {
    let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(below).expect("a folder");
    TempDir::new_in(below).expect("a folder")
}

/// A plain repository with one commit on `main`, and the id of that commit.
pub(crate) fn repository(folder: &Path) -> String {
    fs::create_dir_all(folder).expect("a folder");
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    fs::write(folder.join("README.md"), "# Something real\n").expect("a file");
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "-m", "first"]);
    git(folder, &["rev-parse", "HEAD"])
}

/// What `git` says in a folder, without anybody's configuration.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.org"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git starts");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Megabytes of memory that a process holds; only Linux tells.
pub(crate) fn resident_mb(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
