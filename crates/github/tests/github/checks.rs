//! Checks: found, replaced, with all their annotations; statuses where only a token is there.

use std::sync::{Arc, Mutex};

use forgeline_forge::{
    remote::{NewCheck, Remote},
    types::{CheckStatus, Conclusion},
};
use forgeline_model::{Annotation, AnnotationLevel};
use serde_json::{Value, json};

use super::peer::{APP, Asked, Peer, Reply, Time, installed, missing, ok, reply, repo, with_app, with_token};

const POST: &str = "POST /repos/acme/shop/check-runs";
const PATCH: &str = "PATCH /repos/acme/shop/check-runs/42";

fn check(annotations: u32) -> NewCheck {
    NewCheck {
        commit: "1".repeat(40).parse().expect("a commit"),
        external_id: "run-1".into(),
        name: "forgeline / review".into(),
        status: CheckStatus::Completed,
        conclusion: Some(Conclusion::Failure),
        summary: "All is lost.".into(),
        annotations: (1..=annotations)
            .map(|line| Annotation {
                path: "src/a.rs".into(),
                line,
                level: AnnotationLevel::Warning,
                title: "rule".into(),
                message: format!("line {line}"),
            })
            .collect(),
    }
}

fn mark(line: u32) -> Value {
    json!({ "path": "src/a.rs", "start_line": line, "end_line": line, "annotation_level": "warning", "title": "rule",
        "message": format!("line {line}") })
}

fn list_line() -> String {
    let commit = "1".repeat(40);
    format!(
        "GET /repos/acme/shop/commits/{commit}/check-runs?check_name=forgeline%20%2F%20review&filter=all&per_page=100"
    )
}

/// A peer on which these runs are, the last of which has these annotations.
async fn peer(runs: Vec<Value>, marks: Vec<Value>) -> Peer {
    let answer = move |asked: &Asked| -> Reply {
        if let Some(reply) = installed(asked) {
            return reply;
        }
        match asked.line.as_str() {
            line if line == list_line() => ok(json!({ "total_count": runs.len(), "check_runs": runs })),
            "GET /repos/acme/shop/check-runs/42/annotations?per_page=100" => ok(json!(marks)),
            POST => reply(201, json!({ "id": 42 })),
            PATCH => ok(json!({ "id": 42 })),
            _ => missing(),
        }
    };
    Peer::start(answer).await
}

fn run(id: u64, external: &str, app: u64, annotations: u64) -> Value {
    json!({ "id": id, "external_id": external, "app": { "id": app }, "output": { "annotations_count": annotations } })
}

#[tokio::test]
async fn a_check_is_made_with_its_external_id() {
    let peer = peer(vec![run(1, "other", APP, 0), run(2, "run-1", 99, 0)], vec![]).await;
    with_app(&peer, &Time::new()).put_check(&repo(), &check(1)).await.expect("it is put");
    assert_eq!(
        peer.bodies(POST),
        [json!({
            "name": "forgeline / review", "external_id": "run-1", "head_sha": "1".repeat(40),
            "status": "completed", "conclusion": "failure",
            "actions": [{
                "label": "Run again", "description": "What is known is not done again", "identifier": "re-run",
            }],
            "output": { "title": "forgeline / review", "summary": "All is lost.", "annotations": [mark(1)] },
        })]
    );
    assert_eq!(
        peer.bodies("POST /app/installations/7/access_tokens"),
        [json!({ "repositories": ["shop"], "permissions": { "metadata": "read", "checks": "write" } })]
    );
}

#[tokio::test]
async fn a_check_that_is_there_is_replaced_and_gets_what_it_lacks_only() {
    let peer = peer(vec![run(41, "run-1", APP, 0), run(42, "run-1", APP, 2)], vec![mark(1), mark(2)]).await;
    with_app(&peer, &Time::new()).put_check(&repo(), &check(3)).await.expect("it is put");
    assert!(peer.bodies(POST).is_empty());
    let sent = peer.bodies(PATCH);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["output"]["annotations"], json!([mark(3)]));
    assert_eq!(sent[0].get("head_sha"), None);
}

#[tokio::test]
async fn a_check_that_says_too_much_is_followed_by_a_new_one() {
    let peer = peer(vec![run(42, "run-1", APP, 2)], vec![mark(1), mark(99)]).await;
    with_app(&peer, &Time::new()).put_check(&repo(), &check(1)).await.expect("it is put");
    assert_eq!(peer.bodies(POST).len(), 1);
    assert!(peer.bodies(PATCH).is_empty());
}

#[tokio::test]
async fn many_annotations_arrive_fifty_at_a_time_and_the_last_request_ends_the_check() {
    let peer = peer(vec![], vec![]).await;
    with_app(&peer, &Time::new()).put_check(&repo(), &check(120)).await.expect("it is put");
    let sent: Vec<Value> = [peer.bodies(POST), peer.bodies(PATCH)].concat();
    let told: Vec<_> = sent
        .iter()
        .map(|body| {
            (body["status"].clone(), body["conclusion"].clone(), body["output"]["annotations"].as_array().map(Vec::len))
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("in_progress"), Value::Null, Some(50)),
            (json!("in_progress"), Value::Null, Some(50)),
            (json!("completed"), json!("failure"), Some(20)),
        ]
    );
    let all: Vec<Value> =
        sent.iter().flat_map(|body| body["output"]["annotations"].as_array().expect("a list").clone()).collect();
    assert_eq!(all, (1..=120).map(mark).collect::<Vec<_>>());
}

#[tokio::test]
async fn long_texts_are_cut() {
    let peer = peer(vec![], vec![]).await;
    let check = NewCheck { summary: "ä".repeat(70_000), status: CheckStatus::Queued, conclusion: None, ..check(0) };
    with_app(&peer, &Time::new()).put_check(&repo(), &check).await.expect("it is put");
    let sent = peer.bodies(POST);
    let summary = sent[0]["output"]["summary"].as_str().expect("a text");
    assert!(summary.len() <= 65_535 && summary.ends_with("GitHub takes no more."), "{}", summary.len());
    assert_eq!((&sent[0]["status"], sent[0].get("conclusion")), (&json!("queued"), None));
}

#[tokio::test]
async fn with_a_token_a_status_says_it_once() {
    let commit = "1".repeat(40);
    let (get, post) = (
        format!("GET /repos/acme/shop/commits/{commit}/statuses?per_page=100"),
        format!("POST /repos/acme/shop/statuses/{commit}"),
    );
    let there = Arc::new(Mutex::new(vec![json!({ "context": "other", "state": "success" })]));
    let peer = Peer::start({
        let (get, post) = (get, post.clone());
        move |asked| {
            let mut there = there.lock().expect("no panic");
            if asked.line == get {
                return ok(json!(*there));
            }
            if asked.line == post {
                there.insert(0, asked.body.clone());
                return reply(201, json!({}));
            }
            missing()
        }
    })
    .await;
    let github = with_token(&peer);
    let long = NewCheck { summary: format!("\n{}", "ä".repeat(200)), ..check(60) };
    github.put_check(&repo(), &long).await.expect("it is put");
    github.put_check(&repo(), &long).await.expect("it is there");
    let pending = NewCheck { status: CheckStatus::InProgress, conclusion: None, ..check(0) };
    github.put_check(&repo(), &pending).await.expect("it is put");
    let sent = peer.bodies(&post);
    assert_eq!(sent.len(), 2, "the second time nothing is sent");
    assert_eq!(sent[0]["description"].as_str().map(|text| text.chars().count()), Some(140));
    assert_eq!((&sent[0]["state"], &sent[0]["context"]), (&json!("failure"), &json!("forgeline / review")));
    assert_eq!((&sent[1]["state"], &sent[1]["description"]), (&json!("pending"), &json!("All is lost.")));
}
