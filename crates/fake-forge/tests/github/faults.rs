//! What goes wrong by plan.

use std::time::{Duration, Instant};

use forgeline_fake_forge::{FakeForge, Fault};
use serde_json::json;

use crate::support::{described, person, shop};

const COMMENTS: &str = "POST /repos/*/*/issues/*/comments";

fn comments(forge: &FakeForge) -> usize {
    let all = person(forge, "rea").get("/repos/acme/shop/issues/1/comments").json();
    all.as_array().map_or(0, Vec::len)
}

/// Sends a comment that meets the fault: the status, or none for a broken connection, and how many comments there are.
fn meets(fault: Fault) -> (Option<u16>, usize) {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    forge.faults().on(COMMENTS, 1, fault);
    let sent =
        person(&forge, "wil").send("POST", "/repos/acme/shop/issues/1/comments", &[], Some(json!({ "body": "x" })));
    let there = comments(&forge);
    assert!(forge.requests()[0].fault.is_some());
    described(&forge);
    (sent.ok().map(|answer| answer.status), there)
}

#[test]
fn a_fault_before_the_write_leaves_nothing() {
    for status in [401, 404, 409, 422, 500, 502, 504] {
        assert_eq!(meets(Fault::Status(status)), (Some(status), 0));
    }
    assert_eq!(meets(Fault::ResetBefore), (None, 0));
}

#[test]
fn a_fault_after_the_write_leaves_it_done() {
    assert_eq!(meets(Fault::StatusAfter(502)), (Some(502), 1));
    assert_eq!(meets(Fault::ResetAfter), (None, 1));
    assert_eq!(meets(Fault::Slow(1)), (Some(201), 1));
}

#[test]
fn truncated_json_cannot_be_read() {
    let forge = shop();
    forge.faults().on("GET /repos/acme/shop", 1, Fault::Truncate);
    let client = person(&forge, "rea");
    let answer = client.get("/repos/acme/shop");
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.text).is_err(), "{}", answer.text);
    assert_eq!(client.get("/repos/acme/shop").json()["name"], "shop");
}

#[test]
fn the_second_request_is_hit_and_the_others_pass() {
    let forge = shop();
    forge.faults().on("GET /repos/*/*", 2, Fault::Status(502));
    let client = person(&forge, "rea");
    let statuses: Vec<u16> = (0..3).map(|_| client.get("/repos/acme/shop").status).collect();
    assert_eq!(statuses, [200, 502, 200]);
    forge.faults().always("GET /repos/**", Fault::Status(500));
    assert_eq!(client.get("/repos/acme/shop/issues").status, 500);
    forge.faults().clear();
    assert_eq!(client.get("/repos/acme/shop/issues").status, 200);
}

#[test]
fn a_planned_refusal_sets_a_window() {
    let forge = shop();
    forge.set_clock(1_700_000_000_000);
    forge.faults().on("GET /repos/*/*", 1, Fault::RetryAfter { status: 429, seconds: 5 });
    let client = person(&forge, "rea");
    let refused = client.get("/repos/acme/shop");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "5"));
    forge.advance_clock(5_000);
    assert_eq!(client.get("/repos/acme/shop").status, 200);
    described(&forge);
}

#[test]
fn what_was_just_made_is_not_seen_at_once() {
    let forge = shop();
    forge.faults().lag(2);
    let client = person(&forge, "wil");
    let made = client.post("/repos/acme/shop/issues", json!({ "title": "Slow" }));
    assert_eq!(made.status, 201);
    assert_eq!(client.get("/repos/acme/shop/issues/1").status, 404);
    assert_eq!(client.get("/repos/acme/shop/issues").json(), json!([]));
    assert_eq!(client.get("/repos/acme/shop/issues/1").status, 200);
    assert_eq!(client.get("/repos/acme/shop/issues").json().as_array().map(Vec::len), Some(1));
    described(&forge);
}

#[test]
fn every_request_takes_as_long_as_told() {
    let forge = shop();
    forge.faults().latency(40);
    let start = Instant::now();
    person(&forge, "rea").get("/repos/acme/shop");
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[test]
fn the_log_has_requests_in_order_with_their_operations() {
    let forge = shop();
    let client = person(&forge, "wil");
    client.post("/repos/acme/shop/issues", json!({ "title": "Slow" }));
    client.get("/repos/acme/shop/issues/1?x=1");
    client.get("/nothing");
    let log = forge.requests();
    let seen: Vec<(&str, &str, Option<&str>, Option<u16>)> =
        log.iter().map(|one| (one.method.as_str(), one.path.as_str(), one.operation.as_deref(), one.status)).collect();
    assert_eq!(
        seen,
        [
            ("POST", "/repos/acme/shop/issues", Some("POST /repos/{owner}/{repo}/issues"), Some(201)),
            ("GET", "/repos/acme/shop/issues/1", Some("GET /repos/{owner}/{repo}/issues/{issue_number}"), Some(200)),
            ("GET", "/nothing", None, Some(404)),
        ]
    );
    assert_eq!(log[0].body, Some(json!({ "title": "Slow" })));
    assert_eq!(forge.operations().len(), 2);
    forge.forget_requests();
    assert!(forge.requests().is_empty());
}

#[test]
fn a_test_looks_without_being_seen() {
    let forge = crate::support::shop_with(true);
    for n in 0..40 {
        forge.open_issue("ada", "acme/shop", &format!("{n}"), "");
    }
    forge.comment("ada", "acme/shop", 7, "x");
    forge.push("wil", "acme/shop", "a/b", &[("a.txt", "a\n")]);
    forge.faults().always("* /**", Fault::Status(500));
    assert_eq!(forge.peek("/repos/acme/shop/issues?state=all").as_array().map(Vec::len), Some(40));
    assert_eq!(forge.peek("/repos/acme/shop/issues/comments")[0]["body"], "x");
    assert_eq!(forge.peek("/repos/acme/shop/issues/7")["comments"], 1);
    assert_eq!(forge.peek("/repos/acme/shop/branches/a/b")["name"], "a/b");
    assert!(forge.requests().is_empty());
}
