//! Reviewers that are asked, and buttons of checks that people press.

use forgeline_fake_forge::Level;
use serde_json::{Value, json};

use super::{BAD, Place, RUN, SECRET, SHOP};
use crate::serve::server::{Server, patiently, signed};

#[test]
fn reviewers_are_asked_once_and_who_cannot_be_is_told() {
    let place = Place::new();
    let factory = "apiVersion: forgeline.dev/v1\nkind: Factory\npolicy: {reviewers: [\"@ben\", nobody-here]}\n";
    place.there.push("ben", SHOP, "main", &[("forgeline.yaml", factory)]);
    let issue = place.issue("How to return goods", "ana", RUN);
    place.pass();
    let pull = place.pulls()[0];
    let asked = || place.there.peek(&format!("/repos/{SHOP}/pulls/{pull}/requested_reviewers"));
    assert_eq!(asked()["users"][0]["login"], "ben", "{}", asked());
    let notes = || place.said_on(pull).into_iter().filter(|text| text.contains("No review was asked of `nobody-here`"));
    assert_eq!(notes().count(), 1, "{:?}", place.said_on(pull));
    // Who has reviewed is not asked again by a further attempt.
    place.there.comment_review("ben", SHOP, pull, "Well.");
    place.there.comment("ana", SHOP, issue, "/forgeline retry --fresh");
    place.pass();
    assert_eq!((asked()["users"].as_array().map(Vec::len), notes().count()), (Some(0), 1));
    place.settle();
}

/// The webhook of a pressed button.
fn press(place: &Place, who: &str, check: u64, commit: &str, button: &str) -> Value {
    let id = place.there.user(who);
    json!({
        "action": "requested_action", "requested_action": { "identifier": button },
        "check_run": { "id": check, "head_sha": commit }, "repository": { "full_name": SHOP },
        "sender": { "login": who, "id": id },
    })
}

#[test]
fn a_button_is_obeyed_for_whom_may_press_it() {
    let place = Place::new();
    place.there.grant("eve", SHOP, Level::Read);
    let head = place.there.push("ana", SHOP, "change", &[BAD]);
    let pull = place.there.open_pull("ana", SHOP, "change", "main", "A contract", "");
    place.pass();
    let all = place.there.peek(&format!("/repos/{SHOP}/commits/{head}/check-runs"));
    let check = all["check_runs"][0]["id"].as_u64().expect("a check");
    assert_eq!(place.world.runs().len(), 1);
    // The fake forge says if there is no such button.
    place.there.press("ana", check, Some("re-run"));

    let server = Server::start(&place.world, &[], &["--poll", "3600"]);
    patiently("the first pass", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 1"));
    let send = |delivery: &str, body: &Value| {
        let body = body.to_string();
        let signature = signed(SECRET, &body);
        let head =
            [("x-github-event", "check_run"), ("x-github-delivery", delivery), ("x-hub-signature-256", &signature)];
        server.send("github", &head, &body)
    };
    let said = |words: &str| place.said_on(pull).iter().filter(|text| text.contains(words)).count();
    assert_eq!(send("p1", &press(&place, "eve", check, &head, "re-run")), 202);
    patiently("a refusal", || said("needs the right to write") == 1);
    // Somebody who took a login over, a check of another commit, and one of somebody else.
    let mut forged = press(&place, "ana", check, &head, "re-run");
    forged["sender"]["id"] = 1.into();
    assert_eq!(send("p2", &forged), 202);
    assert_eq!(send("p3", &press(&place, "ana", check, &"1".repeat(40), "re-run")), 202);
    assert_eq!(send("p4", &press(&place, "ana", 1, &head, "re-run")), 202);
    assert_eq!(send("p5", &press(&place, "ana", check, &head, "re-run")), 202);
    // Redelivered.
    assert_eq!(send("p5", &press(&place, "ana", check, &head, "re-run")), 200);
    patiently("a second run", || place.world.runs().len() == 2);
    patiently("its end", || place.world.runs().iter().all(|run| run["finished"] == true));
    assert_eq!(send("p6", &press(&place, "ana", check, &head, "cancel")), 202);
    patiently("an answer", || said("**Nothing to cancel.**") == 1);
    assert_eq!(server.end(), 0);
    assert_eq!(place.world.runs().len(), 2);
    let all = place.there.peek(&format!("/repos/{SHOP}/commits/{head}/check-runs"));
    assert_eq!(all["total_count"], 1, "{all}");
    place.settle();
}
