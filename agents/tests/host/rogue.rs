//! A child that is confined like an agent's and does what its task's context says under `do`.

use std::{hint::black_box, io::Write as _, process::ExitCode};

use forgeline_agents::child;
use forgeline_model::task::{Proposal, ProposedFile, TaskOutcome, ToAgent};
use serde_json::{Value, json};

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
    let told = match request.context["do"].as_str().unwrap_or_default() {
        "recurse" => recurse(0).to_string(),
        "spin" => loop {
            black_box(0);
        },
        "hog" => format!("{}", black_box(vec![1_u8; 4 << 30]).len()),
        "panic" => panic!("lost the plot"),
        "garbage" => {
            println!("I am not an answer");
            String::new()
        }
        "flood" => loop {
            std::io::stdout().write_all(&[b'x'; 1 << 16]).expect("written");
        },
        "exit" => std::process::exit(3),
        "environment" => format!("{:?}", std::env::vars().collect::<Vec<_>>()),
        "raise" => format!(
            "{:?}",
            forgeline_pipe::confine(&forgeline_pipe::Limits {
                memory_bytes: u64::MAX,
                cpu_seconds: u64::MAX,
                file_bytes: 1 << 20,
                open_files: 1 << 20,
            })
            .map_err(|error| error.to_string())
            .and_then(|()| std::fs::write("x", "y").map_err(|error| error.to_string()))
        ),
        "write" => format!("{:?}", std::fs::write("x", "y")),
        other => other.to_owned(),
    };
    let file = ProposedFile { path: "docs/told".into(), artifact_type: "Note".into(), content: told };
    let proposal = Proposal { files: vec![file], ..Proposal::default() };
    json!({"message": "ended", "body": TaskOutcome::Done(proposal)})
}

fn recurse(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    if black_box(depth) == u64::MAX { 0 } else { recurse(depth + 1) + room[0] }
}
