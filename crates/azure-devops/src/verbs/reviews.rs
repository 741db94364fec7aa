//! What reviewers say on lines. A vote says nothing in words, so there are no texts of reviews here.

use azure_devops_rust_api::git::models;
use forgeline_forge::{
    remote::{RemoteComment, RemoteFeedback, RemoteThread, Trouble},
    types::{RepoId, Side},
};

use super::{items::known, text, threads};
use crate::{
    api::{Api, Result, Talk, done_all_the_same, sent},
    http::Manner,
    ids::{Item, outward},
    limits::Priority,
    shapes::{Position, Thread, ThreadComment},
};

/// Threads on files, with what is settled.
pub(crate) async fn feedback(api: &Api, repo: &RepoId, number: u64) -> Result<RemoteFeedback> {
    let doing = format!("read the threads of {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let Item::Pull(pull) = known(talk, &place, number)? else { return Ok(RemoteFeedback::default()) };
    let mut feedback = RemoteFeedback::default();
    for thread in threads::read(talk, &place, pull).await? {
        if thread.is_on_a_file() && thread.is_deleted != Some(true) {
            feedback.threads.extend(on_a_file(talk, thread, pull).await?);
        }
    }
    feedback.threads.sort_by_key(|thread| thread.id);
    Ok(feedback)
}

/// None when nobody says anything there any more.
async fn on_a_file(talk: Talk<'_>, thread: Thread, pull: i32) -> Result<Option<RemoteThread>> {
    let (id, resolved) = (u64::from(thread.id.unsigned_abs()), thread.is_settled());
    let Some(context) = thread.thread_context.clone() else { return Ok(None) };
    let comments = threads::comments(talk, vec![thread], pull).await?;
    let line = |at: &Option<Position>| at.as_ref().and_then(|at| at.line);
    let right = (line(&context.right_file_start), line(&context.right_file_end));
    let left = (line(&context.left_file_start), line(&context.left_file_end));
    let (side, (start_line, end)) =
        if right == (None, None) && left != (None, None) { (Side::Old, left) } else { (Side::New, right) };
    let last = end.or(start_line);
    Ok((!comments.is_empty()).then(|| RemoteThread {
        id,
        path: context.file_path.unwrap_or_default().trim_start_matches('/').to_owned(),
        line: last,
        start_line: start_line.filter(|first| Some(*first) < last),
        side,
        commit: None,
        resolved,
        outdated: false,
        comments,
    }))
}

/// Says something in a thread.
pub(crate) async fn reply(api: &Api, repo: &RepoId, number: u64, thread: u64, body: &str) -> Result<RemoteComment> {
    let doing = format!("answer in a thread of {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let missing = || talk.error(Trouble::Missing("there is no such thread".to_owned()));
    let (Item::Pull(pull), Ok(id)) = (known(talk, &place, number)?, i32::try_from(thread)) else {
        return Err(missing());
    };
    let content = models::Comment {
        content: Some(text::cut(&outward(body), threads::LONGEST)),
        parent_comment_id: Some(1),
        ..models::Comment::default()
    };
    let client = talk.git(Manner::Write(Priority::Answer))?.pull_request_thread_comments_client();
    let request = client.create(talk.organization(), content, &place.repository, pull, id, &place.project);
    let made: ThreadComment = talk.written(sent!(request))?;
    let shown = threads::on_a_file(talk, pull, id, &made).await.map_err(done_all_the_same)?;
    shown.ok_or_else(|| done_all_the_same(talk.error(Trouble::Unreadable("it has another number".to_owned()))))
}
