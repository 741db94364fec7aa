//! People and runs on the same branch, and several runs on one repository, as seen from outside.

use std::fs;

use crate::{local_forge::push, world::World};

const RUN: &str = "/forgeline run docs-page";
const BRANCH: &str = "forgeline/docs-page/1-returns";
const PAGE: &str = "docs/returns.md";
const BODY: &str = "Within 30 days.\n\nTell the shop first.\n\nKeep the receipt.";

/// `acme/shop` with an open pull request for a page of several lines, and what the page says.
fn proposed() -> (World, String) {
    let world = World::with_shop();
    let issue = world.issue("Returns", BODY);
    world.comment(issue, RUN);
    let text = page(&world, BRANCH);
    (world, text)
}

fn page(world: &World, at: &str) -> String {
    world.git(&world.shop(), &["show", &format!("{at}:{PAGE}")])
}

/// Asks for the page again after the issue was edited.
fn ask_again(world: &World, body: &str) {
    world.ok(&["local", "issue", "edit", "1", "-b", body, "--no-bot"]);
    world.comment(1, RUN);
}

#[test]
fn an_edit_on_the_bots_branch_survives_every_further_run() {
    let (world, text) = proposed();
    push(
        &world,
        BRANCH,
        &[(PAGE, Some(&text.replace("Keep the receipt.", "Keep the receipt, please."))), ("note.md", Some("mine\n"))],
    );
    for days in ["60", "90"] {
        ask_again(&world, &BODY.replace("30", days));
        let now = page(&world, BRANCH);
        assert!(now.contains(&format!("Within {days} days.")) && now.contains("receipt, please."), "{now}");
    }
    assert_eq!(world.git(&world.shop(), &["show", &format!("{BRANCH}:note.md")]), "mine\n");
    assert_eq!(world.pull_requests().len(), 1);
    assert_eq!(world.run_commits().len(), 3, "one for each run");
    world.settle();
}

#[test]
fn a_conflict_is_shown_with_both_sides_and_said() {
    let (world, text) = proposed();
    push(&world, BRANCH, &[(PAGE, Some(&text.replace("30 days", "14 days")))]);
    ask_again(&world, &BODY.replace("30 days", "60 days"));
    assert!(page(&world, BRANCH).contains("14 days"), "the person's version stays");
    let heads: Vec<_> = world.pull_requests().into_iter().map(|(_, state, head)| (state, head)).collect();
    let conflict = format!("{BRANCH}-conflict");
    assert_eq!(heads, [("open".into(), BRANCH.to_owned()), ("open".into(), conflict.clone())]);
    let shown = world.ok(&["local", "pr", "show", "3", "--diff"]).out;
    for part in ["forgeline/conflict", "-Within 14 days.", "+Within 60 days.", "Neither side is lost"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let said = world.comments(1).join("\n");
    assert!(said.contains(&format!("in conflict: a person changed `{PAGE}` as well")), "{said}");
    let run = world.ok(&["--json", "runs", "show", "@latest"]).json();
    assert!(run.to_string().contains(&format!("\"branch\":\"{conflict}\"")), "the outcome names it: {run}");
    let own = world.ok(&["local", "pr", "show", "2"]).out;
    assert!(own.contains("**In conflict:**") && own.contains("pull request #3 shows both"), "{own}");
    world.settle();
    world.ok(&["local", "pr", "merge", "3"]);
    assert!(page(&world, BRANCH).contains("60 days"), "merging it takes the run's version");
    world.settle();
}

#[test]
fn the_same_answer_again_leaves_an_edit_alone() {
    let (world, text) = proposed();
    push(&world, BRANCH, &[(PAGE, Some(&text.replace("30 days", "14 days")))]);
    world.comment(1, RUN);
    assert!(page(&world, BRANCH).contains("14 days"));
    let states: Vec<_> = world.runs().iter().map(|run| run["state"].clone()).collect();
    assert_eq!(states, ["no-change", "published"]);
    world.settle();
}

#[test]
fn processes_that_run_different_items_on_one_plain_repository_do_not_disturb_each_other() {
    let world = World::new();
    let repo = world.repository("real");
    let target = repo.display().to_string();
    let items: Vec<String> =
        (1..=3).map(|n| world.write(&format!("item{n}.md"), format!("# Page {n}\n\nText {n}.\n"))).collect();
    let mut children: Vec<_> =
        items.iter().map(|item| world.start(&["run", "docs-page", "--repo", &target, "--work-item", item])).collect();
    for child in &mut children {
        assert!(child.wait().expect("it ends").success());
    }
    for n in 1..=3 {
        let branch = format!("forgeline/docs-page/file-item{n}-page-{n}");
        assert_eq!(world.git(&repo, &["rev-list", "--count", &format!("main..{branch}")]), "1\n");
        assert!(world.git(&repo, &["show", &format!("{branch}:docs/page-{n}.md")]).contains(&format!("Text {n}.")));
    }
    assert_eq!(world.runs().len(), 3);
}

#[test]
fn processes_that_run_different_issues_of_one_repository_give_each_its_pull_request() {
    let world = World::with_shop();
    for n in 1..=3 {
        assert_eq!(world.issue(&format!("Page {n}"), "Text."), n);
    }
    for n in ["1", "2", "3"] {
        world.ok(&["local", "comment", "add", n, RUN, "--no-bot"]);
    }
    let mut children: Vec<_> = (0..3).map(|_| world.start(&["bot", "once"])).collect();
    for child in &mut children {
        child.wait().expect("it ends");
    }
    world.settle();
    let mut heads: Vec<_> = world.pull_requests().into_iter().map(|(_, _, head)| head).collect();
    heads.sort();
    assert_eq!(heads, (1..=3).map(|n| format!("forgeline/docs-page/{n}-page-{n}")).collect::<Vec<_>>());
    assert_eq!(world.run_commits().len(), 3);
}

#[test]
fn a_base_that_moved_with_the_same_page_is_not_overwritten() {
    let world = World::with_shop();
    world.issue("Returns", BODY);
    world.ok(&["local", "comment", "add", "1", RUN, "--no-bot"]);
    // The publisher cannot take its turn at the references, and a person pushes the page meanwhile.
    let turn = world.shop().join("forgeline-refs.lock");
    fs::remove_file(&turn).expect("a file that is locked");
    fs::create_dir(&turn).expect("a folder in the way");
    let said = world.run(&["bot", "once"]);
    assert_ne!(said.code, 0, "{}{}", said.out, said.err);
    fs::remove_dir(&turn).expect("out of the way");
    push(&world, "main", &[(PAGE, Some("# Returns\n\nNever.\n"))]);
    world.ok(&["bot", "once"]);
    let conflict = format!("{BRANCH}-conflict");
    let heads: Vec<_> = world.pull_requests().into_iter().map(|(_, _, head)| head).collect();
    assert_eq!(heads, [conflict.as_str()]);
    assert!(page(&world, &conflict).contains("Within 30 days."));
    assert_eq!(page(&world, "main"), "# Returns\n\nNever.\n");
    let said = world.comments(1).join("\n");
    assert!(said.contains(&format!("in conflict: the base changed `{PAGE}` as well")), "{said}");
    world.settle();
}
