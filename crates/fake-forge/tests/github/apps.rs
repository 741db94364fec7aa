//! Apps, their JWTs and their tokens.

use forgeline_fake_forge::{FakeForge, Start};
use serde_json::json;

use crate::support::{BOT, Client, described, shop, shop_with};

#[test]
fn an_app_gets_a_token_with_its_jwt_and_works_with_it() {
    let forge = shop_with(true);
    let app = forge.app("helper", &BOT);
    let installation = forge.install(&app, "acme", None);
    let me = Client::new(&forge, &forge.jwt(&app));
    assert_eq!(me.get("/app").json()["slug"], "helper");
    assert_eq!(me.get("/app/installations").json()[0]["id"], installation);
    assert_eq!(me.get(&format!("/app/installations/{installation}")).json()["account"]["login"], "acme");
    assert_eq!(me.get("/repos/acme/shop/installation").json()["id"], installation);
    let asked = json!({ "repositories": ["shop"], "permissions": { "issues": "write" } });
    let token = me.post(&format!("/app/installations/{installation}/access_tokens"), asked);
    assert_eq!(token.status, 201);
    let token = token.json();
    assert_eq!(token["permissions"], json!({ "issues": "write", "metadata": "read" }));
    let client = Client::new(&forge, token["token"].as_str().expect("a token"));
    let issue = client.post("/repos/acme/shop/issues", json!({ "title": "By a program" })).json();
    assert_eq!((issue["user"]["login"].as_str(), issue["user"]["type"].as_str()), (Some("helper[bot]"), Some("Bot")));
    assert_eq!(issue["performed_via_github_app"]["id"], app.id);
    assert_eq!(client.get("/repos/acme/shop/pulls").status, 403);
    described(&forge);
}

#[test]
fn jwts_are_checked() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    let other = forge.app("other", &BOT);
    let now = forge.now() / 1000;
    let status = |claims: serde_json::Value| Client::new(&forge, &forge.jwt_with(&app, &claims)).get("/app").status;
    assert_eq!(status(json!({ "iss": app.id.to_string(), "iat": now - 60, "exp": now + 300 })), 200);
    assert_eq!(status(json!({ "iss": app.id, "iat": now - 60, "exp": now + 300 })), 200, "a number");
    assert_eq!(status(json!({ "iss": app.client_id, "iat": now - 60, "exp": now + 300 })), 200, "the client id");
    assert_eq!(status(json!({ "iss": other.id, "iat": now - 60, "exp": now + 300 })), 401, "signed by another App");
    assert_eq!(status(json!({ "iss": 1, "iat": now - 60, "exp": now + 300 })), 401, "an unknown App");
    assert_eq!(status(json!({ "iss": app.id, "iat": now - 600, "exp": now - 1 })), 401, "over");
    assert_eq!(status(json!({ "iss": app.id, "iat": now - 60, "exp": now + 3600 })), 401, "too long");
    assert_eq!(status(json!({ "iss": app.id, "iat": now + 300, "exp": now + 500 })), 401, "from the future");
    assert_eq!(status(json!({ "iss": app.id })), 401, "without times");
    let mut forged = forge.jwt(&app);
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    assert_eq!(Client::new(&forge, &forged).get("/app").status, 401);
    assert_eq!(Client::new(&forge, "").get("/app").status, 401);
    assert_eq!(Client::new(&forge, &forge.token_for("ada")).get("/app").status, 401);
    described(&forge);
}

#[test]
fn a_token_is_over_after_an_hour() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    let installation = forge.install(&app, "acme", None);
    let me = Client::new(&forge, &forge.jwt(&app));
    let path = format!("/app/installations/{installation}/access_tokens");
    let token = me.post(&path, json!({})).json()["token"].as_str().expect("a token").to_owned();
    let client = Client::new(&forge, &token);
    forge.advance_clock(59 * 60 * 1000);
    assert_eq!(client.get("/installation/repositories").status, 200);
    forge.advance_clock(60 * 1000);
    assert_eq!(client.get("/installation/repositories").status, 401);
    assert_eq!(me.post(&path, json!({})).status, 201, "the machine's clock is good enough for a JWT");
    described(&forge);
}

#[test]
fn more_than_the_installation_has_is_not_given() {
    let forge = shop();
    forge.repository("acme/bank", true);
    let app = forge.app("helper", &[("issues", "read")]);
    let installation = forge.install(&app, "acme", Some(&["acme/shop"]));
    let me = Client::new(&forge, &forge.jwt(&app));
    let path = format!("/app/installations/{installation}/access_tokens");
    assert_eq!(me.post(&path, json!({ "permissions": { "issues": "write" } })).status, 422);
    assert_eq!(me.post(&path, json!({ "permissions": { "checks": "read" } })).status, 422);
    assert_eq!(me.post(&path, json!({ "repositories": ["bank"] })).status, 422);
    assert_eq!(me.post(&path, json!({ "repositories": ["shop"], "permissions": { "issues": "read" } })).status, 201);
    assert_eq!(me.get("/repos/acme/bank/installation").status, 404);
    let stranger = forge.app("stranger", &BOT);
    assert_eq!(Client::new(&forge, &forge.jwt(&stranger)).post(&path, json!({})).status, 404);
    described(&forge);
}

#[test]
fn a_suspended_installation_is_shut_out() {
    let forge = shop();
    let app = forge.app("helper", &BOT);
    let installation = forge.install(&app, "acme", None);
    let client = Client::new(&forge, &forge.installation_token(installation, None, None));
    assert_eq!(client.get("/repos/acme/shop").status, 200);
    forge.suspend(installation, true);
    assert_eq!(client.get("/repos/acme/shop").status, 401);
    let path = format!("/app/installations/{installation}/access_tokens");
    assert_eq!(Client::new(&forge, &forge.jwt(&app)).post(&path, json!({})).status, 403);
    forge.suspend(installation, false);
    assert_eq!(client.get("/repos/acme/shop").status, 200);
    assert_eq!(client.delete("/installation/token").status, 204);
    assert_eq!(client.get("/repos/acme/shop").status, 401);
    described(&forge);
}

#[test]
fn a_clock_that_was_set_stands_still() {
    let at = 1_700_000_000_999;
    let forge = FakeForge::start_with(Start { port: 0, at: Some(at) }).expect("a fake");
    forge.repository("acme/shop", false);
    forge.open_issue("ada", "acme/shop", "Slow", "");
    assert_eq!(forge.now(), at);
    let issue = Client::new(&forge, "").get("/repos/acme/shop/issues/1").json();
    assert_eq!(issue["created_at"], "2023-11-14T22:13:20Z");
    forge.advance_clock(1);
    assert_eq!(forge.now(), at + 1);
}
