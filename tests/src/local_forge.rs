//! From an issue to a pull request and back, as a person on the local forge sees it.

use std::{fs, path::PathBuf};

use forgeline_model::FileSet;

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

/// A factory with a blueprint that waits for a merged page; its folder.
fn follow_up(world: &World) -> String {
    let blueprint = "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {name: follow-up, version: 1.0.0, owners: [\"@ana\"]}\n\
        on:\n  - event: {type: ArtifactMerged, version: \"^1\", when: 'event.artifact_type == \"DocsPage\"'}\n\
        inputs: {type: object, properties: {folder: {type: string, default: notes}}}\n\
        stages:\n  - id: page\n    uses: docs-writer@^1\n    with: {folder: \"{{inputs.folder}}\"}\n    produces: [{path: \"*/*.md\", type: DocsPage}]\n    emits: [DocsPageWritten@1.0]\n";
    world.write("factory/forgeline.yaml", "apiVersion: forgeline.dev/v1\nkind: Factory\n");
    world.write("factory/blueprints/follow-up/blueprint.yaml", blueprint);
    world.path("factory").display().to_string()
}

#[test]
fn a_blueprint_that_waits_for_a_merged_artifact_is_started_by_the_merge() {
    let world = World::with_shop();
    let folder = follow_up(&world);
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

#[test]
fn an_event_starts_nothing_for_an_item_that_is_on_hold_or_closed() {
    for (stop, condition) in
        [(&["label", "add", "1", "forgeline/hold"][..], "hold"), (&["issue", "close", "1"], "item")]
    {
        let world = World::with_shop();
        let folder = follow_up(&world);
        let with = |args: &[&str]| world.run_with(&[("FORGELINE_FACTORY", &folder)], args);
        with(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
        with(&[&["local"], stop].concat());
        with(&["local", "pr", "merge", "1"]);
        assert_eq!(world.runs().len(), 1, "{condition}");
        let told = with(&["--json", "events", "tail", "--type", "ArtifactMerged"]);
        let event: serde_json::Value = serde_json::from_str(told.out.trim()).expect("one event");
        let id = event["event"]["event_id"].as_str().expect("an id");
        let why = with(&["--json", "why", id]).json();
        let detail = &why["why"]["decisions"][0]["detail"];
        assert_eq!(detail["condition"]["condition"], condition, "{why}");
        assert_eq!(detail["origin_blueprint"].as_str().map(|name| name.starts_with("docs-page@")), Some(true), "{why}");
        assert_eq!(
            (&detail["pull_request"], &detail["path"]),
            (&event["event"]["pull_request"], &event["event"]["path"])
        );
    }
}

/// Puts files on a branch of `acme/shop` or takes them away, as a person would.
pub(crate) fn push(world: &World, branch: &str, files: &[(&str, Option<&str>)]) {
    let clone = world.path("clone");
    if !clone.exists() {
        world.git(&world.path("here"), &["clone", "--quiet", &world.shop().display().to_string(), "../clone"]);
    }
    world.git(&clone, &["fetch", "--quiet", "origin"]);
    world.git(&clone, &["checkout", "--quiet", "-B", "mine", &format!("origin/{branch}")]);
    for (name, text) in files {
        match text {
            Some(text) => drop(world.write(&format!("clone/{name}"), text)),
            None => fs::remove_file(clone.join(name)).expect("the file is there"),
        }
    }
    world.git(&clone, &["add", "--all"]);
    world.git(&clone, &["commit", "--quiet", "-m", "by hand"]);
    world.git(&clone, &["push", "--quiet", "origin", &format!("mine:{branch}")]);
}

/// Decisions on exactly this subject and its parts, as `rule: verdict`.
fn decisions(world: &World, subject: &str) -> Vec<String> {
    let known = world.ok(&["--json", "why", subject]).json();
    let all = known["why"]["decisions"].as_array().expect("a list").clone();
    let text = |it: &serde_json::Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    all.iter().map(|it| format!("{}: {}", text(it, "rule"), text(it, "verdict"))).collect()
}

#[test]
fn broken_definitions_start_nothing_and_are_shown() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    let broken = "apiVersion: forgeline.dev/v1\nkind: Factory\nroles: 7\n";
    push(&world, "main", &[("forgeline.yaml", Some(broken))]);
    for command in [RUN, "/forgeline plan docs-page"] {
        world.comment(issue, command);
        let said = world.comments(issue).pop().expect("an answer");
        assert!(said.contains("`forgeline.yaml:") && said.contains("`forgeline validate`"), "{said}");
    }
    for _ in 0..2 {
        world.ok(&["local", "label", "add", "1", "docs"]);
        world.ok(&["local", "label", "remove", "1", "docs"]);
    }
    let said = world.comments(issue);
    assert_eq!(said.len(), 5, "two commands, their answers, and one for all labels: {said:?}");
    assert!(world.runs().is_empty());
    assert!(decisions(&world, "acme/shop#1").contains(&"definitions.valid: refuse".to_owned()));
    world.settle();
    push(&world, "main", &[("forgeline.yaml", Some("apiVersion: forgeline.dev/v1\nkind: Factory\n"))]);
    world.comment(issue, RUN);
    assert_eq!(world.pull_requests().len(), 1, "mended, it starts");
}

#[test]
fn why_on_an_item_shows_nothing_of_others() {
    let world = World::with_shop();
    let on = |repo: &str, args: &[&str]| world.ok(&[&["--json", "local"], args, &["-R", repo]].concat()).json();
    let ask = |number: u64, text: &str| {
        world.run(&["local", "comment", "add", &number.to_string(), text, "-R", "acme/shop"]);
        let said = on("acme/shop", &["comment", "list", &number.to_string()]);
        let last = said["comments"].as_array().and_then(|all| all.last()).expect("an answer");
        last["body"].as_str().unwrap_or_default().to_owned()
    };
    for number in 1..=10 {
        assert_eq!(world.issue(&format!("Page {number}"), "Text."), number);
    }
    on("acme/secret", &["repo", "create", "acme/secret", "--private"]);
    on("acme/secret", &["issue", "create", "-t", "Plans", "-b", "Takeover.", "-l", "docs"]);
    let secret = world.runs()[0]["id"].as_str().expect("an id").to_owned();
    assert!(ask(10, "/forgeline rnu x").contains("Not understood"));
    for hidden in ["acme/secret#1", "acme/secret", &secret, "acme/shop#10", "run_", "/comment/", "event", "#1"] {
        let said = ask(1, &format!("/forgeline why {hidden}"));
        assert!(said.starts_with("**Nothing is recorded**"), "{hidden}: {said}");
    }
    for (number, is_shown) in [(1, false), (10, true)] {
        let said = ask(number, "/forgeline why");
        assert_eq!(said.contains("by `command.parse`"), is_shown, "{said}");
    }
}

#[test]
fn a_person_changes_or_drops_a_page_before_the_merge_and_that_is_what_is_told() {
    let page = "docs/returns.md";
    for (text, changed, absent) in [(Some("# Returns\n\nNever.\n"), vec![page], vec![]), (None, vec![], vec![page])] {
        let world = World::with_shop();
        let issue = world.issue("Returns", "Within 30 days.");
        world.comment(issue, RUN);
        push(&world, "forgeline/docs-page/1-returns", &[(page, text), ("docs/note.md", Some("By hand.\n"))]);
        world.ok(&["local", "pr", "merge", "1"]);
        let known = world.ok(&["--json", "why", "acme/shop#2"]).json();
        let all = known["why"]["decisions"].as_array().expect("a list").clone();
        let merged = all.iter().find(|it| it["rule"] == "pull_request.merged").expect("the merge was decided");
        let paths = |name: &str| merged["detail"][name].clone();
        assert_eq!((paths("changed_by_person"), paths("absent")), (changed.into(), absent.into()), "{merged}");
        let told = world.ok(&["--json", "events", "tail", "--type", "ArtifactMerged"]).out;
        assert_eq!(told.lines().count(), usize::from(text.is_some()), "{told}");
        world.settle();
    }
}

#[test]
fn a_repository_without_a_commit_is_answered() {
    let world = World::new();
    world.ok(&["local", "repo", "create", "acme/shop", "--empty"]);
    let issue = world.issue("Returns", "Within 30 days.");
    world.comment(issue, RUN);
    let said = world.comments(issue).pop().expect("an answer");
    assert!(said.contains("has no commit yet"), "{said}");
    assert_eq!(decisions(&world, "acme/shop#1"), ["target.base: refuse"; 2], "the issue, and the comment on it");
    world.settle();
}

#[test]
fn what_this_build_cannot_do_is_said_and_not_dropped() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.comment(issue, "/forgeline release");
    let said = world.comments(issue).pop().expect("an answer");
    assert!(said.contains("not available in this build"), "{said}");
    world.comment(issue, "/forgeline ok-to-test 1234567");
    let said = world.comments(issue).pop().expect("an answer");
    assert!(said.contains("is for pull requests"), "{said}");
    assert!(world.runs().is_empty());
    world.settle();
}

#[test]
fn the_same_label_again_leaves_the_status_of_the_run_as_it_is() {
    let world = World::with_shop();
    world.ok(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
    let before = world.comments(1);
    world.ok(&["local", "label", "remove", "1", "docs"]);
    world.ok(&["local", "label", "add", "1", "docs"]);
    let after = world.comments(1);
    assert_eq!(after[..before.len()], before, "the status stays");
    assert!(after[before.len()..].iter().any(|it| it.contains("**Joined**")), "{after:?}");
    assert_eq!(world.runs().len(), 1);
    world.settle();
}

#[test]
fn a_comment_on_a_closed_pull_request_asks_for_nothing() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.comment(issue, RUN);
    world.ok(&["local", "pr", "close", "1"]);
    world.comment(2, "/forgeline run docs-page folder=notes");
    assert_eq!(world.runs().len(), 1);
    let known = world.ok(&["--json", "why", "acme/shop#2"]);
    assert!(known.out.contains("the item is closed"), "{}", known.out);
    world.settle();
}

#[test]
fn bots_that_start_at_once_decide_each_delivery_once() {
    let world = World::with_shop();
    let issue = world.issue("Returns", "Within 30 days.");
    world.ok(&["local", "comment", "add", "1", RUN, "--no-bot"]);
    let bots: Vec<_> = (0..4).map(|_| world.start(&["bot", "once"])).collect();
    for mut bot in bots {
        bot.wait().expect("it ends");
    }
    world.settle();
    let starts = decisions(&world, "acme/shop#1").iter().filter(|it| *it == "trigger.command: start").count();
    assert_eq!(starts, 1);
    assert_eq!(world.comments(issue).iter().filter(|it| it.contains("**Started**")).count(), 1);
}

#[test]
fn an_event_waits_while_the_definitions_are_broken() {
    let world = World::with_shop();
    let folder = std::path::PathBuf::from(follow_up(&world));
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    let blueprint = "blueprints/follow-up/blueprint.yaml";
    let (factory, text) = (read("forgeline.yaml"), read(blueprint));
    push(&world, "main", &[("forgeline.yaml", Some(&factory)), (blueprint, Some(&text))]);
    world.ok(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
    push(&world, "main", &[("forgeline.yaml", Some(&format!("{factory}roles: 7\n")))]);
    world.ok(&["local", "pr", "merge", "1"]);
    assert_eq!(world.runs().len(), 1);
    let told = world.ok(&["--json", "events", "tail", "--type", "ArtifactMerged"]).json();
    let id = told["event"]["event_id"].as_str().expect("an id").to_owned();
    assert_eq!(decisions(&world, &id), ["definitions.valid: refuse"]);
    world.settle();
}

#[test]
fn an_event_of_another_repository_is_ignored_with_a_reason() {
    let world = World::with_shop();
    let folder = follow_up(&world);
    let with = |args: &[&str]| {
        let said = world.run_with(&[("FORGELINE_FACTORY", &folder), ("FORGELINE_REPO", "acme/shop")], args);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
        said
    };
    with(&["local", "repo", "create", "acme/other"]);
    with(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "docs"]);
    with(&["local", "pr", "merge", "1"]);
    let told = with(&["--json", "events", "tail", "--type", "ArtifactMerged"]).json();
    let id = told["event"]["event_id"].as_str().expect("an id").to_owned();
    let mut decided = decisions(&world, &id);
    decided.sort();
    assert_eq!(decided, ["event.repository: ignore", "trigger.event: start"]);
}

#[test]
fn a_repository_with_contracts_of_its_own_is_held_to_them() {
    let world = World::with_shop();
    let clone = world.path("clone");
    world.git(&world.path(""), &["clone", "--quiet", &world.shop().display().to_string(), "clone"]);
    let mut own = forgeline_registry::with_shipped(&FileSet::default());
    let shipped = own.below("events/development/DocsPageWritten");
    for file in ["event.yaml", "schema.json", "CHANGELOG.md"] {
        let text = std::str::from_utf8(shipped.get(file).expect("a shipped contract")).expect("text").to_owned();
        own.insert(format!("events/development/PageKept/{file}"), text.replace("DocsPageWritten", "PageKept"));
    }
    let released = forgeline_registry::release(&own).expect("a contract");
    for (path, bytes) in own.iter().chain(released.iter()).filter(|(path, _)| path.contains("/PageKept/")) {
        let path = clone.join("schema-registry").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    let agent = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../agents/docs-writer");
    for file in ["agent.yaml", "templates/page.md.hbs"] {
        let text = fs::read_to_string(agent.join(file)).expect("a shipped agent");
        let path = clone.join("agents/keeper").join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let text = text.replace("docs-writer", "keeper").replace("DocsPageWritten", "PageKept");
        fs::write(path, text).expect("a file");
    }
    let blueprint = "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {name: keep, version: 1.0.0, owners: [\"@ana\"]}\n\
        on: [{label: keep}]\ninputs: {type: object, properties: {folder: {type: string, default: docs}}}\n\
        stages:\n  - id: page\n    uses: keeper@^1\n    with: {folder: \"{{inputs.folder}}\"}\n    produces: [{path: \"*/*.md\", type: DocsPage}]\n    emits: [PageKept@1.0]\n";
    fs::create_dir_all(clone.join("blueprints/keep")).expect("a folder");
    fs::write(clone.join("blueprints/keep/blueprint.yaml"), blueprint).expect("a file");
    fs::write(clone.join("forgeline.yaml"), "apiVersion: forgeline.dev/v1\nkind: Factory\n").expect("a file");
    world.git(&clone, &["add", "."]);
    world.git(&clone, &["commit", "--quiet", "-m", "a factory of our own"]);
    world.git(&clone, &["push", "--quiet", "origin", "main"]);
    let said = world.run(&["local", "issue", "create", "-t", "Returns", "-b", "Within 30 days.", "-l", "keep"]);
    assert_eq!(world.pull_requests().len(), 1, "{}{}{:?}", said.out, said.err, world.comments(1));
    let told = world.ok(&["--json", "events", "tail", "--type", "PageKept"]).out;
    assert!(told.contains("PageKept"), "{told}");
    world.settle();
}
