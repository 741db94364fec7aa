//! Comments on work items and pull requests.

use azure_devops_rust_api::wit::models::{CommentCreate, CommentFormat, CommentReactionType, CommentUpdate};
use forgeline_forge::{
    marker,
    remote::{CommentPlace, Reaction, RemoteComment, Scan, Trouble},
    types::RepoId,
};
use forgeline_model::Timestamp;
use serde::de::IgnoredAny;

use super::{items::known, pulls, threads, work_items};
use crate::{
    api::{Api, MOST_PAGES, Result, Talk, done_all_the_same, sent},
    html,
    http::Manner,
    ids::{InThread, Item, inward, outward},
    limits::Priority,
    places::Place,
    shapes::{Comments, WorkItemComment},
};

/// Comments on a page.
const PAGE: i32 = 200;

/// Reads the threads of every open pull request, since nothing says which of them changed.
pub(crate) async fn since(api: &Api, repo: &RepoId, since: Timestamp) -> Result<Vec<RemoteComment>> {
    let doing = format!("read new comments of {repo}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let mut all = Vec::new();
    if place.has_work_items {
        for work_item in work_items::changed(talk, &place, Scan::After(since)).await? {
            let count = work_item.fields.get("System.CommentCount").and_then(serde_json::Value::as_i64);
            if count != Some(0) {
                all.extend(of_work_item(talk, &place, work_item.id).await?);
            }
        }
    }
    for pull in pulls::list(talk, &place, Scan::After(since)).await?.pulls {
        let found = threads::read(talk, &place, pull.pull_request_id).await?;
        let is_new = |thread: &crate::shapes::Thread| thread.last_updated_date.is_none_or(|at| at.0 >= since);
        let found = found.into_iter().filter(is_new).collect();
        all.extend(threads::comments(talk, found, pull.pull_request_id).await?);
    }
    all.retain(|comment| comment.updated_at >= since);
    all.sort_by_key(|comment| (comment.updated_at, comment.id));
    Ok(all)
}

pub(crate) async fn of(api: &Api, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>> {
    let doing = format!("read the comments of {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    match known(talk, &place, number)? {
        Item::Pull(id) => threads::comments(talk, threads::read(talk, &place, id).await?, id).await,
        Item::WorkItem(id) => of_work_item(talk, &place, id).await,
    }
}

async fn of_work_item(talk: Talk<'_>, place: &Place, id: i32) -> Result<Vec<RemoteComment>> {
    let mut all = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let client = talk.wit(Manner::Read)?.comments_client();
        let mut request = client.get_comments(talk.organization(), &place.project, id).top(PAGE);
        if let Some(token) = &next {
            request = request.continuation_token(token);
        }
        let page: Comments = talk.read(sent!(request))?;
        for comment in page.comments.into_iter().filter(|comment| comment.is_deleted != Some(true)) {
            all.push(shown(talk, id, comment).await?);
        }
        match page.continuation_token.filter(|token| !token.is_empty()) {
            Some(token) => next = Some(token),
            None => {
                all.sort_by_key(|comment| (comment.created_at, comment.id));
                return Ok(all);
            }
        }
    }
    Err(talk.error(Trouble::Unreadable("the list has no end".into())))
}

pub(crate) async fn create(api: &Api, repo: &RepoId, number: u64, body: &str) -> Result<RemoteComment> {
    let doing = format!("comment on {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let id = match known(talk, &place, number)? {
        Item::Pull(id) => return threads::create(talk, &place, id, body).await,
        Item::WorkItem(id) => id,
    };
    let text = CommentCreate { text: Some(outward(body)) };
    let client = talk.wit(Manner::Write(Priority::Answer))?.comments_client();
    let request = client.add_work_item_comment(talk.organization(), text, &place.project, id, CommentFormat::Markdown);
    let made: WorkItemComment = talk.written(sent!(request))?;
    let mut shown = shown(talk, id, made).await.map_err(done_all_the_same)?;
    if let Some(key) = marker::key(body)
        && marker::key(&shown.body).is_none()
    {
        // In the mirror it stays, so that the comment is written once all the same.
        tracing::warn!(%repo, number, "the server takes the marker out of comments: one whose answer is lost may come twice");
        shown.body = marker::append(&shown.body, key);
    }
    Ok(shown)
}

pub(crate) async fn edit(api: &Api, repo: &RepoId, number: u64, id: u64, body: &str) -> Result<RemoteComment> {
    let doing = format!("edit a comment on {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    if let Some(at) = InThread::unpack(id) {
        return threads::edit(talk, &place, at, body).await;
    }
    let (work_item, comment) = of_work_items(talk, &place, number, id)?;
    let text = CommentUpdate { text: Some(outward(body)) };
    let client = talk.wit(Manner::Write(Priority::Answer))?.comments_client();
    let format = CommentFormat::Markdown;
    let request =
        client.update_work_item_comment(talk.organization(), text, &place.project, work_item, comment, format);
    let edited: WorkItemComment = talk.written(sent!(request))?;
    shown(talk, work_item, edited).await.map_err(done_all_the_same)
}

pub(crate) async fn react(api: &Api, repo: &RepoId, number: u64, id: u64, reaction: Reaction) -> Result<()> {
    let doing = format!("acknowledge a comment on {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    if let Some(at) = InThread::unpack(id) {
        return threads::react(talk, &place, at, reaction).await;
    }
    let (work_item, comment) = of_work_items(talk, &place, number, id)?;
    let kind = match reaction {
        Reaction::Seen => CommentReactionType::Like,
        Reaction::Confused => CommentReactionType::Confused,
    };
    let client = talk.wit(Manner::Write(Priority::Answer))?.comments_reactions_client();
    let request = client.create(talk.organization(), &place.project, work_item, comment, kind);
    let sent: azure_core::Result<azure_core::http::RawResponse> = sent!(request);
    talk.written::<IgnoredAny>(sent).map(drop)
}

fn of_work_items(talk: Talk<'_>, place: &Place, number: u64, id: u64) -> Result<(i32, i32)> {
    match (known(talk, place, number)?, i32::try_from(id)) {
        (Item::WorkItem(work_item), Ok(comment)) => Ok((work_item, comment)),
        _ => Err(talk.error(Trouble::Missing("there is no such comment".to_owned()))),
    }
}

async fn shown(talk: Talk<'_>, work_item: i32, comment: WorkItemComment) -> Result<RemoteComment> {
    let text = comment.text.unwrap_or_default();
    let author = talk.api.people.login(talk, comment.created_by.as_ref()).await?;
    let is_markdown = match &comment.format {
        Some(format) => format.eq_ignore_ascii_case("markdown"),
        // Servers that do not say so: Forgeline writes Markdown, people mostly do not.
        None => !html::is_html(&text) || author == talk.api.people.me(talk).await?,
    };
    let body = if is_markdown { text } else { html::to_markdown(&text) };
    Ok(RemoteComment {
        id: comment.id,
        number: Item::WorkItem(work_item).number(),
        author,
        body: inward(&body),
        created_at: comment.created_date.0,
        updated_at: comment.modified_date.map_or(comment.created_date.0, |when| when.0),
        place: CommentPlace::Conversation,
    })
}
