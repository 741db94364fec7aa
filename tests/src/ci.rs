//! Jobs of GitHub Actions and Azure Pipelines: the examples, run as those systems run them, against the fake forge.

mod azure;
mod job;

use std::time::{Duration, Instant};

use forgeline_fake_forge::{FakeForge, Fault, Level};
use serde_json::json;

use crate::{serve::server::patiently, world::World};
use job::{HOUR, Job, step};

const SHOP: &str = "acme/shop";
const RIGHTS: [(&str, &str); 5] = [
    ("metadata", "read"),
    ("contents", "write"),
    ("issues", "write"),
    ("pull_requests", "write"),
    ("statuses", "write"),
];

/// A factory that lets nothing pass.
const BLOCKED: &str = "apiVersion: forgeline.dev/v1\nkind: Factory\npolicy:\n  rules:\n    - id: no-promises\n      \
                       when: 'file.content.contains(\"30 days\")'\n      verdict: block\n      message: legal must agree\n";

/// A forge with one issue, and the token that a job there gets.
struct There {
    forge: FakeForge,
    token: String,
}

impl There {
    fn new() -> Self {
        Self::granting(&RIGHTS)
    }

    fn granting(rights: &[(&str, &str)]) -> Self {
        let forge = FakeForge::start_blocking();
        forge.repository(SHOP, false);
        forge.grant("ana", SHOP, Level::Write);
        forge.push("ana", SHOP, "main", &[("README.md", "# Shop\n")]);
        let app = forge.app("github-actions", &RIGHTS);
        let installation = forge.install(&app, "acme", None);
        // What `permissions:` of the examples grants.
        let token = forge.installation_token(installation, Some(&[SHOP]), Some(rights));
        Self { forge, token }
    }

    fn labelled(&self) -> u64 {
        let number = self.forge.open_issue("ana", SHOP, "How to return goods", "Within 30 days.");
        self.forge.label("ana", SHOP, number, "forgeline");
        number
    }

    /// A job with an empty machine that this event starts.
    fn job(&self, event: &str, payload: &serde_json::Value) -> Job {
        Job::github(&self.forge, &self.token, event, payload)
    }

    fn of_issue(&self, number: u64) -> Job {
        let issue = json!({"number": number, "title": "How to return goods"});
        self.job("issues", &json!({"action": "labeled", "label": {"name": "forgeline"}, "issue": issue}))
    }

    fn pulls(&self) -> Vec<u64> {
        let all = self.forge.peek(&format!("/repos/{SHOP}/pulls?state=all"));
        all.as_array().expect("a list").iter().filter_map(|it| it["number"].as_u64()).collect()
    }

    fn said_on(&self, number: u64) -> Vec<String> {
        let all = self.forge.peek(&format!("/repos/{SHOP}/issues/{number}/comments"));
        let own = all.as_array().expect("a list").iter().filter(|it| it["user"]["login"] == "github-actions[bot]");
        own.filter_map(|it| it["body"].as_str().map(str::to_owned)).collect()
    }

    #[track_caller]
    fn settle(&self) {
        assert_eq!(self.forge.problems(), Vec::<String>::new());
    }
}

#[test]
fn a_check_that_may_not_be_put_keeps_no_comment_away() {
    let there = There::granting(&RIGHTS[..4]);
    let issue = there.labelled();
    let said = there.of_issue(issue).perform(step("github.yml", "forgeline run")).ends(0);
    assert!(said.err.contains("commit statuses"), "{}", said.all());
    assert_eq!((there.pulls().len(), there.said_on(issue).len()), (1, 1), "{}", said.all());
}

#[test]
fn a_labelled_issue_becomes_one_pull_request() {
    let there = There::new();
    let issue = there.labelled();
    let job = there.of_issue(issue);
    let said = job.perform(step("github.yml", "forgeline run")).ends(0);
    let pulls = there.pulls();
    assert_eq!(pulls.len(), 1);
    let outputs = job.outputs();
    let server = there.forge.url();
    assert_eq!(outputs["pr-url"], format!("{server}/{SHOP}/pull/{}", pulls[0]));
    assert_eq!(outputs["run-url"], format!("{server}/{SHOP}/actions/runs/1658821493"));
    assert_eq!((outputs["status"].as_str(), outputs["cost-usd"].as_str()), ("published", "0.00"));
    assert!(outputs["run-id"].starts_with("run_"), "{outputs:?}");
    assert!(
        job.summary().contains(&format!("[pull request #{}]({server}/{SHOP}/pull/", pulls[0])),
        "{}",
        job.summary()
    );
    let lines: Vec<&str> = said.err.lines().collect();
    let place = |line: &str| lines.iter().position(|it| *it == line).unwrap_or_else(|| panic!("{line}: {}", said.err));
    assert!(place("::group::forgeline run docs-page") < place("::endgroup::"), "{}", said.err);
    assert!(!said.all().contains('\u{1b}') && !said.all().contains(&there.token), "{}", said.all());
    assert_eq!(there.said_on(issue).len(), 1, "{}", said.all());
    // The same job once more, as the button on its page does, on a machine that knows nothing.
    let again = there.of_issue(issue);
    let said = again.perform(step("github.yml", "forgeline run"));
    there.settle();
    said.ends(0);
    assert_eq!((there.pulls(), there.said_on(issue).len()), (pulls, 1));
    assert_eq!(again.outputs()["run-id"], outputs["run-id"]);
    assert_eq!(again.outputs()["pr-url"], outputs["pr-url"]);
    there.settle();
}

#[test]
fn a_run_asks_little_of_the_forge() {
    let there = There::new();
    let issue = there.labelled();
    there.forge.forget_requests();
    there.of_issue(issue).perform("forgeline run docs-page").ends(0);
    let asked: Vec<String> = there
        .forge
        .requests()
        .into_iter()
        .filter(|it| !it.path.contains(".git/"))
        .map(|it| format!("{} {}", it.method, it.path))
        .collect();
    assert!(asked.len() <= 12, "{asked:#?}");
}

#[test]
fn an_issue_may_be_named_by_hand_and_a_flag_wins() {
    let there = There::new();
    let (first, second) = (there.labelled(), there.forge.open_issue("ana", SHOP, "How to pay", ""));
    let job = there.job("workflow_dispatch", &json!({"inputs": {"issue": second.to_string()}}));
    job.perform(step("github.yml", "forgeline run")).ends(0);
    assert!(job.summary().contains("How to pay"), "{}", job.summary());
    let job = there.job("workflow_dispatch", &json!({"inputs": {"issue": second.to_string()}}));
    job.perform(format!("forgeline run docs-page --issue {first}").as_str()).ends(0);
    assert!(job.summary().contains("How to return goods"), "{}", job.summary());
    let job = there.job("workflow_dispatch", &json!({"inputs": {"issue": "77"}}));
    let said = job.perform("forgeline run docs-page").ends(9);
    assert!(said.err.contains("::error title=forgeline::no issue 77 in `acme/shop`"), "{}", said.err);
    assert_eq!(job.outputs()["status"], "error");
    there.settle();
}

#[test]
fn two_jobs_for_one_item_end_in_one_pull_request() {
    let there = There::new();
    let issue = there.labelled();
    let jobs = [there.of_issue(issue), there.of_issue(issue)];
    let running: Vec<_> = jobs.iter().map(|job| job.start("forgeline run docs-page")).collect();
    for running in running {
        running.wait().ends(0);
    }
    assert_eq!(there.pulls().len(), 1);
    assert_eq!(jobs[0].outputs(), jobs[1].outputs());
    there.settle();
}

#[test]
fn a_cancelled_job_ends_in_time_and_the_next_one_goes_on() {
    for signal in ["-TERM", "-INT"] {
        let there = There::new();
        let issue = there.labelled();
        there.forge.faults().next("POST /repos/*/*/pulls", 1, Fault::Slow(60_000));
        let job = there.of_issue(issue);
        let running = job.start("exec forgeline run docs-page");
        let is_asked = || there.forge.requests().iter().any(|it| it.method == "POST" && it.path.ends_with("/pulls"));
        patiently("the pull request to be asked for", is_asked);
        let asked = Instant::now();
        running.signal(signal);
        let said = running.wait().ends(130);
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        assert!(said.err.contains("the same command goes on"), "{}", said.err);
        there.forge.faults().clear();
        job.perform("exec forgeline run docs-page").ends(0);
        assert_eq!(there.pulls().len(), 1);
        assert_eq!(job.outputs()["status"], "published");
        there.settle();
    }
}

#[test]
fn an_empty_container_with_a_strange_checkout_is_enough() {
    let there = There::new();
    let issue = there.labelled();
    let job = there.of_issue(issue);
    job.checkout(&there.forge.git_url(SHOP), 1);
    job.belongs_to("12345");
    job.perform("forgeline run docs-page").ends(0);
    assert_eq!(there.pulls().len(), 1);
    // The checkout itself, when that is what is wanted: nothing goes to the forge.
    let said = job.perform("forgeline run docs-page --repo . --work-item README.md").ends(0);
    assert!(said.err.contains("the checkout is shallow"), "{}", said.err);
    assert_eq!(there.pulls().len(), 1);
    assert!(job.git(&["branch", "--list", "forgeline/*"]).contains("forgeline/docs-page/"));
    there.settle();
}

#[test]
fn the_record_is_that_of_a_laptop() {
    let there = There::new();
    let job = there.of_issue(there.labelled());
    job.perform("forgeline run docs-page").ends(0);
    let of_job = job.perform("forgeline runs show --record @latest").ends(0);

    let there = There::new();
    let number = there.labelled();
    let laptop = World::new();
    there.forge.grant("fl-bot", SHOP, Level::Write);
    let token = laptop.write("token", there.forge.token_for("fl-bot"));
    let operator = format!(
        "apiVersion: forgeline.dev/v1\nkind: Operator\nforges:\n  github: {{token: \"file:{token}\", base_url: \"{}\"}}\n",
        there.forge.enterprise_url()
    );
    laptop.write("home/.config/forgeline/operator.yaml", operator);
    laptop.ok(&["bot", "once"]);
    laptop.ok(&["run", "docs-page", "--repo", SHOP, "--issue", &number.to_string()]);
    let of_laptop = laptop.ok(&["runs", "show", "--record", "@latest"]);
    assert_eq!(of_job.out, of_laptop.out);
    let digest = |text: &str| text.lines().find(|line| line.starts_with("digest ")).map(str::to_owned);
    assert!(digest(&of_job.err).is_some() && digest(&of_job.err) == digest(&of_laptop.err), "{}", of_job.err);
}

/// What differs each time is taken out: ids, times, addresses.
fn the_same_every_time(text: &str, there: &There) -> String {
    let text = text.replace(&there.forge.url(), "https://github.example");
    let is_varying = |word: &str| {
        word.trim_matches('`').strip_prefix("run_").is_some_and(|id| id.len() == 16)
            || word.trim_matches('`').len() == 12 && word.trim_matches('`').bytes().all(|b| b.is_ascii_hexdigit())
    };
    let words = |line: &str| {
        line.split(' ').map(|word| if is_varying(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
    };
    let lines = text.lines().map(|line| match line.rsplit_once(" | ") {
        Some((stage, time)) if time.ends_with(" ms |") => format!("{} | … |", words(stage)),
        _ => words(line),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_of_a_job_tells_how_the_run_ended() {
    let there = There::new();
    let title = "How to return goods, @team? <b>#7</b> | [x](https://evil.example)";
    let number = there.forge.open_issue("ana", SHOP, title, "Within 30 days.");
    let job = there.of_issue(number);
    job.perform("forgeline run docs-page").ends(0);
    insta::assert_snapshot!("published", the_same_every_time(&job.summary(), &there));
    there.forge.push("ana", SHOP, "main", &[("forgeline.yaml", BLOCKED)]);
    let job = there.of_issue(number);
    // What lies in the checkout is not what counts.
    job.write("workspace/forgeline.yaml", "apiVersion: forgeline.dev/v1\nkind: Factory\n");
    let said = job.perform("forgeline run docs-page").ends(5);
    insta::assert_snapshot!("refused", the_same_every_time(&job.summary(), &there));
    let mark = said.err.lines().find(|line| line.starts_with("::error file=docs/")).expect("a mark on the file");
    assert!(mark.contains("title=policy::no-promises: legal must agree (forgeline.yaml:5)"), "{mark}");
    assert_eq!(job.outputs()["status"], "refused");
    let job = there.job("workflow_dispatch", &json!({"inputs": {"issue": "99"}}));
    job.perform("forgeline run docs-page").ends(9);
    insta::assert_snapshot!("error", the_same_every_time(&job.summary(), &there));
    there.settle();
}

#[test]
fn wrong_definitions_are_marked_where_they_are_wrong() {
    let there = There::new();
    let job = there.job("push", &json!({}));
    let wrong = "apiVersion: forgeline.dev/v1\nkind: Factory\nprojekts: []\n";
    job.write("workspace/forgeline.yaml", wrong);
    let said = job.perform("forgeline validate").ends(3);
    assert!(said.err.starts_with("::error file=forgeline.yaml,line=3,col=1,title=FL"), "{}", said.err);
    assert!(said.out.contains("not valid: "), "{}", said.out);
    let said = job.perform("forgeline validate --format github").ends(3);
    assert!(said.out.starts_with("::error file=forgeline.yaml,line=3,col=1,title=FL"), "{}", said.out);
    let said = job.perform("forgeline validate --no-ci").ends(3);
    assert!(!said.all().contains("::error"), "{}", said.all());
    let said = job.perform("FORGELINE_CI=off forgeline validate").ends(3);
    assert!(!said.all().contains("::error"), "{}", said.all());
}

#[test]
fn without_a_token_a_job_says_what_to_write() {
    let there = There::new();
    let mut job = there.of_issue(there.labelled());
    job.forget("GITHUB_TOKEN");
    for command in ["forgeline run docs-page", "forgeline bot once"] {
        let said = job.perform(command).ends(4);
        assert!(said.err.contains("env: {GITHUB_TOKEN: ${{ github.token }}}"), "{}", said.err);
    }
    let mut job = there.of_issue(there.labelled());
    job.set("GITHUB_TOKEN", "ghs_of_yesterday");
    let said = job.perform("forgeline run docs-page").ends(4);
    assert!(said.err.contains("::error") && !said.all().contains("ghs_of_yesterday"), "{}", said.err);
}

/// Each look is made on a machine that knows nothing, as when the cache is lost every time.
#[test]
fn a_bot_without_a_memory_answers_each_comment_once() {
    let there = There::new();
    let look = || there.job("schedule", &json!({"schedule": "*/15 * * * *"}));
    let step = step("github-bot.yml", "forgeline bot once");
    let now = there.forge.now();
    there.forge.set_clock(now - 3 * HOUR);
    let old = there.forge.open_issue("ana", SHOP, "Something old", "");
    there.forge.comment("ana", SHOP, old, "/forgeline run docs-page");
    there.forge.set_clock(now);
    let issue = there.forge.open_issue("ana", SHOP, "How to return goods", "Within 30 days.");
    there.forge.comment("ana", SHOP, issue, "/forgeline run docs-page");
    there.forge.comment("ana", SHOP, issue, "/forgeline help");
    let job = look();
    job.perform(&step).ends(0);
    assert_eq!((there.pulls().len(), there.said_on(old)), (1, vec![]));
    assert!(job.summary().starts_with("### Forgeline: 2 answers, 1 run\n"), "{}", job.summary());
    let said = there.said_on(issue);
    // Two replies, and the story of the run.
    assert_eq!(said.len(), 3, "{said:?}");
    let again = look();
    again.perform(&step).ends(0);
    assert!(again.summary().contains("Nothing new."), "{}", again.summary());
    assert_eq!((there.pulls().len(), there.said_on(issue)), (1, said));
    // Without reaching back nothing is answered, and with it only what is young enough.
    there.forge.comment("ana", SHOP, issue, "/forgeline status");
    look().perform("forgeline bot once").ends(0);
    look().perform("forgeline bot once --since 0s").ends(0);
    assert_eq!(there.said_on(issue).len(), 3);
    look().perform(&step).ends(0);
    assert_eq!(there.said_on(issue).len(), 4);
    there.settle();
}

#[test]
fn a_bot_that_was_killed_goes_on_without_its_memory() {
    for place in ["decide:committed", "task:asked", "publish:intended", "pull-request:opened", "comment:written"] {
        let there = There::new();
        let issue = there.forge.open_issue("ana", SHOP, "How to return goods", "Within 30 days.");
        there.forge.comment("ana", SHOP, issue, "/forgeline run docs-page");
        let look = || there.job("schedule", &json!({"schedule": "*/15 * * * *"}));
        let mut killed = look();
        killed.set("FORGELINE_FAILPOINT", place);
        let said = killed.perform("exec forgeline bot once --since 2h");
        assert_ne!(said.code, 0, "{place}: {}", said.all());
        for _ in 0..2 {
            look().perform("exec forgeline bot once --since 2h").ends(0);
        }
        assert_eq!(there.pulls().len(), 1, "{place}");
        let said = there.said_on(issue);
        assert_eq!(said.len(), 2, "{place}: {said:?}");
        assert!(said.iter().any(|text| text.contains("(published)")), "{place}: {said:?}");
        there.settle();
    }
}

#[test]
fn a_new_labelled_issue_is_seen_without_a_memory() {
    let there = There::new();
    let issue = there.labelled();
    there.forge.label("ana", SHOP, issue, "docs");
    let look = || there.job("schedule", &json!({"schedule": "*/15 * * * *"}));
    for _ in 0..3 {
        look().perform("exec forgeline bot once --since 2h").ends(0);
    }
    assert_eq!(there.pulls().len(), 1, "{:?}", there.said_on(issue));
    there.settle();
}

#[test]
fn words_of_strangers_are_no_commands_of_the_job() {
    let there = There::new();
    let title = "Returns ##vso[task.complete] ##[error]x";
    let number = there.forge.open_issue("ana", SHOP, title, "::set-output name=x::y\n::error::evil");
    let job = there.of_issue(number);
    let said =
        job.perform("forgeline run docs-page && forgeline runs show @latest --json && forgeline runs show @latest");
    let said = said.ends(0);
    let evil = |line: &&str| line.contains("##[") || line.contains("##vso[") || line.trim_start().starts_with("::");
    let ours = ["::group::", "::endgroup::", "::notice ", "::warning "];
    let found: Vec<&str> =
        said.all_lines().filter(evil).filter(|line| !ours.iter().any(|it| line.starts_with(it))).collect();
    assert_eq!(found, Vec::<&str>::new());
    assert!(said.out.contains("task.complete"), "the title is shown: {}", said.out);
    there.settle();
}
