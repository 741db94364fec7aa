//! Contracts with a repository of their own: what is in force, and what stays in force when a commit breaks it.

use std::fs;

use crate::world::World;

const FACTORY: &str = "apiVersion: forgeline.dev/v1\nkind: Factory\n";

/// A registry in `../contracts`, committed, and a factory here that takes its contracts from there.
pub fn world(repository: &str) -> World {
    let world = World::new();
    world.repository("here");
    world.forgeline("init").ok();
    world.forgeline("contracts new shop/OrderPlaced --owner @shop").ok();
    world.forgeline("contracts release").ok();
    world.repository("contracts");
    for part in ["registry.yaml", "events"] {
        let (from, to) = (world.path("here/schema-registry").join(part), world.path("contracts").join(part));
        if from.exists() {
            fs::rename(from, to).expect("moves");
        }
    }
    fs::remove_dir_all(world.path("here/schema-registry")).expect("goes");
    world.commit("contracts");
    world.write("forgeline.yaml", format!("{FACTORY}contracts: {{repository: {repository}}}\n"));
    world.commit("here");
    world
}

/// Takes the title of a contract away, and commits that.
fn break_it(world: &World, folder: &str) -> String {
    let manifest = world.path(folder).join("events/shop/OrderPlaced/event.yaml");
    let text = fs::read_to_string(&manifest).expect("reads");
    fs::write(&manifest, text.replace("title:", "tittle:")).expect("writes");
    world.commit(folder);
    world.git(folder, &["rev-parse", "HEAD"])
}

fn mend_it(world: &World, folder: &str) -> String {
    let manifest = world.path(folder).join("events/shop/OrderPlaced/event.yaml");
    let text = fs::read_to_string(&manifest).expect("reads");
    fs::write(&manifest, text.replace("tittle:", "title:")).expect("writes");
    fs::write(world.path(folder).join("NOTES.md"), "mended\n").expect("writes");
    world.commit(folder);
    world.git(folder, &["rev-parse", "HEAD"])
}

#[test]
fn a_folder_takes_its_contracts_from_another_repository() {
    let world = world("../contracts");
    let first = world.git("contracts", &["rev-parse", "HEAD"]);
    world.forgeline("validate").ok();
    world.forgeline("contracts list").ok().says("OrderPlaced").says("VisionDocumentCreated");
    world.forgeline("config show").ok().says(&format!("../contracts at {}", &first[..12]));
    world.write("item.md", "# A page\n");
    world
        .forgeline("run docs-page --work-item item.md")
        .ok()
        .complains(&format!("contracts of ../contracts at {}", &first[..12]));
    world.forgeline("runs show @latest").ok().says(&format!("contracts    ../contracts at {}\n", &first[..12]));
    let shown = world.forgeline("runs show @latest --json").ok().json();
    assert_eq!(shown["run"]["definitions"]["contracts"]["commit"], first.as_str(), "{shown}");

    let broken = break_it(&world, "contracts");
    let held = format!("`{}` stays in force", &first[..12]);
    world.forgeline("contracts list").ok().says("OrderPlaced").complains("warning[FL0806]").complains(&held);
    world.forgeline("doctor").says(&format!("({} is newer and not in order)", &broken[..12]));
    world.write("item.md", "# Another page\n");
    world.forgeline("run docs-page --work-item item.md").ok();
    let shown = world.forgeline("runs show @latest --json").ok().json();
    assert_eq!(shown["run"]["definitions"]["contracts"]["commit"], first.as_str());
    assert_eq!(shown["run"]["definitions"]["contracts"]["held_back"], broken.as_str());

    fs::write(world.path("contracts/events/shop/OrderPlaced/large.json"), vec![b' '; 5 << 20]).expect("writes");
    world.commit("contracts");
    world.forgeline("contracts list").ok().says("OrderPlaced").complains(&held);
    fs::remove_file(world.path("contracts/events/shop/OrderPlaced/large.json")).expect("goes");

    let mended = mend_it(&world, "contracts");
    world.forgeline("config show").ok().says(&format!("../contracts at {}", &mended[..12]));

    world.edit("forgeline.yaml", "repository: ../contracts", &format!("repository: ../contracts, commit: {broken}"));
    world.forgeline("validate").ends(3).says("FL0805").says("is not in order");
    world.forgeline("run docs-page --work-item item.md").ends(3);
    world.edit("forgeline.yaml", &broken, &first);
    world.forgeline("config show").ok().says(&format!("../contracts at {}", &first[..12]));
}

#[test]
fn what_cannot_be_meant_is_said() {
    let world = world("../contracts");
    world.write("forgeline.yaml", format!("{FACTORY}contracts: {{repository: ../nowhere}}\n"));
    world.forgeline("contracts list").ends(3).quiet().complains("FL0805");
    for (contracts, says) in [
        ("{repository: ../nowhere}", "FL0805"),
        ("{repository: acme/contracts}", "the local forge has no such repository"),
        ("{repository: contracts}", "write it like `owner/name`"),
        ("{repository: ../contracts, commit: abc}", "40 hexadecimal digits"),
        ("{repository: ../contracts, branch: next}", "branch `next` does not exist"),
        ("{repository: ../contracts, path: deep/er}", "no registry at deep/er"),
        ("{path: deep}", "FL0108"),
    ] {
        world.write("forgeline.yaml", format!("{FACTORY}contracts: {contracts}\n"));
        world.forgeline("validate").ends(3).says(says);
    }
    world.write("forgeline.yaml", format!("{FACTORY}contracts: {{repository: ../contracts}}\n"));
    world.write(
        "schema-registry/registry.yaml",
        fs::read_to_string(world.path("contracts/registry.yaml")).unwrap_or_default(),
    );
    world.forgeline("validate").ends(3).says("FL0804");
}

/// The bot decides by the commit that is in force when it looks, and a run keeps the one that it began with.
#[test]
fn the_bot_takes_up_what_was_merged_since() {
    let world = world("acme/contracts");
    world.forgeline("local repo create acme/contracts --from ../contracts --no-bot").ok();
    world.forgeline("local repo create acme/shop --from .").ok();
    world.forgeline("local issue create --title Returns --label docs --repo acme/shop").ok();
    let commit = |world: &World| {
        let shown = world.forgeline("runs show @latest --json").ok().json();
        let from = &shown["run"]["definitions"]["contracts"];
        (from["commit"].as_str().unwrap_or_default().to_owned(), from["held_back"].as_str().map(str::to_owned))
    };
    let first = world.git("contracts", &["rev-parse", "HEAD"]);
    assert_eq!(commit(&world), (first.clone(), None));

    let url = world.forgeline("local repo list --json").ok().json();
    let path = url["repositories"]
        .as_array()
        .and_then(|all| all.iter().find(|it| it["name"] == "acme/contracts"))
        .and_then(|it| it["git_dir"].as_str())
        .unwrap_or_else(|| panic!("{url}"))
        .to_owned();
    let broken = break_it(&world, "contracts");
    world.git("contracts", &["push", "--quiet", &path, "main"]);
    world.forgeline("local issue create --title Prices --label docs --repo acme/shop").ok();
    assert_eq!(commit(&world), (first, Some(broken)));

    let mended = mend_it(&world, "contracts");
    world.git("contracts", &["push", "--quiet", &path, "main"]);
    world.forgeline("local issue create --title Stock --label docs --repo acme/shop").ok();
    assert_eq!(commit(&world), (mended, None));
}
