//! GitHub, played by the fake forge over real HTTP and Git; the real executable is the bot.

mod lost;
mod renamed;
mod reviews;

use forgeline_fake_forge::{FakeForge, Fault, Level};

use crate::{
    serve::server::{Server, patiently, signed},
    survival::picture::Picture,
    world::{Said, World},
};

pub(crate) const SHOP: &str = "acme/shop";
const RUN: &str = "/forgeline run docs-page";
pub(crate) const ME: &str = "forgeline-app[bot]";
pub(crate) const SECRET: &str = "3f1d0f7c5a5e4e6c8f3b";

/// A machine whose operator names a GitHub, and that GitHub.
pub(crate) struct Place {
    pub(crate) world: World,
    pub(crate) there: FakeForge,
    /// Forgeline's installation at the owner of the repository.
    installation: u64,
}

impl Place {
    /// With Forgeline as an App, which has looked at the repository once.
    fn new() -> Self {
        let place = Self::strange();
        place.pass();
        place
    }

    pub(crate) fn strange() -> Self {
        let there = FakeForge::start_blocking();
        there.repository(SHOP, false);
        there.grant("ana", SHOP, Level::Write);
        there.grant("ben", SHOP, Level::Maintain);
        there.push("ana", SHOP, "main", &[("README.md", "# Shop\n")]);
        let rights = ["contents", "issues", "pull_requests", "checks"].map(|right| (right, "write"));
        let app = there.app("forgeline-app", &[&rights[..], &[("metadata", "read")]].concat());
        let installation = there.install(&app, "acme", None);
        let world = World::new();
        let key = world.write("app.pem", &app.private_key_pem);
        let hook = world.write("hook", SECRET);
        let operator = format!(
            "apiVersion: forgeline.dev/v1\nkind: Operator\nforges:\n  github: {{app_id: {}, private_key: \"file:{key}\", \
             webhook_secret: \"file:{hook}\", base_url: \"{}\"}}\n",
            app.id,
            there.enterprise_url(),
        );
        world.write("home/.config/forgeline/operator.yaml", operator);
        Self { world, there, installation }
    }

    /// One look of the bot, and the runs that follow.
    #[track_caller]
    pub(crate) fn pass(&self) -> Said {
        self.world.ok(&["bot", "once", "--json"])
    }

    /// An issue under which somebody says something.
    fn issue(&self, title: &str, who: &str, comment: &str) -> u64 {
        let number = self.there.open_issue("ana", SHOP, title, "Within 30 days.");
        self.there.comment(who, SHOP, number, comment);
        number
    }

    /// Open pull requests, the newest first.
    fn pulls(&self) -> Vec<u64> {
        let all = self.there.peek(&format!("/repos/{SHOP}/pulls?state=open"));
        all.as_array().expect("a list").iter().filter_map(|it| it["number"].as_u64()).collect()
    }

    /// What Forgeline has said on an item.
    pub(crate) fn said_on(&self, number: u64) -> Vec<String> {
        let all = self.there.peek(&format!("/repos/{SHOP}/issues/{number}/comments"));
        let own = all.as_array().expect("a list").iter().filter(|it| it["user"]["login"] == ME);
        own.filter_map(|it| it["body"].as_str().map(str::to_owned)).collect()
    }

    /// Nothing that was asked differs from GitHub's description, and no limit was overrun.
    #[track_caller]
    pub(crate) fn settle(&self) {
        assert_eq!(self.there.problems(), Vec::<String>::new());
        self.world.settle();
    }
}

#[test]
fn a_comment_becomes_one_pull_request_and_the_merge_is_seen() {
    let place = Place::new();
    let issue = place.issue("How to return goods", "ana", RUN);
    place.pass();
    let pulls = place.pulls();
    assert_eq!(pulls.len(), 1);
    let said = place.said_on(issue);
    assert!(said.iter().any(|text| text.contains("docs-page")), "{said:?}");
    place.pass();
    place.pass();
    assert_eq!((place.pulls(), place.said_on(issue).len()), (pulls.clone(), said.len()), "looking again does nothing");
    place.there.merge("ben", SHOP, pulls[0]);
    place.pass();
    let runs = place.world.runs();
    assert_eq!(runs.len(), 1);
    assert!(place.there.file(SHOP, "main", "docs/how-to-return-goods.md").is_some(), "it is merged");
    place.settle();
}

#[test]
fn a_run_asks_github_for_little() {
    let place = Place::new();
    place.issue("How to return goods", "ana", RUN);
    place.there.forget_requests();
    place.world.ok(&["bot", "once"]);
    assert_eq!(place.pulls().len(), 1);
    let all = place.there.requests();
    let asked: Vec<String> = all
        .iter()
        .filter(|it| it.path.starts_with("/api/") && !it.path.contains("/access_tokens") && it.status != Some(304))
        .map(|it| format!("{} {} {:?}", it.method, it.path, it.status))
        .collect();
    assert!(asked.len() <= 40, "{}: {asked:#?}", asked.len());
    place.settle();
}

#[test]
fn a_stranger_is_refused_by_the_missing_right() {
    let place = Place::new();
    place.there.user("eve");
    let issue = place.issue("How to return goods", "eve", RUN);
    place.pass();
    assert_eq!(place.pulls(), Vec::<u64>::new());
    let said = place.said_on(issue);
    assert!(said.len() == 1 && said[0].contains("editor"), "{said:?}");
    place.settle();
}

#[test]
fn what_happened_before_the_first_look_is_left_alone() {
    let place = Place::strange();
    let issue = place.issue("How to return goods", "ana", RUN);
    place.pass();
    assert_eq!((place.pulls(), place.said_on(issue)), (vec![], vec![]));
    place.there.comment("ana", SHOP, issue, RUN);
    place.pass();
    assert_eq!(place.pulls().len(), 1);
    place.settle();
}

#[test]
fn answers_that_are_lost_make_nothing_twice() {
    for lost in ["POST /repos/*/*/pulls", "POST /repos/*/*/issues/*/comments"] {
        let place = Place::new();
        let issue = place.issue("How to return goods", "ana", RUN);
        place.there.faults().next(lost, 1, Fault::ResetAfter);
        for _ in 0..3 {
            place.world.run(&["bot", "once"]);
            place.there.advance_clock(60_000);
        }
        patiently("the run's end", || {
            place.world.run(&["bot", "once"]);
            // What failed is tried again after a second or two.
            Picture::open(&place.world).is_empty() && place.world.runs().iter().all(|run| run["finished"] == true)
        });
        assert_eq!(place.pulls().len(), 1, "{lost}");
        let said = place.said_on(issue);
        let mut different = said.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), said.len(), "{lost}: {said:?}");
        place.settle();
    }
}

#[test]
fn a_hook_is_answered_at_once_and_without_hooks_it_is_seen_all_the_same() {
    let place = Place::new();
    let server = Server::start(&place.world, &[], &["--poll", "3600"]);
    patiently("the first pass", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 1"));
    place.issue("How to return goods", "ana", RUN);
    let body = format!("{{\"action\":\"created\",\"repository\":{{\"full_name\":\"{SHOP}\"}}}}");
    let signature = signed(SECRET, &body);
    let head = [("x-github-event", "issue_comment"), ("x-github-delivery", "d1"), ("x-hub-signature-256", &signature)];
    assert_eq!(server.send("github", &head, &body), 202);
    patiently("a pull request", || place.pulls().len() == 1);
    assert_eq!(server.end(), 0);
    let server = Server::start(&place.world, &[], &["--poll", "1"]);
    place.issue("How to pay", "ana", RUN);
    patiently("a second pull request", || place.pulls().len() == 2);
    assert_eq!(server.end(), 0);
    place.settle();
}

#[test]
fn a_dry_run_reads_there_and_leaves_no_trace() {
    let place = Place::new();
    let issue = place.issue("How to return goods", "ana", RUN);
    place.there.forget_requests();
    let said = place.world.ok(&["bot", "once", "--dry-run"]);
    assert!(said.out.contains("would be carried out"), "{}", said.out);
    let writes =
        place.there.requests().into_iter().filter(|it| it.method != "GET" && !it.path.contains("access_tokens"));
    let writes: Vec<String> =
        writes.map(|it| format!("{} {}", it.method, it.path)).filter(|it| !it.contains("git-upload-pack")).collect();
    assert_eq!(writes, Vec::<String>::new());
    assert_eq!((place.pulls(), place.said_on(issue)), (vec![], vec![]));
    place.pass();
    assert_eq!(place.pulls().len(), 1, "the dry run took nothing away");
    place.settle();
}

/// A contract that says nothing of itself; the review of contracts has something to say about that.
const BAD: (&str, &str) = ("schema-registry/events/shop/Returned/event.yaml", "kind: Event\n");

#[test]
fn a_revision_of_an_outsider_is_looked_at_when_a_maintainer_says_so() {
    let place = Place::new();
    let there = &place.there;
    there.user("eve");
    let fork = there.fork("eve", SHOP);
    let first = there.push("eve", &fork, "change", &[BAD]);
    let pull = there.open_pull("eve", SHOP, "eve:change", "main", "A contract", "");
    let checks = |commit: &str| {
        let all = there.peek(&format!("/repos/{SHOP}/commits/{commit}/check-runs"));
        all["check_runs"].as_array().expect("a list").len()
    };
    place.pass();
    let said = place.said_on(pull);
    assert!(said.len() == 1 && said[0].contains(&format!("ok-to-test {first}")), "{said:?}");
    assert_eq!((checks(&first), place.world.runs().len()), (0, 0));
    let ask = |who: &str, commit: &str| {
        there.comment(who, SHOP, pull, &format!("/fl ok-to-test {commit}"));
        place.pass();
        place.said_on(pull).pop().expect("an answer")
    };
    assert!(ask("ana", &first).contains("maintain"), "she may write, and that is not enough");
    assert!(ask("ben", &first[..10]).contains("too short"));
    assert_eq!(place.world.runs().len(), 0);
    ask("ben", &first);
    assert!(place.said_on(pull).iter().any(|text| text.contains("**Trusted**")), "{:?}", place.said_on(pull));
    assert_eq!((checks(&first), place.world.runs().len()), (1, 1));

    let second = there.push("eve", &fork, "change", &[("schema-registry/more", "1")]);
    place.pass();
    assert_eq!((checks(&second), place.world.runs().len()), (0, 1), "that word was for the first one");
    assert!(place.said_on(pull).iter().any(|text| text.contains(&format!("ok-to-test {second}"))));
    assert!(ask("ben", &first).contains("not the commit"));
    assert!(ask("ben", "cancel").contains("No longer trusted"));
    place.settle();
}

#[test]
fn a_pull_request_of_somebody_who_may_write_is_reviewed_with_marks_on_lines() {
    let place = Place::new();
    let head = place.there.push("ana", SHOP, "change", &[BAD]);
    let pull = place.there.open_pull("ana", SHOP, "change", "main", "A contract", "");
    place.pass();
    let all = place.there.peek(&format!("/repos/{SHOP}/commits/{head}/check-runs"));
    assert_eq!(all["check_runs"][0]["name"], "forgeline/schema-review", "{all}");
    assert_eq!(all["check_runs"][0]["conclusion"], "failure", "{all}");
    assert!(place.said_on(pull).iter().any(|text| text.contains("2 errors")), "{:?}", place.said_on(pull));
    let next = place.there.push("ana", SHOP, "change", &[("schema-registry/events/shop/Returned/CHANGELOG.md", "x")]);
    place.pass();
    let all = place.there.peek(&format!("/repos/{SHOP}/commits/{next}/check-runs"));
    assert_eq!(all["total_count"], 1, "{all}");
    assert_eq!(place.said_on(pull).iter().filter(|text| text.contains("2 errors")).count(), 1);
    place.settle();
}
