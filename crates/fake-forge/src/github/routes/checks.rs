//! Check runs.

use serde::Deserialize;

use super::commits::resolve;
use crate::github::call::Call;
use crate::github::operation::{Operation, within};
use crate::github::reply::{Refusal, Reply};
use crate::model::access::Level::{Read, Write};
use crate::model::app::Access;
use crate::model::check::{Annotation, Button, CheckRun};
use crate::model::clock::parse_iso;

const CHECKS: &[&str] = &["checks"];

pub(super) const TABLE: &[Operation] = &[
    within("POST", "/repos/{owner}/{repo}/check-runs", CHECKS, Access::Write, Write, create),
    within("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", CHECKS, Access::Read, Read, get),
    within("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", CHECKS, Access::Write, Write, update),
    within(
        "GET",
        "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
        CHECKS,
        Access::Read,
        Read,
        annotations,
    ),
    within("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", CHECKS, Access::Read, Read, of_commit),
];

/// How many annotations one request may bring.
const ANNOTATIONS: usize = 50;

/// How many buttons a check may have.
const BUTTONS: usize = 3;

#[derive(Deserialize)]
struct Fields {
    name: Option<String>,
    head_sha: Option<String>,
    details_url: Option<String>,
    external_id: Option<String>,
    status: Option<String>,
    started_at: Option<String>,
    conclusion: Option<String>,
    completed_at: Option<String>,
    output: Option<Output>,
    actions: Option<Vec<Button>>,
}

#[derive(Deserialize)]
struct Output {
    title: Option<String>,
    summary: Option<String>,
    text: Option<String>,
    #[serde(default)]
    annotations: Vec<Annotation>,
}

/// Puts what was sent into the check; annotations are added to those that are there.
fn apply(check: &mut CheckRun, sent: Fields, now: i64) -> Result<(), Refusal> {
    if let Some(output) = sent.output {
        if output.annotations.len() > ANNOTATIONS {
            return Err(Refusal::invalid(format!(
                "Invalid request. No more than {ANNOTATIONS} annotations are allowed."
            )));
        }
        check.annotations.extend(output.annotations);
        check.title = output.title.or(check.title.take());
        check.summary = output.summary.or(check.summary.take());
        check.text = output.text.or(check.text.take());
    }
    if let Some(buttons) = sent.actions {
        if buttons.len() > BUTTONS {
            return Err(Refusal::invalid(format!("Invalid request. No more than {BUTTONS} actions are allowed.")));
        }
        check.buttons = buttons;
    }
    let time = |text: Option<String>| text.as_deref().and_then(parse_iso);
    check.name = sent.name.unwrap_or_else(|| std::mem::take(&mut check.name));
    check.details = sent.details_url.or(check.details.take());
    check.external_id = sent.external_id.unwrap_or_else(|| std::mem::take(&mut check.external_id));
    check.started = time(sent.started_at).or(check.started);
    if let Some(state) = sent.status {
        check.state = state;
        if check.state != "completed" {
            (check.conclusion, check.completed) = (None, None);
        }
    }
    if let Some(conclusion) = sent.conclusion {
        check.conclusion = Some(conclusion);
        "completed".clone_into(&mut check.state);
    }
    if check.state == "completed" {
        if check.conclusion.is_none() {
            return Err(Refusal::invalid("Invalid request. A completed check run needs a conclusion."));
        }
        check.completed = time(sent.completed_at).or(check.completed).or(Some(now));
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let sent: Fields = call.read()?;
    let (actor, now) = (call.actor()?, call.world().now());
    let app = actor.app.ok_or_else(|| Refusal::forbidden("You must authenticate via a GitHub App."))?;
    if sent.name.as_ref().is_none_or(|name| name.is_empty()) {
        return Err(Refusal::field("CheckRun", "name", "missing_field"));
    }
    let commit = resolve(call, sent.head_sha.as_deref().unwrap_or_default())?;
    let mut check = CheckRun {
        repository: call.repository,
        app,
        commit,
        state: "queued".to_owned(),
        started: Some(now),
        ..CheckRun::default()
    };
    apply(&mut check, sent, now)?;
    let id = call.world_mut().create_check(actor, check);
    call.made(id);
    let check = call.world().checks.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::created(call.show().check(check)))
}

fn named<'a>(call: &'a Call<'_>) -> Result<&'a CheckRun, Refusal> {
    let found = call.world().checks.get(&call.id("check_run_id")?);
    let found = found.filter(|check| check.repository == call.repository && call.world().lag.sees(check.id));
    found.ok_or_else(Refusal::not_found)
}

fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(call.show().check(named(call)?)))
}

fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let sent: Fields = call.read()?;
    let (actor, now) = (call.actor()?, call.world().now());
    let mut check = named(call)?.clone();
    if actor.app != Some(check.app) {
        return Err(Refusal::forbidden("Invalid app_id `check_run` was not created by this App."));
    }
    apply(&mut check, sent, now)?;
    call.world_mut().update_check(actor, check);
    get(call)
}

fn annotations(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let check = named(call)?;
    call.list(check.annotations.iter().collect(), |annotation| call.show().annotation(check, annotation))
}

/// The newest run of each name and App, unless all are wanted.
fn of_commit(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let (commit, world) = (resolve(call, call.param("ref"))?, call.world());
    let (name, state) = (call.query("check_name"), call.query("status"));
    let app = call.query("app_id").and_then(|app| app.parse::<u64>().ok());
    let all = call.query("filter") == Some("all");
    let fits = |check: &&CheckRun| {
        check.repository == call.repository
            && check.commit == commit
            && world.lag.sees(check.id)
            && name.is_none_or(|name| check.name == name)
            && state.is_none_or(|state| check.state == state)
            && app.is_none_or(|app| check.app == app)
    };
    let mut checks: Vec<&CheckRun> = Vec::new();
    for check in world.checks.values().rev().filter(fits) {
        if all || !checks.iter().any(|newer| (newer.app, &newer.name) == (check.app, &check.name)) {
            checks.push(check);
        }
    }
    call.counted("check_runs", checks, |check| call.show().check(check))
}
