//! Refusals: each has a code and one message, for a person and for a machine, and nothing can make the program panic.

use std::{
    fs::{self, File},
    os::unix::{ffi::OsStrExt as _, fs::symlink},
};

use crate::world::World;

/// A world with a repository on the local forge.
fn forge() -> World {
    let world = World::new();
    world.forgeline("local repo create acme/shop").ok();
    world
}

#[test]
fn nobody_has_to_listen() {
    let world = forge();
    assert_eq!(world.unheard("validate nowhere.md"), 9);
    assert_eq!(world.unheard("local comment add 1 hello"), 9);
    world.forgeline("local issue create --title Orders").ok();
    assert_eq!(world.unheard("runz"), 2);
    world.run(&["local", "comment", "add", "1", "/forgeline run docs-page", "--no-bot"], None).ok();
    assert_eq!(world.unheard("bot once"), 0);
}

#[test]
fn each_refusal_of_the_forge_has_its_code() {
    let world = forge();
    world.forgeline("local user add eve").ok();
    world.forgeline("local issue create --title Orders").ok();
    for (line, code, text) in [
        ("local issue show 9", 9, "no issue 9 in `acme/shop`"),
        ("local pr show 9", 9, "no pull request 9"),
        ("local comment list 9", 9, "`acme/shop`"),
        ("local issue list -R acme/shpo", 9, "no repository `acme/shpo`"),
        ("local issue close 1 --as nobody", 9, "no user `nobody`"),
        ("local issue close 1 --as eve", 5, "`eve` may not"),
        ("local repo create acme/shop", 1, "exists already"),
        ("run docs-page --repo acme/shop --base nope topic=x", 9, "no branch `nope`"),
        ("run docs-page --repo acme/nope topic=x", 9, "neither a folder nor"),
    ] {
        world.forgeline(line).ends(code).quiet().complains(text);
    }
    world.git("here", &["init", "--quiet", "--initial-branch=main"]);
    world.forgeline("run docs-page topic=x").ends(3).quiet().complains("no commit yet");
    assert!(!world.forgeline("local user list").ok().out.contains("nobody"));
}

#[test]
fn a_blueprint_that_needs_a_work_item_is_not_started_without() {
    let world = forge();
    world.repository("here");
    for line in ["run docs-page", "plan docs-page", "run docs-page --dry-run", "run docs-page --repo acme/shop"] {
        let said = world.forgeline(line).ends(3).quiet().complains("error[FL0221]");
        said.complains("agents/docs-writer/").complains("--work-item item.md");
    }
    world.forgeline("run http-service name=x").ends(3).complains("error[FL0220]");
    world.forgeline("explain FL0221").ok().says("{{#if work_item}}");
    world.forgeline("runs list").ok().says("no run;");
    // An issue is a work item, a pull request is none: a comment there gets the same answer.
    world.forgeline("local issue create --title Orders").ok();
    let comment = |number: &str, text: &str| world.run(&["local", "comment", "add", number, text], None).ok();
    comment("1", "/forgeline run docs-page");
    for command in ["/forgeline run docs-page folder=notes", "/forgeline plan docs-page"] {
        comment("2", command).complains("needs a work item");
    }
    comment("1", "/forgeline plan docs-page").complains("docs-writer@1.0.0");
    let runs = world.forgeline("runs list --json").ok().json();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "{runs}");
}

#[test]
fn a_failure_is_one_json_document() {
    let world = forge();
    for (line, code, text) in [
        ("local issue show 9 --json", 9, "no issue 9"),
        ("--json validate nowhere.md", 9, "nowhere.md"),
        ("--json runz", 2, "runz"),
    ] {
        let said = world.forgeline(line).ends(code).complains(text);
        let error = &said.json()["error"];
        assert_eq!(error["exit"], code, "{line}");
        assert!(error["message"].as_str().expect("a message").contains(text), "{line}: {error}");
    }
    world.write("bad.md", "\n\n");
    let said = world.forgeline("run docs-page --repo acme/shop --work-item bad.md --json").ends(3);
    assert_eq!(said.json()["error"]["diagnostics"][0]["code"], "FL0204");
}

#[test]
fn what_strangers_write_commands_no_terminal() {
    let world = forge();
    let body = "\u{1b}]0;owned\u{7}text\u{9b}2J\r\nmore";
    world.run(&["local", "issue", "create", "--title", "Orders", "--body", body, "--no-bot"], None).ok();
    world.run(&["local", "comment", "add", "1", body, "--no-bot"], None).ok();
    for line in ["local issue show 1", "local comment list 1", "--color always local issue show 1"] {
        let said = world.forgeline(line).ok().says("text").says("more");
        assert!(!said.out.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{:?}", said.out);
    }
    let said = world.forgeline("local issue show 1 --json").ok();
    assert!(said.json()["issue"]["issue"]["body"].as_str().expect("a body").contains("\u{1b}]0;owned"));
}

#[test]
fn an_answer_is_told_whole_and_before_what_follows_from_it() {
    let world = forge();
    world.forgeline("local issue create --title Orders --body About-orders").ok();
    let said = world.run(&["local", "comment", "add", "1", "/forgeline run docs-page"], None).ok();
    let at = |text: &str| said.err.find(text).unwrap_or_else(|| panic!("`{text}` is not in:\n{}", said.err));
    assert!(at("answered on acme/shop#1:\n    ") < at("  stage     "), "{}", said.err);
    assert!(!said.err.contains("<!--"), "{}", said.err);
}

#[test]
fn only_a_regular_file_is_a_work_item() {
    let world = World::new();
    world.repository("here");
    world.pipe("pipe.md");
    fs::create_dir(world.path("here/folder.md")).expect("a folder");
    for line in [
        "validate pipe.md",
        "validate /dev/zero",
        "run docs-page --work-item pipe.md",
        "run docs-page --work-item folder.md",
        "run docs-page --work-item /dev/zero",
        "--config pipe.md validate",
        "events publish pipe.md",
    ] {
        world.forgeline(line).ends(3).quiet().complains("is not a regular file");
    }
}

#[test]
fn what_is_not_read_among_the_definitions_is_told() {
    let world = World::new();
    world.forgeline("init").ok();
    world.forgeline("blueprints new notes").ok();
    world.write("elsewhere/agent.yaml", "kind: Agent\n");
    symlink("../elsewhere", world.path("here/agents/linked")).expect("a link");
    world.pipe("agents/notes-writer/pipe");
    world.pipe("blueprints/published.json");
    let large = File::create(world.path("here/blueprints/notes/large.bin")).expect("a file");
    large.set_len(5 << 20).expect("a sparse file");
    world.write("blueprints/a\u{1b}[2J/blueprint.yaml", "stagse: []\n");
    let said = world.forgeline("validate").ends(3);
    let said = said.says("error[FL0801]: `agents/linked`").says("error[FL0801]: `agents/notes-writer/pipe`");
    let said = said.says("error[FL0802]: `blueprints/notes/large.bin`").says("blueprints/a\\u{1b}[2J/blueprint.yaml:");
    assert!(!said.out.contains('\u{1b}'), "{}", said.out);
    for format in ["github", "azure"] {
        let said = world.forgeline(&format!("validate --format {format}")).ends(3).says("\\u{1b}[2J");
        assert!(!said.out.contains('\u{1b}'), "{}", said.out);
    }
    world.forgeline("blueprints list").ok();
    world.forgeline("run notes topic=x").ends(3).complains("FL0801");
    world.forgeline("explain FL0801").ok();
}

#[test]
fn a_name_that_is_no_text_is_told_wherever_it_lies() {
    let world = World::new();
    world.repository("there");
    world.forgeline("init --repo ../there").ok();
    world.forgeline("blueprints new notes --dir ../there").ok();
    world.commit("there");
    world.forgeline("local repo create acme/shop --from ../there").ok();
    world.forgeline("validate ../there").ok();
    let name = std::ffi::OsStr::from_bytes(b"extra-\xff.md");
    fs::write(world.path("there/agents/notes-writer").join(name), "text").expect("a file");
    world.forgeline("validate ../there").ends(3).says("error[FL0803]: `agents/notes-writer/extra-\u{fffd}.md`");
    world.forgeline("--factory ../there run notes topic=x").ends(3).complains("FL0803");
    world.commit("there");
    world.forgeline("local repo create acme/other --from ../there").ok();
    let ask = |repo: &str| {
        world.run(&["local", "issue", "create", "-R", repo, "-t", "Orders", "--no-bot"], None).ok();
        world.run(&["local", "comment", "add", "1", "/forgeline run notes topic=x", "-R", repo], None)
    };
    ask("acme/other").ok().complains("extra-\u{fffd}.md");
    let runs = world.forgeline("runs list --json").ok().json();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(0), "{runs}");
    ask("acme/shop").ok();
    let runs = world.forgeline("runs list --json").ok().json();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "the one without it starts: {runs}");
}

#[test]
fn where_there_is_nothing_it_says_how_to_get_some() {
    World::new().forgeline("artifacts list").ok().says("no artifacts yet").says("forgeline run");
}
