//! What must hold whatever a child does.

use std::{future::Future, pin::Pin, time::Instant};

use forgeline_model::task::FailureClass::{Retryable, Terminal};
use serde_json::{Value, json};

use crate::task::{bundle, content, failed, host, request, run, writer};

type Case = fn() -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), || Box::pin($name()))),*] };
}

pub(crate) const ALL: &[(&str, Case)] = cases![
    two_tasks_of_a_run_share_a_process,
    a_process_that_ends_by_itself_fails_the_attempt_and_no_more,
    a_process_that_hangs_is_killed,
    a_process_that_takes_too_much_is_ended,
    a_process_that_talks_nonsense_is_ended,
    a_process_killed_from_outside_fails_the_attempt,
    a_process_has_nothing_and_can_do_nothing,
    a_closed_run_has_no_process,
    a_process_dies_with_its_parent,
    a_faulty_agent_is_a_terminal_failure_with_its_place,
    an_attempt_that_is_given_up_takes_its_process_along,
    a_missing_program_is_the_hosts_error,
    a_round_trip_is_short,
];

async fn rogue(what: &str) -> forgeline_model::task::TaskOutcome {
    let agent = writer();
    let request = request(&agent, json!({"do": what}));
    host("__rogue").session(&run()).perform(&agent, &request).await.expect("started")
}

async fn two_tasks_of_a_run_share_a_process() {
    let (host, agent) = (host("__agent"), writer());
    let mut session = host.session(&run());
    let task = |name: &str| request(&agent, json!({"inputs": {"name": name}}));
    assert_eq!(content(session.perform(&agent, &task("one")).await.expect("started")), "# one\n");
    let id = session.process_id();
    assert!(id.is_some());
    assert_eq!(content(session.perform(&agent, &task("two")).await.expect("started")), "# two\n");
    assert_eq!(session.process_id(), id);
    drop(session);
    let mut next = host.session(&run());
    assert_eq!(content(next.perform(&agent, &task("three")).await.expect("started")), "# three\n");
    assert_eq!(next.process_id(), id, "the next session of the run goes on with it");
    let mut other = host.session(&forgeline_model::RunId::of_trigger("another"));
    other.perform(&agent, &task("four")).await.expect("started");
    assert_ne!(other.process_id(), id, "another run never does");
    let mut smaller = task("five");
    smaller.limits.memory_bytes /= 2;
    next.perform(&agent, &smaller).await.expect("started");
    assert_ne!(next.process_id(), id, "other limits, other process");
}

async fn a_process_that_ends_by_itself_fails_the_attempt_and_no_more() {
    let message = failed(rogue("recurse").await, "crash", Retryable);
    assert!(message.contains("signal 6") && message.contains("overflowed its stack"), "{message}");
    let message = failed(rogue("panic").await, "crash", Retryable);
    assert!(message.contains("lost the plot"), "{message}");
    assert!(failed(rogue("exit").await, "crash", Retryable).contains("exit code 3"));

    let agent = writer();
    let mut session = host("__rogue").session(&run());
    failed(
        session.perform(&agent, &request(&agent, json!({"do": "exit"}))).await.expect("started"),
        "crash",
        Retryable,
    );
    assert_eq!(session.process_id(), None);
    let next = session.perform(&agent, &request(&agent, json!({"do": "hello"}))).await.expect("started");
    assert_eq!(content(next), "hello", "the next attempt has a new process");
}

async fn a_process_that_hangs_is_killed() {
    let agent = writer();
    let mut late = request(&agent, json!({"do": "spin"}));
    late.limits.timeout_ms = 300;
    let mut session = host("__rogue").session(&run());
    let message = failed(session.perform(&agent, &late).await.expect("started"), "timeout", Retryable);
    assert!(message.contains("no answer within"), "{message}");
    assert_eq!(session.process_id(), None);
}

async fn a_process_that_takes_too_much_is_ended() {
    let message = failed(rogue("hog").await, "limit", Terminal);
    assert_eq!(message, "the task needs more than 512 MiB of memory");
    failed(rogue("flood").await, "limit", Terminal);

    let endless = bundle(&[
        (
            "agent.yaml",
            "metadata: {name: writer, version: 1.0.0}\nskills: [{id: write, kind: template, templates: [{from: a.hbs, to: docs/a}]}]\noutput: {type: Note}\n",
        ),
        ("a.hbs", "{{#each l}}{{#each @root.l}}{{#each @root.l}}0123456789{{/each}}{{/each}}{{/each}}"),
    ]);
    let mut large = request(&endless, json!({"l": vec![0; 1_000]}));
    large.limits.output_bytes = 100_000;
    let outcome = host("__agent").session(&run()).perform(&endless, &large).await.expect("started");
    assert!(failed(outcome, "limit", Terminal).starts_with("a.hbs:1:"), "10 GB are not written to find out");
}

async fn a_process_that_talks_nonsense_is_ended() {
    let message = failed(rogue("garbage").await, "crash", Retryable);
    assert!(message.contains("`I am not an answer`"), "{message}");
}

async fn a_process_killed_from_outside_fails_the_attempt() {
    let agent = writer();
    let host = host("__rogue");
    let mut session = host.session(&run());
    session.perform(&agent, &request(&agent, json!({"do": "hello"}))).await.expect("started");
    let id = session.process_id().expect("alive").to_string();
    let spin = request(&agent, json!({"do": "spin"}));
    let task = tokio::spawn(async move { session.perform(&agent, &spin).await });
    std::process::Command::new("kill").args(["-9", &id]).status().expect("kill");
    let outcome = task.await.expect("no panic").expect("started");
    assert!(failed(outcome, "crash", Retryable).contains("signal 9"));
}

async fn a_process_has_nothing_and_can_do_nothing() {
    assert_eq!(content(rogue("environment").await), "[(\"FORGELINE_AGENT_MEMORY\", \"536870912\")]");
    let message = failed(rogue("write").await, "limit", Terminal);
    assert!(message.contains("more than its share"), "writing a file ends it: {message}");
    let raised = failed(rogue("raise").await, "limit", Terminal);
    assert!(raised.contains("more than its share"), "limits cannot be raised: {raised}");
}

async fn a_closed_run_has_no_process() {
    let agent = writer();
    let host = host("__rogue");
    let mut session = host.session(&run());
    session.perform(&agent, &request(&agent, json!({"do": "hello"}))).await.expect("started");
    let id = session.process_id().expect("alive");
    drop(session);
    assert!(is_alive(id));
    host.close(&run());
    gone(id).await;
}

/// A process in between starts an agent, tells its id, and is killed while the agent spins.
async fn a_process_dies_with_its_parent() {
    let own = std::env::current_exe().expect("a running program");
    // A host that is killed cannot remove its agent's directory.
    let directory = tempfile::tempdir().expect("temporary directory");
    let mut between = std::process::Command::new(own)
        .arg("__parent")
        .env("TMPDIR", directory.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let mut line = String::new();
    let output = between.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("told");
    let id = line.trim().parse().expect("a process id");
    assert!(is_alive(id));
    between.kill().expect("killed");
    between.wait().expect("reaped");
    gone(id).await;
}

/// The process in between.
pub(crate) async fn parent() -> std::process::ExitCode {
    let agent = writer();
    let mut session = host("__rogue").session(&run());
    session.perform(&agent, &request(&agent, json!({"do": "hello"}))).await.expect("started");
    println!("{}", session.process_id().expect("alive"));
    session.perform(&agent, &request(&agent, json!({"do": "spin"}))).await.expect("started");
    std::process::ExitCode::SUCCESS
}

async fn gone(id: u32) {
    while is_alive(id) {
        tokio::task::yield_now().await;
    }
}

/// A dead process that nobody reaped is dead.
fn is_alive(id: u32) -> bool {
    if let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) {
        return !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X']));
    }
    let status = std::process::Command::new("kill")
        .args(["-0", &id.to_string()])
        .stderr(std::process::Stdio::null())
        .status()
        .expect("kill");
    status.success()
}

async fn a_faulty_agent_is_a_terminal_failure_with_its_place() {
    let faulty = bundle(&[
        (
            "agent.yaml",
            "metadata: {name: writer, version: 1.0.0}\nskills: [{id: write, kind: template, templates: [{from: a.hbs, to: docs/a}]}]\noutput: {type: Note}\n",
        ),
        ("a.hbs", "{{> b}}"),
        ("partials/b.hbs", "\n{{> c}}"),
        ("partials/c.hbs", "{{> b}}"),
    ]);
    let mut session = host("__agent").session(&run());
    let outcome = session.perform(&faulty, &request(&faulty, json!({}))).await.expect("started");
    let message = failed(outcome, "template", Terminal);
    assert!(message.contains("partials include each other"), "{message}");
    let id = session.process_id();
    let agent = writer();
    let next = session.perform(&agent, &request(&agent, json!({"inputs": {"name": "x"}}))).await.expect("started");
    assert_eq!(content(next), "# x\n");
    assert_eq!(session.process_id(), id, "the process goes on");
}

async fn an_attempt_that_is_given_up_takes_its_process_along() {
    let agent = writer();
    let mut session = host("__rogue").session(&run());
    session.perform(&agent, &request(&agent, json!({"do": "hello"}))).await.expect("started");
    let id = session.process_id().expect("alive");
    let spin = request(&agent, json!({"do": "spin"}));
    {
        let attempt = session.perform(&agent, &spin);
        tokio::pin!(attempt);
        let started = std::future::poll_fn(|context| std::task::Poll::Ready(attempt.as_mut().poll(context))).await;
        assert!(started.is_pending());
    }
    gone(id).await;
    let next = session.perform(&agent, &request(&agent, json!({"do": "hello"}))).await.expect("started");
    assert_eq!(content(next), "hello");
}

async fn a_missing_program_is_the_hosts_error() {
    let agent = writer();
    let host = forgeline_agents::AgentHost::new("/no/such/forgeline");
    let error = host.session(&run()).perform(&agent, &request(&agent, Value::Null)).await.expect_err("no program");
    assert_eq!(error.to_string(), "cannot start an agent process");
}

/// Far above what it takes, so that a loaded machine passes; a process start for each task would not.
async fn a_round_trip_is_short() {
    const TASKS: u32 = 200;
    let agent = writer();
    let task = request(&agent, json!({"inputs": {"name": "x"}}));
    let mut session = host("__agent").session(&run());
    session.perform(&agent, &task).await.expect("started");
    let started = Instant::now();
    for _ in 0..TASKS {
        session.perform(&agent, &task).await.expect("started");
    }
    let each = started.elapsed() / TASKS;
    println!("a task takes {each:?}");
    assert!(each.as_millis() < 20, "{each:?}");
}
