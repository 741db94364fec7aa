//! Webhooks as a receiver gets them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use forgeline_fake_forge::{DeliveryFaults, FakeForge};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{BOT, Client, described, shop};

const SECRET: &str = "it is a secret";
const PATIENCE: Duration = Duration::from_secs(20);

/// What came in: headers and body as they were.
type Inbox = Arc<Mutex<Vec<(String, String)>>>;

/// Answers 202 to everything.
fn receiver(forge: &FakeForge) -> Inbox {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
    forge.deliver_to(&url, SECRET);
    let inbox = Inbox::default();
    let into = inbox.clone();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            receive(stream, &into);
        }
    });
    inbox
}

/// What came is in the inbox before the sender has its answer.
fn receive(mut stream: TcpStream, inbox: &Inbox) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").parse::<usize>().expect("a length");
            if body.len() >= length {
                inbox.lock().expect("an inbox").push((head.to_owned(), body.to_owned()));
                let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                return;
            }
        }
        let read = stream.read(&mut chunk).expect("more");
        assert!(read > 0, "the sender stopped in the middle");
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn header(head: &str, name: &str) -> String {
    let found = head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// Event, action and payload of each delivery, in the order in which they came.
fn told(forge: &FakeForge, inbox: &Inbox) -> Vec<(String, Value)> {
    assert!(forge.settle(PATIENCE));
    let all = inbox.lock().expect("an inbox");
    all.iter()
        .map(|(head, body)| {
            let payload: Value = serde_json::from_str(body).expect("JSON");
            let action = payload["action"].as_str().map(|action| format!(".{action}")).unwrap_or_default();
            (format!("{}{action}", header(head, "x-github-event")), payload)
        })
        .collect()
}

fn names(told: &[(String, Value)]) -> Vec<&str> {
    told.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn deliveries_are_signed_and_named() {
    let forge = shop();
    let inbox = receiver(&forge);
    forge.open_issue("otto", "acme/shop", "Slow", "Grüße");
    let told = told(&forge, &inbox);
    assert_eq!(names(&told), ["issues.opened"]);
    assert_eq!((&told[0].1["issue"]["body"], &told[0].1["sender"]["login"]), (&json!("Grüße"), &json!("otto")));
    let (head, body) = inbox.lock().expect("an inbox").remove(0);
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(body.as_bytes());
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header(&head, "x-hub-signature-256"), format!("sha256={digest}"));
    assert_eq!(header(&head, "x-github-delivery"), forge.deliveries()[0].guid);
    assert_eq!(header(&head, "content-type"), "application/json");
    described(&forge);
}

#[test]
fn the_life_of_a_pull_request_is_told_in_order() {
    let forge = shop();
    let inbox = receiver(&forge);
    let first = forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    forge.open_draft("wil", "acme/shop", "topic", "main", "Add a", "");
    let second = forge.push("wil", "acme/shop", "topic", &[("a.txt", "b\n")]);
    forge.set_draft("wil", "acme/shop", 1, false);
    forge.label("tri", "acme/shop", 1, "build");
    let comment = forge.comment("rea", "acme/shop", 1, "nice");
    forge.edit_comment("rea", comment, "very nice");
    forge.delete_comment("ada", comment);
    forge.request_changes("ada", "acme/shop", 1, "hm", &[("a.txt", 1, "why?")]);
    forge.merge("ada", "acme/shop", 1);
    let told = told(&forge, &inbox);
    let expected = [
        "create",
        "push",
        "pull_request.opened",
        "push",
        "pull_request.synchronize",
        "pull_request.ready_for_review",
        "pull_request.labeled",
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
        "pull_request.closed",
        "push",
    ];
    assert_eq!(names(&told), expected);
    let payload = |name: &str| &told.iter().find(|(found, _)| found == name).expect("it was told").1;
    let moved = payload("pull_request.synchronize");
    assert_eq!((&moved["before"], &moved["after"]), (&json!(first), &json!(second)));
    assert_eq!(moved["pull_request"]["head"]["sha"], json!(second));
    assert_eq!(payload("pull_request.labeled")["label"]["name"], "build");
    assert_eq!(payload("issue_comment.edited")["changes"]["body"]["from"], "nice");
    assert_eq!(payload("issue_comment.deleted")["comment"]["body"], "very nice");
    assert_eq!(payload("pull_request.closed")["pull_request"]["merged"], true);
    let push = payload("push");
    assert_eq!(
        (&push["ref"], &push["created"], &push["after"]),
        (&json!("refs/heads/topic"), &json!(true), &json!(first))
    );
    assert_eq!(
        push["commits"].as_array().and_then(|all| all.last()).map(|one| &one["added"][0]),
        Some(&json!("a.txt"))
    );
    described(&forge);
}

#[test]
fn an_app_is_told_of_its_repositories_only_and_by_which_installation() {
    let forge = shop();
    forge.repository("evil/shop", false);
    let app = forge.app("helper", &BOT);
    let inbox = receiver(&forge);
    let installation = forge.install(&app, "acme", None);
    forge.open_issue("otto", "evil/shop", "Other", "");
    forge.open_issue("otto", "acme/shop", "Slow", "");
    let told = told(&forge, &inbox);
    assert_eq!(names(&told), ["installation.created", "issues.opened"]);
    assert_eq!(told[0].1["repositories"][0]["full_name"], "acme/shop");
    assert_eq!(
        (&told[1].1["installation"]["id"], &told[1].1["repository"]["full_name"]),
        (&json!(installation), &json!("acme/shop"))
    );
    described(&forge);
}

#[test]
fn what_programs_do_is_told_too() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    let installation = forge.install(&app, "acme", None);
    let inbox = receiver(&forge);
    let client = Client::new(&forge, &forge.installation_token(installation, None, None));
    let head = forge.head("acme/shop", "main").expect("main");
    let action = json!({ "label": "Again", "description": "Run again", "identifier": "again" });
    let asked = json!({ "name": "build", "head_sha": head, "actions": [action] });
    let check = client.post("/repos/acme/shop/check-runs", asked).json()["id"].as_u64().expect("an id");
    client.patch(&format!("/repos/acme/shop/check-runs/{check}"), json!({ "conclusion": "failure" }));
    forge.press("wil", check, Some("again"));
    forge.press("wil", check, None);
    client.post(&format!("/repos/acme/shop/statuses/{head}"), json!({ "state": "success" }));
    let told = told(&forge, &inbox);
    let expected =
        ["check_run.created", "check_run.completed", "check_run.requested_action", "check_run.rerequested", "status"];
    assert_eq!(names(&told), expected);
    assert_eq!(told[2].1["requested_action"]["identifier"], "again");
    assert_eq!(told[0].1["sender"]["login"], "helper[bot]");
    assert_eq!(told[0].1["check_run"]["check_suite"]["head_branch"], "main");
    described(&forge);
}

#[test]
fn a_lost_delivery_is_listed_and_sent_again() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    forge.install(&app, "acme", None);
    let inbox = receiver(&forge);
    forge.delivery_faults(DeliveryFaults { drop: 1.0, double: 0.0, reorder: 0.0, seed: 1 });
    forge.open_issue("otto", "acme/shop", "Slow", "");
    assert_eq!(told(&forge, &inbox).len(), 0);
    let me = Client::new(&forge, &forge.jwt(&app));
    let listed = me.get("/app/hook/deliveries").json();
    assert_eq!((&listed[0]["event"], &listed[0]["status_code"]), (&json!("issues"), &json!(502)));
    let path = format!("/app/hook/deliveries/{}", listed[0]["id"]);
    assert_eq!(me.get(&path).json()["request"]["payload"]["issue"]["title"], "Slow");
    assert_eq!(me.post(&format!("{path}/attempts"), json!({})).status, 202);
    assert_eq!(names(&told(&forge, &inbox)), ["issues.opened"]);
    let again = me.get("/app/hook/deliveries").json();
    assert_eq!((&again[0]["guid"], &again[0]["redelivery"]), (&listed[0]["guid"], &json!(true)));
    assert_eq!(again[0]["status_code"], 202);
    described(&forge);
}

#[test]
fn the_list_of_deliveries_has_a_cursor() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    forge.install(&app, "acme", None);
    let _inbox = receiver(&forge);
    for n in 0..5 {
        forge.open_issue("otto", "acme/shop", &format!("{n}"), "");
    }
    assert!(forge.settle(PATIENCE));
    let me = Client::new(&forge, &forge.jwt(&app));
    let mut page = me.get("/app/hook/deliveries?per_page=2");
    let mut sizes = vec![page.json().as_array().map_or(0, Vec::len)];
    while let Some(next) = page.link("next") {
        page = me.get(&next);
        sizes.push(page.json().as_array().map_or(0, Vec::len));
    }
    assert_eq!(sizes, [2, 2, 1]);
    described(&forge);
}

#[test]
fn doubled_and_reordered_deliveries_lose_nothing() {
    let forge = shop();
    let inbox = receiver(&forge);
    forge.delivery_faults(DeliveryFaults { drop: 0.0, double: 0.4, reorder: 0.4, seed: 3 });
    for n in 0..30 {
        forge.open_issue("otto", "acme/shop", &format!("{n}"), "");
    }
    let told = told(&forge, &inbox);
    let numbers: Vec<u64> = told.iter().filter_map(|(_, payload)| payload["issue"]["number"].as_u64()).collect();
    let distinct: std::collections::BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct, (1..=30).collect());
    assert!(numbers.len() > 30, "some came twice");
    described(&forge);
}

#[test]
fn a_receiver_that_is_not_there_is_a_failed_delivery() {
    let forge = shop();
    forge.deliver_to("http://127.0.0.1:1/hooks", SECRET);
    forge.open_issue("otto", "acme/shop", "Slow", "");
    assert!(forge.settle(PATIENCE));
    assert_eq!(forge.deliveries()[0].status, 502);
    described(&forge);
}

#[test]
fn all_that_can_happen_is_told_as_github_describes_it() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    let inbox = receiver(&forge);
    let installation = forge.install(&app, "acme", None);
    let client = Client::new(&forge, &forge.installation_token(installation, None, None));
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    forge.push("wil", "acme/shop", "other", &[("b.txt", "b\n")]);
    forge.open_issue("otto", "acme/shop", "Slow", "");
    forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    for number in [1, 2] {
        let path = format!("/repos/acme/shop/issues/{number}");
        forge.edit("wil", "acme/shop", number, Some("Title"), Some("Text"));
        forge.label("wil", "acme/shop", number, "build");
        forge.unlabel("wil", "acme/shop", number, "build");
        client.post(&format!("{path}/assignees"), json!({ "assignees": ["ada"] }));
        client
            .send("DELETE", &format!("{path}/assignees"), &[], Some(json!({ "assignees": ["ada"] })))
            .expect("an answer");
        forge.close("wil", "acme/shop", number);
        forge.reopen("wil", "acme/shop", number);
    }
    let reviewers = "/repos/acme/shop/pulls/2/requested_reviewers";
    client.post(reviewers, json!({ "reviewers": ["ada"] }));
    client.send("DELETE", reviewers, &[], Some(json!({ "reviewers": ["ada"] }))).expect("an answer");
    forge.set_draft("wil", "acme/shop", 2, true);
    let remark = json!({ "body": "hm", "path": "a.txt", "line": 1, "commit_id": forge.head("acme/shop", "topic") });
    let remark = client.post("/repos/acme/shop/pulls/2/comments", remark).json();
    client.patch(&format!("/repos/acme/shop/pulls/comments/{}", remark["id"]), json!({ "body": "ah" }));
    forge.set_branch("wil", "acme/shop", "other", None);
    forge.rename("ada", "acme/shop", "store");
    forge.archive("ada", "acme/store");
    let told = told(&forge, &inbox);
    for name in ["issues", "pull_request"] {
        for action in ["opened", "edited", "labeled", "unlabeled", "assigned", "unassigned", "closed", "reopened"] {
            assert!(names(&told).contains(&format!("{name}.{action}").as_str()), "{name}.{action}");
        }
    }
    for name in [
        "pull_request.review_requested",
        "pull_request.review_request_removed",
        "pull_request.converted_to_draft",
        "pull_request_review_comment.edited",
        "delete",
        "repository.renamed",
        "repository.archived",
    ] {
        assert!(names(&told).contains(&name), "{name}");
    }
    described(&forge);
}
