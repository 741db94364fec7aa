//! Tasks that kill their process, and a run that goes on beside them. This executable is its own agents' process:
//! `poison __rogue` is confined like an agent's and then does what its task asks for.

#![expect(clippy::print_stdout, reason = "a test harness of its own reports on standard output")]

mod rogue;
mod world;

use std::process::ExitCode;

use forgeline_engine::{Outcome, run::TaskStatus};
use forgeline_runner::{Driven, Patience};
use tokio::{runtime::Runtime, sync::watch};

const CASE: &str = "poisoned_tasks_are_given_up_after_three_deaths_and_all_else_finishes";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == rogue::SUBCOMMAND) {
        return rogue::main();
    }
    if arguments.iter().any(|argument| argument == "--list") {
        println!("{CASE}: test");
        return ExitCode::SUCCESS;
    }
    let is_filtered_out = arguments.iter().any(|filter| !filter.starts_with('-') && !CASE.contains(filter.as_str()));
    if !is_filtered_out {
        Runtime::new()
            .expect("a runtime")
            .block_on(poisoned_tasks_are_given_up_after_three_deaths_and_all_else_finishes());
    }
    let ran = usize::from(!is_filtered_out);
    println!("test {CASE} ... ok\n\ntest result: ok. {ran} passed; 0 failed; {} filtered out", 1 - ran);
    ExitCode::SUCCESS
}

/// A stage, how often it fails, and with what kind of failure it is given up; none: it ends well.
const EXPECTED: [(&str, u32, Option<&str>); 7] = [
    ("panic", 3, Some("crash")),
    ("recurse", 3, Some("crash")),
    ("exit", 3, Some("crash")),
    // What takes too much would do so again.
    ("hog", 1, Some("limit")),
    // A slow answer may be the machine's fault: all attempts that the policy allows.
    ("spin", 5, Some("timeout")),
    ("garbage", 3, Some("crash")),
    ("well", 0, None),
];

async fn poisoned_tasks_are_given_up_after_three_deaths_and_all_else_finishes() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let runner = world::runner(folder.path()).await;
    let names: Vec<&str> = EXPECTED.iter().map(|(name, ..)| *name).collect();
    let run = world::run(&runner, folder.path(), &names).await;
    let (_stop, never) = watch::channel(false);
    let driven = runner.drive(&run, never, Patience::Endless).await.expect("the runner lives on");
    let Driven::Ended(view) = driven else { panic!("nobody asked it to stop") };
    assert!(matches!(view.state.outcome(), Some(Outcome::Failed { .. })), "{:?}", view.state.outcome());
    for (name, failures, kind) in EXPECTED {
        let task = view.state.tasks().find(|task| task.id.stage.as_str() == name).expect("a task");
        let ended = match &task.status {
            TaskStatus::Failed(failure) => Some(failure.kind.as_str()),
            TaskStatus::Done(_) => None,
            other => panic!("`{name}` is {other:?}"),
        };
        assert_eq!((task.failures, ended), (failures, kind), "{name}");
    }
    let mut letters: Vec<String> = runner
        .store
        .dead_letters(&forgeline_store::LetterFilter::default())
        .await
        .expect("reads")
        .into_iter()
        .map(|letter| letter.letter.error_kind)
        .collect();
    letters.sort();
    assert_eq!(letters, ["crash", "crash", "crash", "crash", "limit", "timeout"], "each is a letter");
}
