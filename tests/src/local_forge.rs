//! From an issue to a pull request and back, as a person on the local forge sees it.

use std::fs;

use crate::world::World;

/// The smallest shipped blueprint; it needs no form.
const RUN: &str = "/forgeline run docs-page";

#[test]
fn a_comment_starts_a_run_and_the_same_request_changes_nothing() {
    let world = World::with_shop();
    let issue = world.issue("How to return goods", "Within 30 days.");
    world.comment(issue, RUN);
    let [(number, state, head)] = &world.pull_requests()[..] else { panic!("one pull request") };
    assert_eq!((state.as_str(), head.as_str()), ("open", "forgeline/docs-page/1-how-to-return-goods"));
    let shown = world.ok(&["local", "pr", "show", &issue.to_string(), "--diff"]);
    assert!(shown.out.contains(&format!("#{number} docs-page: How to return goods")), "{}", shown.out);
    assert!(shown.out.contains("Within 30 days."), "{}", shown.out);
    assert!(shown.out.contains("Write gate: **allow**"), "{}", shown.out);
    let before = world.git(&world.shop(), &["rev-parse", head]);
    world.comment(issue, RUN);
    assert_eq!(world.git(&world.shop(), &["rev-parse", head]), before);
    assert_eq!(world.pull_requests().len(), 1);
    let states: Vec<_> = world.runs().iter().map(|run| run["state"].clone()).collect();
    assert_eq!(states, ["no-change", "published"]);
    world.settle();
}

#[test]
fn a_changed_item_updates_the_same_pull_request() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.comment(issue, RUN);
    world.ok(&["local", "issue", "edit", "1", "-b", "Within 60 days.", "--no-bot"]);
    world.comment(issue, RUN);
    assert_eq!(world.pull_requests().len(), 1);
    let shown = world.ok(&["local", "pr", "show", "1", "--diff"]);
    assert!(shown.out.contains("+Within 60 days."), "{}", shown.out);
    assert_eq!(world.run_commits().len(), 2, "the second commit is on top of the first");
    world.settle();
}

#[test]
fn after_a_merge_a_further_run_opens_the_next_branch_only_if_it_differs() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.comment(issue, RUN);
    world.ok(&["local", "pr", "merge", "1"]);
    world.comment(issue, RUN);
    assert_eq!(world.pull_requests().len(), 1, "what is merged already is not proposed again");
    world.ok(&["local", "issue", "edit", "1", "-b", "Within 60 days.", "--no-bot"]);
    world.comment(issue, RUN);
    let heads: Vec<_> = world.pull_requests().into_iter().map(|(_, state, head)| (state, head)).collect();
    let branch = "forgeline/docs-page/1-returns";
    assert_eq!(heads, [("merged".into(), branch.to_owned()), ("open".into(), format!("{branch}-2"))]);
    world.settle();
}

#[test]
fn a_pull_request_that_a_person_closed_stays_closed_until_a_command_asks() {
    let world = World::with_shop();
    world.ok(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
    assert_eq!(world.pull_requests().len(), 1, "the label starts docs-page");
    world.ok(&["local", "pr", "close", "1"]);
    world.ok(&["local", "issue", "edit", "1", "-b", "Within 60 days.", "--no-bot"]);
    world.ok(&["local", "label", "remove", "1", "docs", "--no-bot"]);
    world.ok(&["local", "label", "add", "1", "docs"]);
    assert_eq!(world.pull_requests().len(), 1, "nothing is written after a person said no");
    let said = world.comments(1).join("\n");
    assert!(said.contains("was closed by a person") && said.contains(RUN), "{said}");
    world.comment(1, RUN);
    assert_eq!(world.pull_requests().len(), 2, "a command asks again");
    world.settle();
}

#[test]
fn rights_are_the_forges_and_every_refusal_says_why() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.ok(&["local", "user", "add", "eve"]);
    world.ok(&["local", "user", "role", "eve", "reader"]);
    world.run(&["local", "comment", "add", "1", RUN, "--as", "eve"]);
    assert!(world.pull_requests().is_empty());
    let said = world.comments(issue).join("\n");
    assert!(said.contains("needs the right to write"), "{said}");
    world.comment(issue, "/forgeline rnu docs-page");
    world.comment(issue, "/forgeline run docs-pgae");
    let said = world.comments(issue).join("\n");
    assert!(said.contains("`run`") && said.contains("docs-page"), "typos are answered with what was meant: {said}");
    let why = world.ok(&["why", "acme/shop#1"]);
    assert!(why.out.contains("authorize") && why.out.contains("refuse"), "{}", why.out);
    world.settle();
}

#[test]
fn a_held_item_starts_nothing_until_it_is_released() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.comment(issue, "/forgeline hold");
    world.comment(issue, RUN);
    assert!(world.pull_requests().is_empty());
    world.comment(issue, "/forgeline hold cancel");
    world.comment(issue, RUN);
    assert_eq!(world.pull_requests().len(), 1);
    world.settle();
}

#[test]
fn a_plain_repository_gets_a_branch_and_keeps_its_checkout() {
    let world = World::new();
    let repo = world.repository("real");
    fs::write(repo.join("draft.txt"), "not committed").expect("a file");
    let item = world.write("item.md", "# Returns\n\nWithin 30 days.\n");
    let repo_text = repo.display().to_string();
    let args = ["run", "docs-page", "--repo", &repo_text, "--work-item", &item];
    let said = world.ok(&args);
    assert!(said.out.contains("wrote branch `forgeline/docs-page/file-item-returns`"), "{}", said.out);
    assert!(said.err.contains("uncommitted changes"), "{}", said.err);
    assert_eq!(world.git(&repo, &["status", "--short"]), "?? draft.txt\n", "the checkout is as it was");
    let message = world.git(&repo, &["log", "-1", "--format=%B", "forgeline/docs-page/file-item-returns"]);
    for trailer in ["Forgeline-Run: run_", "Forgeline-Run-Key: ", "Forgeline-Blueprint: docs-page@1.0.0 (sha256:"] {
        assert!(message.contains(trailer), "{message}");
    }
    let again = world.ok(&args);
    assert!(again.err.contains("joined"), "{}", again.err);
    assert_eq!(world.git(&repo, &["rev-list", "--count", "main..forgeline/docs-page/file-item-returns"]), "1\n");
    assert_eq!(world.runs().len(), 1);
}

#[test]
fn the_run_record_is_the_same_wherever_the_run_was() {
    let record = || {
        let world = World::new();
        let repo = world.repository("real");
        let item = world.write("item.md", "# Returns\n\nWithin 30 days.\n");
        world.ok(&["run", "docs-page", "--repo", &repo.display().to_string(), "--work-item", &item]);
        let said = world.ok(&["--json", "runs", "show", "@latest", "--record"]);
        said.json()
    };
    let (one, other) = (record(), record());
    assert_eq!(one, other, "no id, time or place of the machine is part of it");
}

#[test]
fn a_blueprint_that_waits_for_a_merged_artifact_is_started_by_the_merge() {
    let world = World::with_shop();
    let factory = world.path("factory");
    let blueprint = "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {name: follow-up, version: 1.0.0, owners: [\"@ana\"]}\n\
        on:\n  - event: {type: ArtifactMerged, version: \"^1\", when: 'event.artifact_type == \"DocsPage\"'}\n\
        inputs: {type: object, properties: {folder: {type: string, default: notes}}}\n\
        stages:\n  - id: page\n    uses: docs-writer@^1\n    with: {folder: \"{{inputs.folder}}\"}\n    produces: [{path: \"*/*.md\", type: DocsPage}]\n    emits: [DocsPageWritten@1.0]\n";
    world.write("factory/forgeline.yaml", "apiVersion: forgeline.dev/v1\nkind: Factory\n");
    world.write("factory/blueprints/follow-up/blueprint.yaml", blueprint);
    let folder = factory.display().to_string();
    let with = |args: &[&str]| {
        let said = world.run_with(&[("FORGELINE_FACTORY", &folder)], args);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
        said
    };
    with(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
    assert_eq!(world.pull_requests().len(), 1);
    with(&["local", "pr", "merge", "1"]);
    let runs: Vec<_> =
        world.runs().iter().map(|run| run["blueprint"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(runs, ["follow-up@1.0.0", "docs-page@1.0.0"]);
    assert_eq!(world.pull_requests().len(), 2);
    let why = with(&["why", "@latest"]);
    assert!(why.out.contains("ArtifactMerged"), "why tells what started it: {}", why.out);
    with(&["local", "pr", "merge", "3"]);
    assert_eq!(world.runs().len(), 2, "a blueprint does not start itself");
}
