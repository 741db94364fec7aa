//! Checks: a status of the commit, the same one of each open pull request with that head, and marks on lines as threads.

use azure_devops_rust_api::git::models::{GitPullRequestStatus, GitStatus, GitStatusContext, git_status::State};
use forgeline_forge::{
    marker,
    remote::{NewCheck, Scan},
    types::{CheckStatus, Conclusion, RepoId},
};
use forgeline_model::{Annotation, AnnotationLevel};
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};

use super::{pulls, text, threads};
use crate::{
    api::{Api, Result, Talk, sent},
    http::Manner,
    limits::Priority,
    places::Place,
    shapes::Thread,
};

/// What tells Forgeline's statuses from others'.
const GENRE: &str = "forgeline";
/// Longest name and description of a status, UTF-16 units.
const LONGEST_NAME: usize = 256;
const LONGEST_DESCRIPTION: usize = 1000;
/// The status of a thread whose mark is mended.
const FIXED: &str = "fixed";
/// Open marks that stand on the lines of a pull request at most: each is a thread that somebody has to read.
const MOST_MARKS: usize = 20;

pub(crate) async fn put(api: &Api, repo: &RepoId, check: &NewCheck) -> Result<()> {
    let doing = format!("put the check `{}` on {repo}", check.name);
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let commit = check.commit.to_string();
    let status = status(check);
    let client = talk.git(Manner::Write(Priority::Report))?.statuses_client();
    let request = client.create(talk.organization(), status.clone(), &commit, &place.repository, &place.project);
    let _made: IgnoredAny = talk.written(sent!(request))?;
    for pull in pulls::list(talk, &place, Scan::Open).await?.pulls {
        let head = pull.last_merge_source_commit.and_then(|it| it.commit_id);
        if head.as_deref() != Some(&*commit) {
            continue;
        }
        let id = pull.pull_request_id;
        let body = GitPullRequestStatus { git_status: status.clone(), ..GitPullRequestStatus::new() };
        let client = talk.git(Manner::Write(Priority::Report))?.pull_request_statuses_client();
        let request = client.create(talk.organization(), body, &place.repository, id, &place.project);
        let _made: IgnoredAny = talk.written(sent!(request))?;
        mark(talk, &place, id, check).await?;
    }
    Ok(())
}

/// Puts marks on lines, each once whatever is put again. What a check has marked and does not mark any more is mended: its
/// thread is closed as *fixed*, and opened again should it come back.
async fn mark(talk: Talk<'_>, place: &Place, pull: i32, check: &NewCheck) -> Result<()> {
    if check.status != CheckStatus::Completed {
        return Ok(());
    }
    let there = threads::read(talk, place, pull).await?;
    let me = talk.api.people.me(talk).await?;
    let mut known = Vec::new();
    for thread in there {
        let author = thread.comments.first().and_then(|comment| comment.author.clone());
        let is_mark = thread.is_deleted != Some(true) && thread.property(threads::MARKER).is_some_and(is_mark);
        if is_mark && talk.api.people.login(talk, author.as_ref()).await? == me {
            known.push(thread);
        }
    }
    let wanted: Vec<(String, &Annotation)> = check.annotations.iter().map(|it| (key(&check.name, it), it)).collect();
    let of_check = |thread: &&Thread| {
        let key = thread.property(threads::MARKER).unwrap_or_default();
        key.starts_with(&prefix(&check.name))
    };
    let mut open = 0;
    for thread in &known {
        let key = thread.property(threads::MARKER).unwrap_or_default();
        let again = wanted.iter().find(|(wanted, _)| wanted == key).map(|(_, annotation)| status_of(annotation));
        let is_fixed = thread.status.as_deref() == Some(FIXED);
        match again {
            None if is_fixed => continue,
            None if of_check(&thread) => {
                threads::set_status(talk, place, pull, thread.id, FIXED).await?;
                continue;
            }
            Some(status) if is_fixed => threads::set_status(talk, place, pull, thread.id, status).await?,
            None | Some(_) => {}
        }
        open += 1;
    }
    for (key, annotation) in &wanted {
        if known.iter().any(|thread| thread.property(threads::MARKER) == Some(key)) {
            continue;
        }
        if open >= MOST_MARKS {
            tracing::info!(repo = %place.repo, pull, most = MOST_MARKS, "more marks on lines than a pull request takes are left out");
            break;
        }
        let said = format!("**{}**\n\n{}", text::line(&annotation.title, LONGEST_NAME), annotation.message);
        let body = marker::append(&said, key);
        let line = Some((&*annotation.path, annotation.line));
        threads::start(talk, place, pull, &body, line, status_of(annotation) == threads::ACTIVE).await?;
        open += 1;
    }
    Ok(())
}

/// A mark that asks for nothing is closed from the start.
fn status_of(annotation: &Annotation) -> &'static str {
    if annotation.level == AnnotationLevel::Notice { threads::CLOSED } else { threads::ACTIVE }
}

fn is_mark(key: &str) -> bool {
    key.starts_with("mark:")
}

/// How the keys of a check's marks begin.
fn prefix(check: &str) -> String {
    format!("mark:{}:", digest(&[check], 4))
}

fn key(check: &str, annotation: &Annotation) -> String {
    let line = annotation.line.to_string();
    let parts = [&*annotation.path, &line, &annotation.title, &annotation.message];
    prefix(check) + &digest(&parts, 10)
}

fn digest(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

fn status(check: &NewCheck) -> GitStatus {
    let name = text::line(&check.name, LONGEST_NAME);
    GitStatus {
        context: Some(GitStatusContext { genre: Some(GENRE.to_owned()), name: Some(name) }),
        description: Some(text::line(&check.summary, LONGEST_DESCRIPTION)),
        state: Some(state(check)),
        ..GitStatus::new()
    }
}

fn state(check: &NewCheck) -> State {
    match (check.status, check.conclusion) {
        // A policy that asks for it holds the pull request until somebody has decided.
        (_, None | Some(Conclusion::ActionRequired)) => State::Pending,
        (_, Some(Conclusion::Success | Conclusion::Neutral)) => State::Succeeded,
        (_, Some(Conclusion::Skipped)) => State::NotApplicable,
        (_, Some(Conclusion::Failure | Conclusion::TimedOut)) => State::Failed,
        (_, Some(Conclusion::Cancelled)) => State::Error,
    }
}
