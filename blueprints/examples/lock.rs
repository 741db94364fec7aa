//! Adds the shipped definitions to `blueprints/published.json`.
//!
//! A version that is there with other files is an error, unless `--rewrite <name>` names a definition that has not
//! been released.

use std::{env, fs, io, path::Path, process::ExitCode};

use forgeline_blueprints::{Factory, versions::VersionLock};
use forgeline_model::FileSet;

fn main() -> io::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("blueprints/published.json");
    let lock = fs::read_to_string(&path).ok();
    let mut lock =
        lock.map_or_else(|| Ok(VersionLock::default()), |text| VersionLock::parse(&text)).map_err(io::Error::other)?;
    let rewrite: Vec<String> = env::args().skip(1).filter(|argument| argument != "--rewrite").collect();
    for name in &rewrite {
        lock.forget(name);
    }
    let mut files = FileSet::new("working tree");
    for (kind, manifest) in [("blueprints", "blueprint.yaml"), ("agents", "agent.yaml")] {
        for entry in fs::read_dir(root.join(kind))? {
            let folder = entry?.path();
            if folder.join(manifest).is_file() {
                read(&folder, &root, &mut files)?;
            }
        }
    }
    let changed = lock.add(&Factory::load(&files).0);
    for one in &changed {
        eprintln!(
            "{} was published with other files ({}, now {}); raise its version",
            one.now, one.published, one.now.digest
        );
    }
    if changed.is_empty() {
        fs::write(&path, lock.print())?;
    }
    Ok(ExitCode::from(u8::from(!changed.is_empty())))
}

fn read(folder: &Path, root: &Path, files: &mut FileSet) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, root, files)?;
        } else {
            let name = path.strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}
