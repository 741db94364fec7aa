//! Every published payload is taken, and whatever else is signed.

use std::io::{BufRead as _, BufReader};

use axum::http::StatusCode;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::taker::{Taker, azure, github};

/// `(event, payload)` of GitHub's examples.
fn of_github() -> Vec<(String, Vec<u8>)> {
    let packed = &include_bytes!("../data/github.ndjson.gz")[..];
    let lines = BufReader::new(GzDecoder::new(packed)).lines();
    let read = |line: std::io::Result<String>| {
        let mut example: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        let event = example["event"].as_str().expect("an event").to_owned();
        (event, example["payload"].take().to_string().into_bytes())
    };
    lines.map(read).collect()
}

/// Azure DevOps' examples.
fn of_azure() -> Vec<Vec<u8>> {
    include_str!("../data/azure.ndjson").lines().map(|line| line.as_bytes().to_vec()).collect()
}

#[tokio::test]
async fn every_published_payload_is_taken_and_hints_where_it_can() {
    let taker = Taker::new();
    let examples = of_github();
    assert!(examples.len() > 300, "{}", examples.len());
    let mut pings = 0;
    for (n, (event, body)) in examples.iter().enumerate() {
        let expected = if event == "ping" { StatusCode::OK } else { StatusCode::ACCEPTED };
        pings += usize::from(event == "ping");
        assert_eq!(taker.send(github(&format!("g{n}"), event, body)).await, expected, "{event}");
    }
    let stored = taker.list.kept.lock().expect("whole").clone();
    assert_eq!(stored.len() + pings, examples.len());
    for hook in &stored {
        let body: Value = serde_json::from_slice(&hook.body).expect("JSON");
        assert_eq!(hook.hint.repository.as_deref(), body["repository"]["full_name"].as_str(), "{}", hook.event);
        assert_eq!(hook.hint.action.as_deref(), body["action"].as_str(), "{}", hook.event);
    }
    assert!(stored.iter().filter(|hook| hook.hint.repository.is_some()).count() > 250);
}

#[tokio::test]
async fn azure_devops_payloads_of_both_versions_are_taken() {
    let taker = Taker::new();
    for body in of_azure() {
        assert_eq!(taker.send(azure(&body)).await, StatusCode::ACCEPTED);
    }
    let stored = taker.list.kept.lock().expect("whole").clone();
    let hinted = |event: &str| {
        let of_event = stored.iter().filter(|hook| hook.event == event);
        of_event.map(|hook| hook.hint.repository.as_deref()).collect::<Vec<_>>()
    };
    for event in [
        "git.push",
        "git.pullrequest.created",
        "git.pullrequest.updated",
        "git.pullrequest.merged",
        "ms.vss-code.git-pullrequest-comment-event",
    ] {
        assert_eq!(hinted(event), [Some("Acme Web/shop"); 2], "{event}");
    }
    for event in ["workitem.created", "workitem.updated", "workitem.commented", "build.complete"] {
        assert_eq!(hinted(event), [None; 2], "{event}");
    }
}

/// Changes bytes as accidents and attackers would: cut, doubled, flipped, nested, joined with others.
fn mutate(body: &mut Vec<u8>, other: &[u8], dice: &mut fastrand::Rng) {
    for _ in 0..dice.usize(1..6) {
        let at = dice.usize(0..=body.len());
        match dice.u8(0..9) {
            0 => body.truncate(at),
            1 if at < body.len() => body[at] ^= 1 << dice.u8(0..8),
            2 if at < body.len() => body[at] = dice.u8(..),
            3 => {
                let to = (at + dice.usize(0..64)).min(body.len());
                let part = body[at..to].to_vec();
                body.splice(at..at, part);
            }
            4 => _ = body.splice(at..(at + dice.usize(0..64)).min(body.len()), []),
            5 => {
                let from = dice.usize(0..=other.len());
                let part = &other[from..(from + dice.usize(0..256)).min(other.len())];
                body.splice(at..at, part.iter().copied());
            }
            6 => {
                let open = dice.choice([&b"["[..], b"{\"a\":", b"\""]).expect("three");
                body.splice(at..at, open.repeat(dice.usize(1..2_000)));
            }
            7 => {
                let word = dice.choice([
                    &b"null"[..],
                    b"-1e999",
                    b"\"\\ud800\"",
                    b"\"repository\":",
                    b"\"full_name\":",
                    b"\"resource\":{",
                    b"\xf0\x9f",
                    b"\0",
                ]);
                body.splice(at..at, word.expect("some").iter().copied());
            }
            _ => body.reverse(),
        }
    }
}

/// Sends so many mutated payloads; each is taken.
async fn storm(rounds: u64, seed: u64) {
    let taker = Taker::new();
    let (github_examples, azure_examples) = (of_github(), of_azure());
    let mut dice = fastrand::Rng::with_seed(seed);
    for n in 0..rounds {
        let (event, body) = dice.choice(&github_examples).expect("some");
        let (mut body, other) = match dice.bool() {
            true => (body.clone(), dice.choice(&azure_examples).expect("some")),
            false => (dice.choice(&azure_examples).expect("some").clone(), body),
        };
        mutate(&mut body, other, &mut dice);
        let request = if dice.bool() { github(&n.to_string(), event, &body) } else { azure(&body) };
        let status = taker.send(request).await;
        assert!(status.is_success(), "seed {seed}, round {n}: {status}");
        taker.list.kept.lock().expect("whole").clear();
    }
}

#[tokio::test]
async fn ten_thousand_mutated_payloads_are_taken() {
    storm(10_000, 1).await;
}

#[tokio::test]
#[ignore = "a campaign of a million payloads; FORGELINE_SEED says from which seed"]
async fn a_million_mutated_payloads_are_taken() {
    let seed = std::env::var("FORGELINE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    storm(1_000_000, seed).await;
}
