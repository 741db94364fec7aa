//! Comments of elsewhere, noted here.

use forgeline_store::local_forge::CommentRow;
use serde_json::json;

use super::items::text_of;
use crate::{
    ForgeError, LocalForge,
    local::scope::Verb,
    marker,
    remote::{CommentPlace, RemoteComment},
    types::{Feed, Login},
};

/// Notes a comment that was read or written; false when it stands under nothing that is known. Only Forgeline's own comments
/// have a marker, and one that another of them has already counts once.
pub(super) async fn note(
    verb: &mut Verb,
    comment: &RemoteComment,
    author: Login,
    is_silent: bool,
) -> Result<bool, ForgeError> {
    let repository = verb.view.row.id;
    let remote_id = i64::try_from(comment.id).unwrap_or(i64::MAX);
    let body = text_of(&comment.body);
    if let Some(known) = verb.view.tx.remote_comment(repository, remote_id).await? {
        if known.body != body && known.updated_at <= comment.updated_at.millis() {
            verb.view.tx.update_comment(known.id, &body, comment.updated_at.millis()).await?;
            verb.actor = author;
            verb.tell(Feed::CommentEdited, known.number, json!({"comment_id": known.id})).await?;
        }
        return Ok(true);
    }
    let Ok(number) = i64::try_from(comment.number) else { return Ok(false) };
    let Some(item) = verb.view.tx.item(repository, number).await? else { return Ok(false) };
    let mut marker = None;
    if author == LocalForge::bot()
        && let Some(key) = marker::key(&body)
        && verb.view.tx.marked_comment(repository, number, author.as_str(), key).await?.is_none()
    {
        marker = Some(key.to_owned());
    }
    let row = CommentRow {
        id: 0,
        number,
        author: author.to_string(),
        marker,
        body,
        created_at: comment.created_at.millis(),
        updated_at: comment.updated_at.millis(),
        remote_id: Some(remote_id),
        thread: match comment.place {
            CommentPlace::Thread(thread) => i64::try_from(thread).ok(),
            CommentPlace::Conversation | CommentPlace::Review(_) => None,
        },
        verdict: match comment.place {
            CommentPlace::Review(verdict) => Some(verdict.to_string()),
            CommentPlace::Conversation | CommentPlace::Thread(_) => None,
        },
    };
    let id = verb.view.tx.insert_comment(repository, &row).await?;
    if !is_silent {
        verb.actor = author;
        let mut payload = json!({"comment_id": id, "there": remote_id, "body": row.body, "on": item.kind});
        if let Some(thread) = row.thread {
            payload["thread"] = thread.into();
        }
        verb.tell(Feed::CommentCreated, number, payload).await?;
    }
    Ok(true)
}
