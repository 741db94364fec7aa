//! Jobs of Azure Pipelines: the examples against the fake forge, as the build service of a project.

use std::time::{Duration, Instant};

use forgeline_fake_forge::{FakeForge, Fault, Level};
use serde_json::Value;

use super::job::{HOUR, Job, step};
use crate::{serve::server::patiently, world::World};

const SHOP: &str = "acme/shop";
/// The account whose token a job gets.
const BUILD: &str = "build-service";
const RUN: &str = "/forgeline run docs-page";

/// An organization with one work item, and the token that a job there gets.
struct There {
    forge: FakeForge,
    token: String,
}

impl There {
    fn new() -> Self {
        let forge = FakeForge::start_blocking();
        forge.repository(SHOP, true);
        // In a project of several repositories the work items are those of the job's own.
        forge.repository("acme/other", true);
        forge.grant("ana", SHOP, Level::Write);
        forge.push("ana", SHOP, "main", &[("README.md", "# Shop\n")]);
        forge.azure_principal(BUILD);
        forge.grant(BUILD, SHOP, Level::Write);
        forge.grant(BUILD, "acme/other", Level::Read);
        let token = forge.token_for(BUILD);
        Self { forge, token }
    }

    /// The id of a new work item.
    fn work_item(&self) -> u64 {
        let number = self.forge.open_issue("ana", SHOP, "How to return goods", "Within 30 days.");
        self.forge.azure_id(SHOP, number)
    }

    /// A job with an empty machine for this work item.
    fn job(&self, work_item: &str) -> Job {
        let collection = format!("{}/{}/", self.forge.azure_url(), FakeForge::ORGANIZATION);
        Job::azure(&collection, ("acme", "shop"), &self.token, work_item)
    }

    fn of(&self, work_item: u64) -> Job {
        self.job(&work_item.to_string())
    }

    fn list(&self, path: &str) -> Vec<Value> {
        let shown = self.forge.azure_peek(path);
        let list = shown.get("value").or_else(|| shown.get("comments"));
        list.and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn pulls(&self) -> Vec<u64> {
        let all = self.list("acme/_apis/git/repositories/shop/pullrequests?searchCriteria.status=all");
        all.iter().filter_map(|it| it["pullRequestId"].as_u64()).collect()
    }

    fn said_on(&self, work_item: u64) -> Vec<String> {
        let all = self.list(&format!("acme/_apis/wit/workItems/{work_item}/comments"));
        let own = all.iter().filter(|it| it["createdBy"]["displayName"] == BUILD);
        own.filter_map(|it| it["text"].as_str().map(str::to_owned)).collect()
    }

    #[track_caller]
    fn settle(&self) {
        assert_eq!(self.forge.problems(), Vec::<String>::new());
    }
}

#[test]
fn a_work_item_becomes_one_pull_request() {
    let there = There::new();
    let item = there.work_item();
    let job = there.of(item);
    let said = job.perform(step("azure.yml", "forgeline run")).ends(0);
    let pulls = there.pulls();
    assert_eq!(pulls.len(), 1);
    let outputs = job.variables_of(&said.err);
    let pages = format!("{}/fabrikam/acme", there.forge.azure_url());
    assert_eq!(outputs["pr-url"], format!("{pages}/_git/shop/pullrequest/{}", pulls[0]));
    assert_eq!(outputs["run-url"], format!("{pages}/_build/results?buildId=104"));
    assert_eq!(outputs["status"], "published");
    let summary = said.err.lines().find_map(|line| line.strip_prefix("##vso[task.uploadsummary]")).expect("one");
    let summary = std::fs::read_to_string(summary).expect("the summary");
    assert!(summary.contains(&format!("[pull request !{}]({pages}/_git/", pulls[0])), "{summary}");
    assert!(said.err.contains("##[group]forgeline run docs-page\n"), "{}", said.err);
    assert!(!said.all().contains(&there.token), "{}", said.all());
    let told = there.said_on(item);
    assert!(told.len() == 1 && told[0].contains(&format!("!{}", pulls[0])), "{told:?}");
    // The same job once more, on a machine that knows nothing.
    let again = there.of(item);
    let said = again.perform(step("azure.yml", "forgeline run")).ends(0);
    let second = again.variables_of(&said.err);
    assert_eq!((there.pulls(), there.said_on(item).len()), (pulls, 1));
    assert_eq!((&second["run-id"], &second["pr-url"]), (&outputs["run-id"], &outputs["pr-url"]));
    there.settle();
}

#[test]
fn two_jobs_for_one_item_end_in_one_pull_request() {
    let there = There::new();
    let item = there.work_item();
    let jobs = [there.of(item), there.of(item)];
    let running: Vec<_> = jobs.iter().map(|job| job.start(step("azure.yml", "forgeline run"))).collect();
    let said: Vec<_> = running.into_iter().map(|running| running.wait().ends(0)).collect();
    assert_eq!(there.pulls().len(), 1);
    assert_eq!(jobs[0].variables_of(&said[0].err), jobs[1].variables_of(&said[1].err));
    there.settle();
}

#[test]
fn a_cancelled_job_ends_in_time_and_the_next_one_goes_on() {
    for signal in ["-TERM", "-INT"] {
        let there = There::new();
        let item = there.work_item();
        there.forge.faults().next("POST /fabrikam/*/_apis/git/repositories/*/pullrequests", 1, Fault::Slow(60_000));
        let job = there.of(item);
        let running = job.start(step("azure.yml", "forgeline run"));
        let is_asked =
            || there.forge.requests().iter().any(|it| it.method == "POST" && it.path.ends_with("/pullrequests"));
        patiently("the pull request to be asked for", is_asked);
        let asked = Instant::now();
        running.signal(signal);
        let said = running.wait().ends(130);
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        assert!(said.err.contains("the same command goes on"), "{}", said.err);
        there.forge.faults().clear();
        let said = job.perform(step("azure.yml", "forgeline run")).ends(0);
        assert_eq!(there.pulls().len(), 1);
        assert_eq!(job.variables_of(&said.err)["status"], "published");
        there.settle();
    }
}

#[test]
fn a_flag_wins_and_what_is_not_there_is_told() {
    let there = There::new();
    let (first, second) = (there.work_item(), there.work_item());
    let mut job = there.of(second);
    job.set("FORGELINE_ITEM", &second.to_string());
    job.set("SYSTEM_ACCESSTOKEN", &there.token);
    let said = job.perform(format!("exec forgeline run docs-page --issue {first}").as_str()).ends(0);
    assert!(said.err.contains("published"), "{}", said.err);
    assert_eq!((there.said_on(first).len(), there.said_on(second).len()), (1, 0));
    let job = there.job("987654");
    let said = job.perform(step("azure.yml", "forgeline run")).ends(9);
    assert!(said.err.contains("##vso[task.logissue type=error"), "{}", said.err);
    assert!(said.err.contains("no issue 987654 in `acme/shop`"), "{}", said.err);
    assert_eq!(job.variables_of(&said.err)["status"], "error");
    there.settle();
}

#[test]
fn without_a_token_a_job_says_what_to_write() {
    let there = There::new();
    let job = there.of(there.work_item());
    for command in ["forgeline run docs-page", "forgeline bot once"] {
        let said = job.perform(command).ends(4);
        assert!(said.err.contains("env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"), "{}", said.err);
    }
    let said = job.perform("SYSTEM_ACCESSTOKEN=eyJ_of_yesterday forgeline run docs-page").ends(4);
    assert!(!said.all().contains("eyJ_of_yesterday"), "{}", said.all());
    assert_eq!(there.pulls(), Vec::<u64>::new());
}

/// Each look is made on a machine that knows nothing.
#[test]
fn a_bot_without_a_memory_answers_each_comment_once() {
    let there = There::new();
    let now = there.forge.now();
    there.forge.set_clock(now - 3 * HOUR);
    let old = there.forge.open_issue("ana", SHOP, "Something old", "");
    there.forge.comment("ana", SHOP, old, RUN);
    there.forge.set_clock(now);
    let number = there.forge.open_issue("ana", SHOP, "How to return goods", "Within 30 days.");
    there.forge.comment("ana", SHOP, number, RUN);
    let item = there.forge.azure_id(SHOP, number);
    for _ in 0..3 {
        there.job("").perform(step("azure-bot.yml", "forgeline bot once")).ends(0);
    }
    assert_eq!((there.pulls().len(), there.said_on(there.forge.azure_id(SHOP, old))), (1, vec![]));
    let said = there.said_on(item);
    assert_eq!(said.len(), 2, "{said:?}");
    there.settle();
}

#[test]
fn a_checkout_gets_a_branch() {
    for depth in [0, 1] {
        let machine = World::new();
        let origin = machine.repository("origin");
        machine.git(&origin, &["checkout", "--quiet", "--detach"]);
        std::fs::write(origin.join("work-item.md"), "# How to return goods\n").expect("a file");
        machine.git(&origin, &["checkout", "--quiet", "main"]);
        machine.git(&origin, &["add", "."]);
        machine.git(&origin, &["commit", "--quiet", "-m", "an item"]);
        let job = Job::azure("https://dev.azure.com/acme/", ("shop", "orders"), "", "work-item.md");
        job.checkout(&format!("file://{}", origin.display()), depth);
        job.belongs_to("12345");
        let said = job.perform(step("azure-checkout.yml", "forgeline run")).ends(0);
        assert!(said.err.contains("opens no pull request"), "{}", said.err);
        let outputs = job.variables_of(&said.err);
        assert_eq!(outputs["run-url"], "https://dev.azure.com/acme/shop/_build/results?buildId=104");
        assert_eq!(outputs["status"], "published");
        assert!(job.git(&["branch", "--list", "forgeline/*"]).contains(&outputs["branch"]), "{outputs:?}");
        let summary = said.err.lines().find_map(|line| line.strip_prefix("##vso[task.uploadsummary]")).expect("one");
        let summary = std::fs::read_to_string(summary).expect("the summary");
        assert!(summary.contains("Wrote branch `forgeline/docs-page/"), "{summary}");
        assert!(said.err.contains("##[group]forgeline run docs-page\n"), "{}", said.err);
        assert_eq!(job.git(&["status", "--porcelain"]), "", "the work tree is as it was");
        job.perform(step("azure-checkout.yml", "git push")).ends(0);
        assert!(machine.git(&origin, &["branch", "--list", "forgeline/*"]).contains(&outputs["branch"]));
    }
}
