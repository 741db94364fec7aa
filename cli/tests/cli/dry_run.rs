//! `--dry-run`: every verb that changes something has it, says what would change, and changes nothing.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{verbs, world::World};

/// Verbs that only look. Each other one has `--dry-run` and stands in [`changes`].
const LOOKS: &[&str] = &[
    "validate",
    "plan",
    "runs list",
    "runs show",
    "runs logs",
    "why",
    "gate replay",
    "verify",
    "blueprints list",
    "blueprints show",
    "agents list",
    "agents show",
    "projects list",
    "projects show",
    "projects serving",
    "contracts list",
    "contracts show",
    "contracts check",
    "contracts diff",
    "contracts impact",
    "contracts explain",
    "events tail",
    "knowledge search",
    "knowledge status",
    "artifacts list",
    "artifacts show",
    "artifacts lineage",
    "audit verify",
    "audit export",
    "audit checkpoint",
    "dlq list",
    "dlq show",
    "local repo list",
    "local issue list",
    "local issue show",
    "local pr list",
    "local pr show",
    "local comment list",
    "local review list",
    "local label list",
    "local user list",
    "config show",
    "schema",
    "explain",
    "completions",
];

/// Verbs that need a run which waits, is paused or has failed; they are performed on a copy like the others.
const OTHERS: &[&str] = &[
    "dlq replay",
    "dlq ack",
    "dlq drop",
    "resume",
    "runs approve",
    "runs reject",
    "runs retry",
    "runs revise",
    "runs resume",
];

/// Each verb that changes something, and what a dry run of it says.
fn changes() -> Vec<(&'static str, &'static str)> {
    vec![
        ("demo", "to write   "),
        ("init", "to write   forgeline.yaml"),
        ("doctor --fix", "dry run"),
        ("run docs-page --work-item ../item.md", "page "),
        ("runs pause @latest", "starts nothing more"),
        ("runs cancel @latest", "stops at its next checkpoint"),
        ("pause --all", "is held back"),
        ("rebuild", "ended runs are known from commits"),
        ("blueprints new notes", "to write   blueprints/notes/blueprint.yaml"),
        ("agents new writer", "to write   agents/writer/agent.yaml"),
        ("contracts new shop/OrderPlaced", "to write   events/shop/OrderPlaced/schema.json"),
        ("contracts release", "nothing to publish"),
        ("contracts docs", "to write   VisionDocumentCreated.md"),
        ("events publish ../event.json", "received VisionDocumentCreated@1.0"),
        ("knowledge index", "is brought up to"),
        ("bot once", "would be carried out"),
        ("serve", "listening on http://127.0.0.1:8080 for no webhooks"),
        ("local repo create acme/other", "made acme/other"),
        ("local issue create --title Plans", "opened acme/shop#6: Plans"),
        ("local issue edit 1 --title Plans", "changed acme/shop#1"),
        ("local issue close 1", "acme/shop#1 is closed"),
        ("local issue reopen 3", "acme/shop#3 is open"),
        ("local pr create --head forgeline/docs-page/1-returns --title Mine", "acme/shop#2 is open"),
        ("local pr merge 2", "merged acme/shop#2 into main"),
        ("local pr close 2", "acme/shop#2 is closed"),
        ("local pr reopen 5", "acme/shop#5 is open"),
        ("local comment add 1 thanks", "commented on acme/shop#1"),
        ("local review comment 2 docs/returns.md:1 More", "started thread 2 on docs/returns.md:1 of acme/shop#2"),
        ("local review reply 2 1 Because", "said in thread 1 of acme/shop#2"),
        ("local review resolve 2 1", "thread 1 of acme/shop#2 is settled"),
        ("local review reopen 2 1", "thread 1 of acme/shop#2 is open"),
        ("local review submit 2 --verdict approve", "reviewed acme/shop#2: approved"),
        ("local label add 1 urgent", "acme/shop#1 has label `urgent`"),
        ("local label remove 1 docs", "acme/shop#1 has no label `docs`"),
        ("local user add bob", "added bob"),
        ("local user role eve reader", "eve is reader of acme/shop"),
    ]
}

/// A state with something of everything: a pull request, a closed issue, a run that waits.
fn world() -> World {
    let world = World::of("ana");
    world.repository("here");
    world.write("../item.md", "# Orders\n\nAll of them.\n");
    world.write("../event.json", crate::events::event().to_string());
    world.forgeline("local repo create acme/shop").ok();
    world.forgeline("local issue create --title Returns --label docs").ok();
    world.forgeline("local issue create --title Old --no-bot").ok();
    world.forgeline("local issue close 3 --no-bot").ok();
    world.forgeline("local issue create --title Plans --label docs").ok();
    world.forgeline("local pr close 5").ok();
    world.forgeline("local user add eve").ok();
    world.forgeline("local review comment 2 docs/returns.md:1 Why? --no-bot").ok();
    let stopped = world.interrupted("run docs-page --work-item -", b"# Orders\n\nAbout orders.\n");
    stopped.ends(130).complains("stopped; `forgeline runs show run_");
    world.run(&["local", "comment", "add", "1", "/forgeline run docs-page folder=notes", "--no-bot"], None).ok();
    world
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.insert(format!("{}/", path.display()), Vec::new());
                next.push(path);
            } else {
                found.insert(path.display().to_string(), fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn every_verb_that_changes_something_can_be_tried_out() {
    let world = world();
    let (state, here) = (files(&world.path("state")), files(&world.path("here")));
    for (line, said) in changes() {
        let tried = world.forgeline(&format!("{line} --dry-run")).ok();
        assert!(tried.out.starts_with("dry run: nothing is written\n"), "{line}: {}", tried.out);
        assert!(!tried.out.contains("forgeline-dry-run-"), "{line}: {}", tried.out);
        let tried = tried.says(said);
        assert!(files(&world.path("state")) == state, "{line} changed the state: {}", tried.out);
        assert!(files(&world.path("here")) == here, "{line} changed the folder: {}", tried.out);
        let json = world.forgeline(&format!("{line} --dry-run --json")).ok().json();
        assert_eq!(json["dry_run"], true, "{line}: {json}");
    }
    // The same words without the flag do change the state.
    world.forgeline("local user add bob").ok();
    assert!(files(&world.path("state")) != state);
}

#[test]
fn a_verb_either_looks_or_has_a_dry_run() {
    let world = World::new();
    let tried: Vec<&str> = changes().into_iter().map(|(line, _)| line).collect();
    for verb in verbs::all(&world) {
        if LOOKS.contains(&verb.as_str()) {
            continue;
        }
        let help = world.forgeline(&format!("{verb} --help")).ok().out;
        assert!(
            help.contains("--dry-run"),
            "`{verb}` has no `--dry-run`, or is missing in the list of those that look"
        );
        let is_tried = OTHERS.contains(&verb.as_str()) || tried.iter().any(|line| line.starts_with(&verb));
        assert!(is_tried, "`{verb}` is not tried out here");
    }
}

#[test]
fn a_dry_run_refuses_what_the_real_one_would() {
    let world = world();
    let state = files(&world.path("state"));
    world.forgeline("local user add bob --dry-run").ok();
    for (line, code, text) in [
        ("local issue close 9", 9, "no issue 9"),
        ("local issue close 1 --as bob", 9, "no user `bob`"),
        ("local repo create acme/shop", 1, "exists already"),
        ("runs cancel @failed", 9, "no run has failed"),
        ("run docs-page", 3, "FL0221"),
    ] {
        world.forgeline(&format!("{line} --dry-run")).ends(code).complains(text);
    }
    assert!(files(&world.path("state")) == state);
    let nowhere = World::new();
    nowhere.forgeline("local repo create acme/shop --dry-run").ok().says("state/local/acme/shop.git");
    nowhere.forgeline("bot once --dry-run").ok();
    assert!(!nowhere.path("state").exists(), "no state is made");
}
