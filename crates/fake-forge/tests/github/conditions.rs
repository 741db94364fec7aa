//! Conditional requests and limits.

use forgeline_fake_forge::{FakeForge, LimitSettings};
use serde_json::json;

use crate::support::{Answer, Client, described, person, shop};

fn left(answer: &Answer) -> u32 {
    answer.header("x-ratelimit-remaining").parse().expect("a number")
}

fn with_tag(client: &Client, path: &str, tag: &str) -> Answer {
    client.send("GET", path, &[("if-none-match", tag)], None).expect("an answer")
}

#[test]
fn what_did_not_change_is_not_sent_and_not_counted() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let client = person(&forge, "rea");
    let path = "/repos/acme/shop/issues/1";
    let first = client.get(path);
    let same = with_tag(&client, path, first.header("etag"));
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    assert_eq!(same.header("etag"), first.header("etag"));
    assert_eq!(left(&same), left(&first));
    forge.comment("ada", "acme/shop", 1, "more");
    let changed = with_tag(&client, path, first.header("etag"));
    assert_eq!((changed.status, &changed.json()["comments"]), (200, &json!(1)));
    assert_eq!(left(&changed), left(&first) - 1);
    described(&forge);
}

#[test]
fn the_hour_s_requests_run_out_and_come_back() {
    let forge = shop();
    forge.set_clock(1_700_000_000_000);
    forge.limits(LimitSettings { hourly: 3, ..LimitSettings::default() });
    let client = person(&forge, "rea");
    for remaining in [2, 1, 0] {
        assert_eq!(left(&client.get("/repos/acme/shop")), remaining);
    }
    let refused = client.get("/repos/acme/shop");
    assert_eq!((refused.status, left(&refused)), (403, 0));
    let reset: i64 = refused.header("x-ratelimit-reset").parse().expect("a time");
    assert_eq!(person(&forge, "wil").get("/repos/acme/shop").status, 200, "others have their own");
    assert_eq!(client.get("/rate_limit").json()["rate"]["remaining"], 0, "asking for the limit is free");
    assert_eq!(forge.problems(), Vec::<String>::new(), "nobody asked too early yet");
    forge.set_clock(reset * 1000);
    assert_eq!(left(&client.get("/repos/acme/shop")), 2);
}

#[test]
fn who_does_not_wait_is_recorded() {
    let forge = shop();
    forge.set_clock(1_700_000_000_000);
    forge.limits(LimitSettings { content_per_minute: Some(2), ..LimitSettings::default() });
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let client = person(&forge, "wil");
    let send = |forge: &FakeForge| {
        let answer = client.post("/repos/acme/shop/issues/1/comments", json!({ "body": "x" }));
        (answer.status, answer.header("retry-after").to_owned(), forge.problems().len())
    };
    assert_eq!(send(&forge), (201, String::new(), 0));
    assert_eq!(send(&forge), (201, String::new(), 0));
    assert_eq!(send(&forge), (403, "60".to_owned(), 0));
    forge.advance_clock(30_000);
    assert_eq!(send(&forge), (403, "31".to_owned(), 1), "half a minute too early");
    forge.advance_clock(30_000);
    assert_eq!(send(&forge).0, 201);
    assert_eq!(forge.problems().len(), 1);
}

#[test]
fn without_a_login_there_are_sixty_an_hour() {
    let forge = shop();
    let client = Client::new(&forge, "");
    assert_eq!(client.get("/repos/acme/shop").header("x-ratelimit-limit"), "60");
    assert_eq!(person(&forge, "rea").get("/repos/acme/shop").header("x-ratelimit-limit"), "5000");
}
