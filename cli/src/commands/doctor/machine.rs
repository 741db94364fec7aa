//! Git, and the place where state lies.

use std::{fs, io, os::unix::fs::DirBuilderExt as _, path::Path, time::Duration};

use rustix::fs::{statfs, statvfs};
use tokio::process::Command;

use super::Check;

/// Oldest Git that is known to work.
const OLDEST_GIT: (u32, u32) = (2, 30);
/// Below this free space nothing new is taken in.
const LEAST_SPACE: u64 = 1 << 30;
/// Longest wait for a program that only tells its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// File systems whose locks cannot be trusted: NFS, SMB, CIFS, SMB2, AFS, Ceph, 9P.
const NETWORK: [(u32, &str); 7] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x5346_414F, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x0102_1997, "9P"),
];

/// The `git` program: clones and pushes go through it.
pub(super) async fn git() -> Check {
    let install = "install Git 2.30 or newer with your system's package manager";
    let asked = tokio::time::timeout(PATIENCE, Command::new("git").arg("--version").kill_on_drop(true).output()).await;
    let output = match asked {
        Ok(Ok(output)) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(Ok(output)) => {
            return Check::failed("git", format!("`git --version` ended with {}", output.status), install);
        }
        Ok(Err(error)) => return Check::failed("git", format!("`git` cannot be started: {error}"), install),
        Err(_) => return Check::failed("git", "`git --version` does not answer", install),
    };
    match version(&output) {
        Some(version) if version < OLDEST_GIT => Check::failed("git", format!("{output} is too old"), install),
        Some(_) => Check::ok("git", output),
        None => Check::less("git", format!("`{output}` tells no version"), install),
    }
}

/// Major and minor out of `git version 2.39.5`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split_whitespace().nth(2)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether files can be made where state lies.
pub(super) fn state_dir(state: &Path) -> Check {
    let name = "state";
    let todo = "name a folder of your own with `--state-dir` or `FORGELINE_STATE_DIR`";
    let probe = state.join(format!(".doctor-{}", std::process::id()));
    // As the state itself is made: for its owner alone.
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(state);
    let tried = made.and_then(|()| fs::write(&probe, b"probe")).and_then(|()| fs::remove_file(&probe));
    match tried {
        Ok(()) if super::repair::is_open(state) => Check::less(
            name,
            format!("`{}` can be written, and others may look into it", state.display()),
            "`forgeline doctor --fix` makes it yours alone",
        ),
        Ok(()) => Check::ok(name, format!("`{}` can be written", state.display())),
        Err(error) => Check::failed(name, format!("`{}` cannot be written: {error}", state.display()), todo),
    }
}

/// Whether the state lies on this machine: locks of network file systems cannot be trusted.
pub(super) fn file_system(state: &Path) -> Check {
    let name = "file system";
    match nearest(state).and_then(|place| statfs(&place).map_err(io::Error::from)) {
        Err(error) => Check::less(name, format!("cannot be told: {error}"), ""),
        Ok(found) => {
            // The kernel's numbers have 32 bits; the field's width differs between systems.
            let kind = found.f_type as u32;
            match NETWORK.iter().find(|(number, _)| *number == kind) {
                Some((_, kind)) => Check::failed(
                    name,
                    format!("the state lies on {kind}, whose locks cannot be trusted"),
                    "name a folder on a local disk with `--state-dir`",
                ),
                None => Check::ok(name, "the state lies on a local file system"),
            }
        }
    }
}

/// Whether there is room.
pub(super) fn space(state: &Path) -> Check {
    let name = "space";
    match nearest(state).and_then(|place| statvfs(&place).map_err(io::Error::from)) {
        Err(error) => Check::less(name, format!("cannot be told: {error}"), ""),
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let shown = format!("{:.1} GiB free", free as f64 / f64::from(1 << 30));
            if free < LEAST_SPACE {
                Check::failed(
                    name,
                    format!("{shown}; at least 1 GiB is needed"),
                    "free some space, or name another disk with `--state-dir`",
                )
            } else {
                Check::ok(name, shown)
            }
        }
    }
}

/// The folder, or the nearest above it that is there.
fn nearest(path: &Path) -> io::Result<std::path::PathBuf> {
    let absolute = std::path::absolute(path)?;
    let found = absolute.ancestors().find(|folder| folder.exists());
    found.map(Path::to_owned).ok_or_else(|| io::ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_of_git_are_read_as_each_vendor_writes_them() {
        for (text, expected) in [
            ("git version 2.39.5", Some((2, 39))),
            ("git version 2.39.3 (Apple Git-146)", Some((2, 39))),
            ("git version 2.45.1.windows.1", Some((2, 45))),
            ("git", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }
}
