//! Issues, comments, labels, events, reactions.

use forgeline_fake_forge::FakeForge;
use serde_json::{Value, json};

use crate::support::{BOT, described, person, program, shop};

fn titles(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(|item| item["title"].as_str()).collect()
}

#[test]
fn an_issue_lives_from_open_to_closed() {
    let forge = shop();
    let wil = person(&forge, "wil");
    let asked = json!({ "title": "Slow", "body": "Very", "labels": ["bug"], "assignees": ["ada", "otto"] });
    let made = wil.post("/repos/acme/shop/issues", asked);
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!((&made["number"], &made["labels"][0]["name"]), (&json!(1), &json!("bug")));
    assert_eq!(made["assignees"].as_array().map(Vec::len), Some(1), "who has no rights is not assigned");
    let changed = json!({ "title": "Slower", "labels": ["slow"], "state": "closed", "state_reason": "not_planned" });
    let changed = wil.patch("/repos/acme/shop/issues/1", changed).json();
    assert_eq!((&changed["title"], &changed["state_reason"]), (&json!("Slower"), &json!("not_planned")));
    let events = wil.get("/repos/acme/shop/issues/1/events").json();
    let names: Vec<&str> =
        events.as_array().into_iter().flatten().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["labeled", "assigned", "renamed", "unlabeled", "labeled", "closed"]);
    assert_eq!(wil.get("/repos/acme/shop/issues/2").status, 404);
    assert_eq!(wil.post("/repos/acme/shop/issues", json!({ "title": " " })).status, 422);
    described(&forge);
}

#[test]
fn events_say_who_set_a_label() {
    let forge = shop();
    forge.open_issue("otto", "acme/shop", "Slow", "");
    forge.label("tri", "acme/shop", 1, "build");
    forge.label("wil", "acme/shop", 1, "build");
    assert!(forge.unlabel("wil", "acme/shop", 1, "build"));
    let client = program(&forge, &BOT);
    let events = client.get("/repos/acme/shop/issues/1/events").json();
    let seen: Vec<(&str, &str, &str)> = events
        .as_array()
        .into_iter()
        .flatten()
        .map(|event| {
            (
                event["event"].as_str().unwrap_or_default(),
                event["actor"]["login"].as_str().unwrap_or_default(),
                event["label"]["name"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(seen, [("labeled", "tri", "build"), ("unlabeled", "wil", "build")], "a second label is no event");
    let all = client.get("/repos/acme/shop/issues/events").json();
    assert_eq!((&all[0]["event"], &all[0]["issue"]["number"]), (&json!("unlabeled"), &json!(1)), "newest first");
    described(&forge);
}

#[test]
fn labels_of_items_and_repositories() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let wil = person(&forge, "wil");
    assert_eq!(wil.post("/repos/acme/shop/labels", json!({ "name": "a b/c", "color": "ff0000" })).status, 201);
    assert_eq!(wil.post("/repos/acme/shop/labels", json!({ "name": "A B/c" })).status, 422, "case does not matter");
    assert_eq!(wil.get("/repos/acme/shop/labels/a%20b%2Fc").json()["color"], "ff0000");
    let path = "/repos/acme/shop/issues/1/labels";
    assert_eq!(wil.post(path, json!({ "labels": ["x", "a b/c"] })).json().as_array().map(Vec::len), Some(2));
    assert_eq!(wil.put(path, json!({ "labels": ["y", "x"] })).json().as_array().map(Vec::len), Some(2));
    assert_eq!(wil.delete(&format!("{path}/x")).json()[0]["name"], "y");
    assert_eq!(wil.delete(&format!("{path}/x")).status, 404);
    assert_eq!(wil.get(path).json().as_array().map(Vec::len), Some(1));
    assert_eq!(wil.get("/repos/acme/shop/labels").json().as_array().map(Vec::len), Some(3));
    described(&forge);
}

#[test]
fn comments_are_made_changed_listed_and_deleted() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let (wil, rea) = (person(&forge, "wil"), person(&forge, "rea"));
    let made = rea.post("/repos/acme/shop/issues/1/comments", json!({ "body": "one" }));
    let path = format!("/repos/acme/shop/issues/comments/{}", made.json()["id"]);
    assert!(made.header("location").ends_with(&path));
    assert_eq!(rea.patch(&path, json!({ "body": "two" })).json()["body"], "two");
    assert_eq!(person(&forge, "otto").patch(&path, json!({ "body": "three" })).status, 403);
    assert_eq!(wil.get(&path).json()["body"], "two");
    assert_eq!(wil.get("/repos/acme/shop/issues/1").json()["comments"], 1);
    assert_eq!(wil.delete(&path).status, 204);
    assert_eq!(wil.get(&path).status, 404);
    assert_eq!(wil.post("/repos/acme/shop/issues/1/comments", json!({ "body": "x".repeat(65_537) })).status, 422);
    assert_eq!(wil.post("/repos/acme/shop/issues/9/comments", json!({ "body": "x" })).status, 404);
    described(&forge);
}

#[test]
fn since_includes_its_own_second() {
    let forge = shop();
    forge.set_clock(1_700_000_000_000);
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(forge.comment("ada", "acme/shop", 1, text));
        forge.advance_clock(700);
    }
    // At 0, 700 and 1400 ms: the first two are in the same second.
    let client = person(&forge, "rea");
    let bodies = |query: &str| -> Vec<String> {
        let found = client.get(&format!("/repos/acme/shop/issues/comments?{query}")).json();
        found.as_array().into_iter().flatten().filter_map(|one| one["body"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(bodies("since=2023-11-14T22:13:20Z"), ["one", "two", "three"]);
    assert_eq!(bodies("since=2023-11-14T22:13:21Z"), ["three"]);
    assert_eq!(bodies("since=2023-11-14T22:13:22Z"), Vec::<String>::new());
    forge.edit_comment("ada", ids[0], "one again");
    assert_eq!(bodies("since=2023-11-14T22:13:22Z"), ["one again"]);
    assert_eq!(bodies("sort=updated&direction=desc"), ["one again", "three", "two"]);
    assert_eq!(bodies("sort=updated&direction=asc"), ["two", "three", "one again"]);
    described(&forge);
}

#[test]
fn issues_are_filtered_and_sorted() {
    let forge = shop();
    for (login, title) in [("ada", "a"), ("wil", "b"), ("ada", "c")] {
        forge.open_issue(login, "acme/shop", title, "");
        forge.advance_clock(2_000);
    }
    forge.label("ada", "acme/shop", 1, "bug");
    forge.close("ada", "acme/shop", 2);
    let client = person(&forge, "rea");
    let found = |query: &str| {
        let found = client.get(&format!("/repos/acme/shop/issues?{query}")).json();
        titles(&found).join("")
    };
    assert_eq!(found(""), "ca");
    assert_eq!(found("state=closed"), "b");
    assert_eq!(found("state=all&creator=ada"), "ca");
    assert_eq!(found("labels=bug"), "a");
    assert_eq!(found("state=all&sort=updated&direction=asc"), "cab");
    assert_eq!(client.get("/repos/acme/shop/issues?since=yesterday").status, 422);
    let problems = forge.problems();
    assert_eq!(problems.len(), 1, "only the wrong time is no valid request: {problems:?}");
}

#[test]
fn reactions_are_counted_once_for_each_person() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let comment = forge.comment("ada", "acme/shop", 1, "/forgeline help");
    let client = program(&forge, &BOT);
    let path = format!("/repos/acme/shop/issues/comments/{comment}/reactions");
    let first = client.post(&path, json!({ "content": "eyes" }));
    let again = client.post(&path, json!({ "content": "eyes" }));
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json()["id"], again.json()["id"]);
    forge.react("rea", comment, "eyes");
    let seen = client.get(&format!("/repos/acme/shop/issues/comments/{comment}")).json();
    assert_eq!((&seen["reactions"]["eyes"], &seen["reactions"]["total_count"]), (&json!(2), &json!(2)));
    assert_eq!(client.get(&format!("{path}?content=heart")).json(), json!([]));
    assert_eq!(client.delete(&format!("{path}/{}", first.json()["id"])).status, 204);
    assert_eq!(client.get(&path).json()[0]["user"]["login"], "rea");
    assert_eq!(client.post("/repos/acme/shop/issues/1/reactions", json!({ "content": "rocket" })).status, 201);
    assert_eq!(client.get("/repos/acme/shop/issues/1/reactions").json()[0]["content"], "rocket");
    described(&forge);
}

#[test]
fn lists_come_in_pages_of_at_most_a_hundred() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    for n in 0..120 {
        forge.comment("ada", "acme/shop", 1, &format!("{n}"));
    }
    let client = person(&forge, "rea");
    let first = client.get("/repos/acme/shop/issues/1/comments?per_page=100");
    assert_eq!(first.json().as_array().map(Vec::len), Some(100));
    let second = client.get(&first.link("next").expect("a second page"));
    assert_eq!(second.json().as_array().map(Vec::len), Some(20));
    assert_eq!(second.link("next"), None);
    assert!(second.link("prev").is_some_and(|link| link.ends_with("page=1")));
    assert_eq!(client.get("/repos/acme/shop/issues/1/comments").json().as_array().map(Vec::len), Some(30));
    assert_eq!(
        client.get("/repos/acme/shop/issues/1/comments?per_page=5000").json().as_array().map(Vec::len),
        Some(100)
    );
    described(&forge);
}

#[test]
fn a_timeline_has_events_comments_and_reviews_in_order() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    forge.label("tri", "acme/shop", 1, "build");
    forge.comment("rea", "acme/shop", 1, "nice");
    forge.approve("ada", "acme/shop", 1);
    forge.merge("ada", "acme/shop", 1);
    let timeline = person(&forge, "rea").get("/repos/acme/shop/issues/1/timeline").json();
    let names: Vec<&str> = timeline.as_array().into_iter().flatten().filter_map(|one| one["event"].as_str()).collect();
    assert_eq!(names, ["labeled", "commented", "reviewed", "merged", "closed"]);
    described(&forge);
}

#[tokio::test]
async fn it_starts_inside_a_runtime_too() {
    let forge = FakeForge::start().await;
    forge.repository("acme/shop", false);
    assert_eq!(person(&forge, "ada").get("/repos/acme/shop").json()["name"], "shop");
}
