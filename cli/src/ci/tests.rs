//! Environments as the systems make them, and what is read out of them.

use std::{collections::BTreeMap, path::Path};

use super::{Ci, System};

const GITHUB: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_EVENT_NAME", "issues"),
    ("GITHUB_EVENT_PATH", "/home/runner/work/_temp/_github_workflow/event.json"),
    ("GITHUB_REPOSITORY", "acme/shop"),
    ("GITHUB_REF", "refs/heads/main"),
    ("GITHUB_BASE_REF", ""),
    ("GITHUB_SHA", "ffac537e6cbbf934b08745a378932722df287a53"),
    ("GITHUB_ACTOR", "ana"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_API_URL", "https://api.github.com"),
    ("GITHUB_RUN_ID", "1658821493"),
    ("GITHUB_RUN_ATTEMPT", "1"),
    ("GITHUB_TOKEN", "ghs_0123456789"),
    ("RUNNER_TEMP", "/home/runner/work/_temp"),
];

const AZURE: &[(&str, &str)] = &[
    ("TF_BUILD", "True"),
    ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
    ("SYSTEM_TEAMPROJECT", "The Shop"),
    ("BUILD_REPOSITORY_NAME", "orders"),
    ("BUILD_SOURCEBRANCH", "refs/heads/main"),
    ("BUILD_SOURCEVERSION", "ffac537e6cbbf934b08745a378932722df287a53"),
    ("BUILD_BUILDID", "104"),
    ("BUILD_REASON", "Manual"),
    ("BUILD_REQUESTEDFOR", "Ana Lopez"),
    ("WORKITEM", "42"),
    ("SYSTEM_ACCESSTOKEN", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9"),
    ("AGENT_TEMPDIRECTORY", "/home/vsts/work/_temp"),
];

fn detect(base: &[(&str, &str)], other: &[(&str, &str)], payload: &str) -> Option<Ci> {
    let all: BTreeMap<&str, &str> = base.iter().chain(other).copied().collect();
    let variable = |name: &str| all.get(name).map(|value| (*value).to_owned());
    let read = |_: &Path| if payload.is_empty() { Err("it is gone".into()) } else { Ok(payload.as_bytes().to_vec()) };
    Ci::detect(&variable, &read)
}

pub(super) fn github(other: &[(&str, &str)], payload: &str) -> Ci {
    detect(GITHUB, other, payload).expect("a job")
}

fn azure(other: &[(&str, &str)]) -> Ci {
    detect(AZURE, other, "").expect("a job")
}

#[test]
fn a_job_is_one_when_its_system_says_so() {
    assert_eq!(detect(&[], &[], "{}"), None);
    assert_eq!(detect(GITHUB, &[("FORGELINE_CI", "off")], "{}"), None);
    assert_eq!(detect(GITHUB, &[("GITHUB_ACTIONS", "false")], "{}"), None);
    assert_eq!(github(&[], "{}").system, System::GitHub);
    assert_eq!(azure(&[]).system, System::Azure);
    assert_eq!(detect(AZURE, &[("FORGELINE_CI", "github")], "{}").map(|ci| ci.system), Some(System::GitHub));
}

#[test]
fn github_says_what_it_is_about() {
    let ci = github(&[], r#"{"action": "labeled", "issue": {"number": 7}}"#);
    assert_eq!(ci.repository.as_ref().map(ToString::to_string).as_deref(), Some("acme/shop"));
    assert_eq!((ci.item.clone(), ci.base.as_deref(), ci.token), (Ok(Some(7)), Some("main"), Some("GITHUB_TOKEN")));
    assert_eq!(ci.url.as_deref(), Some("https://github.com/acme/shop/actions/runs/1658821493"));
    assert_eq!(ci.pull_request_url(8).as_deref(), Some("https://github.com/acme/shop/pull/8"));
    assert_eq!((ci.actor.as_deref(), ci.login.as_str()), (Some("ana"), "github-actions[bot]"));
    let again = github(&[("GITHUB_RUN_ATTEMPT", "3"), ("INPUT_TOKEN", "x")], "{}");
    assert_eq!(again.token, Some("INPUT_TOKEN"));
    assert!(again.url.is_some_and(|url| url.ends_with("/1658821493/attempts/3")));
}

#[test]
fn the_item_is_the_events() {
    let check = |event: &str, payload: &str, expected: Option<u64>| {
        assert_eq!(github(&[("GITHUB_EVENT_NAME", event)], payload).item, Ok(expected), "{event} {payload}");
    };
    check("issue_comment", r#"{"issue": {"number": 7}, "comment": {"id": 9}}"#, Some(7));
    check("issue_comment", r#"{"issue": {"number": 7, "pull_request": {}}}"#, None);
    check("pull_request", r#"{"pull_request": {"number": 7}, "number": 7}"#, None);
    check("workflow_dispatch", r##"{"inputs": {"issue": "#12"}}"##, Some(12));
    check("workflow_dispatch", r#"{"inputs": null}"#, None);
    check("workflow_dispatch", r#"{"inputs": {"issue": "12; rm -rf /"}}"#, None);
    check("repository_dispatch", r#"{"client_payload": {"item": 12}}"#, Some(12));
    check("schedule", r#"{"schedule": "*/15 * * * *"}"#, None);
    assert!(github(&[], "").item.is_err_and(|reason| reason.contains("event.json")), "an event that is gone");
    assert!(github(&[], "{").item.is_err());
}

#[test]
fn the_base_is_a_branch_that_work_goes_back_into() {
    let base = |other: &[(&str, &str)]| github(other, "{}").base;
    let pull = [("GITHUB_REF", "refs/pull/7/merge"), ("GITHUB_BASE_REF", "release")];
    assert_eq!(base(&pull).as_deref(), Some("release"));
    assert_eq!(base(&[("GITHUB_REF", "refs/tags/v1")]), None);
    assert_eq!(base(&[("GITHUB_REF", "refs/heads/forgeline/docs-page/7-x")]), None);
    let pull = [("BUILD_SOURCEBRANCH", "refs/pull/7/merge"), ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")];
    assert_eq!(azure(&pull).base.as_deref(), Some("main"));
}

#[test]
fn azure_says_what_it_is_about() {
    let ci = azure(&[]);
    assert_eq!(ci.repository.as_ref().map(ToString::to_string).as_deref(), Some("The-Shop/orders"));
    assert_eq!(
        ci.pull_request_url(1_000_000_007).as_deref(),
        Some("https://dev.azure.com/acme/The%20Shop/_git/orders/pullrequest/7")
    );
    assert_eq!(ci.item_url(42).as_deref(), Some("https://dev.azure.com/acme/The%20Shop/_workitems/edit/42"));
    assert_eq!((ci.name_of(42), ci.name_of(1_000_000_007)), ("#42".to_owned(), "!7".to_owned()));
    let elsewhere = azure(&[("BUILD_REPOSITORY_PROVIDER", "GitHub"), ("BUILD_REPOSITORY_NAME", "acme/shop")]);
    assert_eq!((elsewhere.azure.is_none(), elsewhere.is_at_home()), (true, false), "a repository on GitHub");
    assert_eq!((ci.item.clone(), ci.base.as_deref()), (Ok(Some(42)), Some("main")));
    assert_eq!(ci.url.as_deref(), Some("https://dev.azure.com/acme/The%20Shop/_build/results?buildId=104"));
    assert_eq!(
        azure(&[("SYSTEM_TEAMPROJECT", "shop")]).repository.map(|it| it.to_string()).as_deref(),
        Some("shop/orders")
    );
    assert_eq!(azure(&[("WORKITEM", "$(workItem)")]).item, Ok(None), "a variable that was not set");
    assert_eq!(azure(&[("SYSTEM_ACCESSTOKEN", "$(System.AccessToken)")]).token, None);
}

#[test]
fn hostile_values_are_not_taken() {
    let hostile = [
        ("GITHUB_REPOSITORY", "acme/shop\n::error::x"),
        ("GITHUB_SERVER_URL", "https://evil.example/](x)\n"),
        ("GITHUB_RUN_ID", "1) [x](y"),
        ("GITHUB_SHA", "$(id)"),
        ("RUNNER_TEMP", "relative"),
    ];
    let ci = github(&hostile, "{}");
    assert_eq!((ci.repository, ci.server, ci.url, ci.commit, ci.scratch), (None, None, None, None, None));
    let shown = format!("{:?}", github(&[], "{}"));
    assert!(!shown.contains("ghs_"), "{shown}");
}
