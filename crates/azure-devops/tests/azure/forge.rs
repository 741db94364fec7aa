//! Reading and writing, one kind of thing after the other.

use forgeline_azure_devops::Auth;
use forgeline_fake_forge::Level;
use forgeline_forge::{
    marker,
    remote::{ItemPlace, NewCheck, NewPullRequest, Reaction, Remote, RemoteState, Scan, Trouble},
    types::{CheckStatus, Conclusion, Role},
};
use forgeline_model::{Annotation, AnnotationLevel, Timestamp};

use super::place::{ME, Place, SHOP, START, Time, adapter, secret, shop};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_of_all_projects_by_names_that_the_mirror_takes() {
    let place = Place::new();
    place.there.azure_pages(1);
    place.there.repository("web/site", false);
    place.there.grant(ME, "web/site", Level::Write);
    let mut all = place.azure.repositories().await.expect("they are listed");
    all.sort_by_key(|it| it.repo.to_string());
    let shown: Vec<(String, bool)> = all.iter().map(|it| (it.repo.to_string(), it.private)).collect();
    assert_eq!(shown, [(SHOP.to_owned(), true), ("web/site".to_owned(), false)]);
    assert_eq!(all[0].default_branch.as_ref().map(|it| it.as_str()), Some("main"));
    assert_eq!(place.azure.me().await, Ok(place.login(ME)));
    let access = place.azure.git_access(&shop(), true).await.expect("it may");
    assert!(access.url.starts_with(&place.there.azure_url()) && access.url.contains("/_git/"), "{}", access.url);
    place.there.archive("ana", SHOP);
    let all = place.azure.repositories().await.expect("they are listed");
    assert!(all.iter().any(|it| it.repo == shop() && it.archived));
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn work_items_are_issues() {
    let place = Place::new();
    let first = place.there.open_issue("ana", SHOP, "It is slow", "Very.\nAlways.");
    let second = place.there.open_issue("rea", SHOP, "Done long ago", "x");
    place.there.label("ben", SHOP, first, "urgent");
    place.there.close("ben", SHOP, second);
    let open = place.azure.items(&shop(), Scan::Open).await.expect("they are read");
    assert_eq!(open.len(), 1);
    let item = &open[0];
    assert_eq!(item.number, place.there.azure_id(SHOP, first));
    assert_eq!((item.title.as_str(), item.body.as_str()), ("It is slow", "Very.\nAlways."));
    assert_eq!((item.author.clone(), item.state), (place.login("ana"), RemoteState::Open));
    assert_eq!(item.labels, ["urgent"]);
    let by = place.azure.labelled_by(&shop(), item.number, "Urgent").await;
    assert_eq!(by, Ok(Some(place.login("ben"))));
    let all = place.azure.items(&shop(), Scan::After(at(0))).await.expect("they are read");
    let closed = all.iter().find(|it| it.state == RemoteState::Closed).expect("the closed one");
    assert_eq!(closed.closed_by, Some(place.login("ben")));
    assert_eq!(place.azure.items(&shop(), Scan::After(at(1))).await.expect("none is newer"), []);

    let made =
        place.azure.open_issue(&shop(), "New <one>", "a < b\n#1000000007", &["x".to_owned(), "y".to_owned()]).await;
    let made = made.expect("it is made");
    assert_eq!((made.title.as_str(), made.body.as_str()), ("New <one>", "a < b\n#1000000007"));
    assert_eq!(made.labels, ["x", "y"]);
    let raw = place.there.azure_peek(&format!("acme/_apis/wit/workitems/{}", made.number));
    assert!(raw["fields"]["System.Description"].as_str().is_some_and(|text| text.contains("!7")), "{raw}");
    let closed = place.azure.set_open(&shop(), made.number, false).await.expect("it is closed");
    assert_eq!(closed.state, RemoteState::Closed);
    assert_eq!(place.azure.set_open(&shop(), made.number, true).await.expect("again").state, RemoteState::Open);
    assert_eq!(place.azure.item(&shop(), 99).await, Ok(None));
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_a_work_item_comes_with_it_or_is_asked_for_once() {
    let place = Place::new();
    let number = place.there.open_issue("ana", SHOP, "It is slow", "Very.");
    let id = place.there.azure_id(SHOP, number);
    place.azure.items(&shop(), Scan::Open).await.expect("they are read");
    let is_of_one = |path: &str| path.to_lowercase().contains("/_apis/wit/workitems/");
    let asked = || place.there.requests().iter().filter(|it| is_of_one(&it.path)).count();
    let shown = |kind: &str, area: &str| ItemPlace { kind: Some(kind.to_owned()), area: Some(area.to_owned()) };
    assert_eq!(place.azure.place_of_item(&shop(), id).await, Ok(Some(shown("Issue", "acme"))));
    assert_eq!(asked(), 0, "the list told");
    place.there.azure_area(SHOP, number, "acme\\Orders\\Api");
    place.there.azure_type(SHOP, number, "Bug");
    place.time.advance(60_000);
    for _ in 0..2 {
        assert_eq!(place.azure.place_of_item(&shop(), id).await, Ok(Some(shown("Bug", "acme\\Orders\\Api"))));
    }
    assert_eq!(asked(), 1, "once, since the list is old");
    assert_eq!(place.azure.place_of_item(&shop(), 99).await, Ok(None));
    assert_eq!(place.azure.place_of_item(&shop(), 1_000_000_001).await, Ok(None));
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_between_is_not_overwritten() {
    let place = Place::new();
    let number = place.there.open_issue("ana", SHOP, "It is slow", "Very.");
    let id = place.there.azure_id(SHOP, number);
    place.there.faults().next("PATCH /fabrikam/*/_apis/wit/workitems/*", 2, forgeline_fake_forge::Fault::Status(412));
    place.azure.add_labels(&shop(), id, &["a".to_owned(), "b".to_owned()]).await.expect("at the third try");
    place.azure.add_labels(&shop(), id, &["A".to_owned()]).await.expect("it is there");
    place.azure.remove_label(&shop(), id, "B").await.expect("it is taken off");
    place.azure.remove_label(&shop(), id, "never").await.expect("it was not there");
    let item = place.azure.item(&shop(), id).await.expect("it is read").expect("it is there");
    assert_eq!(item.labels, ["a"]);
    let refused = place.azure.add_labels(&shop(), id, &["a;b".to_owned()]).await.expect_err("two tags");
    assert!(matches!(refused.trouble, Trouble::Refused(_)), "{refused}");
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_of_work_items_in_rich_text_and_markdown() {
    let place = Place::new();
    place.there.azure_pages(2);
    let number = place.there.open_issue("ana", SHOP, "It is slow", "Very.");
    let id = place.there.azure_id(SHOP, number);
    for text in ["/forgeline run docs-page a=b_c", "<div>one</div><div>two</div>", "three"] {
        place.there.comment("ana", SHOP, number, text);
    }
    let all = place.azure.comments(&shop(), id).await.expect("they are read");
    let texts: Vec<&str> = all.iter().map(|it| it.body.as_str()).collect();
    assert_eq!(texts, ["/forgeline run docs-page a=b_c", "one\ntwo", "three"]);
    assert!(all.iter().all(|it| it.author == place.login("ana") && it.number == id));
    let body = marker::append("**Done**, see #1000000007.", "status:1");
    let own = place.azure.create_comment(&shop(), id, &body).await.expect("it is written");
    assert_eq!((own.body.as_str(), own.author.clone()), (body.as_str(), place.login(ME)));
    let edited = place.azure.edit_comment(&shop(), id, own.id, "new").await.expect("it is edited");
    assert_eq!((edited.id, edited.body.as_str()), (own.id, "new"));
    for reaction in [Reaction::Seen, Reaction::Confused] {
        place.azure.react(&shop(), id, all[0].id, reaction).await.expect("it is shown");
    }
    assert_eq!(place.azure.comments_since(&shop(), at(0)).await.expect("they are read").len(), 4);
    assert_eq!(place.azure.comments_since(&shop(), at(1)).await.expect("none is newer"), []);
    let gone = place.azure.edit_comment(&shop(), id, 999_999, "x").await.expect_err("there is none");
    assert!(matches!(gone.trouble, Trouble::Missing(_)), "{gone}");
    place.settle();
}

fn proposal(head: &str) -> NewPullRequest {
    NewPullRequest {
        head: head.parse().expect("a branch"),
        base: "main".parse().expect("a branch"),
        title: "Mend it".to_owned(),
        body: marker::append(&"long ".repeat(2000), "pr:1"),
        draft: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pull_requests_from_opening_to_the_merge() {
    let place = Place::new();
    let new = proposal("fix");
    let early = place.azure.open_pull_request(&shop(), &new).await.expect_err("there is no branch");
    assert!(matches!(&early.trouble, Trouble::Refused(said) if said.contains("head")), "{early}");
    let head = place.there.push("ana", SHOP, "fix", &[("a", "1")]);
    let item = place.azure.open_pull_request(&shop(), &new).await.expect("it is opened");
    assert!(item.body.len() <= 4100 && marker::key(&item.body) == Some("pr:1"), "{}", item.body.len());
    let pull = item.pull.clone().expect("a pull request");
    assert_eq!((pull.head.as_str(), pull.base.as_str()), ("fix", "main"));
    assert_eq!((pull.head_commit.to_string(), pull.fork, pull.draft), (head.clone(), None, false));
    assert!(item.number > 1_000_000_000);
    let again = place.azure.open_pull_request(&shop(), &new).await.expect_err("there is one");
    assert!(matches!(again.trouble, Trouble::Exists(_)), "{again}");
    let found = place.azure.open_pull_requests(&shop(), &new.head).await.expect("it is found");
    assert_eq!(found.iter().map(|it| it.number).collect::<Vec<_>>(), [item.number]);
    place.azure.add_labels(&shop(), item.number, &["bot".to_owned()]).await.expect("it is labelled");
    let edited = place.azure.edit_pull_request(&shop(), item.number, Some("New"), Some("short"), None).await;
    let edited = edited.expect("it is edited");
    assert_eq!((edited.title.as_str(), edited.body.as_str()), ("New", "short"));
    let listed = place.azure.items(&shop(), Scan::Open).await.expect("they are listed");
    assert_eq!(listed[0].labels, ["bot"], "the list has none, so they are asked for");
    place.azure.remove_label(&shop(), item.number, "BOT").await.expect("it is taken off");
    assert_eq!(place.azure.pushed_by(&shop(), "fix", &head).await, Ok(Some(place.login("ana"))));
    assert_eq!(place.azure.pushed_by(&shop(), "fix", &"1".repeat(40)).await, Ok(None));

    let closed = place.azure.set_open(&shop(), item.number, false).await.expect("it is closed");
    assert_eq!(closed.state, RemoteState::Closed);
    place.there.advance_clock(60_000);
    let opened = place.azure.set_open(&shop(), item.number, true).await.expect("it is opened again");
    assert!(opened.state == RemoteState::Open && opened.updated_at > closed.updated_at, "never older than before");
    place.there.advance_clock(60_000);
    let number = (1..9).find(|it| place.pull(*it) == item.number).expect("its number");
    let merge = place.there.merge("ben", SHOP, number);
    let after = place.azure.items(&shop(), Scan::After(at(60_001))).await.expect("they are read");
    assert_eq!(after.len(), 1);
    assert_eq!((after[0].state, after[0].closed_by.clone()), (RemoteState::Merged, Some(place.login("ben"))));
    let merged = after[0].pull.as_ref().and_then(|it| it.merged_commit).map(|it| it.to_string());
    assert_eq!(merged, Some(merge));
    assert_eq!(
        place.azure.head_of_pull_request(item.number),
        format!("refs/pull/{}/merge", item.number - 1_000_000_000)
    );
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_are_comments_and_what_the_server_notes_is_none() {
    let place = Place::new();
    place.there.push("ana", SHOP, "fix", &[("a", "1")]);
    let number = place.there.open_pull("ana", SHOP, "fix", "main", "Mend it", "Please.");
    let id = place.pull(number);
    let root = place.there.comment("rea", SHOP, number, "Why? See !7");
    place.there.answer_in_thread("ana", SHOP, number, root, "Because.");
    let all = place.azure.comments(&shop(), id).await.expect("they are read");
    let texts: Vec<(&str, String)> = all.iter().map(|it| (it.body.as_str(), it.author.clone())).collect();
    assert_eq!(texts, [("Why? See #1000000007", place.login("rea")), ("Because.", place.login("ana"))]);
    assert!(all[0].id != all[1].id && all.iter().all(|it| it.id < 1 << 62 && it.number == id));
    let body = marker::append("Which one is meant?", "ask:1");
    let own = place.azure.create_comment(&shop(), id, &body).await.expect("it is written");
    assert_eq!(own.body, body);
    let path = format!("acme/_apis/git/repositories/shop/pullRequests/{}/threads", id - 1_000_000_000);
    let raw = place.there.azure_peek(&path);
    let thread = raw["value"].as_array().and_then(|all| all.last()).expect("ours").clone();
    assert_eq!(thread["status"], "active", "somebody is asked");
    assert_eq!(thread["properties"]["forgeline.marker"]["$value"], "ask:1");
    let edited = place.azure.edit_comment(&shop(), id, own.id, "Done.").await.expect("it is edited");
    assert_eq!(edited.id, own.id);
    let read = place.azure.comments(&shop(), id).await.expect("they are read");
    let found = read.iter().find(|it| it.id == own.id).expect("it is there");
    assert_eq!(marker::key(&found.body), Some("ask:1"), "the thread knows its key");
    for reaction in [Reaction::Seen, Reaction::Confused] {
        place.azure.react(&shop(), id, all[0].id, reaction).await.expect("it is shown, or not");
    }
    assert_eq!(place.azure.comments_since(&shop(), at(0)).await.expect("they are read").len(), 3);
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_told_from_a_branch() {
    let place = Place::new();
    place.there.fork("eve", SHOP);
    let head = place.there.push("eve", "eve/shop", "fix", &[("a", "1")]);
    let number = place.there.open_pull("eve", SHOP, "eve:fix", "main", "Mine", "x");
    let item = place.azure.item(&shop(), place.pull(number)).await.expect("it is read").expect("it is there");
    let pull = item.pull.expect("a pull request");
    assert_eq!((pull.fork.as_deref(), pull.head_commit.to_string()), (Some("eve/shop"), head));
    assert_eq!(place.azure.open_pull_requests(&shop(), &pull.head).await, Ok(vec![]));
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_is_a_status_and_its_marks_come_once() {
    let place = Place::new();
    let head = place.there.push("ana", SHOP, "fix", &[("a", "1")]);
    let number = place.there.open_pull("ana", SHOP, "fix", "main", "Mend it", "Please.");
    let mark = |line: u32| Annotation {
        path: "src/a.rs".to_owned(),
        line,
        level: AnnotationLevel::Warning,
        title: "FL1".to_owned(),
        message: "mend it".to_owned(),
    };
    let mut check = NewCheck {
        commit: head.parse().expect("a commit"),
        external_id: "run_1".to_owned(),
        name: "docs-page".to_owned(),
        status: CheckStatus::InProgress,
        conclusion: None,
        summary: "It runs.\nMore.".to_owned(),
        annotations: (1..=30).map(mark).collect(),
    };
    place.azure.put_check(&shop(), &check).await.expect("it is put");
    (check.status, check.conclusion) = (CheckStatus::Completed, Some(Conclusion::Failure));
    for _ in 0..2 {
        place.azure.put_check(&shop(), &check).await.expect("it is put again");
    }
    let base = "acme/_apis/git/repositories/shop";
    let pull = place.there.azure_id(SHOP, number);
    for path in [format!("{base}/commits/{head}/statuses"), format!("{base}/pullRequests/{pull}/statuses")] {
        let all = place.there.azure_peek(&path);
        let shown: Vec<&str> =
            all["value"].as_array().into_iter().flatten().filter_map(|it| it["state"].as_str()).collect();
        assert_eq!(shown, ["pending", "failed", "failed"], "{path}");
        assert_eq!(all["value"][0]["context"], serde_json::json!({ "genre": "forgeline", "name": "docs-page" }));
        assert_eq!(all["value"][0]["description"], "It runs.");
    }
    let threads = place.there.azure_peek(&format!("{base}/pullRequests/{pull}/threads"));
    let on_lines: Vec<u64> = threads["value"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["threadContext"]["rightFileStart"]["line"].as_u64())
        .collect();
    assert_eq!(on_lines, (1..=20).collect::<Vec<_>>());
    // What is not marked any more is mended, and what comes back is open again.
    let statuses = || -> Vec<String> {
        let threads = place.there.azure_peek(&format!("{base}/pullRequests/{pull}/threads"));
        let on_lines = threads["value"].as_array().into_iter().flatten().filter(|it| it["threadContext"].is_object());
        on_lines.filter_map(|it| it["status"].as_str().map(str::to_owned)).collect()
    };
    for (marks, expected) in [(3..=4, 2), (2..=5, 4), (30..=30, 1)] {
        check.annotations = marks.map(mark).collect();
        place.azure.put_check(&shop(), &check).await.expect("it is put for another head");
        assert_eq!(statuses().iter().filter(|status| *status == "active").count(), expected, "{:?}", statuses());
    }
    check.annotations.clear();
    place.azure.put_check(&shop(), &check).await.expect("nothing is left");
    assert_eq!(statuses(), ["fixed"; 21]);
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_permission_has_its_role_also_for_who_was_not_seen_since_the_start() {
    let place = Place::new();
    for who in ["ana", "ben", "rea", "adi", "eve"] {
        let number = place.there.open_issue(who, SHOP, "x", "y");
        assert!(number > 0);
    }
    for (who, role) in [
        ("ana", Some(Role::Editor)),
        ("ben", Some(Role::Maintainer)),
        ("rea", Some(Role::Reader)),
        ("adi", Some(Role::Admin)),
        ("eve", None),
        ("nobody", None),
    ] {
        assert_eq!(place.azure.role_of(&shop(), &place.login(who)).await, Ok(role), "{who}");
    }
    place.there.grant("ana", SHOP, Level::Read);
    assert_eq!(place.azure.role_of(&shop(), &place.login("ana")).await, Ok(Some(Role::Reader)), "never from a cache");
    place.there.repository("web/site", false);
    let site = "web/site".parse().expect("a name");
    assert_eq!(place.azure.role_of(&site, &place.login("eve")).await, Ok(Some(Role::Guest)));
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_principal_gets_tokens_and_new_ones() {
    let place = Place::new();
    let (client_id, client_secret) = place.there.azure_principal("forgeline-app");
    place.there.grant("forgeline-app", SHOP, Level::Write);
    let principal = |text: &str| Auth::Principal {
        tenant: "fabrikam.example".to_owned(),
        client_id: client_id.clone(),
        client_secret: secret(text),
        authority: Some(place.there.azure_url()),
    };
    let time = Time::new();
    let azure = adapter(&place.there, principal(&client_secret), &time);
    let me = azure.me().await.expect("it is known");
    assert!(me.starts_with("forgeline-app-") && me.ends_with("[bot]"), "{me}");
    azure.repositories().await.expect("they are listed");
    place.there.advance_clock(4_000_000);
    azure.repositories().await.expect("a token that is over is refused, and another one made");
    let tokens = place.there.requests().into_iter().filter(|it| it.path.ends_with("/token")).count();
    assert_eq!(tokens, 2);
    let azure = adapter(&place.there, principal("wrong"), &time);
    let refused = azure.me().await.expect_err("it is the wrong secret");
    assert!(matches!(refused.trouble, Trouble::Unauthorized(_)), "{refused}");
    assert!(!refused.to_string().contains("wrong "), "{refused}");
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn work_items_of_a_project_are_the_issues_of_one_repository() {
    let place = Place::new();
    place.there.repository("acme/tools", true);
    place.there.grant(ME, "acme/tools", Level::Write);
    place.there.open_issue("ana", SHOP, "It is slow", "Very.");
    let items = async |work_items: &[(&str, &str)]| {
        let named = work_items.iter().map(|(project, name)| ((*project).to_owned(), (*name).to_owned())).collect();
        let token = Auth::Token(secret(&place.there.token_for(ME)));
        let config = forgeline_azure_devops::Config {
            base_url: Some(place.there.azure_url()),
            work_items: named,
            ..forgeline_azure_devops::Config::new("fabrikam", token)
        };
        let azure = forgeline_azure_devops::AzureDevOps::new(config, std::sync::Arc::new(place.time.clone()));
        let azure = azure.expect("settings that work");
        let mut counts = Vec::new();
        for repo in [SHOP, "acme/tools"] {
            let repo = repo.parse().expect("a name");
            counts.push(azure.items(&repo, Scan::Open).await.expect("they are read").len());
        }
        counts
    };
    assert_eq!(items(&[]).await, [0, 0], "none of two is called like the project");
    assert_eq!(items(&[("Acme", "tools")]).await, [0, 1]);
    assert_eq!(items(&[("acme", "gone")]).await, [0, 0]);
    place.there.repository("acme/acme", true);
    place.there.grant(ME, "acme/acme", Level::Write);
    let refused = place.azure.open_issue(&shop(), "x", "y", &[]).await.expect_err("it is another one's");
    assert!(refused.to_string().contains("work_items"), "{refused}");
    let home = "acme/acme".parse().expect("a name");
    let fresh = adapter(&place.there, Auth::Token(secret(&place.there.token_for(ME))), &place.time);
    assert_eq!(fresh.items(&home, Scan::Open).await.expect("they are read").len(), 1);
    place.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_markers_out_and_knows_no_markdown() {
    let place = Place::new();
    place.there.azure_is_old();
    let number = place.there.open_issue("ana", SHOP, "It is slow", "Very.");
    let id = place.there.azure_id(SHOP, number);
    place.there.comment("ana", SHOP, number, "/forgeline help");
    let body = marker::append("# Done\n\n- one\n- two < 3", "status:1");
    let own = place.azure.create_comment(&shop(), id, &body).await.expect("it is written");
    assert_eq!(own.body, body, "the mirror knows its own comment by the key");
    let texts: Vec<String> =
        place.azure.comments(&shop(), id).await.expect("they are read").into_iter().map(|it| it.body).collect();
    assert_eq!(texts, ["/forgeline help", marker::strip(&body).as_str()]);
    place.settle();
}
