//! The parent's end against real processes. `cat` is the honest child: what it is asked is what it answers.

use std::time::{Duration, Instant};

use forgeline_pipe::{Child, Direction, Exit, PipeError, Spec};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const NOW: Duration = Duration::from_millis(200);

fn shell(script: &str) -> Spec {
    Spec::new("/bin/sh").arg("-c").arg(script)
}

async fn ask(spec: &Spec, timeout: Duration) -> Result<Value, PipeError> {
    Child::spawn(spec).await?.call(&json!({"n": 1}), timeout).await
}

#[tokio::test]
async fn answers_come_back_from_the_same_process() {
    let mut child = Child::spawn(&Spec::new("/bin/cat")).await.expect("cat starts");
    let id = child.id();
    for n in 0..100 {
        let answer: Value = child.call(&json!({"n": n, "text": "a\nb é"}), SOON).await.expect("cat answers");
        assert_eq!(answer, json!({"n": n, "text": "a\nb é"}));
    }
    assert_eq!(child.id(), id);
    let large = json!("x".repeat(4 << 20));
    assert_eq!(child.call::<Value>(&large, SOON).await.expect("cat answers"), large);
}

#[tokio::test]
async fn the_child_has_only_what_the_spec_names() {
    let spec = shell(r#"read -r line; printf '["%s","%s","%s"]\n' "$(env | sort | tr '\n' ' ')" "$PWD" "$(ls -A)""#)
        .env("GIVEN", "yes");
    let answer: Vec<String> = serde_json::from_value(ask(&spec, SOON).await.expect("answers")).expect("three texts");
    let own: Vec<&str> = answer[0]
        .split_whitespace()
        .filter(|pair| !["PWD=", "_=", "SHLVL=", "OLDPWD="].iter().any(|own| pair.starts_with(own)))
        .collect();
    assert_eq!(own, ["GIVEN=yes"], "a shell adds only its own variables");
    assert_eq!(answer[2], "", "the directory is fresh");
    assert!(!std::path::Path::new(&answer[1]).exists(), "and gone with the child: {}", answer[1]);
}

#[tokio::test]
async fn a_late_child_is_killed_with_all_it_started() {
    let started = Instant::now();
    let directory = tempfile::tempdir().expect("temporary directory");
    let pipe = directory.path().join("alive");
    let spec = shell("exec 3<>alive; sleep 600 & echo ready >&3; sleep 600").directory(directory.path());
    std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    // The grandchild holds the only other end of the fifo: reading it ends when all of them are dead.
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe));
    let outcome = ask(&spec, Duration::from_secs(2)).await;
    assert!(matches!(outcome, Err(PipeError::Timeout { after_ms: 2_000 })), "{outcome:?}");
    assert_eq!(reader.join().expect("no panic").expect("readable"), "ready\n");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn what_went_wrong_is_told_apart() {
    let outcome = ask(&shell("read -r x; echo 'lost the plot' >&2; exit 3"), SOON).await;
    let Err(PipeError::Crashed { exit, stderr }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((exit, stderr.as_str()), (Exit::Code(3), "lost the plot"));

    let outcome = ask(&shell("read -r x; kill -SEGV $$"), SOON).await;
    assert!(matches!(outcome, Err(PipeError::Crashed { exit: Exit::Signal(11), .. })), "{outcome:?}");

    let outcome = ask(&shell("exec <&-; echo >&2 bye"), SOON).await;
    assert!(matches!(outcome, Err(PipeError::Crashed { exit: Exit::Code(0), .. })), "{outcome:?}");

    let outcome = ask(&shell("read -r x; echo 'hello there'; sleep 600"), SOON).await;
    let Err(PipeError::Garbage { excerpt, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(excerpt, "hello there");

    let outcome = ask(&shell("read -r x; exec yes").max_message_bytes(1), SOON).await;
    assert!(matches!(outcome, Err(PipeError::Oversized { direction: Direction::Request, most: 1 })), "{outcome:?}");

    let flood = shell("read -r x; exec tr '\\0' 'x' </dev/zero").max_message_bytes(1 << 20);
    let outcome = ask(&flood, SOON).await;
    assert!(matches!(outcome, Err(PipeError::Oversized { direction: Direction::Answer, .. })), "{outcome:?}");

    let outcome = ask(&Spec::new("/no/such/program"), SOON).await;
    assert!(matches!(outcome, Err(PipeError::Spawn { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_child_that_closes_the_pipe_but_lives_on_is_ended() {
    let outcome = ask(&shell("read -r x; exec >&- 2>&-; sleep 600"), SOON).await;
    assert!(matches!(outcome, Err(PipeError::Crashed { exit: Exit::Signal(9), .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_call_given_up_halfway_ends_the_child() {
    let mut child = Child::spawn(&shell("read -r x; sleep 600")).await.expect("starts");
    let given_up = tokio::time::timeout(NOW, child.call::<Value>(&json!(1), SOON)).await;
    assert!(given_up.is_err());
    assert!(!child.is_usable());
    let outcome = child.call::<Value>(&json!(2), SOON).await;
    assert!(matches!(outcome, Err(PipeError::Gone)), "{outcome:?}");
    assert_eq!(child.id(), None, "reaped");
}
