//! What goes wrong at Azure DevOps: at the end there is one pull request, one thread, one status.

use forgeline_fake_forge::{Fault, Level};
use serde_json::Value;

use super::{ME, Place, RUN, SHOP};
use crate::{serve::server::patiently, survival::picture::Picture};

const PULLS: &str = "fabrikam/*/_apis/git/repositories/*/pullrequests";
const SCHEMA: &str = "schema-registry/events/shop/OrderPlaced/schema.json";

impl Place {
    /// Looks until all that was asked for has come to its end. Passes fail while faults last.
    fn look_until_done(&self) {
        patiently("all to be done", || {
            self.world.run(&["bot", "once"]);
            self.there.advance_clock(61_000);
            let is_over = self.world.runs().iter().all(|run| run["finished"] == true);
            !self.world.runs().is_empty() && is_over && Picture::open(&self.world).is_empty()
        });
        // What failed last is tried once more.
        self.world.run(&["bot", "once"]);
    }

    /// A pull request of ana's with a contract that is wrong; its id.
    fn proposal(&self) -> u64 {
        self.there.push("ana", SHOP, "topic", &[(SCHEMA, "{\"type\": \"object\"\n")]);
        let number = self.there.open_pull("ana", SHOP, "topic", "main", "A contract", "");
        self.there.azure_id(SHOP, number)
    }

    /// The fault was met, and it was made good.
    #[track_caller]
    fn settle_after_a_fault(&self) {
        assert!(self.there.requests().iter().any(|request| request.fault.is_some()), "nothing went wrong");
        self.settle();
    }

    fn threads(&self, pull: u64) -> Vec<Value> {
        let all = self.list(&format!("acme/_apis/git/repositories/shop/pullRequests/{pull}/threads"));
        all.into_iter().filter(|it| it["comments"][0]["author"]["displayName"] == ME).collect()
    }

    /// Its threads but for marks on lines, its marks, and the different statuses of its head.
    fn seen(&self, pull: u64) -> (usize, usize, usize) {
        let threads = self.threads(pull);
        let marks = threads.iter().filter(|it| it["threadContext"].is_object()).count();
        let statuses = self.list(&format!("acme/_apis/git/repositories/shop/pullRequests/{pull}/statuses"));
        let mut names: Vec<String> = statuses.iter().map(|it| it["context"].to_string()).collect();
        names.sort();
        names.dedup();
        (threads.len() - marks, marks, names.len())
    }
}

/// No request came before it was allowed to; `settle` tells.
#[test]
fn limits_and_outages_are_waited_out_and_end_in_one_of_each() {
    let pulls = format!("POST /{PULLS}");
    for (pattern, fault) in [
        (&*pulls, Fault::RetryAfter { status: 429, seconds: 30 }),
        (&*pulls, Fault::RetryAfter { status: 503, seconds: 30 }),
        (&*pulls, Fault::Status(503)),
        (&*pulls, Fault::StatusAfter(502)),
        (&*pulls, Fault::Truncate),
        ("POST /fabrikam/*/_apis/wit/workItems/*/comments", Fault::Truncate),
        ("GET /fabrikam/*/_apis/wit/workItems/*/comments", Fault::RetryAfter { status: 429, seconds: 30 }),
    ] {
        let place = Place::new();
        let item = place.work_item("How to return goods", "ana", RUN);
        place.there.faults().next(pattern, 1, fault);
        place.look_until_done();
        assert_eq!(place.pulls().len(), 1, "{pattern} {fault:?}");
        let said = place.said_on(item);
        let told = said.iter().filter(|text| text.contains("(published)")).count();
        assert_eq!((told, said.len()), (1, 2), "{pattern} {fault:?}: {said:?}");
        place.settle_after_a_fault();
    }
}

#[test]
fn a_review_whose_answers_are_lost_is_one_thread_and_one_status() {
    const THREADS: &str = "POST /fabrikam/*/_apis/git/repositories/*/pullRequests/*/threads";
    for (pattern, fault) in [
        (THREADS, Fault::ResetAfter),
        (THREADS, Fault::RetryAfter { status: 429, seconds: 30 }),
        ("POST /fabrikam/*/_apis/git/repositories/*/pullRequests/*/statuses", Fault::ResetAfter),
        ("POST /fabrikam/*/_apis/git/repositories/*/commits/*/statuses", Fault::ResetAfter),
        ("POST /fabrikam/*/_apis/git/repositories/*/commits/*/statuses", Fault::Status(503)),
    ] {
        let place = Place::new();
        let pull = place.proposal();
        place.there.faults().next(pattern, 1, fault);
        place.look_until_done();
        assert_eq!(place.seen(pull), (1, 2, 1), "{pattern} {fault:?}: {:#?}", place.threads(pull));
        place.settle_after_a_fault();
    }
}

#[test]
fn pages_that_end_with_a_token_are_read_to_the_end() {
    let place = Place::new();
    place.there.azure_pages(2);
    for other in ["aaa/one", "bbb/two", "ccc/three"] {
        place.there.repository(other, true);
        place.there.grant(ME, other, Level::Write);
    }
    let item = place.there.open_issue("ana", SHOP, "How to return goods", "Within 30 days.");
    for text in ["One.", "Two.", "Three.", RUN, "Five.", "Six."] {
        place.there.comment("ana", SHOP, item, text);
    }
    place.pass();
    place.pass();
    assert_eq!(place.pulls().len(), 1, "{:?}", place.said_on(item));
    assert_eq!(place.said_on(item).len(), 2);
    place.settle();
}

/// Somebody else changes the work item between reading and writing.
#[test]
fn a_work_item_that_others_change_is_labelled_once_all_the_same() {
    for status in [409, 412] {
        let place = Place::new();
        let item = place.work_item("How to return goods", "ana", "/forgeline hold");
        place.there.faults().next("PATCH /fabrikam/*/_apis/wit/workitems/*", 2, Fault::Status(status));
        for _ in 0..3 {
            place.world.run(&["bot", "once"]);
        }
        let id = place.there.azure_id(SHOP, item);
        let shown = place.there.azure_peek(&format!("acme/_apis/wit/workitems/{id}"));
        assert_eq!(shown["fields"]["System.Tags"], "forgeline/hold", "{status}: {shown}");
        assert_eq!(place.said_on(item).len(), 1, "{status}");
        place.settle_after_a_fault();
    }
}
