//! One server on a state directory.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use anyhow::Context as _;

use crate::exit::{Exit, Failure};

/// Name of the lock file in the state directory.
const LOCK: &str = "serve.lock";

/// Held while the server lives, whatever ends it.
#[derive(Debug)]
pub(super) struct Alone {
    _file: File,
}

/// Makes sure that no other server is at work on this state.
pub(super) fn take(state: &Path) -> anyhow::Result<Alone> {
    let path = state.join(LOCK);
    let cannot = || format!("`{}` cannot be used", path.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state).with_context(cannot)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(Alone { _file: file }),
        Err(TryLockError::WouldBlock) => {
            let message = format!(
                "another `forgeline serve` is at work on `{}`; stop it first, or name another state with `--state-dir`",
                state.display()
            );
            Err(Failure::new(Exit::Infrastructure, message).into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
    }
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn a_second_one_is_told_and_the_next_one_is_not() {
        let state = tempfile::tempdir().expect("a folder");
        let first = take(state.path()).expect("alone");
        let error = take(state.path()).expect_err("another").to_string();
        assert!(error.contains("another `forgeline serve` is at work"), "{error}");
        drop(first);
        take(state.path()).expect("alone again");
    }
}
