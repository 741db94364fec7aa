//! `init`: what is there is kept, nothing is half written.

use std::{fs, os::unix::fs::symlink};

use crate::world::World;

#[test]
fn what_is_written_is_valid_and_a_second_time_nothing_changes() {
    let world = World::new();
    world.repository("here");
    world.forgeline("init --dry-run").ok().says("to write   forgeline.yaml");
    assert_eq!(world.git("here", &["status", "--porcelain"]), "");
    world.forgeline("init").ok().says("written    forgeline.yaml").says("next: ");
    world.forgeline("validate").ok();
    world.forgeline("init").ok().says("unchanged  forgeline.yaml");
    let first = world.read("forgeline.yaml");
    let schema = first.lines().next().and_then(|line| line.split_once("$schema=")).expect("a modeline").1;
    assert!(world.path("here").join(schema).is_file(), "{schema}");
}

#[test]
fn what_a_person_wrote_is_kept_unless_forced() {
    let world = World::new();
    world.write("forgeline.yaml", "# mine\n");
    world.forgeline("init").ok().says("kept       forgeline.yaml").complains("not a Git repository");
    assert_eq!(world.read("forgeline.yaml"), "# mine\n");
    world.forgeline("init --force").ok().says("replaced   forgeline.yaml");
    assert!(world.read("forgeline.yaml").contains("kind: Factory"));
}

#[test]
fn a_folder_that_cannot_be_written_stays_as_it_was() {
    let world = World::new();
    world.write("schemas", "a file where a folder must be\n");
    world.forgeline("init").ends(8).quiet().complains("`./schemas/");
    let left: Vec<_> = fs::read_dir(world.path("here")).expect("reads").flatten().map(|it| it.file_name()).collect();
    assert_eq!(left, ["schemas"]);
    world.forgeline("init --repo nowhere").ends(9).complains("`nowhere` is not a folder");
}

#[test]
fn a_link_leads_nowhere() {
    let world = World::new();
    fs::create_dir(world.path("elsewhere")).expect("a folder");
    symlink(world.path("elsewhere"), world.path("here").join("schemas")).expect("a link");
    world.forgeline("init").ends(5).complains("symbolic link");
    assert_eq!(fs::read_dir(world.path("elsewhere")).expect("reads").count(), 0);
}

#[test]
fn what_is_no_file_is_never_opened() {
    for make in ["pipe", "socket", "folder", "device"] {
        let world = World::new();
        let place = world.path("here/forgeline.yaml");
        match make {
            "pipe" => world.pipe("forgeline.yaml"),
            "socket" => drop(std::os::unix::net::UnixListener::bind(&place).expect("a socket")),
            "folder" => fs::create_dir(&place).expect("a folder"),
            // A link is refused as such, wherever it leads.
            _ => symlink("/dev/zero", &place).expect("a link"),
        }
        let code = if make == "device" { 5 } else { 3 };
        for line in ["init", "init --force", "init --dry-run"] {
            world.forgeline(line).ends(code).quiet().complains("forgeline.yaml`");
        }
        let left = fs::read_dir(world.path("here")).expect("reads").count();
        assert_eq!(left, 1, "nothing else was written");
        world.write("elsewhere/keep", "");
        world.forgeline("init --repo elsewhere").ok();
    }
}

#[test]
fn a_scaffold_never_overwrites() {
    let world = World::new();
    world.forgeline("agents new writer").ok().says("agents/writer/agent.yaml");
    world.write("agents/writer/templates/document.md.hbs", "mine\n");
    world.forgeline("agents new writer").ends(2).complains("there already");
    assert_eq!(world.read("agents/writer/templates/document.md.hbs"), "mine\n");
}

#[test]
fn a_state_directory_that_cannot_be_made_is_named() {
    let world = World::new();
    let file = world.write("file", "");
    let state = format!("--state-dir {}/below", file.display());
    for line in ["runs list", "events tail", "run docs-page"] {
        world.forgeline(&format!("{state} {line}")).ends(8).quiet().complains("/file/below");
    }
    world.forgeline(&format!("{state} doctor")).ends(1).says("cannot be written");
}

#[test]
fn azure_devops_is_told_what_to_create_and_nothing_is_written() {
    let world = World::new();
    let said = world.forgeline("init azure-devops").ok();
    let said = said.says("ms.vss-code.git-pullrequest-comment-event").says("vso.work_write").says("X-Forgeline-Secret");
    assert!(!said.out.contains("written"), "{}", said.out);
    let value = world.forgeline("init azure-devops --json").ok().json();
    assert_eq!(value["init-azure-devops"]["subscriptions"].as_array().map(Vec::len), Some(8));
    world.forgeline("init github-app").ok().says("settings/apps/new?name=Forgeline");
    world.forgeline("init azure-devops --create --url https://x.example").ends(2).complains("hook_secret");
}
