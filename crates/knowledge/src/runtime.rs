//! ONNX Runtime: found, checked and opened before anything else of it is touched.
//!
//! The library is not linked. Used blindly, a missing or old one panics or hangs at its first use; here each candidate
//! is looked at as a file, then opened and asked its version, and a fault is a sentence to show.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Mutex,
};

use ort::environment::Environment;

/// The one environment that a process may have.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Where to look for the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LibrarySource {
    /// Exactly this file.
    File(PathBuf),
    /// Forgeline's own directory, then the system's.
    Search {
        /// Forgeline's own directory.
        own: Option<PathBuf>,
    },
    /// Nowhere: search by words only.
    Off,
}

impl LibrarySource {
    /// `ORT_DYLIB_PATH` when it is set (empty switches embeddings off), else `onnxruntime/` in Forgeline's cache
    /// directory, else the system.
    pub fn from_env(var: impl Fn(&str) -> Option<OsString>) -> Self {
        match var("ORT_DYLIB_PATH") {
            Some(path) if path.is_empty() => Self::Off,
            Some(path) => Self::File(path.into()),
            None => {
                let set = |name| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
                let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
                Self::Search { own: cache.map(|cache| cache.join("forgeline/onnxruntime")) }
            }
        }
    }

    /// Opens the first library that serves.
    ///
    /// # Errors
    /// None does; the text says where it was looked for and what to do.
    pub(crate) fn open(&self) -> Result<Environment, String> {
        let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Self::Off = self {
            return Err("embeddings are switched off (`ORT_DYLIB_PATH` is empty)".to_owned());
        }
        if let Some(environment) = loaded.as_ref() {
            return Ok(environment.clone());
        }
        let mut faults = Vec::new();
        for candidate in self.candidates() {
            match open_one(&candidate) {
                Ok(environment) => return Ok(loaded.insert(environment).clone()),
                Err(fault) => faults.push(format!("`{}`: {fault}", candidate.display())),
            }
        }
        if faults.is_empty() {
            faults.push("it is neither in Forgeline's cache nor in a library directory of the system".to_owned());
        }
        Err(format!("ONNX Runtime 1.24 or newer was not found; run `make setup` ({})", faults.join("; ")))
    }

    fn candidates(&self) -> Vec<PathBuf> {
        match self {
            Self::Off => Vec::new(),
            Self::File(path) => vec![path.clone()],
            Self::Search { own } => {
                let system = SYSTEM_DIRS.iter().map(PathBuf::from);
                own.iter().cloned().chain(system).flat_map(|dir| libraries_in(&dir)).collect()
            }
        }
    }
}

/// Where distributions put shared libraries.
const SYSTEM_DIRS: &[&str] = &[
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/opt/onnxruntime/lib",
    "/opt/homebrew/lib",
];

/// The ONNX Runtime libraries of a directory, newest name first.
fn libraries_in(dir: &Path) -> Vec<PathBuf> {
    let is_library = |name: &OsStr| {
        name.to_str().is_some_and(|name| {
            name.starts_with("libonnxruntime.so")
                || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
                || name == "onnxruntime.dll"
        })
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| is_library(&entry.file_name()))
        .map(|entry| entry.path())
        .collect();
    found.sort_by_key(|path| std::cmp::Reverse(version_in_name(path)));
    found
}

fn version_in_name(path: &Path) -> Vec<u32> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    name.split('.').filter_map(|part| part.parse().ok()).collect()
}

fn open_one(path: &Path) -> Result<Environment, String> {
    // The loader falls back to its own search for a name that is not a file; only what was checked may be opened.
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    refuse_truncated(&path)?;
    // Opens the library, reads its version, and fails when that is older than the interface that `ort` is built for.
    let builder = ort::init_from(&path).map_err(|error| error.to_string())?;
    builder.with_name("forgeline").with_telemetry(false).build().map_err(|error| error.to_string())
}

/// An interrupted download is a valid header over missing pages: opening it would kill the process with SIGBUS.
fn refuse_truncated(path: &Path) -> Result<(), String> {
    let mut header = [0; 64];
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    if file.read_exact(&mut header).is_err() {
        return Err("it is too short to be a library".to_owned());
    }
    let is_elf64_le = header.starts_with(b"\x7fELF\x02\x01");
    if !is_elf64_le {
        return if cfg!(target_os = "linux") { Err("it is not a 64-bit ELF library".to_owned()) } else { Ok(()) };
    }
    // The section header table is the last thing in a linked library (ELF-64: e_shoff at 40, e_shentsize 58, e_shnum 60).
    let word = |at: usize| u64::from(header[at]) | u64::from(header[at + 1]) << 8;
    let offset = (0..8).fold(0u64, |sum, byte| sum | u64::from(header[40 + byte]) << (8 * byte));
    let needed = offset.saturating_add(word(58) * word(60));
    if length < needed { Err(format!("it is cut off: {length} of {needed} bytes")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, fs, path::PathBuf};

    use super::{LibrarySource, libraries_in};

    fn source(vars: &[(&str, &str)]) -> LibrarySource {
        LibrarySource::from_env(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_environment_says_where_to_look() {
        assert_eq!(source(&[("ORT_DYLIB_PATH", "")]), LibrarySource::Off);
        assert_eq!(source(&[("ORT_DYLIB_PATH", "/x.so"), ("HOME", "/h")]), LibrarySource::File("/x.so".into()));
        let own = |path: &str| LibrarySource::Search { own: Some(PathBuf::from(path)) };
        assert_eq!(source(&[("HOME", "/h")]), own("/h/.cache/forgeline/onnxruntime"));
        assert_eq!(source(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]), own("/c/forgeline/onnxruntime"));
    }

    #[test]
    fn what_is_no_library_is_refused_with_a_sentence() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut cut_off = b"\x7fELF\x02\x01".to_vec();
        cut_off.resize(64, 0);
        cut_off[40..48].copy_from_slice(&1_000_000u64.to_le_bytes());
        for (name, bytes, expected) in [
            ("empty.so", &b""[..], "too short"),
            ("text.so", &[b'x'; 100][..], "not a 64-bit ELF"),
            ("cut.so", &cut_off[..], "cut off: 64 of 1000000 bytes"),
        ] {
            let path = dir.path().join(name);
            fs::write(&path, bytes).expect("write");
            let fault = super::open_one(&path).expect_err(name);
            assert!(fault.contains(expected), "{name}: {fault}");
        }
        assert!(super::open_one(&dir.path().join("missing.so")).is_err());
    }

    #[test]
    fn newer_libraries_are_tried_first() {
        let dir = tempfile::tempdir().expect("temporary directory");
        for name in ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.31.1", "libother.so", "LICENSE"] {
            fs::write(dir.path().join(name), "").expect("write");
        }
        let names: Vec<_> = libraries_in(dir.path())
            .into_iter()
            .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
            .collect();
        assert_eq!(names, ["libonnxruntime.so.1.31.1", "libonnxruntime.so.1.9.0"]);
    }
}
