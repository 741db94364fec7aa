//! What reviewers say: threads on lines, and reviews.
//!
//! Which thread is settled only the GraphQL API tells; one query of it reads all. Where that is not to be had, the REST API
//! gives the same without it.

use std::collections::BTreeMap;

use forgeline_forge::{
    remote::{CommentPlace, RemoteComment, RemoteFeedback, RemoteThread, Trouble},
    types::{RepoId, ReviewVerdict, Side},
};
use forgeline_model::Timestamp;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{Api, Result, Talk},
    auth::{Identity, Need},
    ids::CommentId,
    limits::Priority,
    shapes::{self, Review, ReviewComment, When},
};

/// The one query. Threads come a hundred at a time.
const QUERY: &str = include_str!("reviews.graphql");
/// Pages of threads that are read at most.
const MOST_PAGES: usize = 20;

/// Comments on lines and texts of reviews, oldest first. What stood in a draft could be read when the review was submitted.
pub(crate) async fn comments(api: &Api, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>> {
    let doing = format!("read the reviews of {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let (on_lines, reviews) = both(talk, repo, number).await?;
    let submitted: BTreeMap<u64, Timestamp> =
        reviews.iter().filter_map(|it| Some((it.id, it.submitted_at?.0))).collect();
    let mut all: Vec<RemoteComment> = on_lines
        .into_iter()
        .map(|it| {
            let since = it.pull_request_review_id.and_then(|id| submitted.get(&id)).copied();
            on_line(it, number, since)
        })
        .collect();
    all.extend(reviews.into_iter().filter_map(|it| review(it, number)).filter(|it| !it.body.trim().is_empty()));
    all.sort_by_key(|comment| (comment.created_at, comment.id));
    Ok(all)
}

/// All of it, with what is settled.
pub(crate) async fn feedback(api: &Api, repo: &RepoId, number: u64) -> Result<RemoteFeedback> {
    let doing = format!("read the threads of {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    match queried(talk, repo, number).await {
        Ok(feedback) => Ok(feedback),
        Err(error) => match error.trouble {
            // A server that is too old, or a credential that may not ask this way.
            Trouble::Forbidden(_) | Trouble::Missing(_) | Trouble::Refused(_) | Trouble::Unreadable(_) => {
                tracing::info!(%error, "threads are read without whether they are settled");
                listed(talk, repo, number).await
            }
            _ => Err(error),
        },
    }
}

pub(crate) async fn reply(api: &Api, repo: &RepoId, number: u64, thread: u64, body: &str) -> Result<RemoteComment> {
    let doing = format!("answer in a thread of {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let (number_text, thread_text) = (number.to_string(), thread.to_string());
    let path =
        talk.path(&["repos", repo.owner(), repo.name(), "pulls", &number_text, "comments", &thread_text, "replies"])?;
    let made: ReviewComment = talk.change(Method::POST, &path, Some(json!({ "body": body })), Priority::Answer).await?;
    Ok(on_line(made, number, None))
}

pub(super) async fn edit(api: &Api, repo: &RepoId, number: u64, id: u64, body: &str) -> Result<RemoteComment> {
    let doing = format!("edit an answer in a thread of {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "pulls", "comments", &id.to_string()])?;
    let edited = talk.change(Method::PATCH, &path, Some(json!({ "body": body })), Priority::Answer).await?;
    Ok(on_line(edited, number, None))
}

async fn both(talk: Talk<'_>, repo: &RepoId, number: u64) -> Result<(Vec<ReviewComment>, Vec<Review>)> {
    let number = number.to_string();
    let path = |what: &str| talk.path(&["repos", repo.owner(), repo.name(), "pulls", &number, what]);
    let mut on_lines: Vec<ReviewComment> = talk.pages(path("comments")?).await?;
    on_lines.sort_by_key(|it| it.id);
    on_lines.dedup_by_key(|it| it.id);
    let mut reviews: Vec<Review> = talk.pages(path("reviews")?).await?;
    reviews.sort_by_key(|it| it.id);
    reviews.dedup_by_key(|it| it.id);
    Ok((on_lines, reviews))
}

fn on_line(shape: ReviewComment, number: u64, submitted: Option<Timestamp>) -> RemoteComment {
    let created_at = submitted.map_or(shape.created_at.0, |at| at.max(shape.created_at.0));
    RemoteComment {
        id: CommentId::OnLines(shape.id).number(),
        number,
        author: shapes::login(shape.user),
        body: shape.body.unwrap_or_default(),
        created_at,
        updated_at: shape.updated_at.0.max(created_at),
        place: CommentPlace::Thread(shape.in_reply_to_id.unwrap_or(shape.id)),
    }
}

/// None for a draft, which nobody else sees.
fn review(shape: Review, number: u64) -> Option<RemoteComment> {
    let verdict = verdict(&shape.state)?;
    let at = shape.submitted_at?.0;
    Some(RemoteComment {
        id: CommentId::Review(shape.id).number(),
        number,
        author: shapes::login(shape.user),
        body: shape.body.unwrap_or_default(),
        created_at: at,
        updated_at: at,
        place: CommentPlace::Review(verdict),
    })
}

fn verdict(state: &str) -> Option<ReviewVerdict> {
    match state {
        "COMMENTED" => Some(ReviewVerdict::Commented),
        "APPROVED" => Some(ReviewVerdict::Approved),
        "CHANGES_REQUESTED" => Some(ReviewVerdict::ChangesRequested),
        "DISMISSED" => Some(ReviewVerdict::Dismissed),
        _ => None,
    }
}

/// Without what is settled.
async fn listed(talk: Talk<'_>, repo: &RepoId, number: u64) -> Result<RemoteFeedback> {
    let (on_lines, reviews) = both(talk, repo, number).await?;
    let mut threads: Vec<RemoteThread> = Vec::new();
    for shape in on_lines {
        let root = shape.in_reply_to_id.unwrap_or(shape.id);
        match threads.iter_mut().find(|thread| thread.id == root) {
            Some(thread) => thread.comments.push(on_line(shape, number, None)),
            None => threads.push(RemoteThread {
                id: root,
                path: shape.path.clone(),
                line: shape.original_line,
                start_line: shape.original_start_line,
                side: side(shape.side.as_deref()),
                commit: shape.original_commit_id.as_deref().and_then(|sha| sha.parse().ok()),
                resolved: false,
                outdated: shape.line.is_none() && shape.original_line.is_some(),
                comments: vec![on_line(shape, number, None)],
            }),
        }
    }
    Ok(RemoteFeedback { threads, reviews: reviews.into_iter().filter_map(|it| review(it, number)).collect() })
}

fn side(text: Option<&str>) -> Side {
    if text == Some("LEFT") { Side::Old } else { Side::New }
}

#[derive(Deserialize)]
struct Data {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    pull_request: Option<PullRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    review_threads: Page<Thread>,
    reviews: Nodes<QueriedReview>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    page_info: PageInfo,
    nodes: Vec<Option<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Nodes<T> {
    nodes: Vec<Option<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    is_resolved: bool,
    is_outdated: bool,
    path: String,
    original_line: Option<u32>,
    original_start_line: Option<u32>,
    diff_side: Option<String>,
    comments: Nodes<QueriedComment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueriedComment {
    full_database_id: Option<String>,
    body: String,
    created_at: When,
    updated_at: When,
    author: Option<Account>,
    original_commit: Option<Commit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueriedReview {
    full_database_id: Option<String>,
    state: String,
    body: String,
    submitted_at: Option<When>,
    author: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
}

#[derive(Deserialize)]
struct Commit {
    oid: String,
}

/// The login as the REST API spells it: there, programs have an ending.
fn login(account: Option<Account>) -> String {
    match account {
        Some(Account { kind, login }) if kind == "Bot" && !login.ends_with("[bot]") => format!("{login}[bot]"),
        Some(Account { login, .. }) => login,
        None => String::new(),
    }
}

async fn queried(talk: Talk<'_>, repo: &RepoId, number: u64) -> Result<RemoteFeedback> {
    let mut feedback = RemoteFeedback::default();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let variables = json!({ "owner": repo.owner(), "name": repo.name(), "number": number, "after": after });
        let data: Data = talk.query(QUERY, variables).await?;
        let found = data.repository.and_then(|it| it.pull_request);
        let found = found.ok_or_else(|| talk.error(Trouble::Missing("there is no such pull request".into())))?;
        feedback.threads.extend(found.review_threads.nodes.into_iter().flatten().filter_map(|it| thread(it, number)));
        if after.is_none() {
            feedback.reviews = found.reviews.nodes.into_iter().flatten().filter_map(|it| asked(it, number)).collect();
        }
        match found.review_threads.page_info {
            PageInfo { has_next_page: true, end_cursor: Some(end) } => after = Some(end),
            PageInfo { .. } => return Ok(feedback),
        }
    }
    Err(talk.error(Trouble::Unreadable("the list of threads has no end".into())))
}

fn id(text: Option<&str>) -> Option<u64> {
    text?.parse().ok()
}

/// None for one that cannot be answered: its comments have no number, or are gone.
fn thread(shape: Thread, number: u64) -> Option<RemoteThread> {
    let first = shape.comments.nodes.iter().flatten().next()?;
    let root = id(first.full_database_id.as_deref())?;
    let commit = first.original_commit.as_ref().and_then(|commit| commit.oid.parse().ok());
    let comment = |it: QueriedComment| {
        Some(RemoteComment {
            id: CommentId::OnLines(id(it.full_database_id.as_deref())?).number(),
            number,
            author: login(it.author),
            body: it.body,
            created_at: it.created_at.0,
            updated_at: it.updated_at.0,
            place: CommentPlace::Thread(root),
        })
    };
    Some(RemoteThread {
        id: root,
        path: shape.path,
        line: shape.original_line,
        start_line: shape.original_start_line,
        side: side(shape.diff_side.as_deref()),
        commit,
        resolved: shape.is_resolved,
        outdated: shape.is_outdated,
        comments: shape.comments.nodes.into_iter().flatten().filter_map(comment).collect(),
    })
}

fn asked(shape: QueriedReview, number: u64) -> Option<RemoteComment> {
    let at = shape.submitted_at?.0;
    Some(RemoteComment {
        id: CommentId::Review(id(shape.full_database_id.as_deref())?).number(),
        number,
        author: login(shape.author),
        body: shape.body,
        created_at: at,
        updated_at: at,
        place: CommentPlace::Review(verdict(&shape.state)?),
    })
}
