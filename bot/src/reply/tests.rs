//! Every reply, as a person reads it.

use forgeline_model::{DefinitionRef, Diagnostic, Digest, RunId, Span, WorkItem};
use forgeline_store::Decision;
use insta::assert_snapshot;
use serde_json::json;

use super::{
    Answered, RunLine, asks_for_form, came_to_nothing, cancelled, closed_pull_request, comment, decisions, fault, held,
    help, invalid_definitions, invalid_inputs, joined, marker, no_change, not_available, nothing_to_cancel, refused,
    released, started, status, too_many_runs, unknown_blueprint, unusable_repository, why,
};
use crate::{
    Action, CommandLine, Considered, Principal, Resource, Role, Verb, authorize, command,
    triggers::{Failed, RuleVerdict},
};

fn run() -> RunId {
    "run_0123456789abcdef".parse().expect("a run id")
}

fn http_service() -> DefinitionRef {
    DefinitionRef {
        name: "http-service".into(),
        version: semver::Version::new(1, 0, 0),
        digest: Digest::of_bytes(b"http-service"),
    }
}

fn ana(role: Role) -> Principal {
    Principal { id: "3".into(), name: "ana".into(), role: Some(role), is_human: true }
}

#[test]
fn outcomes() {
    assert_snapshot!(started(&run(), &http_service(), 9, true), @"**Started** `http-service@1.0.0` as `run_0123456789abcdef`: 9 stages. The result will be a pull request; `/forgeline status` shows how far it is.");
    assert_snapshot!(joined(&run(), &http_service()), @"**Joined** `run_0123456789abcdef`: the same was asked of `http-service@1.0.0` before, and one request makes one run. To run it again, comment `/forgeline run http-service`.");
    assert_snapshot!(no_change(&run(), "main"), @"**No change.** `run_0123456789abcdef` gives what is on `main` already; nothing was written.");
    assert_snapshot!(closed_pull_request(12, "http-service"), @"**Nothing written.** Pull request #12 for this item was closed by a person. To start anew, comment `/forgeline run http-service`.");
    assert_snapshot!(held(), @"**On hold.** No new run starts on this item until `/forgeline hold cancel`. What runs goes on.");
    assert_snapshot!(cancelled(&run()), @"**Cancelled** `run_0123456789abcdef`.");
    assert_snapshot!(nothing_to_cancel(), @"**Nothing to cancel.** No such run of this item is under way; `/forgeline status` shows its runs.");
    assert_snapshot!(came_to_nothing("cancel", &run(), "the run has ended"), @"**Nothing to cancel.** `run_0123456789abcdef`: `the run has ended`");
    assert_snapshot!(released(), @"**No longer on hold.** New runs may start on this item.");
}

#[test]
fn refusals_name_the_missing_right() {
    let refusal = authorize(&ana(Role::Reader), Action::Command(Verb::Run), &Resource::default());
    assert_snapshot!(refused(&refusal.expect_err("a reader may not run")), @"**Refused.** `run` needs the right to write here (role editor); you have read.");
    let narrowed = Resource { roles: [("run".into(), vec!["maintainer".into()])].into(), ..Resource::default() };
    let refusal = authorize(&ana(Role::Editor), Action::Command(Verb::Run), &narrowed);
    assert_snapshot!(refused(&refusal.expect_err("the factory narrows")), @"**Refused.** `run` is for maintainer in this factory; you are editor.");
    assert_snapshot!(not_available(Verb::Revise), @"`revise` is **not available in this build**. `/forgeline help` shows what is.");
    assert_snapshot!(unusable_repository("repository `acme/shop` has no commit yet"), @"**Not started.** `repository 'acme/shop' has no commit yet`");
    let until = forgeline_model::Timestamp::from_millis(1_772_427_600_000);
    assert_snapshot!(too_many_runs(30, "ana", until), @"**Not started.** 30 runs began in the last hour for `ana`, and no more may. Ask again after `2026-03-02T05:00:00.000Z`.");
    assert_snapshot!(unknown_blueprint("htp-service", &["docs-page", "http-service"]), @"**Not started.** There is no blueprint `htp-service`. Did you mean `http-service`?");
    assert_snapshot!(invalid_inputs("http-service", &["`/name`: \"Orders!\" does not match".into()]), @r#"
    **Not started.** The inputs of `http-service` do not fit:

    - `'/name': "Orders!" does not match`
    "#);
}

#[test]
fn faults_point_at_the_word() {
    for hostile in
        ["/fl run x --max-usd `@ana`", "/fl cancel `@ana`", "/fl `@ana`", "/fl run x `@ana`", "/fl retry `@ana`"]
    {
        let shown = fault(hostile, &command::parse(hostile).expect_err("no such value"));
        let text = shown.split("```").next().expect("text before the block");
        assert_eq!(text.split('`').step_by(2).filter(|outside| outside.contains('@')).count(), 0, "{shown}");
    }
    let line = "/fl rnu http-service";
    assert_snapshot!(fault(line, &command::parse(line).expect_err("a typo")), @r"
    **Not understood.** There is no command `rnu`. Did you mean `run`?

    ```text
    /fl rnu http-service
        ^^^
    ```
    ");
}

#[test]
fn broken_definitions_are_shown_with_their_places() {
    let place = |line| Span { file: "forgeline.yaml".into(), line, column: 1, length: 1 };
    let error =
        |line| Diagnostic::error("FL0101", format!("`roles{line}` is no map")).hint("write `a: b`").at(place(line), "");
    let mut findings = vec![Diagnostic::warning("FL0102", "old")];
    findings.extend((1..=7).map(error));
    assert_snapshot!(invalid_definitions("acme/shop", &findings), @r"
    **Not started.** The definitions of `acme/shop` have 7 errors:

    - `forgeline.yaml:1`: `'roles1' is no map` (`write 'a: b'`)
    - `forgeline.yaml:2`: `'roles2' is no map` (`write 'a: b'`)
    - `forgeline.yaml:3`: `'roles3' is no map` (`write 'a: b'`)
    - `forgeline.yaml:4`: `'roles4' is no map` (`write 'a: b'`)
    - `forgeline.yaml:5`: `'roles5' is no map` (`write 'a: b'`)
    - 2 more errors

    Nothing starts until they are mended; `forgeline validate` shows all, and what to do.
    ");
}

#[test]
fn decisions_are_listed_newest_first_and_inert() {
    let decision = |n: usize| Decision {
        subject: format!("acme/shop#1/comment/{n}"),
        rule: "command.parse".into(),
        verdict: "refuse".into(),
        detail: json!({"line": "/fl `@ana` <!-- x"}),
    };
    let all: Vec<Decision> = (1..=22).map(decision).collect();
    assert_snapshot!(decisions("acme/shop#1", &all[..2]), @r#"
    **Why** `acme/shop#1`

    - `acme/shop#1/comment/2` **refuse** by `command.parse`: ``{"line":"/fl `@ana` <!-- x"}``
    - `acme/shop#1/comment/1` **refuse** by `command.parse`: ``{"line":"/fl `@ana` <!-- x"}``
    "#);
    assert!(decisions("acme/shop#1", &all).ends_with("- 2 earlier decisions"));
    assert_snapshot!(decisions("`@ana`", &[]), @"**Nothing is recorded** here about `` `@ana` ``. Ask about this item, one of its runs, or an event of one of them.");
}

#[test]
fn status_is_a_table() {
    assert_snapshot!(status(&[], false), @"No run of this item yet. `/forgeline help` shows how to start one.");
    let line = RunLine {
        waits: None,
        elsewhere: None,
        run: run(),
        blueprint: "http-service@1.0.0".into(),
        state: "running".into(),
        stages: (3, 9),
        stage: Some("code".into()),
        pull_request: None,
    };
    let merged =
        RunLine { state: "succeeded".into(), stages: (9, 9), stage: None, pull_request: Some(12), ..line.clone() };
    assert_snapshot!(status(&[line, merged], true), @r"
    **On hold:** no new run starts on this item until `/forgeline hold cancel`.

    | run | blueprint | state | stages | at | pull request |
    |---|---|---|---|---|---|
    | `run_0123456789abcdef` | `http-service@1.0.0` | running | 3 of 9 | `code` |  |
    | `run_0123456789abcdef` | `http-service@1.0.0` | succeeded | 9 of 9 |  | #12 |
    ");
}

#[test]
fn help_is_for_this_person_here() {
    assert_snapshot!(help(&ana(Role::Reader), &Resource::default()), @r"
    **What you may do here**

    - `/forgeline plan <blueprint> [name=value …]`: show what a run would do; writes nothing
    - `/forgeline status`: show what runs
    - `/forgeline why [event or run]`: show what was decided, and why
    - `/forgeline help`: show what you may do here

    **What you may not**

    - `run` needs the right to write here (role editor); you have read
    - `retry` needs the right to write here (role editor); you have read
    - `revise` needs the right to write here (role editor); you have read
    - `cancel` needs the right to write here (role editor); you have read
    - `hold` needs the right to write here (role editor); you have read
    - `approve` needs the right to maintain here (role maintainer); you have read
    - `reject` needs the right to maintain here (role maintainer); you have read
    - `ok-to-test` needs the right to maintain here (role maintainer); you have read

    Not available in this build: `release`.

    `/fl` is short for `/forgeline`. Commands count in new comments, at the start of a line, at most five each.
    ");
    let nobody = Principal { role: None, ..ana(Role::Admin) };
    assert_eq!(help(&nobody, &Resource::default()).matches("could not be looked up").count(), 1);
    let admin = help(&ana(Role::Admin), &Resource::default());
    assert!(!admin.contains("may not"), "{admin}");
}

#[test]
fn why_names_condition_and_place() {
    let place = |line| Span { file: "blueprints/http-service/blueprint.yaml".into(), line, column: 5, length: 5 };
    let failed = Failed { condition: "label".into(), expected: "generate".into(), actual: "bug".into(), met: 1 };
    let kind = Failed { condition: "kind".into(), expected: "command".into(), actual: "label".into(), met: 0 };
    let label = RuleVerdict { rule: "trigger.label".into(), place: place(5), failed: Some(failed) };
    let command = RuleVerdict { rule: "trigger.command".into(), place: place(6), failed: Some(kind) };
    let silent = Considered { blueprint: http_service(), starts: false, rules: vec![command, label.clone()] };
    let starts =
        Considered { blueprint: http_service(), starts: true, rules: vec![RuleVerdict { failed: None, ..label }] };
    let none = Considered { blueprint: http_service(), starts: false, rules: vec![] };
    assert_snapshot!(why("label `bug` on #7", &[silent, starts, none]), @r"
    **Why** ``label `bug` on #7``

    - `http-service@1.0.0` did not start: `trigger.label` wants label `generate`, found `bug` (`blueprints/http-service/blueprint.yaml:5`)
    - `http-service@1.0.0` started by `trigger.label` (`blueprints/http-service/blueprint.yaml:5`)
    - `http-service@1.0.0` has no `on:` rules, so nothing starts it
    ");
}

#[test]
fn a_free_form_item_gets_the_form_with_its_words() {
    let item = WorkItem {
        id: "7".parse().expect("an item id"),
        title: "Orders\nservice".into(),
        body: "We need orders.\n\n```\n/forgeline run x\n```\n".into(),
        kind: "issue".into(),
        labels: vec![],
        author: "ana".into(),
    };
    let asked = asks_for_form(&item, "http-service");
    let (before, form) = asked.split_once("\n\n```markdown\n").expect("the form stands in a fence");
    assert_snapshot!(before, @"**More is needed** before `http-service` can start: the entities with their fields. Here is the form with your words filled in. Put it into the text of this item, change what stands below `## Entities`, and comment `/forgeline run http-service`.");
    assert!(form.contains("We need orders.") && form.contains("## Entities"), "{form}");
    assert_eq!(form.matches("```").count(), 1, "only the end of the fence: {form}");
}

#[test]
fn one_reply_for_all_commands_of_a_comment() {
    let line = |text: &str| CommandLine { line: 1, text: text.into(), parsed: command::parse(text) };
    let (first, second) = (line("/fl hold"), line("/fl run `x` @ana"));
    let (one, two) = (held(), not_available(Verb::Approve));
    let answered = [Answered { command: &first, answer: &one }, Answered { command: &second, answer: &two }];
    assert_snapshot!(comment(&answered[..1], 0, "comment/41"), @r"
    **On hold.** No new run starts on this item until `/forgeline hold cancel`. What runs goes on.

    <!-- forgeline:comment/41 -->
    ");
    assert_snapshot!(comment(&answered, 2, "comment/41"), @r"
    **`/fl hold`**

    **On hold.** No new run starts on this item until `/forgeline hold cancel`. What runs goes on.

    ---

    **``/fl run `x` @ana``**

    `approve` is **not available in this build**. `/forgeline help` shows what is.

    ---

    A comment may give 5 commands; 2 more commands here were not read.

    <!-- forgeline:comment/41 -->
    ");
}

#[test]
fn markers_cannot_be_ended_from_inside() {
    assert_eq!(marker("run_01/report"), "<!-- forgeline:run_01/report -->");
    assert_eq!(marker("a--> <b>"), "<!-- forgeline:a-%2d%3e%20%3cb%3e -->");
}
