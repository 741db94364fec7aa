//! When something is sent, sent again, and not sent.

use forgeline_azure_devops::Auth;
use forgeline_fake_forge::Fault;
use forgeline_forge::remote::{Remote, Trouble};
use forgeline_model::Timestamp;

use super::place::{Place, SHOP, START, adapter, secret, shop};

const COMMENT: &str = "POST /fabrikam/*/_apis/wit/workItems/*/comments";
const PROJECTS: &str = "GET /fabrikam/_apis/projects";

fn comments(place: &Place) -> usize {
    place.there.requests().iter().filter(|it| it.method == "POST" && it.path.ends_with("/comments")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_may_have_arrived_are_never_repeated() {
    for fault in [Fault::ResetAfter, Fault::ResetBefore, Fault::StatusAfter(502), Fault::Status(500), Fault::Truncate] {
        let place = Place::new();
        let id = place.there.azure_id(SHOP, place.there.open_issue("ana", SHOP, "x", "y"));
        place.there.faults().next(COMMENT, 1, fault);
        let error = place.azure.create_comment(&shop(), id, "hi").await.expect_err("nobody knows");
        assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: true, .. }), "{fault:?}: {error}");
        assert_eq!(comments(&place), 1, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_tried_three_times() {
    for fault in [Fault::ResetAfter, Fault::Status(503), Fault::Status(500), Fault::Truncate] {
        let place = Place::new();
        place.there.faults().next(PROJECTS, 2, fault);
        place.azure.repositories().await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert!((600..=1200).contains(&place.time.passed()), "{} ms", place.time.passed());
        place.there.faults().next(PROJECTS, 3, fault);
        let error = place.azure.repositories().await.expect_err("it always fails");
        assert!(matches!(error.trouble, Trouble::Unavailable { perhaps_done: false, .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_in_a_forbidden_window() {
    for status in [429, 503] {
        let place = Place::new();
        let id = place.there.azure_id(SHOP, place.there.open_issue("ana", SHOP, "x", "y"));
        place.azure.item(&shop(), id).await.expect("it is read");
        place.there.faults().next(COMMENT, 1, Fault::RetryAfter { status, seconds: 30 });
        let until = Trouble::Limited { until: Timestamp::from_millis(START + 30_000 + place.time.passed()) };
        assert_eq!(place.azure.create_comment(&shop(), id, "a").await.expect_err("limited").trouble, until);
        let asked = place.there.requests().len();
        assert_eq!(place.azure.create_comment(&shop(), id, "a").await.expect_err("still").trouble, until);
        assert_eq!(place.azure.item(&shop(), id).await.expect_err("reads too").trouble, until);
        assert_eq!(place.there.requests().len(), asked, "nothing is sent");
        place.time.advance(30_000);
        place.there.advance_clock(31_000);
        place.azure.create_comment(&shop(), id, "a").await.expect("it is open again");
        place.settle();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_keep_their_kind_and_say_what_was_done() {
    let place = Place::new();
    let id = place.there.azure_id(SHOP, place.there.open_issue("ana", SHOP, "x", "y"));
    place.azure.me().await.expect("it is known");
    let check = async |status: u16, expected: fn(&Trouble) -> bool| {
        place.there.faults().next(COMMENT, 2, Fault::Status(status));
        let error = place.azure.create_comment(&shop(), id, "x").await.expect_err("refused");
        assert!(expected(&error.trouble), "{status}: {error:?}");
        assert!(error.to_string().starts_with(&format!("Azure DevOps, comment on acme/shop#{id}: ")), "{error}");
        place.there.faults().clear();
    };
    check(203, |trouble| matches!(trouble, Trouble::Unauthorized(_))).await;
    check(302, |trouble| matches!(trouble, Trouble::Unauthorized(_))).await;
    check(401, |trouble| matches!(trouble, Trouble::Unauthorized(_))).await;
    check(403, |trouble| matches!(trouble, Trouble::Forbidden(_))).await;
    check(404, |trouble| matches!(trouble, Trouble::Missing(_))).await;
    check(409, |trouble| matches!(trouble, Trouble::Refused(_))).await;
    check(500, |trouble| matches!(trouble, Trouble::Unavailable { perhaps_done: true, .. })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_and_shown_to_nobody() {
    let place = Place::new();
    let azure = adapter(&place.there, Auth::Token(secret("hunter2")), &place.time);
    let error = azure.repositories().await.expect_err("refused");
    assert!(matches!(error.trouble, Trouble::Unauthorized(_)), "{error}");
    assert!(!format!("{error} {azure:?}").contains("hunter2"));
    assert_eq!(place.there.requests().len(), 1, "there is no other token to try");
}
