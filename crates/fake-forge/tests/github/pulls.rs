//! Pull requests, reviews, merges, commits and refs.

use forgeline_fake_forge::Level;
use serde_json::{Value, json};

use crate::support::{BOT, described, person, program, shop};

#[test]
fn a_pull_request_is_opened_followed_and_merged() {
    let forge = shop();
    let client = program(&forge, &BOT);
    let first = forge.push("wil", "acme/shop", "topic", &[("src/a.txt", "a\n")]);
    let asked = json!({ "title": "Add a", "head": "topic", "base": "main", "body": "Text", "draft": false });
    let made = client.post("/repos/acme/shop/pulls", asked.clone());
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!((&made["head"]["sha"], &made["commits"], &made["mergeable"]), (&json!(first), &json!(1), &json!(true)));
    assert_eq!(client.post("/repos/acme/shop/pulls", asked).status, 422, "there is one already");
    let second = forge.push("wil", "acme/shop", "topic", &[("src/b.txt", "b\n")]);
    let pull = client.get("/repos/acme/shop/pulls/1").json();
    assert_eq!((&pull["head"]["sha"], &pull["changed_files"]), (&json!(second), &json!(2)));
    let files = client.get("/repos/acme/shop/pulls/1/files").json();
    assert_eq!((&files[0]["filename"], &files[0]["status"]), (&json!("src/a.txt"), &json!("added")));
    let commits = client.get("/repos/acme/shop/pulls/1/commits").json();
    assert_eq!((&commits[0]["sha"], &commits[1]["sha"]), (&json!(first), &json!(second)));
    assert_eq!(client.get("/repos/acme/shop/pulls/1/merge").status, 404);
    assert_eq!(client.put("/repos/acme/shop/pulls/1/merge", json!({ "sha": first })).status, 409, "the head moved");
    let merged = client.put("/repos/acme/shop/pulls/1/merge", json!({ "sha": second })).json();
    assert_eq!(forge.head("acme/shop", "main").as_deref(), merged["sha"].as_str());
    assert_eq!(forge.file("acme/shop", "main", "src/b.txt").as_deref(), Some("b\n"));
    let pull = client.get("/repos/acme/shop/pulls/1").json();
    assert_eq!(
        (&pull["merged"], &pull["merge_commit_sha"], &pull["state"]),
        (&json!(true), &merged["sha"], &json!("closed"))
    );
    assert_eq!(pull["merged_by"]["login"], "helper[bot]");
    assert_eq!(client.get("/repos/acme/shop/pulls/1/merge").status, 204);
    assert_eq!(client.put("/repos/acme/shop/pulls/1/merge", json!({})).status, 405);
    assert_eq!(client.patch("/repos/acme/shop/pulls/1", json!({ "state": "open" })).status, 422);
    described(&forge);
}

#[test]
fn a_pull_request_is_an_issue_too() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    let number = forge.open_draft("wil", "acme/shop", "topic", "main", "Add a", "");
    forge.open_issue("rea", "acme/shop", "Slow", "");
    let client = person(&forge, "rea");
    let all = client.get("/repos/acme/shop/issues").json();
    let kinds: Vec<bool> =
        all.as_array().into_iter().flatten().map(|item| item.get("pull_request").is_some()).collect();
    assert_eq!(kinds, [false, true]);
    assert_eq!(client.get(&format!("/repos/acme/shop/issues/{number}")).json()["draft"], true);
    assert_eq!(client.get("/repos/acme/shop/pulls/2").status, 404, "an issue is no pull request");
    described(&forge);
}

#[test]
fn a_pull_request_comes_from_a_fork() {
    let forge = shop();
    let fork = forge.fork("otto", "acme/shop");
    assert_eq!(fork, "otto/shop");
    let head = forge.push("otto", &fork, "idea", &[("idea.txt", "x\n")]);
    let otto = person(&forge, "otto");
    let asked = json!({ "title": "Idea", "head": "otto:idea", "base": "main" });
    let made = otto.post("/repos/acme/shop/pulls", asked);
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["head"]["repo"]["full_name"], &made["head"]["repo"]["fork"]),
        (&json!("otto/shop"), &json!(true))
    );
    assert_eq!(
        (&made["base"]["repo"]["full_name"], &made["head"]["label"]),
        (&json!("acme/shop"), &json!("otto:idea"))
    );
    assert_eq!(made["author_association"], "NONE");
    let next = forge.push("otto", &fork, "idea", &[("idea.txt", "y\n")]);
    assert_ne!(head, next);
    assert_eq!(otto.get("/repos/acme/shop/pulls?head=otto:idea").json()[0]["head"]["sha"], json!(next));
    assert_eq!(otto.put("/repos/acme/shop/pulls/1/merge", json!({})).status, 403, "outsiders do not merge");
    forge.merge("ada", "acme/shop", 1);
    assert_eq!(forge.file("acme/shop", "main", "idea.txt").as_deref(), Some("y\n"));
    described(&forge);
}

#[test]
fn an_outsider_cannot_open_a_pull_request_for_a_branch_of_others() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    let asked = json!({ "title": "Mine", "head": "topic", "base": "main" });
    assert_eq!(person(&forge, "rea").post("/repos/acme/shop/pulls", asked.clone()).status, 403);
    assert_eq!(person(&forge, "wil").post("/repos/acme/shop/pulls", asked).status, 201);
    described(&forge);
}

#[test]
fn what_cannot_be_a_pull_request_is_refused() {
    let forge = shop();
    let main = forge.head("acme/shop", "main").expect("main");
    forge.set_branch("wil", "acme/shop", "same", Some(&main));
    let wil = person(&forge, "wil");
    for (head, base) in [("same", "main"), ("gone", "main"), ("same", "gone")] {
        let refused = wil.post("/repos/acme/shop/pulls", json!({ "title": "x", "head": head, "base": base }));
        assert_eq!(refused.status, 422, "{head} to {base}");
    }
    described(&forge);
}

#[test]
fn a_conflict_is_seen_and_not_merged() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("README.md", "# Mine\n")]);
    forge.push("ada", "acme/shop", "main", &[("README.md", "# Yours\n")]);
    forge.open_pull("wil", "acme/shop", "topic", "main", "Change", "");
    let ada = person(&forge, "ada");
    let pull = ada.get("/repos/acme/shop/pulls/1").json();
    assert_eq!((&pull["mergeable"], &pull["mergeable_state"]), (&json!(false), &json!("dirty")));
    assert_eq!(ada.put("/repos/acme/shop/pulls/1/merge", json!({})).status, 405);
    described(&forge);
}

#[test]
fn a_merge_closes_the_issues_that_the_text_names() {
    let forge = shop();
    let issue = forge.open_issue("rea", "acme/shop", "Slow", "");
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    let pull = forge.open_pull("wil", "acme/shop", "topic", "main", "Faster", &format!("Fixes #{issue}."));
    let commit = forge.merge("ada", "acme/shop", pull);
    let client = person(&forge, "rea");
    let closed = client.get("/repos/acme/shop/issues/1").json();
    assert_eq!((&closed["state"], &closed["closed_by"]["login"]), (&json!("closed"), &json!("ada")));
    let events = client.get("/repos/acme/shop/issues/1/events").json();
    assert_eq!((&events[0]["event"], &events[0]["commit_id"]), (&json!("closed"), &json!(commit)));
    described(&forge);
}

#[test]
fn a_head_that_reaches_the_base_by_a_push_is_merged_and_a_deleted_one_closes() {
    let forge = shop();
    let head = forge.push("wil", "acme/shop", "one", &[("a.txt", "a\n")]);
    forge.push("wil", "acme/shop", "two", &[("b.txt", "b\n")]);
    forge.open_pull("wil", "acme/shop", "one", "main", "One", "");
    forge.open_pull("wil", "acme/shop", "two", "main", "Two", "");
    forge.set_branch("ada", "acme/shop", "main", Some(&head));
    forge.set_branch("wil", "acme/shop", "two", None);
    let client = person(&forge, "rea");
    let (one, two) = (client.get("/repos/acme/shop/pulls/1").json(), client.get("/repos/acme/shop/pulls/2").json());
    assert_eq!((&one["merged"], &one["merge_commit_sha"]), (&json!(true), &json!(head)));
    assert_eq!((&two["merged"], &two["state"]), (&json!(false), &json!("closed")));
    described(&forge);
}

#[test]
fn reviews_and_their_threads() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\nb\n")]);
    forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    let client = program(&forge, &BOT);
    let ask = client.post("/repos/acme/shop/pulls/1/requested_reviewers", json!({ "reviewers": ["ada"] }));
    assert_eq!((ask.status, &ask.json()["requested_reviewers"][0]["login"]), (201, &json!("ada")));
    assert_eq!(
        client.post("/repos/acme/shop/pulls/1/requested_reviewers", json!({ "reviewers": ["otto"] })).status,
        422
    );
    let review = forge.request_changes("ada", "acme/shop", 1, "Please", &[("a.txt", 2, "why b?")]);
    assert_eq!(
        client.get("/repos/acme/shop/pulls/1/requested_reviewers").json()["users"],
        json!([]),
        "she has reviewed"
    );
    let reviews = client.get("/repos/acme/shop/pulls/1/reviews").json();
    assert_eq!((&reviews[0]["id"], &reviews[0]["state"]), (&json!(review), &json!("CHANGES_REQUESTED")));
    let comments = client.get(&format!("/repos/acme/shop/pulls/1/reviews/{review}/comments")).json();
    let comment = comments[0]["id"].clone();
    let reply = client.post(&format!("/repos/acme/shop/pulls/1/comments/{comment}/replies"), json!({ "body": "done" }));
    assert_eq!((reply.status, &reply.json()["in_reply_to_id"]), (201, &comment), "{}", reply.text);
    let all = client.get("/repos/acme/shop/pulls/1/comments").json();
    assert_eq!(all.as_array().map(Vec::len), Some(2));
    assert_eq!(client.get("/repos/acme/shop/pulls/comments").json()[0]["line"], 2);
    let path = format!("/repos/acme/shop/pulls/comments/{}", reply.json()["id"]);
    assert_eq!(client.patch(&path, json!({ "body": "done!" })).json()["body"], "done!");
    assert_eq!(client.post(&format!("{path}/reactions"), json!({ "content": "heart" })).status, 201);
    described(&forge);
}

#[test]
fn a_program_reviews_but_nobody_approves_the_own_work() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    let path = "/repos/acme/shop/pulls/1/reviews";
    assert_eq!(person(&forge, "wil").post(path, json!({ "event": "APPROVE" })).status, 422);
    let line = json!({ "path": "a.txt", "line": 1, "body": "hm" });
    let review = program(&forge, &BOT).post(path, json!({ "event": "COMMENT", "body": "Found", "comments": [line] }));
    assert_eq!((review.status, &review.json()["state"]), (200, &json!("COMMENTED")));
    described(&forge);
}

#[test]
fn commits_contents_and_comparisons() {
    let forge = shop();
    forge.push("wil", "acme/shop", "topic/x", &[("docs/a.md", "hello\n")]);
    let client = person(&forge, "rea");
    let file = client.get("/repos/acme/shop/contents/docs/a.md?ref=topic/x").json();
    assert_eq!((&file["encoding"], &file["content"]), (&json!("base64"), &json!("aGVsbG8K")));
    assert_eq!(client.get("/repos/acme/shop/contents/docs?ref=topic/x").json()[0]["name"], "a.md");
    assert_eq!(client.get("/repos/acme/shop/contents/docs/a.md").status, 404);
    let compared = client.get("/repos/acme/shop/compare/main...topic/x").json();
    assert_eq!((&compared["status"], &compared["ahead_by"]), (&json!("ahead"), &json!(1)));
    assert_eq!(compared["files"][0]["filename"], "docs/a.md");
    let branch = client.get("/repos/acme/shop/branches/topic/x").json();
    let sha = branch["commit"]["sha"].as_str().expect("a commit");
    let commit = client.get(&format!("/repos/acme/shop/commits/{sha}")).json();
    assert_eq!((&commit["author"]["login"], &commit["files"][0]["status"]), (&json!("wil"), &json!("added")));
    assert_eq!(client.get("/repos/acme/shop/commits?sha=topic/x").json().as_array().map(Vec::len), Some(2));
    assert_eq!(client.get("/repos/acme/shop/branches").json()[1]["name"], "topic/x");
    assert_eq!(client.get("/repos/acme/shop/branches/gone").status, 404);
    assert_eq!(client.get("/repos/acme/shop/commits/gone").status, 422);
    described(&forge);
}

#[test]
fn refs_are_made_moved_and_deleted() {
    let forge = shop();
    let client = program(&forge, &BOT);
    let main = forge.head("acme/shop", "main").expect("main");
    let made = client.post("/repos/acme/shop/git/refs", json!({ "ref": "refs/heads/bot/a", "sha": main }));
    assert_eq!((made.status, &made.json()["ref"]), (201, &json!("refs/heads/bot/a")));
    assert_eq!(client.post("/repos/acme/shop/git/refs", json!({ "ref": "refs/heads/bot/a", "sha": main })).status, 422);
    let next = forge.push("ada", "acme/shop", "main", &[("x", "x\n")]);
    let side = forge.push("ada", "acme/shop", "bot/b", &[("y", "y\n")]);
    let path = "/repos/acme/shop/git/refs/heads/bot/a";
    assert_eq!(client.patch(path, json!({ "sha": next })).json()["object"]["sha"], json!(next));
    assert_eq!(client.patch(path, json!({ "sha": main })).status, 422, "not forward");
    assert_eq!(client.patch(path, json!({ "sha": main, "force": true })).status, 200);
    assert_eq!(client.patch(path, json!({ "sha": "0".repeat(40) })).status, 422);
    assert_eq!(client.get("/repos/acme/shop/git/ref/heads/bot/b").json()["object"]["sha"], json!(side));
    let matching = client.get("/repos/acme/shop/git/matching-refs/heads/bot/").json();
    assert_eq!(matching.as_array().map(Vec::len), Some(2));
    assert_eq!(client.delete(path).status, 204);
    assert_eq!((client.delete(path).status, forge.head("acme/shop", "bot/a")), (422, None));
    assert_eq!(client.get("/repos/acme/shop/git/ref/heads/bot/a").status, 404);
    described(&forge);
}

#[test]
fn a_commit_knows_its_pull_requests() {
    let forge = shop();
    let head = forge.push("wil", "acme/shop", "topic", &[("a.txt", "a\n")]);
    forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    let pulls = person(&forge, "rea").get(&format!("/repos/acme/shop/commits/{head}/pulls")).json();
    assert_eq!(pulls[0]["number"], 1);
    described(&forge);
}

#[test]
fn the_association_follows_what_somebody_is_to_the_repository() {
    let forge = shop();
    forge.repository("lea/notes", false);
    let of = |login: &str, full: &str| -> Value {
        let number = forge.open_issue(login, full, "x", "");
        person(&forge, "ada").get(&format!("/repos/{full}/issues/{number}")).json()["author_association"].clone()
    };
    assert_eq!(of("lea", "lea/notes"), "OWNER");
    assert_eq!(of("wil", "acme/shop"), "COLLABORATOR");
    assert_eq!(of("otto", "acme/shop"), "NONE");
    forge.grant("otto", "acme/shop", Level::Read);
    assert_eq!(of("otto", "acme/shop"), "COLLABORATOR");
    forge.grant("otto", "acme/shop", Level::None);
    forge.fork("otto", "acme/shop");
    forge.push("otto", "otto/shop", "idea", &[("i", "i\n")]);
    let number = forge.open_pull("otto", "acme/shop", "otto:idea", "main", "Idea", "");
    forge.merge("ada", "acme/shop", number);
    assert_eq!(of("otto", "acme/shop"), "CONTRIBUTOR");
    described(&forge);
}
