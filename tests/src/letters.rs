//! What was given up, as people see it: listed, replayed, told of, and chained.

mod audit;
mod factory;
mod hook;
mod mail;

use serde_json::Value;

use self::{factory::Notes, hook::Hook, mail::MailServer};

/// Names of the letters' states, newest letter first.
fn states(notes: &Notes) -> Vec<String> {
    notes.letters().iter().map(|letter| letter["state"].as_str().expect("a state").to_owned()).collect()
}

/// Issues that the bot opened to tell people.
fn incidents(notes: &Notes) -> Vec<Value> {
    let said = notes.ok(&["--json", "local", "issue", "list"]).json();
    let all = said["issues"].as_array().expect("a list").iter();
    all.filter(|issue| issue["labels"][0] == "incident").cloned().collect()
}

#[test]
fn a_dead_task_is_a_letter_with_a_severity_and_its_replay_with_another_input_ends_well_once() {
    let notes = Notes::new("");
    notes.dies();
    let [letter] = &notes.letters()[..] else { panic!("one letter") };
    assert_eq!(letter["cause"], "shop/notes-writer/validation", "{letter}");
    assert_eq!((&letter["severity"], &letter["criticality"]), (&"critical".into(), &"critical".into()), "{letter}");
    for (filter, expected) in [
        (&["--project", "shop", "--severity", "critical", "--state", "open"][..], 1),
        (&["--agent", "notes-writer", "--kind", "validation"], 1),
        (&["--severity", "warning"], 0),
        (&["--project", "other"], 0),
    ] {
        let said = notes.ok(&[&["--json", "dlq", "list"], filter].concat()).json();
        assert_eq!(said["dead_letters"].as_array().map(Vec::len), Some(expected), "{filter:?}");
    }
    let dry = notes.ok(&["dlq", "replay", "1", "--input", "text=fine", "--dry-run"]).out;
    assert!(dry.contains("dead letter 1 is replayed as run run_"), "{dry}");
    assert_eq!(states(&notes), ["open"]);
    let first = notes.ok(&["dlq", "replay", "1", "--input", "text=fine"]).out;
    let again = notes.ok(&["dlq", "replay", "1", "--input", "text=fine"]).out;
    assert!(first.contains("is replayed as run run_") && again.contains("nothing is done twice"), "{first}{again}");
    notes.ok(&["bot", "once"]);
    let states_of_runs: Vec<Value> = notes.world.runs().iter().map(|run| run["state"].clone()).collect();
    assert_eq!(states_of_runs, ["published", "failed"]);
    assert_eq!(notes.world.run_commits().len(), 1);
    let why = notes.ok(&["why", "run_"]).code;
    assert_eq!(why, 0);
    let why = notes.ok(&["why", "@failed"]).out;
    for expected in ["dead-letter: open", "dead-letter: replay", "severity: critical", "given up: run_"] {
        assert!(why.contains(expected), "`{expected}` is not in\n{why}");
    }
}

#[test]
fn a_replay_that_dies_again_is_a_letter_of_its_own_and_bad_inputs_are_refused() {
    let notes = Notes::new("");
    notes.dies();
    let refused = notes.run(&["dlq", "replay", "1", "--input", "nope=1"]);
    assert_eq!(refused.code, 3, "{}{}", refused.out, refused.err);
    assert_eq!(states(&notes), ["open"], "it may be tried again");
    notes.ok(&["dlq", "replay", "1"]);
    notes.ok(&["bot", "once"]);
    assert_eq!(states(&notes), ["open", "replayed"]);
    assert_eq!(notes.run(&["dlq", "replay", "9"]).code, 9);
}

#[test]
fn letters_are_acknowledged_by_number_or_cause_and_dropped_with_a_reason() {
    let notes = Notes::new("");
    for _ in 0..3 {
        notes.dies();
    }
    notes.ok(&["dlq", "ack", "1"]);
    assert_eq!(states(&notes), ["open", "open", "acknowledged"]);
    let said = notes.ok(&["dlq", "ack", "--cause", "shop/notes-writer/validation"]).out;
    assert!(said.contains("2 letters acknowledged"), "{said}");
    let again = notes.ok(&["dlq", "ack", "--cause", "shop/notes-writer/validation"]).out;
    assert!(again.contains("nothing was done"), "{again}");
    assert_eq!(notes.run(&["dlq", "ack", "--cause", "nonsense"]).code, 2);
    assert_eq!(notes.run(&["dlq", "drop", "2"]).code, 2, "a reason is asked for");
    notes.ok(&["dlq", "drop", "2", "--reason", "not worth it"]);
    assert_eq!(notes.run(&["dlq", "drop", "2", "--reason", "again"]).code, 1);
    assert_eq!(notes.run(&["dlq", "replay", "2"]).code, 1, "what is dropped stays dropped");
    assert_eq!(states(&notes), ["acknowledged", "dropped", "acknowledged"]);
    let shown = notes.ok(&["dlq", "show", "2"]).out;
    assert!(shown.contains("dropped: not worth it"), "{shown}");
}

#[test]
fn an_event_that_broke_its_contract_is_handed_in_again_with_another_field() {
    let notes = Notes::new("");
    let example =
        include_str!("../../schema-registry/events/vision/VisionDocumentCreated/examples/1.0.0/valid/typical.json");
    let mut event: Value = serde_json::from_str(example).expect("an example");
    let summary = event["vision_summary"].take();
    event["vision_summary"] = 7.into();
    let file = notes.world.write("event.json", event.to_string());
    assert_eq!(notes.run(&["events", "publish", &file]).code, 3);
    assert_eq!(notes.run(&["dlq", "replay", "1"]).code, 3, "as it is it is refused again");
    assert_eq!(notes.run(&["dlq", "replay", "1", "--input", "vision_summary=8"]).code, 3);
    assert_eq!(states(&notes), ["open"]);
    let input = format!("vision_summary={}", summary.as_str().expect("a text"));
    for _ in 0..2 {
        notes.ok(&["dlq", "replay", "1", "--input", &input]);
    }
    notes.ok(&["bot", "once"]);
    let told = notes.ok(&["--json", "events", "tail", "--type", "VisionDocumentCreated"]).out;
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains(summary.as_str().expect("a text")), "{told}");
}

#[test]
fn a_blueprint_compensates_for_anothers_dead_letter_and_one_that_dies_does_not_start_itself() {
    let notes = Notes::new("");
    notes.compensated("repair", "docs-writer", "event.agent == \"notes-writer\" && event.severity == \"critical\"");
    notes.compensated("other", "docs-writer", "event.error_kind == \"timeout\"");
    notes.compensated("worse", "notes-writer", "true");
    notes.dies();
    let mut runs: Vec<String> = notes
        .world
        .runs()
        .iter()
        .map(|run| {
            format!("{} {}", run["blueprint"].as_str().unwrap_or_default(), run["state"].as_str().unwrap_or_default())
        })
        .collect();
    runs.sort();
    // `repair` also hears of the death of `worse`, and is not started by it: that would be the third run of a chain.
    assert_eq!(runs, ["notes@1.0.0 failed", "repair@1.0.0 published", "worse@1.0.0 failed"]);
    assert_eq!(notes.letters().len(), 2);
    let told = notes.ok(&["--json", "events", "tail", "--type", "DeadLettered"]).out;
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert_eq!(events.len(), 2, "{told}");
    assert_eq!(events[0]["event"]["cause"], "shop/notes-writer/validation");
    let second = events[1]["event"]["event_id"].as_str().expect("an id");
    let why = notes.ok(&["--json", "why", second]).json();
    let failed: Vec<String> = why["why"]["decisions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["detail"]["condition"]["condition"].as_str().map(str::to_owned))
        .collect();
    assert!(failed.contains(&"source".to_owned()) && failed.contains(&"chain depth".to_owned()), "{why}");
}

#[test]
fn a_signed_call_tells_of_a_cause_once_and_is_repeated_until_it_is_taken() {
    let notes = Notes::new("");
    let hook = Hook::start(&["503 Busy"]);
    notes.operator(&format!("  ops: {{webhook: {{url: \"{}\", secret: \"env:HOOK_SECRET\"}}}}\n", hook.url));
    notes.dies();
    assert_eq!(hook.calls().len(), 1, "told at once, by whoever drove the run");
    notes.dies();
    notes.ok(&["bot", "once"]);
    assert_eq!(hook.calls().len(), 1, "not again within five seconds, and not twice for one cause and hour");
    notes.time_passes();
    notes.ok(&["bot", "once"]);
    let calls = hook.calls();
    assert_eq!(calls.len(), 2, "it was busy the first time");
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"), "the same notice");
    assert_eq!(calls[0].body, calls[1].body);
    let signed =
        format!("{}.{}.{}", calls[1].header("webhook-id"), calls[1].header("webhook-timestamp"), calls[1].body);
    assert_eq!(calls[1].header("webhook-signature"), format!("v1,{}", factory::hmac("hook-secret", &signed)));
    let body: Value = serde_json::from_str(&calls[1].body).expect("JSON");
    assert_eq!((&body["schemaVersion"], &body["cause"]), (&1.into(), &"shop/notes-writer/validation".into()), "{body}");
    assert_eq!(body["owners"][0], "@ana");
    notes.time_passes();
    notes.ok(&["bot", "once"]);
    assert_eq!(hook.calls().len(), 2, "what was taken is not sent again");
    let why = notes.ok(&["why", "dead-letter/1"]).out;
    assert!(why.contains("escalation: escalate") && why.contains("escalation.notice: sent"), "{why}");
    let why = notes.ok(&["why", "dead-letter/2"]).out;
    assert!(why.contains("escalation: hold") && why.contains("within the hour"), "{why}");
}

#[test]
fn an_acknowledged_cause_wakes_nobody_else() {
    let notes = Notes::new("");
    let hook = Hook::start(&["503 Busy"]);
    notes.operator(&format!("  ops: {{webhook: {{url: \"{}\", secret: \"env:HOOK_SECRET\"}}}}\n", hook.url));
    notes.dies();
    let said = notes.ok(&["dlq", "ack", "1"]).out;
    assert!(said.contains("1 not yet sent"), "{said}");
    notes.time_passes();
    notes.ok(&["bot", "once"]);
    assert_eq!(hook.calls().len(), 1, "only the first, before somebody looked");
}

#[test]
fn the_factory_says_who_is_told_and_a_name_that_the_operator_does_not_know_reaches_nobody() {
    let notes = Notes::new("policy: {escalation: [{kinds: [validation], count: 2, to: [ops, pager]}]}\n");
    let (hook, other) = (Hook::start(&[]), Hook::start(&[]));
    notes.operator(&format!(
        "  ops: {{webhook: {{url: \"{}\", secret: \"env:HOOK_SECRET\"}}}}\n  all: {{webhook: {{url: \"{}\", secret: \"env:HOOK_SECRET\"}}}}\n",
        hook.url, other.url
    ));
    notes.dies();
    assert_eq!(hook.calls().len(), 0, "one is too few");
    notes.dies();
    assert_eq!((hook.calls().len(), other.calls().len()), (1, 0));
    let why = notes.ok(&["why", "dead-letter/2"]).out;
    assert!(why.contains("unknown_channels: [\"pager\"]"), "{why}");
}

#[test]
fn mail_goes_out_over_tls_with_a_login_and_a_refused_receiver_is_noted() {
    let notes = Notes::new("");
    let server = MailServer::start(&notes.world);
    let channel = |name: &str, to: &str| {
        format!(
            "  {name}: {{smtp: {{host: 127.0.0.1, port: {}, ca: \"{}\", user: bot, password: \"env:MAIL_PASSWORD\", from: forgeline@example.org, to: [{to}]}}}}\n",
            server.port,
            server.certificate.display()
        )
    };
    notes.operator(&(channel("mail", "oncall@example.org") + &channel("nobody", "reject@example.org")));
    notes.dies();
    let mails = server.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    assert_eq!(
        (&mail["tls"], &mail["authenticated"], &mail["to"][0]),
        (&true.into(), &true.into(), &"oncall@example.org".into())
    );
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains("Subject: [critical] shop: validation of notes-writer"), "{text}");
    assert!(text.contains("forgeline dlq ack --cause shop/notes-writer/validation"), "{text}");
    for _ in 0..3 {
        notes.time_passes();
        notes.ok(&["bot", "once"]);
    }
    assert_eq!(server.mails().len(), 1);
    let why = notes.ok(&["why", "dead-letter/1"]).out;
    assert!(why.contains("escalation.notice: undelivered") && why.contains("no such user"), "{why}");
}

#[test]
fn an_issue_stands_for_a_cause_and_starts_nothing_itself() {
    let notes = Notes::new("policy: {escalation: [{}]}\n");
    notes.on_new_items("watcher");
    notes.operator("  board: {issue: {repository: acme/shop, labels: [incident]}}\n");
    notes.dies();
    let issues = incidents(&notes);
    assert_eq!(issues.len(), 1, "{issues:?}");
    assert_eq!(issues[0]["title"], "Dead letters of notes-writer: validation (shop)");
    let number = issues[0]["number"].as_u64().expect("a number");
    let watchers = || notes.world.runs().iter().filter(|run| run["blueprint"] == "watcher@1.0.0").count();
    let before = watchers();
    notes.ok(&["bot", "once"]);
    assert_eq!(watchers(), before, "an issue of the bot starts nothing");
    notes.hour_passes();
    notes.dies();
    assert_eq!(incidents(&notes).len(), 1, "the same cause, the same issue");
    assert_eq!(notes.world.comments(number).len(), 1, "the second notice is a comment");
}

#[test]
fn the_operators_file_holds_references_and_never_a_secret() {
    let notes = Notes::new("");
    notes.operator("  ops: {webhook: {url: \"https://example.com/x\", secret: hunter2}}\n");
    let said = notes.run(&["bot", "once"]);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert!(
        said.err.contains("env:NAME") && !said.err.contains("this is not a reference to a secret: hunter2"),
        "{}",
        said.err
    );
    notes.operator("  ops: {webhook: {url: \"https://example.com/x\", secret: \"env:UNSET_HERE\"}}\n");
    notes.ok(&["bot", "once"]);
}
