//! What reviewers say: threads with what is settled, drafts, answers; and who is asked to review.

use forgeline_forge::{
    remote::{CommentPlace, Reaction, Remote, Trouble},
    types::ReviewVerdict,
};
use serde_json::{Value, json};

use super::peer::{Peer, missing, ok, reply, repo, with_token};

const QUERY: &str = "POST /graphql";
const COMMENTS: &str = "GET /repos/acme/shop/pulls/7/comments?per_page=100";
const REVIEWS: &str = "GET /repos/acme/shop/pulls/7/reviews?per_page=100";
const ASK: &str = "POST /repos/acme/shop/pulls/7/requested_reviewers";
const AT: &str = "2023-11-14T22:13:20Z";
const LATER: &str = "2023-11-14T22:33:20Z";

fn on_line(id: u64, answers: Option<u64>, review: u64) -> Value {
    let mut comment = json!({
        "id": id, "pull_request_review_id": review, "path": "docs/a.md", "line": null, "original_line": 3, "side": "RIGHT",
        "original_commit_id": "1".repeat(40), "user": { "login": "ana" }, "body": "Why?", "created_at": AT, "updated_at": AT,
    });
    if let Some(answers) = answers {
        comment["in_reply_to_id"] = answers.into();
    }
    comment
}

fn review(id: u64, state: &str, body: &str) -> Value {
    json!({ "id": id, "state": state, "body": body, "user": { "login": "ben" }, "submitted_at": LATER })
}

fn lists() -> Vec<(&'static str, Value)> {
    vec![
        (COMMENTS, json!([on_line(11, None, 1), on_line(12, Some(11), 2)])),
        (
            REVIEWS,
            json!([review(1, "CHANGES_REQUESTED", "Shorter."), review(2, "COMMENTED", ""), review(3, "PENDING", "x")]),
        ),
    ]
}

fn page(threads: Value, after: Option<&str>) -> Value {
    json!({ "data": { "repository": { "pullRequest": {
        "reviewThreads": { "pageInfo": { "hasNextPage": after.is_some(), "endCursor": after }, "nodes": threads },
        "reviews": { "nodes": [{
            "fullDatabaseId": "1", "state": "CHANGES_REQUESTED", "body": "Shorter.", "submittedAt": LATER, "author": null,
        }] },
    } } } })
}

fn thread(id: u64, is_resolved: bool) -> Value {
    let comment = |id: u64, kind: &str, login: &str| {
        json!({
            "fullDatabaseId": id.to_string(), "body": "Why?", "createdAt": AT, "updatedAt": AT,
            "author": { "__typename": kind, "login": login }, "originalCommit": { "oid": "1".repeat(40) },
        })
    };
    json!({
        "isResolved": is_resolved, "isOutdated": false, "path": "docs/a.md", "originalLine": 3, "originalStartLine": null,
        "diffSide": "RIGHT", "comments": { "nodes": [comment(id, "User", "ana"), comment(id + 1, "Bot", "renovate")] },
    })
}

#[tokio::test]
async fn one_query_reads_threads_with_what_is_settled_page_by_page() {
    let peer = Peer::start(|asked| match (asked.line.as_str(), asked.body["variables"]["after"].as_str()) {
        (QUERY, None) => ok(page(json!([thread(11, true), null]), Some("next"))),
        (QUERY, Some("next")) => ok(page(json!([thread(21, false)]), None)),
        _ => missing(),
    })
    .await;
    let feedback = with_token(&peer).feedback(&repo(), 7).await.expect("it is read");
    let told: Vec<_> = feedback.threads.iter().map(|it| (it.id, it.resolved, it.line, it.comments.len())).collect();
    assert_eq!(told, [(11, true, Some(3), 2), (21, false, Some(3), 2)]);
    let authors: Vec<&str> = feedback.threads[0].comments.iter().map(|it| it.author.as_str()).collect();
    assert_eq!(authors, ["ana", "renovate[bot]"], "programs are spelt as everywhere else");
    assert_eq!(feedback.reviews.len(), 1);
    assert_eq!(feedback.reviews[0].place, CommentPlace::Review(ReviewVerdict::ChangesRequested));
    let asked = &peer.bodies(QUERY)[0]["variables"];
    assert_eq!((&asked["owner"], &asked["name"], &asked["number"]), (&json!("acme"), &json!("shop"), &json!(7)));
}

#[tokio::test]
async fn where_queries_are_refused_lists_tell_the_same_but_for_what_is_settled() {
    for refusal in [
        json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": "Resource not accessible" }] }),
        json!({ "errors": [{ "message": "Field 'fullDatabaseId' doesn't exist" }] }),
        json!({ "data": { "repository": {} } }),
    ] {
        let table = lists();
        let peer = Peer::start(move |asked| match table.iter().find(|(line, _)| *line == asked.line) {
            Some((_, body)) => ok(body.clone()),
            None if asked.line == QUERY => ok(refusal.clone()),
            None => missing(),
        })
        .await;
        let feedback = with_token(&peer).feedback(&repo(), 7).await.expect("it is read");
        assert_eq!(feedback.threads.len(), 1);
        let thread = &feedback.threads[0];
        assert_eq!((thread.id, thread.resolved, thread.outdated, thread.line), (11, false, true, Some(3)));
        assert_eq!((thread.comments.len(), feedback.reviews.len()), (2, 2), "a draft is nobody's business");
    }
    let peer = Peer::start(|_| reply(401, json!({ "message": "Bad credentials" }))).await;
    let refused = with_token(&peer).feedback(&repo(), 7).await.expect_err("no credential");
    assert!(matches!(refused.trouble, Trouble::Unauthorized(_)), "{refused}");
}

#[tokio::test]
async fn what_was_drafted_is_new_when_it_is_submitted() {
    let peer = Peer::with(lists()).await;
    let all = with_token(&peer).review_comments(&repo(), 7).await.expect("they are read");
    let places: Vec<_> = all.iter().map(|it| (it.place, it.body.as_str())).collect();
    assert_eq!(places.len(), 3, "an empty review says nothing: {places:?}");
    assert!(all.iter().all(|it| it.created_at.seconds() == 1_700_000_000 + 1_200), "{all:?}");
    assert_eq!(all.iter().filter(|it| it.place == CommentPlace::Thread(11)).count(), 2);
    let mut ids: Vec<u64> = all.iter().map(|it| it.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn answers_edits_and_signs_go_where_the_comment_is() {
    let peer = Peer::with(vec![
        (COMMENTS, json!([on_line(11, None, 1)])),
        (REVIEWS, json!([review(1, "COMMENTED", "Well.")])),
        ("POST /repos/acme/shop/pulls/7/comments/11/replies", on_line(12, Some(11), 2)),
        ("PATCH /repos/acme/shop/pulls/comments/12", on_line(12, Some(11), 2)),
        ("POST /repos/acme/shop/pulls/comments/11/reactions", json!({ "id": 1 })),
    ])
    .await;
    let github = with_token(&peer);
    let all = github.review_comments(&repo(), 7).await.expect("they are read");
    let made = github.reply_in_thread(&repo(), 7, 11, "Met.").await.expect("it is written");
    assert_eq!(made.place, CommentPlace::Thread(11));
    github.edit_comment(&repo(), 7, made.id, "Not met.").await.expect("it is edited");
    for comment in &all {
        github.react(&repo(), 7, comment.id, Reaction::Seen).await.expect("nothing, or a sign");
    }
    let gone = github.reply_in_thread(&repo(), 7, 99, "Met.").await.expect_err("there is none");
    assert!(matches!(gone.trouble, Trouble::Missing(_)), "{gone}");
    assert_eq!(peer.lines().iter().filter(|line| line.contains("reactions")).count(), 1, "no sign on a review");
}

#[tokio::test]
async fn whoever_github_does_not_take_as_a_reviewer_comes_back() {
    let peer = Peer::start(|asked| {
        let people = asked.body["reviewers"].as_array().expect("a list");
        if people.iter().any(|it| it == "nobody") {
            return reply(422, json!({ "message": "Reviews may only be requested from collaborators." }));
        }
        reply(201, json!({}))
    })
    .await;
    let github = with_token(&peer);
    let names = ["ana", "nobody", "acme/docs"].map(str::to_owned);
    assert_eq!(github.request_reviewers(&repo(), 7, &names).await.expect("asked"), ["nobody"]);
    let sent = peer.bodies(ASK);
    assert_eq!(sent[0], json!({ "reviewers": ["ana", "nobody"], "team_reviewers": ["docs"] }));
    assert_eq!(sent.len(), 4, "all at once, then each alone");
    assert_eq!(github.request_reviewers(&repo(), 7, &[]).await.expect("nothing to ask"), Vec::<String>::new());
}
