//! Writes the editor schemas into `schemas/`.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    fs::create_dir_all(&folder)?;
    for (name, schema) in forgeline_blueprints::schema::all() {
        fs::write(folder.join(name), forgeline_blueprints::schema::print(&schema))?;
    }
    Ok(())
}
