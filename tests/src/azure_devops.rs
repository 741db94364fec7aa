//! Azure DevOps, played by the fake forge over real HTTP and Git; the real executable is the bot.

mod faults;
mod hooks;

use forgeline_fake_forge::{FakeForge, Fault, Level};

use crate::{
    serve::server::{Server, patiently},
    survival::picture::Picture,
    world::{Said, World},
};

const SHOP: &str = "acme/shop";
const RUN: &str = "/forgeline run docs-page";
const ME: &str = "forgeline-bot";
const SECRET: &str = "3f1d0f7c5a5e4e6c8f3b";
const WORK_ITEM_COMMENTS: &str = "POST /fabrikam/*/_apis/wit/workItems/*/comments";
const PULL_REQUESTS: &str = "POST /fabrikam/*/_apis/git/repositories/*/pullrequests";

/// A machine whose operator names an organization of Azure DevOps, and that organization.
struct Place {
    world: World,
    there: FakeForge,
}

impl Place {
    /// With Forgeline as the owner of a token, which has looked at the repository once.
    fn new() -> Self {
        let place = Self::strange();
        place.pass();
        place
    }

    fn strange() -> Self {
        Self::with(|there, world| {
            let token = world.write("pat", there.token_for(ME));
            format!("token: \"file:{token}\"")
        })
    }

    fn with(credential: impl FnOnce(&FakeForge, &World) -> String) -> Self {
        let there = FakeForge::start_blocking();
        there.repository(SHOP, true);
        there.grant("ana", SHOP, Level::Write);
        there.grant("ben", SHOP, Level::Maintain);
        there.grant("rea", SHOP, Level::Read);
        there.grant(ME, SHOP, Level::Write);
        there.push("ana", SHOP, "main", &[("README.md", "# Shop\n")]);
        let world = World::new();
        let credential = credential(&there, &world);
        let hook = world.write("hook", SECRET);
        let operator = format!(
            "apiVersion: forgeline.dev/v1\nkind: Operator\nforges:\n  azure_devops: {{organization: {}, {credential}, \
             hook_secret: \"file:{hook}\", base_url: \"{}\"}}\n",
            FakeForge::ORGANIZATION,
            there.azure_url(),
        );
        world.write("home/.config/forgeline/operator.yaml", operator);
        Self { world, there }
    }

    /// One look of the bot, and the runs that follow.
    #[track_caller]
    fn pass(&self) -> Said {
        self.world.ok(&["bot", "once", "--json"])
    }

    /// A work item under which somebody says something.
    fn work_item(&self, title: &str, who: &str, comment: &str) -> u64 {
        let number = self.there.open_issue("ana", SHOP, title, "Within 30 days.");
        self.there.comment(who, SHOP, number, comment);
        number
    }

    fn list(&self, path: &str) -> Vec<serde_json::Value> {
        let shown = self.there.azure_peek(path);
        let list = shown.get("value").or_else(|| shown.get("comments"));
        list.and_then(|list| list.as_array()).cloned().unwrap_or_default()
    }

    /// Ids of the open pull requests.
    fn pulls(&self) -> Vec<u64> {
        let all = self.list("acme/_apis/git/repositories/shop/pullrequests?searchCriteria.status=active");
        all.iter().filter_map(|it| it["pullRequestId"].as_u64()).collect()
    }

    /// What Forgeline has said on a work item.
    fn said_on(&self, number: u64) -> Vec<String> {
        let id = self.there.azure_id(SHOP, number);
        let all = self.list(&format!("acme/_apis/wit/workItems/{id}/comments"));
        let own = all.iter().filter(|it| it["createdBy"]["displayName"] == ME);
        own.filter_map(|it| it["text"].as_str().map(str::to_owned)).collect()
    }

    /// Nothing was asked that the fake does not know of Azure DevOps, and no limit was overrun.
    #[track_caller]
    fn settle(&self) {
        assert_eq!(self.there.problems(), Vec::<String>::new());
        self.world.settle();
    }

    /// The number of a pull request in its repository of the fake.
    fn number_of(&self, id: u64) -> u64 {
        (1..100).find(|number| self.there.azure_id(SHOP, *number) == id).expect("a pull request of the shop")
    }
}

#[test]
fn a_comment_on_a_work_item_becomes_one_pull_request_and_the_merge_is_seen() {
    let place = Place::new();
    let item = place.work_item("How to return goods", "ana", RUN);
    place.pass();
    let pulls = place.pulls();
    assert_eq!(pulls.len(), 1, "{:?}", place.said_on(item));
    // Each of the two shows the other.
    let id = place.there.azure_id(SHOP, item);
    let linked = place.list(&format!("acme/_apis/git/repositories/shop/pullRequests/{}/workitems", pulls[0]));
    assert_eq!(linked.len(), 1, "{linked:?}");
    assert_eq!(linked[0]["id"], id.to_string());
    let shown = place.there.azure_peek(&format!("acme/_apis/wit/workitems/{id}?$expand=relations"));
    let link = shown["relations"][0]["url"].as_str().unwrap_or_default();
    assert!(link.starts_with("vstfs:///Git/PullRequestId/") && link.ends_with(&format!("%2F{}", pulls[0])), "{shown}");
    let said = place.said_on(item);
    assert!(said.iter().any(|text| text.contains("docs-page")), "{said:?}");
    assert!(said.iter().all(|text| !text.contains("#1000000")), "{said:?}");
    place.pass();
    place.pass();
    assert_eq!((place.pulls(), place.said_on(item)), (pulls.clone(), said), "looking again does nothing");
    place.there.merge("ben", SHOP, place.number_of(pulls[0]));
    place.pass();
    assert_eq!(place.world.runs().len(), 1);
    assert!(place.there.file(SHOP, "main", "docs/how-to-return-goods.md").is_some(), "it is merged");
    place.settle();
}

#[test]
fn a_command_on_a_pull_request_is_answered_in_a_thread() {
    let place = Place::new();
    place.work_item("How to return goods", "ana", RUN);
    place.pass();
    let pulls = place.pulls();
    let number = place.number_of(pulls[0]);
    place.there.comment("ana", SHOP, number, "/forgeline status");
    place.pass();
    place.pass();
    let path = format!("acme/_apis/git/repositories/shop/pullRequests/{}/threads", pulls[0]);
    let threads = place.list(&path);
    let own = threads.iter().filter(|it| it["comments"][0]["author"]["displayName"] == ME);
    let answers: Vec<_> = own.filter(|it| it["properties"]["forgeline.marker"]["$value"].is_string()).collect();
    assert_eq!(answers.len(), 1, "{threads:?}");
    let statuses = place.list(&format!("acme/_apis/git/repositories/shop/pullRequests/{}/statuses", pulls[0]));
    assert!(statuses.iter().all(|it| it["context"]["genre"] == "forgeline"), "{statuses:?}");
    place.settle();
}

#[test]
fn a_pull_request_from_a_fork_is_seen_with_its_commits() {
    let place = Place::new();
    place.there.fork("eve", SHOP);
    place.there.push("eve", "eve/shop", "fix", &[("a", "1")]);
    let number = place.there.open_pull("eve", SHOP, "eve:fix", "main", "Mend it", "Please.");
    place.pass();
    place.there.comment("ana", SHOP, number, "/forgeline status");
    place.pass();
    let id = place.there.azure_id(SHOP, number);
    let threads = place.list(&format!("acme/_apis/git/repositories/shop/pullRequests/{id}/threads"));
    let own = threads.iter().filter(|it| it["comments"][0]["author"]["displayName"] == ME);
    assert_eq!(own.count(), 1, "{threads:?}");
    place.settle();
}

#[test]
fn who_may_not_is_refused_by_the_missing_right() {
    let place = Place::new();
    let item = place.work_item("How to return goods", "rea", RUN);
    place.pass();
    assert_eq!(place.pulls(), Vec::<u64>::new());
    let said = place.said_on(item);
    assert!(said.len() == 1 && said[0].contains("editor"), "{said:?}");
    place.settle();
}

#[test]
fn what_happened_before_the_first_look_is_left_alone() {
    let place = Place::strange();
    let item = place.work_item("How to return goods", "ana", RUN);
    place.pass();
    assert_eq!((place.pulls(), place.said_on(item)), (vec![], vec![]));
    place.there.comment("ana", SHOP, item, RUN);
    place.pass();
    assert_eq!(place.pulls().len(), 1);
    place.settle();
}

#[test]
fn answers_that_are_lost_make_nothing_twice() {
    for lost in [PULL_REQUESTS, WORK_ITEM_COMMENTS] {
        let place = Place::new();
        let item = place.work_item("How to return goods", "ana", RUN);
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
        let said = place.said_on(item);
        let mut different = said.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), said.len(), "{lost}: {said:?}");
        place.settle();
    }
}

#[test]
fn a_service_hook_wakes_the_bot() {
    let place = Place::new();
    let server = Server::start(&place.world, &[], &["--poll", "3600"]);
    patiently("the first pass", || server.look("/metrics").1.contains("forgeline_passes_total{result=\"done\"} 1"));
    place.work_item("How to return goods", "ana", RUN);
    let body = "{\"id\":\"d1\",\"eventType\":\"workitem.commented\",\"resource\":{\"id\":5}}";
    assert_eq!(server.send("azure-devops", &[("x-forgeline-secret", SECRET)], body), 202);
    patiently("a pull request", || place.pulls().len() == 1);
    assert_eq!(server.send("azure-devops", &[("x-forgeline-secret", "wrong")], body), 401);
    assert_eq!(server.end(), 0);
    place.settle();
}

#[test]
fn a_service_principal_does_the_same() {
    let place = Place::with(|there, world| {
        let (client, secret) = there.azure_principal("forgeline-app");
        there.grant("forgeline-app", SHOP, Level::Write);
        let secret = world.write("client-secret", secret);
        format!(
            "tenant: fabrikam.example, client_id: \"{client}\", client_secret: \"file:{secret}\", authority: \"{}\"",
            there.azure_url()
        )
    });
    place.pass();
    place.work_item("How to return goods", "ana", RUN);
    place.pass();
    place.pass();
    assert_eq!(place.pulls().len(), 1);
    place.settle();
}

#[test]
fn a_dry_run_reads_there_and_leaves_no_trace() {
    let place = Place::new();
    let item = place.work_item("How to return goods", "ana", RUN);
    place.there.forget_requests();
    let said = place.world.ok(&["bot", "once", "--dry-run"]);
    assert!(said.out.contains("would be carried out"), "{}", said.out);
    let reads = ["/wiql", "/workitemsbatch", "/git-upload-pack"];
    let writes = place.there.requests().into_iter().filter(|it| it.method != "GET");
    let writes: Vec<String> =
        writes.map(|it| it.path).filter(|path| !reads.iter().any(|read| path.ends_with(read))).collect();
    assert_eq!(writes, Vec::<String>::new());
    assert_eq!((place.pulls(), place.said_on(item)), (vec![], vec![]));
    place.pass();
    assert_eq!(place.pulls().len(), 1, "the dry run took nothing away");
    place.settle();
}
