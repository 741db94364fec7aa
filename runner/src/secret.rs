//! Reading secrets where they are used, so that a rotated one is taken without a restart.

use std::{fs::File, io::Read as _, path::Path};

use forgeline_model::{Secret, SecretReference};

/// Longest secret, bytes.
const MAX_BYTES: u64 = 64 << 10;

/// A secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, is empty, or is no text.
    #[error("the variable `{0}` holds no secret; set it where Forgeline runs")]
    NoVariable(String),
    /// The file cannot be read, is empty, or too long.
    #[error("the file `{0}` holds no secret: {1}")]
    NoFile(String, String),
}

/// Reads a secret. A line break at its end is not part of it.
///
/// # Errors
/// [`SecretError`]; it names the reference, never what was found.
pub fn read(reference: &SecretReference) -> Result<Secret<String>, SecretError> {
    match reference {
        SecretReferenceerence::Variable(name) => match std::env::var(name) {
            Ok(value) if !value.trim().is_empty() => Ok(Secret::new(value.trim_end_matches(['\r', '\n']).to_owned())),
            Ok(_) | Err(_) => Err(SecretError::NoVariable(name.clone())),
        },
        SecretReference::File(path) => {
            let refuse = |reason: String| SecretError::NoFile(path.display().to_string(), reason);
            let text = read_file(path).map_err(|error| refuse(error.to_string()))?;
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() || text.len() as u64 > MAX_BYTES {
                return Err(refuse("it is empty or too long".into()));
            }
            Ok(Secret::new(text.to_owned()))
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use forgeline_model::SecretReference;

    use super::read;

    #[test]
    fn a_secret_is_read_and_what_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        fs::write(&file, "hunter2\n").expect("writes");
        let reference: SecretReference = format!("file:{}", file.display()).parse().expect("a reference");
        assert_eq!(read(&reference).map(|secret| secret.expose().clone()).expect("reads"), "hunter2");
        fs::write(&file, "\n").expect("writes");
        assert!(read(&reference).err().expect("empty").to_string().contains("empty"));
        let unset: SecretReference = "env:FORGELINE_THAT_NOBODY_SETS".parse().expect("a reference");
        assert!(read(&unset).err().expect("unset").to_string().contains("FORGELINE_THAT_NOBODY_SETS"));
    }
}
