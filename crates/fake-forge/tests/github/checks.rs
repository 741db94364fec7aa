//! Check runs and commit statuses.

use serde_json::{Value, json};

use crate::support::{BOT, Client, described, person, program, shop};

fn notes(count: usize) -> Value {
    let one = |n: usize| {
        json!({
            "path": "README.md", "start_line": n + 1, "end_line": n + 1, "annotation_level": "warning", "message": "hm",
        })
    };
    (0..count).map(one).collect()
}

#[test]
fn a_check_is_made_grows_and_ends() {
    let forge = shop();
    let client = program(&forge, &BOT);
    let head = forge.head("acme/shop", "main").expect("main");
    let asked = json!({
        "name": "forgeline / build", "head_sha": head, "status": "in_progress", "external_id": "run-1",
        "output": { "title": "Working", "summary": "…", "annotations": notes(50) },
    });
    let made = client.post("/repos/acme/shop/check-runs", asked);
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/repos/acme/shop/check-runs/{}", made.json()["id"]);
    let grown = json!({ "output": { "title": "Working", "summary": "…", "annotations": notes(10) } });
    assert_eq!(client.patch(&path, grown).json()["output"]["annotations_count"], 60);
    let ended = client.patch(&path, json!({ "conclusion": "success" })).json();
    assert_eq!((&ended["status"], &ended["conclusion"]), (&json!("completed"), &json!("success")));
    assert!(ended["completed_at"].is_string());
    let annotations = client.get(&format!("{path}/annotations?per_page=100")).json();
    assert_eq!(annotations.as_array().map(Vec::len), Some(60));
    let listed = client.get("/repos/acme/shop/commits/main/check-runs").json();
    assert_eq!((&listed["total_count"], &listed["check_runs"][0]["external_id"]), (&json!(1), &json!("run-1")));
    described(&forge);
}

#[test]
fn more_than_fifty_annotations_in_one_request_are_refused() {
    let forge = shop();
    let client = program(&forge, &BOT);
    let head = forge.head("acme/shop", "main").expect("main");
    let asked = |count| json!({ "name": "x", "head_sha": head, "output": { "title": "t", "summary": "s", "annotations": notes(count) } });
    assert_eq!(client.post("/repos/acme/shop/check-runs", asked(51)).status, 422);
    assert_eq!(client.post("/repos/acme/shop/check-runs", asked(50)).status, 201);
    let listed = client.get("/repos/acme/shop/commits/main/check-runs").json();
    assert_eq!(listed["total_count"], 1, "the refused one was not made");
    assert_eq!(forge.problems().len(), 1, "the description says so too: {:?}", forge.problems());
}

#[test]
fn checks_are_for_programs_and_each_for_its_own() {
    let forge = shop();
    let head = forge.head("acme/shop", "main").expect("main");
    let asked = json!({ "name": "x", "head_sha": head });
    let refused = person(&forge, "adm").post("/repos/acme/shop/check-runs", asked.clone());
    assert_eq!((refused.status, refused.message()), (403, "You must authenticate via a GitHub App.".to_owned()));
    let client = program(&forge, &BOT);
    let made = client.post("/repos/acme/shop/check-runs", asked.clone()).json();
    let other = forge.app("other", &BOT);
    let other = Client::new(&forge, &forge.installation_token(forge.install(&other, "acme", None), None, None));
    let path = format!("/repos/acme/shop/check-runs/{}", made["id"]);
    assert_eq!(other.patch(&path, json!({ "conclusion": "success" })).status, 403);
    assert_eq!(other.get(&path).status, 200);
    assert_eq!(
        client.post("/repos/acme/shop/check-runs", json!({ "name": "x", "head_sha": "f".repeat(40) })).status,
        422
    );
    described(&forge);
}

#[test]
fn only_the_newest_check_of_a_name_is_listed_unless_all_are_wanted() {
    let forge = shop();
    let client = program(&forge, &BOT);
    let head = forge.head("acme/shop", "main").expect("main");
    for conclusion in ["failure", "success"] {
        let asked = json!({ "name": "x", "head_sha": head, "status": "completed", "conclusion": conclusion });
        assert_eq!(client.post("/repos/acme/shop/check-runs", asked).status, 201);
    }
    let path = format!("/repos/acme/shop/commits/{head}/check-runs");
    let latest = client.get(&path).json();
    assert_eq!((&latest["total_count"], &latest["check_runs"][0]["conclusion"]), (&json!(1), &json!("success")));
    assert_eq!(client.get(&format!("{path}?filter=all")).json()["total_count"], 2);
    assert_eq!(client.get(&format!("{path}?check_name=y")).json()["total_count"], 0);
    described(&forge);
}

#[test]
fn statuses_come_to_one_state() {
    let forge = shop();
    let client = program(&forge, &BOT);
    let head = forge.head("acme/shop", "main").expect("main");
    let state = || client.get("/repos/acme/shop/commits/main/status").json()["state"].clone();
    assert_eq!(state(), "pending");
    for (context, value, all) in [
        ("a", "success", "success"),
        ("b", "pending", "pending"),
        ("b", "failure", "failure"),
        ("b", "success", "success"),
    ] {
        let asked = json!({ "context": context, "state": value, "description": "words" });
        assert_eq!(client.post(&format!("/repos/acme/shop/statuses/{head}"), asked).status, 201);
        assert_eq!(state(), all, "{context} {value}");
    }
    assert_eq!(client.get("/repos/acme/shop/commits/main/statuses").json().as_array().map(Vec::len), Some(4));
    let asked = json!({ "state": "success", "description": "x".repeat(141) });
    assert_eq!(client.post(&format!("/repos/acme/shop/statuses/{head}"), asked).status, 422);
    described(&forge);
}
