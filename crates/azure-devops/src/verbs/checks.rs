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
};

/// What tells Forgeline's statuses from others'.
const GENRE: &str = "forgeline";
/// Longest name and description of a status, UTF-16 units.
const LONGEST_NAME: usize = 256;
const LONGEST_DESCRIPTION: usize = 1000;
/// Marks that stand on the lines of a pull request at most: each is a thread that somebody has to read.
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

/// Puts marks on lines, each once whatever is put again.
async fn mark(talk: Talk<'_>, place: &Place, pull: i32, check: &NewCheck) -> Result<()> {
    if check.status != CheckStatus::Completed || check.annotations.is_empty() {
        return Ok(());
    }
    let there = threads::read(talk, place, pull).await?;
    let me = talk.api.people.me(talk).await?;
    let mut known = Vec::new();
    for thread in &there {
        let author = thread.comments.first().and_then(|comment| comment.author.clone());
        if let Some(key) = thread.property(threads::MARKER).filter(|key| key.starts_with("mark:"))
            && talk.api.people.login(talk, author.as_ref()).await? == me
        {
            known.push(key.to_owned());
        }
    }
    for annotation in &check.annotations {
        let key = key(annotation);
        if known.contains(&key) {
            continue;
        }
        if known.len() >= MOST_MARKS {
            tracing::info!(repo = %place.repo, pull, most = MOST_MARKS, "more marks on lines than a pull request takes are left out");
            break;
        }
        let said = format!("**{}**\n\n{}", text::line(&annotation.title, LONGEST_NAME), annotation.message);
        let body = marker::append(&said, &key);
        let is_open = annotation.level != AnnotationLevel::Notice;
        threads::start(talk, place, pull, &body, Some((&annotation.path, annotation.line)), is_open).await?;
        known.push(key);
    }
    Ok(())
}

fn key(annotation: &Annotation) -> String {
    let mut hash = Sha256::new();
    let line = annotation.line.to_string();
    for part in [&annotation.path, &line, &annotation.title, &annotation.message] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("mark:{hex}")
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
