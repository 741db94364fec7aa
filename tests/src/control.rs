//! Runs that do not go straight on: questions to people, failures, retries, groups, pauses.

use crate::world::World;

const FACTORY: &str = "apiVersion: forgeline.dev/v1\nkind: Factory\n";

/// A factory whose agent `writer` writes `out/<name>.json` with the text it is given, which must be JSON.
fn factory(world: &World, head: &str, stages: &str) -> String {
    world.write("factory/forgeline.yaml", FACTORY);
    world.write(
        "factory/agents/writer/agent.yaml",
        "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {name: writer, version: 1.0.0, owners: [\"@ana\"]}\n\
         inputs: {type: object, required: [name, text], properties: {name: {type: string}, text: {type: string}}}\n\
         skills:\n  - id: write\n    kind: template\n    templates: [{from: templates/out.json.hbs, to: \"out/{{with.name}}.json\"}]\n\
         output: {type: Data, validators: [paths, utf8, json]}\n",
    );
    world.write("factory/agents/writer/templates/out.json.hbs", "{{with.text}}\n");
    let blueprint = format!(
        "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: flow, version: 1.0.0, owners: [\"@ana\"]}}\n\
         on: [{{command: run}}]\n{head}\nstages:\n{stages}"
    );
    world.write("factory/blueprints/flow/blueprint.yaml", blueprint);
    world.path("factory").display().to_string()
}

fn writes(id: &str, text: &str, more: &str) -> String {
    format!(
        "  - {{id: {id}, uses: writer@^1, with: {{name: {id}, text: '{text}'}}, \
         produces: [{{path: \"out/*.json\", type: Data}}]{more}}}\n"
    )
}

/// Carries out a command with the factory in force; its exit code and what it said.
fn with(world: &World, folder: &str, args: &[&str]) -> (i32, String) {
    let said = world.run_with(&[("FORGELINE_FACTORY", folder)], args);
    (said.code, format!("{}{}", said.out, said.err))
}

fn last_comment(world: &World, number: u64) -> String {
    world.comments(number).pop().unwrap_or_default()
}

#[test]
fn a_run_waits_for_people_and_goes_on_when_they_agree_to_exactly_what_waits() {
    let world = World::with_shop();
    let stages = writes("a", "1", "")
        + "  - {id: ok, needs: [a], approval: {roles: [maintainer], min: 1}}\n"
        + &writes("b", "2", ", needs: [ok]");
    let folder = factory(&world, "", &stages);
    for (name, role) in [("bo", "maintainer"), ("eve", "editor")] {
        world.ok(&["local", "user", "add", name]);
        world.ok(&["local", "user", "role", name, role]);
    }
    let issue = world.issue("Data", "Some.");
    let say = |who: &str, text: &str| {
        with(&world, &folder, &["local", "comment", "add", &issue.to_string(), text, "--as", who]);
        last_comment(&world, issue)
    };
    say("ana", "/forgeline run flow");
    assert!(world.pull_requests().is_empty(), "nothing is written before somebody agrees");
    assert_eq!(world.runs()[0]["state"], "waiting");
    let asked = world.comments(issue).join("\n");
    let line =
        asked.lines().find(|line| line.starts_with("/forgeline approve ok ")).expect("the line to paste").to_owned();
    assert!(say("ana", &line).contains("somebody else"), "not who asked");
    assert!(say("eve", &line).contains("maintain"), "not with less than the role");
    assert!(say("bo", "/forgeline approve ok 1234567").contains("**Not approved.**"), "not another commit");
    assert!(say("bo", "/forgeline approve a 1234567").contains("**Nothing waits.**"), "not another stage");
    assert!(world.pull_requests().is_empty());
    say("bo", &line);
    assert!(world.comments(issue).iter().any(|said| said.contains("**Approved.**")));
    assert_eq!(world.pull_requests().len(), 1);
    world.settle();
    let told = world.ok(&["--json", "events", "tail", "--type", "ApprovalGranted"]).out;
    assert!(told.contains("\"approver\":\"bo\""), "{told}");
}

#[test]
fn an_approval_holds_only_while_whoever_gave_it_may_give_it() {
    loses_the_role("", "maintainer", "reader");
}

#[test]
fn an_approval_holds_only_while_the_factory_lets_whoever_gave_it() {
    loses_the_role("roles: {approve: [admin]}\n", "admin", "maintainer");
}

/// Somebody approves with a role and has another one when the run is to be written.
fn loses_the_role(roles: &str, had: &str, has: &str) {
    let world = World::with_shop();
    let stages = writes("a", "1", "") + "  - {id: ok, needs: [a], approval: {roles: [maintainer]}}\n";
    let folder = factory(&world, "", &stages);
    world.write("factory/forgeline.yaml", format!("{FACTORY}{roles}"));
    world.ok(&["local", "user", "add", "bo"]);
    world.ok(&["local", "user", "role", "bo", had]);
    let issue = world.issue("Data", "Some.");
    with(&world, &folder, &["local", "comment", "add", "1", "/forgeline run flow"]);
    let asked = world.comments(issue).join("\n");
    let line = asked.lines().find(|line| line.starts_with("/forgeline approve ok ")).expect("the line to paste");
    with(&world, &folder, &["local", "comment", "add", "1", line, "--as", "bo", "--no-bot"]);
    // The process dies when all is composed and nothing is written; until the next one starts, bo loses the role.
    let dies = [("FORGELINE_FACTORY", folder.as_str()), ("FORGELINE_FAILPOINT", "publish:composed")];
    world.run_with(&dies, &["bot", "once"]);
    world.ok(&["local", "user", "role", "bo", has]);
    with(&world, &folder, &["bot", "once"]);
    let said = world.comments(issue).join("\n");
    assert!(said.contains("no longer holds") && said.contains(&format!("bo (now {has})")), "{said}");
    assert!(world.pull_requests().is_empty() && world.run_commits().is_empty());
    world.settle();
}

#[test]
fn a_refusal_ends_the_run_and_nothing_is_written() {
    let world = World::with_shop();
    let folder =
        factory(&world, "", &(writes("a", "1", "") + "  - {id: ok, needs: [a], approval: {roles: [maintainer]}}\n"));
    world.ok(&["local", "user", "add", "bo"]);
    world.ok(&["local", "user", "role", "bo", "maintainer"]);
    let issue = world.issue("Data", "Some.");
    with(&world, &folder, &["local", "comment", "add", "1", "/forgeline run flow"]);
    with(&world, &folder, &["local", "comment", "add", "1", "/forgeline reject ok not like this", "--as", "bo"]);
    let said = world.comments(issue).join("\n");
    assert!(said.contains("rejected by bo: not like this"), "{said}");
    assert!(world.pull_requests().is_empty());
    let letters = world.ok(&["--json", "dlq", "list"]).json();
    assert_eq!(
        letters["dead_letters"].as_array().map(Vec::len),
        Some(0),
        "a no is an answer, not an accident: {letters}"
    );
    world.settle();
}

#[test]
fn a_failed_run_is_tried_again_and_what_it_finished_is_not_done_twice() {
    let world = World::new();
    let repo = world.repository("real").display().to_string();
    let inputs = "inputs: {type: object, properties: {text: {type: string, default: \"{\"}}}\n";
    let folder = factory(&world, inputs, &(writes("a", "1", "") + &writes("b", "{{inputs.text}}", ", needs: [a]")));
    let (code, said) = with(&world, &folder, &["run", "flow", "--repo", &repo]);
    assert_eq!(code, 1, "{said}");
    let (code, said) = with(&world, &folder, &["runs", "retry", "@latest", "--input", "text=true"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("wrote branch"), "{said}");
    let shown = world.ok(&["--json", "runs", "show", "@latest"]).json();
    let reused = |stage: usize| shown["run"]["stages"][stage]["reused"].clone();
    assert_eq!((reused(0), reused(1)), (true.into(), false.into()), "{shown}");
    let (code, said) = with(&world, &folder, &["runs", "retry", "@latest", "--stage", "c"]);
    assert!(code == 9 && said.contains("it has `a`, `b`"), "{code}: {said}");
    let (code, said) = with(&world, &folder, &["runs", "retry", "@latest", "--stage", "a"]);
    assert_eq!(code, 0, "{said}");
    let shown = world.ok(&["--json", "runs", "show", "@latest"]).json();
    assert_eq!(shown["run"]["stages"][0]["reused"], false, "asked for anew: {shown}");
}

#[test]
fn a_comment_retries_with_the_item_as_it_is_now() {
    let world = World::with_shop();
    let folder = factory(&world, "", &(writes("a", "1", "") + &writes("b", "{{work_item.body}}", "")));
    let issue = world.issue("Data", "no json");
    let say = |text: &str| {
        with(&world, &folder, &["local", "comment", "add", "1", text]);
        last_comment(&world, issue)
    };
    assert!(say("/forgeline retry").contains("**Nothing to retry.**"));
    say("/forgeline run flow");
    assert!(world.comments(issue).join("\n").contains("failed in stage `b`"));
    world.ok(&["local", "issue", "edit", "1", "-b", "[1]", "--no-bot"]);
    say("/forgeline retry");
    assert_eq!(world.pull_requests().len(), 1);
    let shown = world.ok(&["--json", "runs", "show", "@latest"]).json();
    assert_eq!(shown["run"]["trigger"]["detail"], "retry");
    world.settle();
}

#[test]
fn what_waits_for_a_failure_runs_after_it_and_the_run_fails_all_the_same() {
    let world = World::new();
    let repo = world.repository("real").display().to_string();
    let stages = writes("a", "1", "")
        + &writes("b", "{", ", needs: [a]")
        + &writes("tell", "\"{{stages.b.failed.kind}}\"", ", needs: [b], run_on: failure")
        + &writes("undo", "0", ", compensates: a");
    let folder = factory(&world, "", &stages);
    let (code, said) = with(&world, &folder, &["run", "flow", "--repo", &repo]);
    assert_eq!(code, 1, "{said}");
    let shown = world.ok(&["--json", "runs", "show", "@latest"]).json();
    let status = |stage: usize| shown["run"]["stages"][stage]["status"].clone();
    assert_eq!([status(0), status(1), status(2), status(3)], ["done", "failed", "done", "done"], "{shown}");
    assert_eq!(shown["run"]["outcome"]["task"]["stage"], "b");
}

#[test]
fn runs_of_a_group_follow_each_other() {
    let world = World::with_shop();
    let head = "concurrency: {group: data}";
    let folder = factory(&world, head, "  - {id: ok, approval: {roles: [maintainer]}}\n");
    world.issue("One", "1");
    world.issue("Two", "2");
    for number in ["1", "2"] {
        with(&world, &folder, &["local", "comment", "add", number, "/forgeline run flow"]);
    }
    let states =
        || world.runs().iter().map(|run| run["state"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    assert_eq!(states(), ["queued", "waiting"]);
    assert!(world.comments(2).join("\n").contains("waits for run"), "{:?}", world.comments(2));
    with(&world, &folder, &["local", "comment", "add", "1", "/forgeline cancel"]);
    assert_eq!(states(), ["waiting", "cancelled"]);
    with(&world, &folder, &["local", "comment", "add", "2", "/forgeline cancel"]);
    world.settle();
}

#[test]
fn a_newer_run_of_a_group_can_cancel_the_older_one() {
    let world = World::with_shop();
    let head = "concurrency: {group: \"item-{{work_item.id}}\", cancel_in_progress: true}";
    let folder = factory(&world, head, "  - {id: ok, approval: {roles: [maintainer]}}\n");
    world.issue("One", "1");
    world.issue("Two", "2");
    for number in ["1", "2", "1"] {
        with(&world, &folder, &["local", "comment", "add", number, "/forgeline run flow"]);
    }
    let states: Vec<_> = world.runs().iter().map(|run| run["state"].clone()).collect();
    assert_eq!(states, ["waiting", "waiting", "cancelled"], "only the run of the same item");
}

#[test]
fn what_is_paused_starts_and_publishes_nothing() {
    let world = World::with_shop();
    world.issue("Returns", "Within 30 days.");
    world.ok(&["pause", "--blueprint", "docs-page", "-m", "end of quarter"]);
    world.comment(1, "/forgeline run docs-page");
    assert!(world.pull_requests().is_empty());
    assert_eq!(world.runs().len(), 1, "it is not lost");
    assert!(world.ok(&["pause"]).out.contains("end of quarter"));
    assert_eq!(world.run(&["resume", "--all"]).code, 9);
    world.ok(&["resume", "--blueprint", "docs-page"]);
    world.ok(&["bot", "once"]);
    assert_eq!(world.pull_requests().len(), 1);
    world.settle();
}

#[test]
fn one_run_is_paused_resumed_and_terminated() {
    let world = World::new();
    let repo = world.repository("real").display().to_string();
    let folder = factory(&world, "", "  - {id: ok, approval: {roles: [maintainer]}}\n");
    let (code, said) = with(&world, &folder, &["run", "flow", "--repo", &repo]);
    assert!(code == 6 && said.contains("waits for people at `ok`"), "{code}: {said}");
    assert_eq!(world.run(&["runs", "approve", "@latest"]).code, 5, "who asked does not approve");
    world.ok(&["runs", "pause", "@latest", "--dry-run"]);
    world.ok(&["runs", "pause", "@latest"]);
    assert_eq!(world.run(&["runs", "pause", "@latest"]).code, 1, "it is paused already");
    world.ok(&["runs", "resume", "@latest"]);
    world.ok(&["runs", "cancel", "@latest", "--terminate"]);
    assert_eq!(world.runs()[0]["state"], "cancelled");
    assert_eq!(world.run(&["runs", "resume", "@latest"]).code, 1);
}
