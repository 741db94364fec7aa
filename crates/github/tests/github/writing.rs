//! What each writing verb sends.

use forgeline_forge::remote::{NewPullRequest, Reaction, Remote, RemoteState, Trouble};
use serde_json::{Value, json};

use super::peer::{Peer, comment, issue, missing, ok, pull, reply, repo, with_token};

fn branch(name: &str) -> forgeline_repo::BranchName {
    name.parse().expect("a branch")
}

#[tokio::test]
async fn comments_are_written_edited_and_acknowledged() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "POST /repos/acme/shop/issues/7/comments" => reply(201, comment(11, 7, 0)),
        "PATCH /repos/acme/shop/issues/comments/11" => ok(comment(11, 7, 1)),
        "POST /repos/acme/shop/issues/comments/11/reactions" => reply(201, json!({ "id": 1 })),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    let made = github.create_comment(&repo(), 7, "hello").await.expect("it is written");
    assert_eq!((made.id, made.number, made.author.as_str()), (11, 7, "ada"));
    github.edit_comment(&repo(), 7, 11, "hello again").await.expect("it is edited");
    github.react(&repo(), 7, 11, Reaction::Seen).await.expect("it is seen");
    github.react(&repo(), 7, 11, Reaction::Confused).await.expect("it is refused");
    let sent: Vec<Value> = peer.asked().into_iter().map(|asked| asked.body).collect();
    assert_eq!(
        sent,
        [
            json!({ "body": "hello" }),
            json!({ "body": "hello again" }),
            json!({ "content": "eyes" }),
            json!({ "content": "confused" })
        ]
    );
}

#[tokio::test]
async fn an_issue_is_opened_with_labels_that_are_made_first() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "GET /repos/acme/shop/labels/bug" => ok(json!({ "name": "bug" })),
        "POST /repos/acme/shop/labels" => reply(201, json!({})),
        "POST /repos/acme/shop/issues" => reply(201, issue(9, 0, json!({}))),
        _ => missing(),
    })
    .await;
    let labels = ["bug".to_owned(), "a/b c?".to_owned()];
    let made = with_token(&peer).open_issue(&repo(), "Title", "Text", &labels).await.expect("it is open");
    assert_eq!((made.number, made.state), (9, RemoteState::Open));
    assert!(peer.lines().contains(&"GET /repos/acme/shop/labels/a%2Fb%20c%3F".to_owned()), "{:?}", peer.lines());
    assert_eq!(peer.bodies("POST /repos/acme/shop/labels"), [json!({ "name": "a/b c?", "color": "ededed" })]);
    assert_eq!(
        peer.bodies("POST /repos/acme/shop/issues"),
        [json!({ "title": "Title", "body": "Text", "labels": ["bug", "a/b c?"] })]
    );
}

#[tokio::test]
async fn labels_are_put_on_also_when_somebody_else_just_made_them() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "POST /repos/acme/shop/labels" => reply(
            422,
            json!({ "message": "Validation Failed", "errors": [{ "code": "already_exists", "field": "name" }] }),
        ),
        "POST /repos/acme/shop/issues/7/labels" => ok(json!([{ "name": "go" }])),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    github.add_labels(&repo(), 7, &["go".to_owned()]).await.expect("it is on");
    assert_eq!(peer.bodies("POST /repos/acme/shop/issues/7/labels"), [json!({ "labels": ["go"] })]);
    let before = peer.lines().len();
    github.add_labels(&repo(), 7, &[]).await.expect("nothing to do");
    assert_eq!(peer.lines().len(), before);
}

#[tokio::test]
async fn a_label_is_taken_off_and_one_that_is_not_there_is_no_error() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "DELETE /repos/acme/shop/issues/7/labels/a%2Fb%3Fc%23%25" => ok(json!([])),
        "DELETE /repos/acme/shop/issues/7/labels/gone" => reply(404, json!({ "message": "Label does not exist" })),
        "GET /repos/acme/shop/issues/7" => ok(issue(7, 0, json!({ "labels": [{ "name": "Stays" }] }))),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    github.remove_label(&repo(), 7, "a/b?c#%").await.expect("it is off");
    github.remove_label(&repo(), 7, "gone").await.expect("it was off");
    let error = github.remove_label(&repo(), 7, "stays").await.expect_err("it is on still");
    assert!(matches!(error.trouble, Trouble::Missing(_)), "{error}");
    let error = github.remove_label(&repo(), 8, "gone").await.expect_err("there is no such item");
    assert!(matches!(error.trouble, Trouble::Missing(_)), "{error}");
    let before = peer.lines().len();
    for all in ["", ".", ".."] {
        let error = github.remove_label(&repo(), 7, all).await.expect_err("it would take off all labels");
        assert!(matches!(error.trouble, Trouble::Refused(_)), "{error}");
    }
    assert_eq!(peer.lines().len(), before, "none of that is sent");
}

#[tokio::test]
async fn pull_requests_are_opened_and_edited() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "POST /repos/acme/shop/pulls" => reply(201, pull(5, json!({ "draft": true }))),
        "PATCH /repos/acme/shop/pulls/5" | "GET /repos/acme/shop/pulls/5" => ok(pull(5, json!({ "title": "New" }))),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    let new =
        NewPullRequest { head: branch("fix"), base: branch("main"), title: "T".into(), body: "B".into(), draft: true };
    let made = github.open_pull_request(&repo(), &new).await.expect("it is open");
    let details = made.pull.expect("details");
    assert_eq!((made.number, details.draft, details.fork, details.merged_commit), (5, true, None, None));
    github.edit_pull_request(&repo(), 5, Some("New"), None, Some(&branch("dev"))).await.expect("it is edited");
    github.edit_pull_request(&repo(), 5, None, None, None).await.expect("nothing changes");
    assert_eq!(
        peer.bodies("POST /repos/acme/shop/pulls"),
        [json!({ "title": "T", "body": "B", "head": "fix", "base": "main", "draft": true })]
    );
    assert_eq!(peer.bodies("PATCH /repos/acme/shop/pulls/5"), [json!({ "title": "New", "base": "dev" })]);
}

#[tokio::test]
async fn a_second_pull_request_of_a_branch_exists() {
    let peer = Peer::start(|_| {
        reply(
            422,
            json!({ "message": "Validation Failed",
            "errors": [{ "code": "custom", "message": "A pull request already exists for acme:fix." }] }),
        )
    })
    .await;
    let new = NewPullRequest {
        head: branch("fix"),
        base: branch("main"),
        title: "T".into(),
        body: String::new(),
        draft: false,
    };
    let error = with_token(&peer).open_pull_request(&repo(), &new).await.expect_err("there is one");
    assert!(matches!(&error.trouble, Trouble::Exists(said) if said.contains("acme:fix")), "{error}");
}

#[tokio::test]
async fn items_are_closed_and_reopened() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "PATCH /repos/acme/shop/issues/7" => ok(issue(7, 0, json!({ "state": asked.body["state"] }))),
        "PATCH /repos/acme/shop/issues/5" | "PATCH /repos/acme/shop/issues/6" => {
            ok(issue(if asked.line.ends_with('5') { 5 } else { 6 }, 0, json!({ "pull_request": {} })))
        }
        "GET /repos/acme/shop/pulls/5" => ok(pull(5, json!({ "state": "closed" }))),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    assert_eq!(github.set_open(&repo(), 7, false).await.expect("it is closed").state, RemoteState::Closed);
    assert_eq!(github.set_open(&repo(), 7, true).await.expect("it is open").state, RemoteState::Open);
    let pull = github.set_open(&repo(), 5, false).await.expect("it is closed");
    assert_eq!((pull.state, pull.pull.is_some()), (RemoteState::Closed, true));
    let error = github.set_open(&repo(), 6, false).await.expect_err("its details are gone");
    assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: true, .. }), "{error}");
}
