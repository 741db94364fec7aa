//! Files that a person names, and stdin.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use anyhow::Context as _;

use crate::exit::{Exit, Failure};

/// At most so many bytes of a file, or of stdin for `-`. What could make the reader wait for ever is refused.
pub fn read(file: &Path, what: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).context("stdin cannot be read")?;
        return Ok(bytes);
    }
    let shown = file.display();
    let missing = |error: io::Error| Failure::new(Exit::NotFound, format!("{what} `{shown}` cannot be read: {error}"));
    if !file.metadata().map_err(missing)?.is_file() {
        let message = format!("{what} `{shown}` is not a regular file; name one, or give `-` to read stdin");
        return Err(Failure::new(Exit::Invalid, message).into());
    }
    File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(missing)?;
    Ok(bytes)
}
