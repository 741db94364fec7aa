//! The agents' process: confined, then as bad as its task's `with.do` says.

use std::{hint::black_box, process::ExitCode};

use forgeline_agents::child;
use forgeline_model::task::{Proposal, TaskOutcome, ToAgent};
use serde_json::{Value, json};

pub(crate) const SUBCOMMAND: &str = "__rogue";

const HOG_BYTES: usize = 20 << 30;

pub(crate) fn main() -> ExitCode {
    child::confine().expect("confined");
    forgeline_pipe::serve(1 << 20, answer).expect("served");
    ExitCode::SUCCESS
}

fn answer(message: ToAgent) -> Value {
    let request = match message {
        ToAgent::Load(_) => return json!({"message": "loaded"}),
        ToAgent::Run(request) => request,
    };
    match request.stage.as_str() {
        "panic" => panic!("lost the plot"),
        "recurse" => _ = black_box(recurse(0)),
        "hog" => _ = black_box(vec![1_u8; HOG_BYTES]),
        "exit" => std::process::exit(3),
        "spin" => loop {
            black_box(0);
        },
        "garbage" => return json!("no answer"),
        _ => {}
    }
    json!({"message": "ended", "body": TaskOutcome::Done(Proposal::default())})
}

fn recurse(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    if black_box(depth) == u64::MAX { 0 } else { recurse(depth + 1) + room[0] }
}
