//! What each reading verb asks for, and what it makes of the answer.

use forgeline_forge::{
    remote::{Remote, RemotePull, RemoteState, Scan, Trouble},
    types::Role,
};
use forgeline_model::Timestamp;
use serde_json::{Value, json};

use super::peer::{Peer, START, Time, comment, issue, missing, ok, pull, reply, repo, with_app, with_token};

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(START - 20_000 + second * 1000)
}

#[tokio::test]
async fn an_app_lists_the_repositories_of_all_installations_but_suspended_ones() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "GET /app/installations?per_page=100" => {
            ok(json!([{ "id": 7 }, { "id": 8, "suspended_at": "2023-01-01T00:00:00Z" }]))
                .with("link", "</app/installations?per_page=100&page=2>; rel=\"next\"")
        }
        "GET /app/installations?per_page=100&page=2" => ok(json!([{ "id": 9 }])),
        "POST /app/installations/7/access_tokens" => reply(201, json!({ "token": "seven" })),
        "POST /app/installations/9/access_tokens" => reply(201, json!({ "token": "nine" })),
        "GET /installation/repositories?per_page=100" if asked.header("authorization").ends_with("seven") => {
            ok(json!({ "total_count": 2, "repositories": [
                { "full_name": "acme/shop", "private": true, "archived": false, "default_branch": "main" },
                { "full_name": "acme/-odd-", "private": false },
            ] }))
        }
        "GET /installation/repositories?per_page=100" => ok(json!({ "repositories": [
            { "full_name": "Beta/Site", "private": false, "visibility": "internal", "archived": true, "default_branch": "trunk" } ] })),
        _ => missing(),
    })
    .await;
    let github = with_app(&peer, &Time::new());
    let all = github.repositories().await.expect("a list");
    let told: Vec<_> = all
        .iter()
        .map(|one| {
            (one.repo.to_string(), one.private, one.archived, one.default_branch.as_ref().map(ToString::to_string))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("acme/shop".to_owned(), true, false, Some("main".to_owned())),
            ("Beta/Site".to_owned(), true, true, Some("trunk".to_owned())),
        ]
    );
    assert_eq!(
        peer.bodies("POST /app/installations/7/access_tokens"),
        [json!({ "permissions": { "metadata": "read" } })]
    );
    github.git_access(&repo(), false).await.expect("access");
    assert!(!peer.lines().contains(&"GET /repos/acme/shop/installation".to_owned()), "the installation is known");
}

#[tokio::test]
async fn a_token_lists_all_pages_of_what_its_owner_may_see() {
    let first = "GET /user/repos?affiliation=owner%2Ccollaborator%2Corganization_member&per_page=100";
    let peer = Peer::start(move |asked| match asked.line.as_str() {
        line if line == first => ok(json!([{ "full_name": "acme/a" }]))
            .with("link", "</user/repos?page=1>; rel=\"first\", </user/repos?page=2>; rel=\"next\""),
        "GET /user/repos?page=2" => {
            ok(json!([{ "full_name": "acme/b" }])).with("link", "</user/repos?page=1>; rel=\"prev\"")
        }
        _ => missing(),
    })
    .await;
    let all = with_token(&peer).repositories().await.expect("a list");
    assert_eq!(all.iter().map(|one| one.repo.name()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(all.iter().all(|one| !one.private && one.default_branch.is_none()));
}

#[tokio::test]
async fn a_scan_brings_issues_and_pull_requests_with_details() {
    let peer = Peer::with(vec![
        (
            "GET /repos/acme/shop/issues?state=all&sort=updated&direction=asc&per_page=100&since=2023-11-14T22%3A13%3A00Z",
            json!([
                issue(1, 5, json!({ "state": "closed", "closed_by": { "login": "bob" }, "user": null, "labels": ["x", { "name": "y" }] })),
                issue(2, 6, json!({ "pull_request": { "url": "…" }, "closed_by": { "login": "eve" } })),
                issue(3, 7, json!({ "pull_request": { "url": "…" } })),
                issue(4, 8, json!({ "pull_request": { "url": "…" } })),
            ]),
        ),
        (
            "GET /repos/acme/shop/pulls/2",
            pull(2, json!({ "state": "closed", "merged": true, "merged_at": "2023-11-14T22:10:00Z",
                "head": { "ref": "fix", "sha": "1".repeat(40), "repo": { "full_name": "Mallory/shop" } } })),
        ),
        (
            "GET /repos/acme/shop/pulls/3",
            pull(3, json!({ "draft": true, "head": { "ref": "main", "sha": "1".repeat(40), "repo": null } })),
        ),
    ])
    .await;
    let github = with_token(&peer);
    let since = Timestamp::from_millis(at(0).millis() + 900);
    let items = github.items(&repo(), Scan::After(since)).await.expect("a scan");
    assert_eq!(items.iter().map(|item| item.number).collect::<Vec<_>>(), [1, 2, 3], "the fourth went away meanwhile");
    assert_eq!((items[0].state, items[0].author.as_str()), (RemoteState::Closed, ""));
    assert_eq!((items[0].closed_by.as_deref(), items[0].body.as_str()), (Some("bob"), ""));
    assert_eq!((items[0].labels.join(" "), items[0].updated_at), ("x y".to_owned(), at(5)));
    assert!(items[0].pull.is_none());
    assert_eq!((items[1].state, items[1].closed_by.as_deref()), (RemoteState::Merged, Some("eve")));
    assert_eq!(
        items[1].pull,
        Some(RemotePull {
            draft: false,
            head: "fix".parse().expect("a branch"),
            head_commit: "1".repeat(40).parse().expect("a commit"),
            fork: Some("Mallory/shop".into()),
            base: "main".parse().expect("a branch"),
            merged_commit: Some("3".repeat(40).parse().expect("a commit")),
        })
    );
    let third = items[2].pull.as_ref().expect("a pull request");
    assert_eq!(
        (third.draft, third.fork.as_deref(), third.merged_commit),
        (true, Some(""), None),
        "a fork that is gone"
    );
}

#[tokio::test]
async fn a_scan_misses_nothing_that_moves_while_it_reads() {
    let list = "GET /repos/acme/shop/issues?state=open&sort=updated&direction=asc&per_page=100";
    let next = |reply: super::peer::Reply| reply.with("link", "</ignored?page=2>; rel=\"next\"");
    let peer = Peer::start(move |asked| {
        let rest = asked.line.strip_prefix(list).expect("a list");
        match rest {
            "" => next(ok(json!([issue(1, 1, json!({})), issue(2, 2, json!({}))]))),
            // The first one changed: it stands last now, and all behind it moved up.
            "&since=2023-11-14T22%3A13%3A02Z" => next(ok(json!([issue(2, 2, json!({})), issue(3, 2, json!({}))]))),
            "&since=2023-11-14T22%3A13%3A02Z&page=2" => ok(json!([issue(4, 4, json!({})), issue(1, 9, json!({}))])),
            _ => missing(),
        }
    })
    .await;
    let items = with_token(&peer).items(&repo(), Scan::Open).await.expect("a scan");
    assert_eq!(items.iter().map(|item| item.number).collect::<Vec<_>>(), [2, 3, 4, 1]);
    assert_eq!(items[3].updated_at, at(9), "as it is now");
}

#[tokio::test]
async fn a_server_that_repeats_itself_ends_a_scan() {
    let peer = Peer::start(|_| ok(json!([issue(1, 1, json!({}))])).with("link", "</x>; rel=\"next\"")).await;
    assert_eq!(with_token(&peer).items(&repo(), Scan::Open).await.expect("a scan").len(), 1);
    assert!(peer.lines().len() <= 4, "{:?}", peer.lines());
}

#[tokio::test]
async fn one_item_is_there_or_not() {
    let peer = Peer::start(|asked| match asked.line.as_str() {
        "GET /repos/acme/shop" => ok(json!({ "full_name": "acme/shop" })),
        "GET /repos/acme/shop/issues/1" => ok(issue(1, 1, json!({}))),
        "GET /repos/acme/shop/issues/2" => reply(410, json!({ "message": "This issue was deleted" })),
        "GET /repos/acme/shop/issues/3" => ok(issue(30, 1, json!({}))),
        "GET /repos/acme/shop/issues/4" => ok(issue(4, 1, json!({ "pull_request": {} }))),
        "GET /repos/acme/shop/pulls/4" => ok(pull(4, json!({}))),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    for (number, there) in [(1, true), (2, false), (3, false), (4, true), (5, false)] {
        assert_eq!(github.item(&repo(), number).await.expect("an answer").is_some(), there, "{number}");
    }
    let nothing = Peer::start(|_| missing()).await;
    let error = with_token(&nothing).item(&repo(), 1).await.expect_err("the repository is gone, not the item");
    assert!(matches!(error.trouble, Trouble::Missing(_)), "{error}");
    let error = with_app(&nothing, &Time::new()).item(&repo(), 1).await.expect_err("the App is not installed");
    assert!(matches!(error.trouble, Trouble::Missing(_)), "{error}");
}

#[tokio::test]
async fn a_repository_without_issues_has_pull_requests_all_the_same() {
    let changed =
        |number: u64, second: u32| pull(number, json!({ "updated_at": format!("2023-11-14T22:13:{second:02}Z") }));
    let first = "GET /repos/acme/shop/pulls?state=all&sort=updated&direction=desc&per_page=100";
    let peer = Peer::start(move |asked| match asked.line.as_str() {
        "GET /repos/acme/shop/pulls/3" => ok(pull(3, json!({}))),
        line if line == first => {
            ok(json!([changed(3, 30), changed(2, 20)])).with("link", "</repos/acme/shop/pulls?page=2>; rel=\"next\"")
        }
        "GET /repos/acme/shop/pulls?page=2" => ok(json!([changed(2, 20), changed(1, 10), changed(4, 9)]))
            .with("link", "</repos/acme/shop/pulls?page=3>; rel=\"next\""),
        _ => reply(410, json!({ "message": "Issues has been disabled in this repository." })),
    })
    .await;
    let github = with_token(&peer);
    let items = github.items(&repo(), Scan::After(at(10))).await.expect("a scan");
    assert_eq!(items.iter().map(|item| item.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(peer.lines().len(), 3, "what is older is not read");
    assert!(github.item(&repo(), 3).await.expect("an answer").is_some());
}

#[tokio::test]
async fn comments_are_read_by_change_and_by_item() {
    let peer = Peer::with(vec![
        (
            "GET /repos/acme/shop/issues/comments?sort=updated&direction=asc&per_page=100&since=2023-11-14T22%3A13%3A00Z",
            json!([comment(12, 7, 1), comment(11, 8, 3)]),
        ),
        ("GET /repos/acme/shop/issues/7/comments?per_page=100", json!([comment(13, 7, 1), comment(12, 7, 2)])),
    ])
    .await;
    let github = with_token(&peer);
    let told = |all: Vec<forgeline_forge::remote::RemoteComment>| {
        all.into_iter().map(|one| (one.id, one.number, one.author)).collect::<Vec<_>>()
    };
    let ada = || "ada".to_owned();
    assert_eq!(told(github.comments_since(&repo(), at(0)).await.expect("a list")), [(12, 7, ada()), (11, 8, ada())]);
    assert_eq!(told(github.comments(&repo(), 7).await.expect("a list")), [(12, 7, ada()), (13, 7, ada())]);
}

#[tokio::test]
async fn open_pull_requests_of_a_branch_are_the_repositorys_own() {
    let fork = json!({ "head": { "ref": "fl/a&b", "sha": "1".repeat(40), "repo": { "full_name": "acme/fork" } } });
    let own = json!({ "head": { "ref": "fl/a&b", "sha": "1".repeat(40), "repo": { "full_name": "Acme/Shop" } } });
    let peer = Peer::with(vec![(
        "GET /repos/acme/shop/pulls?state=open&head=acme%3Afl%2Fa%26b&per_page=100",
        json!([pull(1, fork), pull(2, own)]),
    )])
    .await;
    let all =
        with_token(&peer).open_pull_requests(&repo(), &"fl/a&b".parse().expect("a branch")).await.expect("a list");
    assert_eq!(all.iter().map(|one| one.number).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn roles_are_asked_for_each_time() {
    let check = async |private: bool, login: &str, permission: Option<Value>, is_made_one: bool| {
        let login = login.to_owned();
        let peer = Peer::start({
            let login = login.clone();
            move |asked| match asked.line.strip_prefix("GET /repos/acme/shop") {
                Some("") => ok(json!({ "full_name": "acme/shop", "private": private })),
                Some(path) if path == format!("/collaborators/{login}/permission") => {
                    permission.clone().map_or_else(missing, |body| ok(body).with("etag", "\"1\""))
                }
                Some(path) if path == format!("/collaborators/{login}") && is_made_one => reply(204, json!(null)),
                _ => missing(),
            }
        })
        .await;
        let github = with_token(&peer);
        let role = github.role_of(&repo(), &login).await.expect("an answer");
        assert_eq!(github.role_of(&repo(), &login).await, Ok(role));
        assert!(peer.asked().iter().all(|asked| asked.header("if-none-match").is_empty()), "no cache");
        role
    };
    let has = |permission: &str, role: &str| Some(json!({ "permission": permission, "role_name": role }));
    assert_eq!(check(true, "ada", has("admin", "admin"), false).await, Some(Role::Admin));
    assert_eq!(check(true, "ada", has("write", "maintain"), false).await, Some(Role::Maintainer));
    assert_eq!(check(false, "ada", has("write", "write"), false).await, Some(Role::Editor));
    assert_eq!(check(true, "ada", has("read", "triage"), false).await, Some(Role::Reader));
    assert_eq!(check(false, "ada", has("read", "read"), true).await, Some(Role::Reader));
    assert_eq!(check(false, "eve", has("read", "read"), false).await, Some(Role::Guest), "everybody reads it");
    assert_eq!(check(true, "eve", has("none", "none"), false).await, None);
    assert_eq!(check(false, "eve", has("none", "none"), false).await, Some(Role::Guest));
    assert_eq!(check(true, "eve", None, false).await, None);
    assert_eq!(check(false, "eve", None, false).await, Some(Role::Guest));
}

#[tokio::test]
async fn a_repository_that_is_not_there_has_no_roles_and_odd_logins_do_not_climb() {
    let peer = Peer::start(|_| missing()).await;
    let github = with_token(&peer);
    assert_eq!(github.role_of(&repo(), "ada").await, Ok(None));
    github.role_of(&repo(), "../../user").await.expect("an answer");
    assert!(peer.lines().contains(&"GET /repos/acme/shop/collaborators/..%2F..%2Fuser/permission".to_owned()));
    let error = github.role_of(&repo(), "..").await.expect_err("no name");
    assert!(matches!(error.trouble, Trouble::Refused(_)), "{error}");
}

#[tokio::test]
async fn who_labelled_is_who_did_it_last() {
    let event = |event: &str, label: &str, login: &str| json!({ "event": event, "label": { "name": label }, "actor": { "login": login } });
    let peer = Peer::start(move |asked| match asked.line.as_str() {
        "GET /repos/acme/shop/issues/7/events?per_page=100" => ok(json!([event("labeled", "go", "ada")]))
            .with("link", "</repos/acme/shop/issues/7/events?page=2>; rel=\"next\""),
        "GET /repos/acme/shop/issues/7/events?page=2" => ok(json!([
            event("labeled", "Go", "bob"), event("labeled", "other", "eve"), event("unlabeled", "go", "eve"),
            { "event": "closed", "actor": null }, { "event": "reopened", "actor": { "login": "cy" } },
        ])),
        _ => missing(),
    })
    .await;
    let github = with_token(&peer);
    assert_eq!(github.labelled_by(&repo(), 7, "go").await, Ok(Some("bob".to_owned())));
    assert_eq!(github.labelled_by(&repo(), 7, "never").await, Ok(None));
    assert_eq!(github.reopened_by(&repo(), 7).await, Ok(Some("cy".to_owned())));
}
