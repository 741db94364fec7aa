//! Publishes each head of a registry directory that has no version yet: `cargo run -p forgeline-registry --example
//! release [DIRECTORY]`, by default the shipped contracts.

use std::{error::Error, fs, path::Path};

use forgeline_model::FileSet;

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
    let root = Path::new(&root);
    let mut files = FileSet::new(root.display().to_string());
    files.insert("registry.yaml", fs::read(root.join("registry.yaml"))?);
    for top in ["common", "events"] {
        read(root, top, &mut files)?;
    }
    match forgeline_registry::release(&files) {
        Ok(new) => {
            for (path, bytes) in new.iter() {
                let target = root.join(path);
                fs::create_dir_all(target.parent().ok_or("a version lies in a folder")?)?;
                fs::write(&target, bytes)?;
                eprintln!("published {path}");
            }
            Ok(())
        }
        Err(found) => Err(found.iter().map(|diagnostic| diagnostic.render()).collect::<String>().into()),
    }
}

fn read(root: &Path, folder: &str, files: &mut FileSet) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_str().ok_or("a path is not UTF-8")?);
        if entry.file_type()?.is_dir() {
            read(root, &path, files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
