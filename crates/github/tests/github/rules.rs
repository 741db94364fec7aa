//! When something is sent, sent again, and not sent.

use std::sync::Arc;

use forgeline_forge::remote::{Remote, RemoteError, RemoteItem, Scan, Trouble};
use forgeline_github::{Auth, Config, ConfigError, GitHub, Limits, SystemClock};
use forgeline_model::Timestamp;
use futures::future::join_all;
use serde_json::json;
use tokio::sync::Notify;

use super::peer::{
    Asked, Peer, Reply, START, TOKEN, Time, comment, issue, missing, ok, reply, repo, secret, with, with_token,
};

/// Answers one after the other; the last one again and again.
fn one_by_one(replies: Vec<fn() -> Reply>) -> impl FnMut(&Asked) -> Reply + Send + 'static {
    let mut at = 0;
    move |_| {
        let reply = replies[at.min(replies.len() - 1)]();
        at += 1;
        reply
    }
}

fn me() -> Reply {
    ok(json!({ "login": "fl-bot" }))
}

fn fails() -> Reply {
    reply(502, json!({ "message": "Server Error" }))
}

fn written() -> Reply {
    reply(201, comment(1, 7, 0))
}

fn until(millis: i64) -> Trouble {
    Trouble::Limited { until: Timestamp::from_millis(START + millis) }
}

fn clocked(peer: &Peer, time: &Time) -> GitHub {
    with(peer, Auth::Token(secret(TOKEN)), time.clone())
}

#[tokio::test]
async fn reads_are_tried_three_times() {
    for failure in [
        fails as fn() -> Reply,
        || Reply::Cut,
        || Reply::Reset,
        || reply(503, json!({})),
        || Reply::Whole { status: 200, headers: Vec::new(), body: "{\"login\":".into() },
    ] {
        let peer = Peer::start(one_by_one(vec![failure, failure, me])).await;
        let time = Time::new();
        assert_eq!(clocked(&peer, &time).me().await, Ok("fl-bot".to_owned()));
        assert!((600..=1200).contains(&time.passed()), "{} ms", time.passed());
        let peer = Peer::start(one_by_one(vec![failure])).await;
        let error = with_token(&peer).me().await.expect_err("it always fails");
        assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: false, .. }), "{error}");
        assert!(error.is_passing());
        assert_eq!(peer.lines().len(), 3);
    }
    for lasting in [|| reply(500, json!({})), || reply(504, json!({}))] {
        let peer = Peer::start(one_by_one(vec![lasting, me])).await;
        with_token(&peer).me().await.expect("the second try");
    }
    let peer = Peer::start(one_by_one(vec![missing])).await;
    with_token(&peer).me().await.expect_err("it is not there");
    assert_eq!(peer.lines().len(), 1, "an answer is an answer");
}

#[tokio::test]
async fn writes_that_may_have_arrived_are_never_repeated() {
    for failure in [fails as fn() -> Reply, || Reply::Cut, || Reply::Reset] {
        let peer = Peer::start(one_by_one(vec![failure, written])).await;
        let error = with_token(&peer).create_comment(&repo(), 7, "hi").await.expect_err("nobody knows");
        assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: true, .. }), "{error}");
        assert_eq!(peer.lines().len(), 1);
    }
    let peer = Peer::start(one_by_one(vec![|| reply(201, json!({ "odd": true }))])).await;
    let error = with_token(&peer).create_comment(&repo(), 7, "hi").await.expect_err("what was written?");
    assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: true, .. }), "{error}");
}

#[tokio::test]
async fn what_never_left_was_not_done() {
    let peer = Peer::start(|_| me()).await;
    // A port that nobody listens on: taken, and given back.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let config = Config { base_url: Some(url), ..Config::new(Auth::Token(secret(TOKEN))) };
    let github = GitHub::new(config, Arc::new(SystemClock)).expect("settings that work");
    let error = github.create_comment(&repo(), 7, "hi").await.expect_err("nobody is there");
    assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: false, .. }), "{error}");
    assert!(error.to_string().to_ascii_lowercase().contains("refused"), "{error}");
    assert!(peer.lines().is_empty());
}

#[tokio::test]
async fn short_limits_are_waited_for_and_long_ones_are_told() {
    let limited = || reply(429, json!({ "message": "slow down" })).with("retry-after", "5");
    let peer = Peer::start(one_by_one(vec![limited, me])).await;
    let time = Time::new();
    let github = clocked(&peer, &time);
    assert_eq!(github.me().await.expect_err("limited").trouble, until(5000));
    github.me().await.expect("after a wait");
    assert_eq!((time.passed(), peer.lines().len()), (5000, 2));

    let limited = || reply(403, json!({ "message": "slow down" })).with("retry-after", "30");
    let peer = Peer::start(one_by_one(vec![limited, written])).await;
    let time = Time::new();
    let github = clocked(&peer, &time);
    assert_eq!(github.create_comment(&repo(), 7, "a").await.expect_err("limited").trouble, until(30_000));
    assert_eq!(github.create_comment(&repo(), 7, "a").await.expect_err("still").trouble, until(30_000));
    assert_eq!(github.me().await.expect_err("reads too").trouble, until(30_000));
    assert_eq!((time.passed(), peer.lines().len()), (0, 1), "nothing is sent in a closed window");
    time.advance(30_000);
    github.create_comment(&repo(), 7, "a").await.expect("it is open again");
}

#[tokio::test]
async fn secondary_limits_double() {
    let limited = || reply(403, json!({ "message": "You have exceeded a secondary rate limit." }));
    let peer = Peer::start(one_by_one(vec![limited, limited, written])).await;
    let time = Time::new();
    let github = clocked(&peer, &time);
    assert_eq!(github.create_comment(&repo(), 7, "a").await.expect_err("limited").trouble, until(60_000));
    time.advance(60_000);
    assert_eq!(github.create_comment(&repo(), 7, "a").await.expect_err("limited").trouble, until(180_000));
    time.advance(120_000);
    github.create_comment(&repo(), 7, "a").await.expect("it is open again");
}

#[tokio::test]
async fn an_empty_period_is_waited_for() {
    let last = || me().with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", (START / 1000 + 90).to_string());
    let peer = Peer::start(one_by_one(vec![last])).await;
    let github = clocked(&peer, &Time::new());
    github.me().await.expect("the last one of the period");
    assert_eq!(github.me().await.expect_err("none is left").trouble, until(90_000));
    assert_eq!(peer.lines().len(), 1);
}

#[tokio::test]
async fn no_more_is_written_than_the_limits_take() {
    let peer = Peer::start(|_| written()).await;
    let limits = Limits { gap_millis: 1000, creations_per_minute: 3, ..Limits::default() };
    let config = Config { base_url: Some(peer.url.clone()), limits, ..Config::new(Auth::Token(secret(TOKEN))) };
    let time = Time::new();
    let github = GitHub::new(config, Arc::new(time.clone())).expect("settings that work");
    for _ in 0..3 {
        github.create_comment(&repo(), 7, "a").await.expect("it is written");
    }
    assert_eq!(time.passed(), 2000, "a second lies between two");
    let error = github.create_comment(&repo(), 7, "a").await.expect_err("three are enough for a minute");
    assert_eq!(error.trouble, until(60_000));
    assert_eq!(peer.lines().len(), 3);
}

#[tokio::test]
async fn writes_go_one_at_a_time_and_reads_a_few() {
    let peer = Peer::start(|asked| if asked.line.starts_with("GET") { ok(json!([])) } else { written() }).await;
    let github = with_token(&peer);
    let all = repo();
    for done in join_all((0..10).map(|_| github.create_comment(&all, 7, "a"))).await {
        done.expect("it is written");
    }
    assert_eq!((peer.most_at_once(), peer.lines().len()), (1, 10));
    for done in join_all((0..30).map(|number| github.comments(&all, number))).await {
        done.expect("it is read");
    }
    assert!((2..=8).contains(&peer.most_at_once()), "{}", peer.most_at_once());
}

#[tokio::test]
async fn equal_reads_at_the_same_time_are_one() {
    let peer = Peer::start(|_| ok(issue(7, 0, json!({})))).await;
    let github = with_token(&peer);
    let all = repo();
    let read = join_all((0..5).map(|_| github.item(&all, 7))).await;
    assert!(read.iter().all(|one| *one == read[0] && one.is_ok()));
    assert_eq!(peer.lines().len(), 1);
    github.item(&all, 7).await.expect("it is read");
    assert_eq!(peer.lines().len(), 2, "one after the other they are two");
}

#[tokio::test]
async fn who_writes_and_then_reads_sees_what_was_written() {
    let may = Arc::new(Notify::new());
    let first = may.clone();
    let mut reads = 0;
    let peer = Peer::start(move |asked| {
        if asked.line.starts_with("PATCH") {
            return ok(issue(7, 1, json!({ "title": "new" })));
        }
        reads += 1;
        match reads {
            1 => Reply::Later(first.clone(), Box::new(ok(issue(7, 0, json!({ "title": "old" }))))),
            _ => ok(issue(7, 1, json!({ "title": "new" }))),
        }
    })
    .await;
    let github = with_token(&peer);
    let all = repo();
    let slow = github.item(&all, 7);
    let writer = async {
        while peer.lines().is_empty() {
            tokio::task::yield_now().await;
        }
        github.set_open(&all, 7, true).await.expect("it is written");
        let read = github.item(&all, 7).await;
        may.notify_one();
        read
    };
    let (before, after) = tokio::join!(slow, writer);
    let title = |read: Result<Option<RemoteItem>, RemoteError>| read.expect("it is read").expect("it is there").title;
    assert_eq!((title(before), title(after)), ("old".to_owned(), "new".to_owned()));
}

#[tokio::test]
async fn what_did_not_change_comes_from_the_cache() {
    let peer = Peer::start(|asked| match asked.header("if-none-match") {
        "\"v1\"" => Reply::Whole { status: 304, headers: Vec::new(), body: String::new() },
        _ => ok(issue(7, 0, json!({}))).with("etag", "\"v1\""),
    })
    .await;
    let github = with_token(&peer);
    let first = github.item(&repo(), 7).await.expect("it is read");
    assert_eq!(github.item(&repo(), 7).await, Ok(first));
    assert_eq!(peer.asked()[1].header("if-none-match"), "\"v1\"");
}

#[tokio::test]
async fn a_renamed_repository_is_followed_on_the_same_host_for_reads() {
    for status in [301, 307, 308] {
        let peer = Peer::start(move |asked| match asked.line.as_str() {
            "GET /repositories/1/issues/7" => ok(issue(7, 0, json!({}))),
            _ => reply(status, json!({ "message": "Moved Permanently" })).with("location", "/repositories/1/issues/7"),
        })
        .await;
        assert!(with_token(&peer).item(&repo(), 7).await.expect("it is read").is_some());
        assert!(peer.asked()[1].header("authorization").contains(TOKEN), "the same host");
        let error = with_token(&peer).create_comment(&repo(), 7, "a").await.expect_err("writes are not followed");
        assert!(matches!(&error.trouble, Trouble::Missing(said) if said.contains("has moved")), "{error}");
    }
}

#[tokio::test]
async fn the_credential_goes_to_no_other_host() {
    let stranger = Peer::start(|_| me()).await;
    let target = stranger.url.clone();
    let peer = Peer::start(move |_| reply(301, json!({})).with("location", format!("{target}/user"))).await;
    let error = with_token(&peer).me().await.expect_err("another host");
    assert!(error.to_string().contains("another host"), "{error}");
    let target = stranger.url.clone();
    let peer = Peer::start(move |_| ok(json!([])).with("link", format!("<{target}/x?page=2>; rel=\"next\""))).await;
    let error = with_token(&peer).repositories().await.expect_err("another host");
    assert!(matches!(error.trouble, Trouble::Unreadable(_)), "{error}");
    assert!(stranger.lines().is_empty(), "it heard nothing");
    let peer = Peer::start(|_| reply(301, json!({})).with("location", "/user")).await;
    with_token(&peer).me().await.expect_err("round and round");
    assert_eq!(peer.lines().len(), 4);
}

#[tokio::test]
async fn refusals_keep_their_kind_and_say_what_was_done() {
    let check = |status: u16, message: &'static str, expected: fn(&Trouble) -> bool| async move {
        let peer = Peer::start(move |_| reply(status, json!({ "message": message }))).await;
        let error = with_token(&peer).set_open(&repo(), 7, false).await.expect_err("refused");
        assert!(expected(&error.trouble), "{status}: {error:?}");
        assert!(error.to_string().starts_with("GitHub, close acme/shop#7: "), "{error}");
    };
    check(401, "Bad credentials", |trouble| matches!(trouble, Trouble::Unauthorized(_))).await;
    check(403, "Resource not accessible", |trouble| matches!(trouble, Trouble::Forbidden(_))).await;
    check(404, "Not Found", |trouble| matches!(trouble, Trouble::Missing(_))).await;
    check(409, "Conflict", |trouble| matches!(trouble, Trouble::Refused(_))).await;
    check(410, "Gone", |trouble| matches!(trouble, Trouble::Missing(_))).await;
    check(422, "Validation Failed", |trouble| matches!(trouble, Trouble::Refused(_))).await;
    check(429, "Too many", |trouble| matches!(trouble, Trouble::Limited { .. })).await;
    check(500, "Oops", |trouble| matches!(trouble, Trouble::Unavailable { perhaps_done: true, .. })).await;
}

#[tokio::test]
async fn an_answer_that_lacks_what_was_promised_is_not_shown() {
    let peer = Peer::start(|_| ok(json!([{ "number": 1, "secret": "hunter2" }]))).await;
    let error = with_token(&peer).items(&repo(), Scan::Open).await.expect_err("it cannot be read");
    assert!(matches!(error.trouble, Trouble::Unreadable(_)), "{error}");
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_wrong_address_is_told_at_the_start() {
    let config = Config { base_url: Some("http://git.acme.example".into()), ..Config::new(Auth::Token(secret(TOKEN))) };
    let error = GitHub::new(config, Arc::new(SystemClock)).expect_err("not over plain HTTP");
    assert_eq!(error, ConfigError::Address("http://git.acme.example".into()));
}
