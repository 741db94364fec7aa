//! Each answer, and beside each refusal what is taken.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{body::Body, http::StatusCode};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use forgeline_ingress::{Answer, Limits, Rate};
use http_body::Frame;

use crate::taker::{PREVIOUS, SECRET, Taker, azure, github, post, sign};

const BODY: &[u8] = br#"{"action":"opened","repository":{"full_name":"acme/shop"}}"#;

#[tokio::test]
async fn what_is_signed_is_stored_once() {
    let taker = Taker::new();
    assert_eq!(taker.send(github("d1", "issues", BODY)).await, StatusCode::ACCEPTED);
    assert_eq!(taker.send(github("d1", "issues", BODY)).await, StatusCode::OK);
    assert_eq!(taker.send(github("d2", "ping", b"{\"zen\":\"x\"}")).await, StatusCode::OK);
    assert_eq!(taker.send(github("d3", "of-next-year", b"\xff no JSON")).await, StatusCode::ACCEPTED);
    assert_eq!(taker.stored(), ["d1 issues acme/shop opened", "d3 of-next-year - -"]);
    assert_eq!(taker.list.kept.lock().expect("whole")[1].body, b"\xff no JSON", "as it came");
    let answers = taker.list.answers.lock().expect("whole").clone();
    assert_eq!(answers, [Answer::Stored, Answer::Duplicate, Answer::Pong, Answer::Stored]);
}

#[tokio::test]
async fn either_secret_signs_and_nothing_else_does() {
    let taker = Taker::new();
    let sent = |signatures: Vec<String>| {
        let base = post("github", "192.0.2.1").header("x-github-event", "push");
        let all = signatures.into_iter().fold(base, |request, it| request.header("x-hub-signature-256", it));
        taker.send(all.body(Body::from(BODY)).expect("a request"))
    };
    assert_eq!(sent(vec![sign(PREVIOUS, BODY)]).await, StatusCode::ACCEPTED);
    for refused in [
        vec![],
        vec![String::new()],
        vec![sign("guessed", BODY)],
        vec![sign("", BODY)],
        vec![sign(SECRET, b"another body")],
        vec![sign(SECRET, BODY), sign(SECRET, BODY)],
        vec![format!("{} ", sign(SECRET, BODY)).replace("sha256", "SHA256")],
    ] {
        assert_eq!(sent(refused.clone()).await, StatusCode::UNAUTHORIZED, "{refused:?}");
    }
    let digest = taker.stored();
    assert!(
        matches!(&digest[..], [one] if one.starts_with("sha256:")),
        "without a number it has its digest: {digest:?}"
    );
    assert_eq!(sent(vec![sign(SECRET, BODY)]).await, StatusCode::OK, "and so comes once");
}

#[tokio::test]
async fn headers_that_say_nothing_clear_are_left_out() {
    let taker = Taker::new();
    let long = "x".repeat(300);
    for (n, name, values) in [
        (1, "x-github-event", &["push", "push"][..]),
        (2, "x-github-delivery", &["d1", "d2"]),
        (3, "x-github-delivery", &[&long]),
        (4, "x-github-event", &["a b"]),
    ] {
        let body = format!("{{\"n\":{n}}}");
        let request = post("github", "192.0.2.1").header("x-hub-signature-256", sign(SECRET, body.as_bytes()));
        let request = values.iter().fold(request, |request, value| request.header(name, *value));
        let sent = taker.send(request.body(Body::from(body)).expect("a request")).await;
        assert_eq!(sent, StatusCode::ACCEPTED, "{name}: {values:?}");
    }
    let stored = taker.stored();
    let is_nameless = |it: &String| it.starts_with("sha256:") && it.ends_with(" unknown - -");
    assert!(stored.len() == 4 && stored.iter().all(is_nameless), "{stored:?}");
}

#[tokio::test]
async fn a_form_is_signed_as_it_came() {
    let taker = Taker::new();
    let body = "payload=%7B%22repository%22%3A%7B%22full_name%22%3A%22acme%2Fshop%22%7D%7D";
    let request = post("github", "192.0.2.1")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .header("x-github-event", "push")
        .header("x-github-delivery", "f1")
        .header("x-hub-signature-256", sign(SECRET, body.as_bytes()));
    assert_eq!(taker.send(request.body(Body::from(body)).expect("a request")).await, StatusCode::ACCEPTED);
    assert_eq!(taker.stored(), ["f1 push acme/shop -"]);
}

#[tokio::test]
async fn azure_devops_shows_its_secret_in_a_header_or_as_a_password() {
    let taker = Taker::new();
    let body = |n: u8| format!(r#"{{"id":"e{n}","subscriptionId":"s","eventType":"git.push"}}"#);
    assert_eq!(taker.send(azure(body(1).as_bytes())).await, StatusCode::ACCEPTED);
    assert_eq!(taker.send(azure(body(1).as_bytes())).await, StatusCode::OK);
    let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    for (n, name, value, expected) in [
        (2, "x-forgeline-secret", PREVIOUS.to_owned(), StatusCode::ACCEPTED),
        (3, "authorization", basic(&format!("hooks:{SECRET}")), StatusCode::ACCEPTED),
        (4, "authorization", basic(&format!(":{PREVIOUS}")).replace("Basic", "basic"), StatusCode::ACCEPTED),
        (5, "authorization", basic(SECRET), StatusCode::UNAUTHORIZED),
        (5, "authorization", basic("hooks:guessed"), StatusCode::UNAUTHORIZED),
        (5, "authorization", format!("Bearer {SECRET}"), StatusCode::UNAUTHORIZED),
        (5, "authorization", "Basic %%%".to_owned(), StatusCode::UNAUTHORIZED),
        (5, "x-forgeline-secret", "guessed".to_owned(), StatusCode::UNAUTHORIZED),
        (5, "x-other", SECRET.to_owned(), StatusCode::UNAUTHORIZED),
    ] {
        let request = post("azure-devops", "192.0.2.1").header(name, &value).body(Body::from(body(n)));
        assert_eq!(taker.send(request.expect("a request")).await, expected, "{name}: {value}");
    }
    let twice = post("azure-devops", "192.0.2.1").header("x-forgeline-secret", SECRET);
    let twice = twice.header("x-forgeline-secret", SECRET).body(Body::from(body(6))).expect("a request");
    assert_eq!(taker.send(twice).await, StatusCode::UNAUTHORIZED);
    assert_eq!(taker.stored().len(), 4);
}

#[tokio::test]
async fn what_is_too_long_is_not_read() {
    let taker = Taker::with(Limits { max_bytes: 1_000, ..Limits::default() });
    let fits = vec![b'x'; 1_000];
    assert_eq!(taker.send(github("d1", "push", &fits)).await, StatusCode::ACCEPTED);
    let said = post("github", "192.0.2.1").header("content-length", "1001");
    // Its body never comes: whoever waited for it would wait for ever.
    assert_eq!(taker.send(said.body(Body::new(Never)).expect("a request")).await, StatusCode::PAYLOAD_TOO_LARGE);
    // Without a length the limit holds while it is read.
    let long = vec![b'x'; 1_001];
    let unsaid = github("d2", "push", &long);
    assert_eq!(taker.send(unsaid).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(taker.stored().len(), 1);
}

#[tokio::test]
async fn twenty_five_mebibytes_are_taken() {
    let taker = Taker::new();
    let mut body = br#"{"repository":{"full_name":"acme/shop"},"x":""#.to_vec();
    body.resize((25 << 20) - 2, b'x');
    body.extend(b"\"}");
    assert_eq!(taker.send(github("d1", "push", &body)).await, StatusCode::ACCEPTED);
    body.push(b' ');
    assert_eq!(taker.send(github("d2", "push", &body)).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(taker.stored(), ["d1 push acme/shop -"]);
}

#[tokio::test]
async fn what_comes_too_slowly_is_given_up() {
    let taker = Taker::with(Limits { patience: Duration::from_millis(20), ..Limits::default() });
    let request = post("github", "192.0.2.1").body(Body::new(Never)).expect("a request");
    assert_eq!(taker.send(request).await, StatusCode::REQUEST_TIMEOUT);
}

/// A body that never comes.
struct Never;

impl axum::body::HttpBody for Never {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn an_address_that_sends_too_much_waits_and_others_do_not() {
    let rate = Rate { per_second: 0.0, burst: 10.0, refused: 4.0 };
    let taker = Taker::with(Limits { rate, ..Limits::default() });
    let from = |address: &str| post("github", address).body(Body::from(BODY)).expect("a request");
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(taker.send(from("192.0.2.7")).await.as_u16());
    }
    assert_eq!(heard, [401, 401, 429]);
    assert_eq!(taker.send(github("d1", "push", BODY)).await, StatusCode::ACCEPTED, "another address");
    // Behind a proxy on this machine each sender has an address of their own.
    for (address, expected) in [("192.0.2.7", 429), ("198.51.100.1", 401)] {
        let request = post("github", "127.0.0.1").header("x-forwarded-for", address).body(Body::from(BODY));
        assert_eq!(taker.send(request.expect("a request")).await.as_u16(), expected, "{address}");
    }
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let taker = Taker::new();
    for flag in [&taker.list.is_full, &taker.list.is_broken, &taker.list.is_unreadable] {
        flag.store(true, Ordering::SeqCst);
        assert_eq!(taker.send(github("d1", "push", BODY)).await, StatusCode::SERVICE_UNAVAILABLE);
        flag.store(false, Ordering::SeqCst);
    }
    assert_eq!(taker.send(github("d1", "push", BODY)).await, StatusCode::ACCEPTED);
    let narrow = Taker::with(Limits { room: 1 << 10, ..Limits::default() });
    let long = vec![b'x'; 2 << 10];
    let request = post("github", "192.0.2.1").header("content-length", long.len());
    let request = request.body(Body::from(long)).expect("a request");
    assert_eq!(narrow.send(request).await, StatusCode::SERVICE_UNAVAILABLE, "too much at once");
}

#[tokio::test]
async fn without_a_secret_nothing_is_taken() {
    let taker = Taker::deaf();
    assert_eq!(taker.send(github("d1", "push", BODY)).await, StatusCode::NOT_FOUND);
    assert_eq!(taker.send(azure(BODY)).await, StatusCode::NOT_FOUND);
    assert!(taker.stored().is_empty());
}
