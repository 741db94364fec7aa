//! Checks on commits, as check runs; with a token, which may make none, as commit statuses.

use forgeline_forge::{
    remote::{
        NewCheck, OwnCheck,
        button::{CANCEL, RERUN},
    },
    types::{CheckStatus, RepoId},
};
use forgeline_model::{Annotation, AnnotationLevel};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::{statuses, text};
use crate::{
    api::{Api, Result, Talk},
    auth::{Identity, Need},
    limits::Priority,
    shapes::{CheckRun, CheckRuns, Mark},
};

/// Annotations that one request may carry.
const MOST_ANNOTATIONS: usize = 50;
/// Longest text, bytes; GitHub counts characters.
const LONGEST: usize = 65_535;
/// Longest title of an annotation, characters.
const LONGEST_TITLE: usize = 255;

pub(crate) async fn put(api: &Api, repo: &RepoId, check: &NewCheck) -> Result<()> {
    let Some(app) = api.app() else { return statuses::put(api, repo, check).await };
    let doing = format!("put the check {} on {repo}", text::line(&check.name, 60));
    let talk = api.talk(Identity::Repo(repo, Need::Checks), &doing);
    let wanted: Vec<Mark> = check.annotations.iter().map(mark).collect();
    let (run, missing) = match find(talk, repo, check, app).await? {
        None => (None, wanted),
        Some(run) => {
            let there = marks(talk, repo, &run).await?;
            // GitHub only ever adds annotations. A run that says too much already is followed by a new one of the same
            // name, which takes its place.
            if there.iter().all(|mark| wanted.contains(mark)) {
                (Some(run.id), wanted.into_iter().filter(|mark| !there.contains(mark)).collect())
            } else {
                (None, wanted)
            }
        }
    };
    write(talk, repo, check, run, &missing).await
}

/// The newest run of ours with this external id.
async fn find(talk: Talk<'_>, repo: &RepoId, check: &NewCheck, app: u64) -> Result<Option<CheckRun>> {
    let path = talk
        .path(&["repos", repo.owner(), repo.name(), "commits", &check.commit.to_string(), "check-runs"])?
        .with("check_name", &check.name)
        .with("filter", "all");
    let runs = talk.pages_of(path, |page: CheckRuns| page.check_runs).await?;
    let is_ours = |run: &CheckRun| {
        run.external_id.as_deref() == Some(&check.external_id) && run.app.as_ref().is_none_or(|by| by.id == app)
    };
    Ok(runs.into_iter().filter(is_ours).max_by_key(|run| run.id))
}

async fn marks(talk: Talk<'_>, repo: &RepoId, run: &CheckRun) -> Result<Vec<Mark>> {
    if run.output.as_ref().and_then(|output| output.annotations_count) == Some(0) {
        return Ok(Vec::new());
    }
    talk.pages(talk.path(&["repos", repo.owner(), repo.name(), "check-runs", &run.id.to_string(), "annotations"])?)
        .await
}

/// The check with this number, if this App made it.
pub(crate) async fn own(api: &Api, repo: &RepoId, id: u64) -> Result<Option<OwnCheck>> {
    let Some(app) = api.app() else { return Ok(None) };
    let doing = format!("read a check of {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Checks), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "check-runs", &id.to_string()])?;
    let found: Option<CheckRun> = talk.get_fresh(&path).await?;
    Ok(found.filter(|run| run.app.as_ref().is_some_and(|by| by.id == app)).and_then(|run| {
        let commit = run.head_sha.as_deref()?.parse().ok()?;
        Some(OwnCheck { commit, external_id: run.external_id.unwrap_or_default() })
    }))
}

/// What people can press, by how far the check is: a label of at most 20 characters, what it does in at most 40, and the word
/// that comes back.
const fn button(check: &NewCheck) -> (&'static str, &'static str, &'static str) {
    match check.status {
        CheckStatus::Completed => ("Run again", "What is known is not done again", RERUN),
        CheckStatus::Queued | CheckStatus::InProgress => ("Cancel", "Stop this run at its next checkpoint", CANCEL),
    }
}

/// All annotations, fifty at a time; only the last request says how the check ended, so that it is never seen ended with half
/// of what it says.
async fn write(talk: Talk<'_>, repo: &RepoId, check: &NewCheck, run: Option<u64>, marks: &[Mark]) -> Result<()> {
    let mut run = run;
    let mut rest = marks;
    loop {
        let (some, after) = rest.split_at(rest.len().min(MOST_ANNOTATIONS));
        rest = after;
        let body = body(check, some, rest.is_empty(), run.is_none());
        let runs = ["repos", repo.owner(), repo.name(), "check-runs"];
        let priority = Priority::Report;
        match run {
            None => {
                let made: CheckRun = talk.change(Method::POST, &talk.path(&runs)?, Some(body), priority).await?;
                run = Some(made.id);
            }
            Some(id) => {
                let path = talk.path(&[&runs[..], &[&id.to_string()]].concat())?;
                talk.change::<IgnoredAny>(Method::PATCH, &path, Some(body), priority).await?;
            }
        }
        if rest.is_empty() {
            return Ok(());
        }
    }
}

fn body(check: &NewCheck, marks: &[Mark], is_last: bool, is_new: bool) -> Value {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("name", check.name.clone().into());
    set("external_id", check.external_id.clone().into());
    if is_new {
        set("head_sha", check.commit.to_string().into());
    }
    match check.conclusion {
        Some(conclusion) if is_last && check.status == CheckStatus::Completed => {
            set("status", CheckStatus::Completed.as_str().into());
            set("conclusion", conclusion.as_str().into());
        }
        _ if check.status == CheckStatus::Completed => {
            set("status", CheckStatus::InProgress.as_str().into());
        }
        _ => {
            set("status", check.status.as_str().into());
        }
    }
    let (label, description, identifier) = button(check);
    set("actions", json!([{ "label": label, "description": description, "identifier": identifier }]));
    let marks: Vec<Value> = marks.iter().map(annotation).collect();
    let summary = text::cut(&check.summary, LONGEST);
    set("output", json!({ "title": text::cut(&check.name, LONGEST), "summary": summary, "annotations": marks }));
    body.into()
}

fn mark(annotation: &Annotation) -> Mark {
    let level = match annotation.level {
        AnnotationLevel::Notice => "notice",
        AnnotationLevel::Warning => "warning",
        AnnotationLevel::Failure => "failure",
    };
    Mark {
        path: annotation.path.clone(),
        start_line: annotation.line.max(1),
        annotation_level: Some(level.into()),
        title: Some(text::line(&annotation.title, LONGEST_TITLE)),
        message: Some(text::cut(&annotation.message, LONGEST)),
    }
}

fn annotation(mark: &Mark) -> Value {
    json!({
        "path": mark.path,
        "start_line": mark.start_line,
        "end_line": mark.start_line,
        "annotation_level": mark.annotation_level,
        "title": mark.title,
        "message": mark.message,
    })
}
