//! Who asks: JWT, installation tokens, renewal, and secrets that stay secret.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use forgeline_forge::remote::{Reaction, Remote, Trouble};
use forgeline_github::{Auth, Config, SecretSource};
use forgeline_model::Secret;
use serde_json::{Value, json};

use super::peer::{
    APP, Peer, TOKEN, Time, comment, installed, issue, missing, ok, pem, reply, repo, secret, with, with_app,
    with_token,
};

const MINT: &str = "POST /app/installations/7/access_tokens";

#[tokio::test]
async fn an_app_says_who_it_is_with_a_signed_token() {
    let peer = Peer::with(vec![("GET /app", json!({ "slug": "forgeline", "name": "Forgeline" }))]).await;
    let github = with_app(&peer, &Time::new());
    assert_eq!(github.me().await, Ok("forgeline[bot]".to_owned()));
    let asked = peer.asked();
    let token = asked[0].header("authorization").strip_prefix("Bearer ").expect("a bearer");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("claims")).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims, json!({ "iss": APP.to_string(), "iat": 1_699_999_940, "exp": 1_700_000_540 }));
    assert_eq!(asked[0].header("accept"), "application/vnd.github+json");
    assert_eq!(asked[0].header("x-github-api-version"), "2022-11-28");
    assert!(asked[0].header("user-agent").starts_with("forgeline/"));
}

#[tokio::test]
async fn a_token_says_whose_it_is() {
    let peer = Peer::with(vec![("GET /user", json!({ "login": "fl-bot" }))]).await;
    assert_eq!(with_token(&peer).me().await, Ok("fl-bot".to_owned()));
    assert_eq!(peer.asked()[0].header("authorization"), format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn a_jobs_token_sees_one_repository_and_need_not_know_whose_it_is() {
    let shop = json!({ "full_name": "acme/shop", "private": true, "default_branch": "main", "archived": false });
    let job = |peer: &Peer| {
        let (token, login) = (secret(TOKEN), "github-actions[bot]".to_owned());
        with(peer, Auth::Job { token, repository: repo(), login }, Time::new())
    };
    let peer = Peer::start(move |asked| match asked.line.as_str() {
        "GET /user" => reply(403, json!({ "message": "Resource not accessible by integration" })),
        "GET /repos/acme/shop" => ok(shop.clone()),
        _ => missing(),
    })
    .await;
    let github = job(&peer);
    assert_eq!(github.me().await, Ok("github-actions[bot]".to_owned()));
    let all = github.repositories().await.expect("it is there");
    assert_eq!(all.iter().map(|it| (it.repo.clone(), it.private)).collect::<Vec<_>>(), [(repo(), true)]);
    assert_eq!(peer.asked()[1].header("authorization"), format!("Bearer {TOKEN}"));
    // A person's token does tell; one that is no good is no reason to guess.
    let peer = Peer::with(vec![("GET /user", json!({ "login": "ana" }))]).await;
    assert_eq!(job(&peer).me().await, Ok("ana".to_owned()));
    let peer = Peer::start(|_| reply(401, json!({ "message": "Bad credentials" }))).await;
    assert!(matches!(job(&peer).me().await, Err(error) if matches!(error.trouble, Trouble::Unauthorized(_))));
}

#[tokio::test]
async fn installation_tokens_are_for_one_repository_and_one_need_and_are_kept() {
    let peer = Peer::start(|asked| {
        installed(asked).unwrap_or_else(|| match asked.line.as_str() {
            "GET /repos/acme/shop/issues/7" => ok(issue(7, 0, json!({}))),
            "POST /repos/acme/shop/issues/7/comments" => reply(201, comment(1, 7, 0)),
            "POST /repos/acme/shop/issues/comments/1/reactions" => reply(201, json!({ "id": 5 })),
            _ => missing(),
        })
    })
    .await;
    let github = with_app(&peer, &Time::new());
    for _ in 0..2 {
        github.item(&repo(), 7).await.expect("it is there");
        github.create_comment(&repo(), 7, "hi").await.expect("it is written");
        github.react(&repo(), 7, 1, Reaction::Seen).await.expect("it is seen");
    }
    assert_eq!(
        peer.bodies(MINT),
        [
            json!({ "repositories": ["shop"],
                "permissions": { "metadata": "read", "issues": "read", "pull_requests": "read", "contents": "read" } }),
            json!({ "repositories": ["shop"],
                "permissions": { "metadata": "read", "issues": "write", "pull_requests": "write" } }),
        ]
    );
    assert_eq!(peer.bodies("GET /repos/acme/shop/installation").len(), 1, "it is remembered");
    let wrote = peer.asked().into_iter().find(|asked| asked.line.ends_with("/comments")).expect("a comment");
    assert_eq!(wrote.header("authorization"), "Bearer ghs_issues=write-metadata=read-pull_requests=write-");
}

#[tokio::test]
async fn a_token_that_ends_soon_is_made_anew() {
    let peer = Peer::start(|asked| {
        installed(asked).unwrap_or_else(|| match asked.line.as_str() {
            "GET /repos/acme/shop/issues/7" => ok(issue(7, 0, json!({}))),
            _ => missing(),
        })
    })
    .await;
    let time = Time::new();
    let github = with_app(&peer, &time);
    for (minutes, made) in [(0, 1), (49, 1), (2, 2)] {
        time.advance(minutes * 60_000);
        github.item(&repo(), 7).await.expect("it is there");
        assert_eq!(peer.bodies(MINT).len(), made, "{minutes} minutes later");
    }
}

#[tokio::test]
async fn git_gets_a_token_that_may_change_workflows_where_that_is_granted() {
    for (granted, asked_for) in [
        (
            json!({ "contents": "write", "workflows": "write" }),
            json!({ "metadata": "read", "contents": "write", "workflows": "write" }),
        ),
        (json!({ "contents": "write" }), json!({ "metadata": "read", "contents": "write" })),
    ] {
        let peer = Peer::start(move |asked| match asked.line.as_str() {
            "GET /repos/acme/shop/installation" => ok(json!({ "id": 7, "permissions": granted })),
            MINT => reply(201, json!({ "token": "ghs_hunter2", "expires_at": "2023-11-14T23:13:20Z" })),
            _ => missing(),
        })
        .await;
        let access = with_app(&peer, &Time::new()).git_access(&repo(), true).await.expect("access");
        assert_eq!((access.url, access.user.as_str()), (format!("{}/acme/shop.git", peer.url), "x-access-token"));
        assert_eq!(access.token, "ghs_hunter2");
        assert_eq!(peer.bodies(MINT)[0]["permissions"], asked_for);
    }
    let peer = Peer::start(|asked| installed(asked).unwrap_or_else(missing)).await;
    with_app(&peer, &Time::new()).git_access(&repo(), false).await.expect("access");
    assert_eq!(peer.bodies(MINT)[0]["permissions"], json!({ "metadata": "read", "contents": "read" }));
    let access = with_token(&peer).git_access(&repo(), true).await.expect("access");
    assert_eq!(access.token, TOKEN);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_also_for_a_write() {
    let made = Arc::new(AtomicU32::new(0));
    let counter = made.clone();
    let peer = Peer::start(move |asked| match asked.line.as_str() {
        "GET /repos/acme/shop/installation" => ok(json!({ "id": 7 })),
        MINT => reply(201, json!({ "token": format!("ghs_{}", counter.fetch_add(1, Ordering::SeqCst)) })),
        _ if asked.header("authorization") == "Bearer ghs_1" => reply(201, comment(1, 7, 0)),
        _ => reply(401, json!({ "message": "Bad credentials" })),
    })
    .await;
    let github = with_app(&peer, &Time::new());
    github.create_comment(&repo(), 7, "hi").await.expect("the second token is taken");
    assert_eq!(peer.bodies("POST /repos/acme/shop/issues/7/comments").len(), 2);
    let error = github.edit_comment(&repo(), 8, 1, "x").await;
    assert!(error.is_ok(), "the kept one goes on: {error:?}");

    let peer =
        Peer::start(|asked| installed(asked).unwrap_or_else(|| reply(401, json!({ "message": "Bad credentials" }))))
            .await;
    let error = with_app(&peer, &Time::new()).create_comment(&repo(), 7, "hi").await.expect_err("both are refused");
    assert_eq!(error.trouble, Trouble::Unauthorized("Bad credentials".into()));
    assert!(peer.bodies("POST /repos/acme/shop/issues/7/comments").len() <= 2, "{:?}", peer.lines());
}

#[tokio::test]
async fn a_changed_secret_is_used_without_a_restart() {
    let current = Arc::new(Mutex::new("old".to_owned()));
    let source = current.clone();
    let rotated = current.clone();
    let peer = Peer::start(move |asked| match asked.header("authorization") {
        "Bearer new" => ok(json!({ "login": "fl-bot" })),
        _ => {
            // The operator puts the new one in place while the old one is being refused.
            *rotated.lock().expect("no panic") = "new\n".to_owned();
            reply(401, json!({ "message": "Bad credentials" }))
        }
    })
    .await;
    let read = SecretSource::new(move || Ok(Secret::new(source.lock().expect("no panic").clone())));
    let github = with(&peer, Auth::Token(read), Time::new());
    assert_eq!(github.me().await, Ok("fl-bot".to_owned()));
    assert_eq!(peer.lines().len(), 2);
    *current.lock().expect("no panic") = "worse".to_owned();
    let peer_lines = peer.lines().len();
    *current.lock().expect("no panic") = "new".to_owned();
    github.me().await.expect("it goes on");
    assert_eq!(peer.lines().len(), peer_lines + 1);
}

#[tokio::test]
async fn rights_that_are_not_granted_are_named() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "GET /repos/acme/shop/installation" => {
            ok(json!({ "id": 7, "permissions": { "metadata": "read", "issues": "write" } }))
        }
        _ => reply(422, json!({ "message": "The permissions requested are not granted to this installation." })),
    })
    .await;
    let error =
        with_app(&peer, &Time::new()).create_comment(&repo(), 7, "hi").await.expect_err("it may not").to_string();
    assert!(error.starts_with("GitHub, comment on acme/shop#7: not allowed:"), "{error}");
    assert!(error.contains("grant the App pull_requests: write"), "{error}");
}

#[tokio::test]
async fn an_app_that_is_not_installed_or_suspended_is_told_apart() {
    let peer = Peer::start(|_| missing()).await;
    let error = with_app(&peer, &Time::new()).git_access(&repo(), false).await.expect_err("it is not installed");
    assert!(
        matches!(&error.trouble, Trouble::Missing(said) if said.contains("not installed on `acme/shop`")),
        "{error}"
    );
    let peer = Peer::start(|_| ok(json!({ "id": 7, "suspended_at": "2023-01-01T00:00:00Z" }))).await;
    let error = with_app(&peer, &Time::new()).git_access(&repo(), false).await.expect_err("it is suspended");
    assert!(matches!(&error.trouble, Trouble::Forbidden(said) if said.contains("suspended")), "{error}");
}

#[tokio::test]
async fn an_app_that_was_installed_anew_is_found_again() {
    let moved = Arc::new(AtomicU32::new(7));
    let id = moved.clone();
    let peer = Peer::start(move |asked| match asked.line.as_str() {
        "GET /repos/acme/shop/installation" => ok(json!({ "id": id.load(Ordering::SeqCst) })),
        "POST /app/installations/8/access_tokens" => reply(201, json!({ "token": "ghs_8" })),
        MINT if id.load(Ordering::SeqCst) == 7 => reply(201, json!({ "token": "ghs_7" })),
        _ => missing(),
    })
    .await;
    let github = with_app(&peer, &Time::new());
    assert_eq!(github.git_access(&repo(), false).await.expect("access").token, "ghs_7");
    moved.store(8, Ordering::SeqCst);
    assert_eq!(github.git_access(&repo(), true).await.expect("access").token, "ghs_8");
}

#[tokio::test]
async fn secrets_are_in_no_debug_output_and_no_error() {
    let peer = Peer::start(|_| reply(401, json!({ "message": "Bad credentials" }))).await;
    let github = with_token(&peer);
    let config = Config::new(Auth::App { app_id: 1, private_key: secret(&pem()) });
    let key_part = pem().lines().nth(1).expect("a line").to_owned();
    let error = github.me().await.expect_err("refused");
    let access = github.git_access(&repo(), true).await.expect("access");
    for text in [format!("{github:?}"), format!("{config:?}"), format!("{error:?} {error}"), format!("{access:?}")] {
        assert!(!text.contains("hunter2") && !text.contains(&key_part), "{text}");
    }
    let unreadable = SecretSource::new(|| Err("`env:GITHUB_TOKEN` is not set".into()));
    let error = with(&peer, Auth::Token(unreadable), Time::new()).me().await.expect_err("there is none");
    assert_eq!(error.trouble, Trouble::Unauthorized("`env:GITHUB_TOKEN` is not set".into()));
    let error = with(&peer, Auth::Token(secret("hunter2\u{7}")), Time::new()).me().await.expect_err("no header");
    assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
    let error = with(&peer, Auth::Token(secret(" \n")), Time::new()).me().await.expect_err("empty");
    assert!(matches!(error.trouble, Trouble::Unauthorized(_)), "{error}");
}
