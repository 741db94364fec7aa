//! Puts the shipped blueprints and agents into the binary: every folder with a manifest, and nothing else.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut list = String::from("&[\n");
    for (parent, kind, manifest) in
        [(here.clone(), "blueprints", "blueprint.yaml"), (here.join("../agents"), "agents", "agent.yaml")]
    {
        for folder in sorted(&parent)? {
            if folder.join(manifest).is_file() {
                println!("cargo::rerun-if-changed={}", folder.display());
                add(&folder, &format!("{kind}/{}", name(&folder)), &mut list)?;
            }
        }
    }
    list.push_str("]\n");
    // A new folder comes with a new line here, so that the list above is made again.
    println!("cargo::rerun-if-changed={}", here.join("published.json").display());
    println!("cargo::rerun-if-changed=build.rs");
    fs::write(PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("shipped.rs"), list)
}

fn add(folder: &Path, prefix: &str, list: &mut String) -> io::Result<()> {
    for path in sorted(folder)? {
        let inside = format!("{prefix}/{}", name(&path));
        if path.is_dir() {
            add(&path, &inside, list)?;
        } else {
            writeln!(list, "    ({inside:?}, include_bytes!({:?})),", path.display().to_string())
                .expect("writing to a string cannot fail");
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
