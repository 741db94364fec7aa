//! The operator's secret references: each must lead somewhere. What stands there is not looked at.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use forgeline_model::SecretRef;

use super::Check;

const NAME: &str = "secret";

/// Whether there is something where a setting's reference points.
pub(super) fn check(pointer: &str, reference: &SecretRef, variable: impl Fn(&str) -> Option<String>) -> Check {
    let setting = pointer.trim_start_matches('/').replace('/', ".");
    match reference {
        SecretRef::Env(name) => match variable(name) {
            Some(value) if !value.is_empty() => Check::ok(NAME, format!("`{setting}`: variable `{name}` is set")),
            Some(_) => Check::failed(NAME, format!("`{setting}`: variable `{name}` is empty"), "give it a value"),
            None => Check::failed(
                NAME,
                format!("`{setting}`: variable `{name}` is not set"),
                "set it where Forgeline is started, or correct the reference",
            ),
        },
        SecretRef::File(path) => file(&setting, path),
    }
}

fn file(setting: &str, path: &Path) -> Check {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) => Check::failed(
            NAME,
            format!("`{setting}`: `{shown}` cannot be read: {error}"),
            "put the secret there, or correct the reference",
        ),
        Ok(it) if !it.is_file() => {
            Check::failed(NAME, format!("`{setting}`: `{shown}` is not a regular file"), "name a file")
        }
        Ok(it) if it.len() == 0 => {
            Check::failed(NAME, format!("`{setting}`: `{shown}` is empty"), "put the secret there")
        }
        Ok(_) if fs::File::open(path).is_err() => {
            Check::failed(NAME, format!("`{setting}`: `{shown}` may not be read"), "give its reader the right")
        }
        Ok(it) if it.permissions().mode() & 0o007 != 0 => {
            Check::less(NAME, format!("`{setting}`: `{shown}` is open to everybody"), format!("`chmod o= {shown}`"))
        }
        Ok(_) => Check::ok(NAME, format!("`{setting}`: `{shown}` is there")),
    }
}
