//! The host against real processes. This executable is its own child: `host __agent` is the real one, `host __rogue`
//! confines itself in the same way and then does what its task says, `host __parent` is a host to be killed.

#![expect(clippy::print_stdout, reason = "a test harness of its own reports on standard output")]

mod cases;
mod rogue;
mod task;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("__agent") => forgeline_agents::child::main(),
        Some("__rogue") => rogue::main(),
        Some("__parent") => block_on(cases::parent()),
        _ => run(&arguments),
    }
}

/// What the standard harness does, as far as `cargo test` needs it: a name filter, a line for each case, an exit code.
fn run(arguments: &[String]) -> ExitCode {
    if arguments.iter().any(|argument| argument == "--list") {
        cases::ALL.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-')).map_or("", String::as_str);
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let chosen = cases::ALL.iter().filter(|(name, _)| if exact { *name == filter } else { name.contains(filter) });
    let mut failed = 0;
    for (name, case) in chosen {
        let ended = std::panic::catch_unwind(|| {
            block_on(case());
        });
        println!("test {name} ... {}", if ended.is_ok() { "ok" } else { "FAILED" });
        failed += usize::from(ended.is_err());
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}
