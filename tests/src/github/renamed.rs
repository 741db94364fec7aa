//! A repository that is renamed, taken away and given back.

use forgeline_fake_forge::Fault;

use super::{ME, Place, RUN};

const STORE: &str = "acme/store";

#[test]
fn a_renamed_repository_keeps_its_runs_and_starts_none_twice() {
    let place = Place::new();
    let issue = place.issue("How to return goods", "ana", RUN);
    place.pass();
    let pulls = place.pulls();
    assert_eq!((pulls.len(), place.world.runs().len()), (1, 1));
    place.there.rename("acme", super::SHOP, "store");
    place.pass();
    place.pass();
    let runs = place.world.runs();
    assert_eq!(runs.len(), 1, "the same comment starts nothing again");
    assert_eq!(runs[0]["repository"], STORE);
    let why = place.world.ok(&["why", STORE]).out;
    assert!(why.contains("mirror.renamed"), "{why}");
    // What was asked before is joined, and what is new goes on under the new name.
    place.there.comment("ana", STORE, issue, "/forgeline status");
    place.pass();
    let all = place.there.peek(&format!("/repos/{STORE}/issues/{issue}/comments"));
    let own: Vec<&str> = all
        .as_array()
        .expect("a list")
        .iter()
        .filter(|it| it["user"]["login"] == ME)
        .filter_map(|it| it["body"].as_str())
        .collect();
    assert!(own.iter().any(|text| text.contains("docs-page") && text.contains("published")), "{own:?}");
    place.there.merge("ben", STORE, pulls[0]);
    let next = place.there.open_issue("ana", STORE, "How to pay", "In advance.");
    place.there.comment("ana", STORE, next, RUN);
    place.pass();
    assert_eq!(place.world.runs().len(), 2);
    let open = place.there.peek(&format!("/repos/{STORE}/pulls?state=open"));
    assert_eq!(open.as_array().map(Vec::len), Some(1), "{open}");
    assert!(place.there.file(STORE, "main", "docs/how-to-return-goods.md").is_some(), "the first one is merged");
    place.settle();
}

#[test]
fn a_repository_that_was_taken_away_is_left_alone_until_it_is_back() {
    let place = Place::new();
    place.issue("How to return goods", "ana", RUN);
    place.pass();
    place.there.suspend(place.installation, true);
    place.pass();
    place.there.forget_requests();
    place.pass();
    let asked = place.there.requests().iter().filter(|it| it.path.contains("/repos/acme/shop")).count();
    assert_eq!(asked, 0, "it is not looked at");
    let why = place.world.ok(&["why", "acme/shop"]).out;
    assert_eq!(why.matches("mirror.gone").count(), 1, "{why}");
    place.there.suspend(place.installation, false);
    place.issue("How to pay", "ana", RUN);
    place.pass();
    assert_eq!(place.pulls().len(), 2);
    place.settle();
}

#[test]
fn a_run_of_a_repository_that_is_gone_ends_and_says_why() {
    let place = Place::new();
    place.issue("How to return goods", "ana", RUN);
    place.there.faults().next("POST /repos/*/*/pulls", 100, Fault::Status(502));
    place.world.run(&["bot", "once"]);
    assert_eq!(place.world.runs()[0]["finished"], false, "{:?}", place.world.runs());
    place.there.suspend(place.installation, true);
    place.world.run(&["bot", "once"]);
    let runs = place.world.runs();
    assert_eq!((runs.len(), &runs[0]["finished"]), (1, &true.into()), "{runs:?}");
    let why = place.world.ok(&["why", "@latest"]).out;
    assert!(why.contains("not there any more"), "{why}");
    place.there.forget_requests();
    place.world.run(&["bot", "once"]);
    let asked = place.there.requests().iter().filter(|it| it.path.contains("acme/shop")).count();
    assert_eq!(asked, 0, "nothing is tried again");
}
