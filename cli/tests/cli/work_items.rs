//! Work items that cannot be used: a code, exit code 3, and nothing has happened.

use std::fs::File;

use crate::world::World;

#[track_caller]
fn refused(item: &[u8], code: &str) {
    let world = World::new();
    world.repository("here");
    let item = world.write("../item.md", item);
    check(&world, item.to_str().expect("UTF-8"), code);
}

#[track_caller]
fn check(world: &World, item: &str, code: &str) {
    world.forgeline(&format!("validate {item}")).ends(3).says(code).says("--> ");
    world.forgeline(&format!("run docs-page --work-item {item}")).ends(3).quiet().complains(code).complains("help: ");
    world.forgeline("runs list").ok().says("no run;");
    assert_eq!(world.git("here", &["branch", "--list", "forgeline/*"]), "");
}

#[test]
fn what_is_no_text_is_refused() {
    refused(b"\x7fELF\x01\0\0\0", "FL0203");
    refused(b"# caf\xe9\n", "FL0202");
    refused(b"\n\n", "FL0204");
    refused(b"# Orders\n\n## Entities\n- Order: total (munny)\n- Order: id (int)\n", "FL02");
}

#[test]
fn a_hundred_megabytes_are_refused_without_being_read() {
    let world = World::new();
    world.repository("here");
    let path = world.path("large.md");
    File::create(&path).and_then(|file| file.set_len(100 << 20)).expect("a sparse file");
    check(&world, path.to_str().expect("UTF-8"), "FL0201");
}

#[test]
fn a_good_one_is_told_what_it_is() {
    let world = World::new();
    world.repository("here");
    world.write("item.md", "# Orders service\n\nTakes orders.\n\n## Entities\n- Customer: name (string)\n");
    world.forgeline("validate item.md").ok().says("1 entit");
    world.run(&["validate", "-"], Some(b"# A page\n\nAbout something.\n")).ok().says("free text");
    world.forgeline("run docs-page --work-item nowhere.md").ends(9).complains("nowhere.md");
}
