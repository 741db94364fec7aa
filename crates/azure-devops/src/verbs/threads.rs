//! Comments on pull requests, which stand in threads.

use azure_devops_rust_api::git::models;
use forgeline_forge::{
    marker,
    remote::{CommentPlace, Reaction, RemoteComment},
};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::text;
use crate::{
    api::{Result, Talk, done_all_the_same, sent},
    http::Manner,
    ids::{InThread, Item, inward, outward},
    limits::Priority,
    places::Place,
    shapes::{Thread, ThreadComment},
};

/// Longest comment, UTF-16 units.
pub(super) const LONGEST: usize = 150_000;
/// Where a thread keeps the key of Forgeline's marker.
pub(super) const MARKER: &str = "forgeline.marker";

/// Statuses of threads: somebody is to answer, nobody is.
pub(super) const ACTIVE: &str = "active";
pub(super) const CLOSED: &str = "closed";

pub(super) async fn read(talk: Talk<'_>, place: &Place, pull: i32) -> Result<Vec<Thread>> {
    let client = talk.git(Manner::Read)?.pull_request_threads_client();
    let request = client.list(talk.organization(), &place.repository, pull, &place.project);
    talk.list(sent!(request))
}

/// What people and programs said, oldest first; what the server itself notes is left out.
pub(super) async fn comments(talk: Talk<'_>, threads: Vec<Thread>, pull: i32) -> Result<Vec<RemoteComment>> {
    let me = talk.api.people.me(talk).await?;
    let mut all = Vec::new();
    for thread in threads.into_iter().filter(|thread| thread.is_deleted != Some(true)) {
        let first = thread.comments.first().map(|comment| comment.id);
        for comment in &thread.comments {
            let is_gone = comment.is_deleted == Some(true);
            if is_gone || comment.comment_type.as_deref() == Some("system") {
                continue;
            }
            let Some(mut shown) = shown(talk, pull, thread.id, comment).await? else { continue };
            if let Some(key) = thread.property(MARKER)
                && first == Some(comment.id)
                && shown.author == me
                && marker::key(&shown.body).is_none()
            {
                shown.body = marker::append(&shown.body, key);
            }
            if thread.is_on_a_file() {
                shown.place = CommentPlace::Thread(u64::from(thread.id.unsigned_abs()));
            }
            all.push(shown);
        }
    }
    all.sort_by_key(|comment| (comment.created_at, comment.id));
    Ok(all)
}

/// A comment in a thread on a file.
pub(super) async fn on_a_file(
    talk: Talk<'_>,
    pull: i32,
    thread: i32,
    comment: &ThreadComment,
) -> Result<Option<RemoteComment>> {
    let shown = shown(talk, pull, thread, comment).await?;
    let place = CommentPlace::Thread(u64::from(thread.unsigned_abs()));
    Ok(shown.map(|shown| RemoteComment { place, ..shown }))
}

async fn shown(talk: Talk<'_>, pull: i32, thread: i32, comment: &ThreadComment) -> Result<Option<RemoteComment>> {
    let Some(id) = (InThread { pull, thread, comment: comment.id }).pack() else {
        tracing::warn!(pull, thread, comment = comment.id, "a comment whose number is too large is left out");
        return Ok(None);
    };
    let edited = comment.last_content_updated_date.or(comment.last_updated_date);
    Ok(Some(RemoteComment {
        id,
        number: Item::Pull(pull).number(),
        author: talk.api.people.login(talk, comment.author.as_ref()).await?,
        body: inward(comment.content.as_deref().unwrap_or_default()),
        created_at: comment.published_date.0,
        updated_at: edited.map_or(comment.published_date.0, |when| when.0),
        place: CommentPlace::Conversation,
    }))
}

pub(super) async fn create(talk: Talk<'_>, place: &Place, pull: i32, body: &str) -> Result<RemoteComment> {
    let thread = start(talk, place, pull, body, None, asks(body)).await?;
    let comment = thread.comments.first();
    let shown = match comment {
        Some(comment) => shown(talk, pull, thread.id, comment).await.map_err(done_all_the_same)?,
        None => None,
    };
    shown.ok_or_else(|| {
        done_all_the_same(talk.error(forgeline_forge::remote::Trouble::Unreadable(
            "the answer shows no comment that can be found again".to_owned(),
        )))
    })
}

/// Starts a thread, on a line when one is named.
pub(super) async fn start(
    talk: Talk<'_>,
    place: &Place,
    pull: i32,
    body: &str,
    line: Option<(&str, u32)>,
    is_open: bool,
) -> Result<Thread> {
    // The other crate's type has no place for properties with names of one's own.
    let mut thread = json!({
        "comments": [{ "parentCommentId": 0, "content": text::cut(&outward(body), LONGEST), "commentType": "text" }],
        "status": if is_open { ACTIVE } else { CLOSED },
    });
    if let Some(key) = marker::key(body) {
        thread["properties"] = json!({ MARKER: { "$type": "System.String", "$value": key } });
    }
    if let Some((path, line)) = line {
        let position = json!({ "line": line.max(1), "offset": 1 });
        let path = format!("/{}", path.trim_start_matches('/'));
        thread["threadContext"] = json!({ "filePath": path, "rightFileStart": position, "rightFileEnd": position });
    }
    let path = format!("{}/_apis/git/repositories/{}/pullRequests/{pull}/threads", place.project, place.repository);
    let priority = if line.is_some() { Priority::Report } else { Priority::Answer };
    let sent = talk.raw(Manner::Write(priority), Method::POST, &path, Some(&thread)).await?;
    talk.written(sent)
}

/// Opens or closes a thread; repeated, it changes nothing.
pub(super) async fn set_status(talk: Talk<'_>, place: &Place, pull: i32, thread: i32, status: &str) -> Result<()> {
    let path =
        format!("{}/_apis/git/repositories/{}/pullRequests/{pull}/threads/{thread}", place.project, place.repository);
    let body = json!({ "status": status });
    let sent = talk.raw(Manner::Write(Priority::Report), Method::PATCH, &path, Some(&body)).await?;
    talk.written::<IgnoredAny>(sent).map(drop)
}

pub(super) async fn edit(talk: Talk<'_>, place: &Place, at: InThread, body: &str) -> Result<RemoteComment> {
    let content = models::Comment { content: Some(text::cut(&outward(body), LONGEST)), ..models::Comment::default() };
    let client = talk.git(Manner::Write(Priority::Answer))?.pull_request_thread_comments_client();
    let request =
        client.update(talk.organization(), content, &place.repository, at.pull, at.thread, at.comment, &place.project);
    let comment: ThreadComment = talk.written(sent!(request))?;
    let shown = shown(talk, at.pull, at.thread, &comment).await.map_err(done_all_the_same)?;
    shown.ok_or_else(|| {
        done_all_the_same(talk.error(forgeline_forge::remote::Trouble::Unreadable("it has another number".to_owned())))
    })
}

/// A comment can be liked, and nothing else.
pub(super) async fn react(talk: Talk<'_>, place: &Place, at: InThread, reaction: Reaction) -> Result<()> {
    if reaction != Reaction::Seen {
        return Ok(());
    }
    let client = talk.git(Manner::Write(Priority::Answer))?.pull_request_comment_likes_client();
    let request = client.create(talk.organization(), &place.repository, at.pull, at.thread, at.comment, &place.project);
    let sent: azure_core::Result<azure_core::http::RawResponse> = sent!(request);
    talk.written::<IgnoredAny>(sent).map(drop)
}

/// Whether somebody is to answer: then the thread stays open.
fn asks(body: &str) -> bool {
    body.lines().any(|line| line.trim_end().ends_with('?'))
}

#[cfg(test)]
mod tests {
    use super::asks;

    #[test]
    fn a_question_keeps_its_thread_open() {
        assert!(asks("Which repository is meant?\n\n- a\n- b"));
        assert!(!asks("Done. See https://x.example/?a=1 for more."));
    }
}
