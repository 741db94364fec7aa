//! Who may do what.

use forgeline_fake_forge::{Credential, FakeForge, Level, Problem};
use serde_json::json;

use crate::support::{BOT, Client, described, person, program, shop, shop_with};

#[test]
fn each_level_is_served_with_permission_and_role() {
    let forge = shop();
    let ada = person(&forge, "ada");
    let levels = [
        ("adm", "admin", "admin"),
        ("ada", "write", "maintain"),
        ("wil", "write", "write"),
        ("tri", "read", "triage"),
        ("rea", "read", "read"),
        ("otto", "read", "read"),
    ];
    for (login, permission, role) in levels {
        let answer = ada.get(&format!("/repos/acme/shop/collaborators/{login}/permission")).json();
        assert_eq!(
            (answer["permission"].as_str(), answer["role_name"].as_str()),
            (Some(permission), Some(role)),
            "{login}"
        );
        assert_eq!(answer["user"]["id"], forge.id_of(login), "{login}");
    }
    described(&forge);
}

#[test]
fn in_a_private_repository_strangers_have_no_level_and_see_nothing() {
    let forge = shop_with(true);
    let answer = person(&forge, "ada").get("/repos/acme/shop/collaborators/otto/permission").json();
    assert_eq!((answer["permission"].as_str(), answer["role_name"].as_str()), (Some("none"), Some("none")));
    for path in ["/repos/acme/shop", "/repos/acme/shop/issues", "/repos/acme/shop/collaborators/ada/permission"] {
        assert_eq!(person(&forge, "otto").get(path).status, 404, "{path}");
        assert_eq!(Client::new(&forge, "").get(path).status, 404, "{path}");
    }
    assert_eq!(person(&forge, "rea").get("/repos/acme/shop").status, 200);
    described(&forge);
}

#[test]
fn who_cannot_push_is_not_told_the_levels_of_others() {
    let forge = shop();
    assert_eq!(person(&forge, "tri").get("/repos/acme/shop/collaborators/ada/permission").status, 403);
    assert_eq!(person(&forge, "wil").get("/repos/acme/shop/collaborators/ada/permission").status, 200);
    assert_eq!(person(&forge, "wil").get("/repos/acme/shop/collaborators/otto").status, 404);
    assert_eq!(person(&forge, "wil").get("/repos/acme/shop/collaborators/rea").status, 204);
    described(&forge);
}

#[test]
fn labels_need_triage_and_comments_only_a_login() {
    let forge = shop();
    let number = forge.open_issue("otto", "acme/shop", "Slow", "");
    let labels = format!("/repos/acme/shop/issues/{number}/labels");
    let comments = format!("/repos/acme/shop/issues/{number}/comments");
    assert_eq!(person(&forge, "rea").post(&labels, json!({ "labels": ["bug"] })).status, 403);
    assert_eq!(person(&forge, "tri").post(&labels, json!({ "labels": ["bug"] })).status, 200);
    assert_eq!(Client::new(&forge, "").post(&comments, json!({ "body": "hm" })).status, 401);
    assert_eq!(person(&forge, "otto").post(&comments, json!({ "body": "hm" })).status, 201);
    described(&forge);
}

#[test]
fn people_close_their_own_issues_and_others_need_triage() {
    let forge = shop();
    let number = forge.open_issue("otto", "acme/shop", "Slow", "");
    let path = format!("/repos/acme/shop/issues/{number}");
    assert_eq!(person(&forge, "rea").patch(&path, json!({ "state": "closed" })).status, 403);
    let closed = person(&forge, "otto").patch(&path, json!({ "state": "closed" })).json();
    assert_eq!((closed["state"].as_str(), closed["closed_by"]["login"].as_str()), (Some("closed"), Some("otto")));
    let opened = person(&forge, "tri").patch(&path, json!({ "state": "open" })).json();
    assert_eq!((opened["state"].as_str(), &opened["closed_at"]), (Some("open"), &json!(null)));
    described(&forge);
}

#[test]
fn a_token_without_the_permission_is_refused_and_with_it_is_not() {
    let forge = shop();
    let number = forge.open_issue("ada", "acme/shop", "Slow", "");
    let path = format!("/repos/acme/shop/issues/{number}/comments");
    let app = forge.app("helper", &BOT);
    let installation = forge.install(&app, "acme", None);
    for (only, status) in [(("issues", "read"), 403), (("pull_requests", "write"), 403), (("issues", "write"), 201)] {
        let client = Client::new(&forge, &forge.installation_token(installation, None, Some(&[only])));
        let answer = client.post(&path, json!({ "body": "hello" }));
        assert_eq!(answer.status, status, "{only:?}");
        if status == 403 {
            assert_eq!(answer.message(), "Resource not accessible by integration");
        }
    }
    described(&forge);
}

#[test]
fn the_permission_for_pull_requests_opens_their_conversation_too() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    let number = forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    let client = program(&forge, &[("pull_requests", "write")]);
    assert_eq!(client.post(&format!("/repos/acme/shop/issues/{number}/comments"), json!({ "body": "hi" })).status, 201);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": "no" })).status, 403);
    described(&forge);
}

#[test]
fn a_token_for_one_repository_does_not_reach_another() {
    let forge = shop_with(true);
    forge.repository("acme/bank", true);
    let app = forge.app("helper", &BOT);
    let installation = forge.install(&app, "acme", None);
    let client = Client::new(&forge, &forge.installation_token(installation, Some(&["acme/shop"]), None));
    assert_eq!(client.get("/repos/acme/shop").status, 200);
    assert_eq!(client.get("/repos/acme/bank").status, 404);
    let all = client.get("/installation/repositories").json();
    assert_eq!((&all["total_count"], &all["repositories"][0]["full_name"]), (&json!(1), &json!("acme/shop")));
    described(&forge);
}

#[test]
fn an_installation_of_one_account_does_not_write_in_a_public_repository_of_another() {
    let forge = shop();
    forge.repository("evil/shop", false);
    let client = program(&forge, &BOT);
    assert_eq!(client.get("/repos/evil/shop").status, 200);
    assert_eq!(client.post("/repos/evil/shop/issues", json!({ "title": "hi" })).status, 403);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": "hi" })).status, 201);
    described(&forge);
}

#[test]
fn nothing_is_written_to_an_archived_repository() {
    let forge = shop();
    let number = forge.open_issue("ada", "acme/shop", "Slow", "");
    let path = format!("/repos/acme/shop/issues/{number}/comments");
    assert_eq!(person(&forge, "wil").post(&path, json!({ "body": "a" })).status, 201);
    forge.archive("ada", "acme/shop");
    let refused = person(&forge, "wil").post(&path, json!({ "body": "b" }));
    assert_eq!((refused.status, refused.message().contains("archived")), (403, true));
    assert_eq!(person(&forge, "wil").get(&path).json().as_array().map(Vec::len), Some(1));
    assert_eq!(person(&forge, "wil").get("/repos/acme/shop").json()["archived"], true);
    described(&forge);
}

#[test]
fn a_renamed_repository_redirects_and_the_new_address_answers() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    forge.rename("ada", "acme/shop", "store");
    let ada = person(&forge, "ada");
    let moved = ada.get("/repos/acme/shop/issues?state=all");
    assert_eq!((moved.status, moved.message()), (301, "Moved Permanently".to_owned()));
    let followed = ada.get(moved.header("location"));
    assert_eq!(followed.json()[0]["title"], "Slow");
    let moved = ada.post("/repos/acme/shop/issues", json!({ "title": "More" }));
    assert_eq!(moved.status, 307);
    let followed = ada.post(moved.header("location"), json!({ "title": "More" }));
    assert_eq!((followed.status, &followed.json()["number"]), (201, &json!(2)));
    described(&forge);
}

#[test]
fn a_new_repository_of_the_old_name_takes_the_name_back() {
    let forge = shop();
    forge.rename("ada", "acme/shop", "store");
    let new = forge.repository("acme/shop", false);
    assert_eq!(person(&forge, "ada").get("/repos/acme/shop").json()["id"], new);
}

#[test]
fn a_worthless_token_is_refused_even_for_what_is_public() {
    let forge = shop();
    let token = forge.token_for("ada");
    let client = Client::new(&forge, &token);
    assert_eq!(client.get("/repos/acme/shop").status, 200);
    forge.revoke(&token);
    let refused = client.get("/repos/acme/shop");
    assert_eq!((refused.status, refused.message()), (401, "Bad credentials".to_owned()));
    assert_eq!(Client::new(&forge, "").get("/repos/acme/shop").status, 200);
    let seen: Vec<Credential> = forge.requests().into_iter().map(|request| request.credential).collect();
    assert_eq!(seen, [Credential::Person("ada".to_owned()), Credential::Unknown, Credential::Nobody]);
}

#[test]
fn an_enterprise_server_is_the_same_below_its_prefix() {
    let forge = shop();
    forge.open_issue("ada", "acme/shop", "Slow", "");
    let client = Client::enterprise(&forge, &forge.token_for("ada"));
    let issue = client.get("/repos/acme/shop/issues/1").json();
    assert_eq!(issue["url"], format!("{}/api/v3/repos/acme/shop/issues/1", forge.url()));
    assert_eq!(client.get(issue["repository_url"].as_str().expect("an address")).status, 200);
    assert_eq!(forge.requests()[0].path, "/repos/acme/shop/issues/1");
    described(&forge);
}

#[test]
fn requests_that_github_does_not_describe_are_recorded() {
    let forge = shop();
    let ada = person(&forge, "ada");
    ada.post("/repos/acme/shop/issues", json!({ "title": "a", "label": ["bug"] }));
    ada.get("/repos/acme/shop/issues?states=all");
    ada.post("/repos/acme/shop/issues", json!({ "body": "no title" }));
    ada.get("/repos/acme/shop/issues?state=all");
    let found: Vec<usize> = forge.requests().iter().map(|request| request.problems.len()).collect();
    assert_eq!(found, [1, 1, 1, 0], "{:?}", forge.problems());
    let first = forge.requests().remove(0).problems.remove(0);
    assert_eq!(first, Problem::Request("body/label is not described".to_owned()));
}

#[test]
fn people_and_levels_can_be_made_in_any_order() {
    let forge = FakeForge::start_blocking();
    forge.repository("lea/notes", true);
    forge.grant("lea", "lea/notes", Level::Admin);
    assert_eq!(person(&forge, "lea").get("/user").json()["login"], "lea");
    assert_eq!(person(&forge, "lea").get("/users/LEA").json()["login"], "lea");
    assert_eq!(person(&forge, "lea").get("/users/nobody").status, 404);
    described(&forge);
}

#[test]
fn people_find_the_repositories_in_which_they_have_a_level() {
    let forge = shop_with(true);
    forge.repository("acme/bank", true);
    forge.repository("wil/notes", false);
    let wil = person(&forge, "wil");
    forge.grant("wil", "acme/bank", Level::Read);
    forge.grant("wil", "wil/notes", Level::Admin);
    let names = |query: &str| -> Vec<String> {
        let found = wil.get(&format!("/user/repos?{query}")).json();
        found.as_array().into_iter().flatten().filter_map(|one| one["full_name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names(""), ["acme/bank", "acme/shop", "wil/notes"]);
    assert_eq!(names("visibility=public"), ["wil/notes"]);
    forge.grant("wil", "acme/bank", Level::None);
    assert_eq!(names("visibility=private"), ["acme/shop"]);
    assert_eq!(program(&forge, &BOT).get("/user/repos").status, 403);
    described(&forge);
}
