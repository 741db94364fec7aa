//! Threads of a pull request: a comment of the model starts one, and so does a comment on a line that answers none.

use serde_json::{Value, json};

use super::call::Call;
use super::list as wrapped;
use super::reply::{Outcome, Refusal, Reply};
use super::{pulls, shape};
use crate::model::item::Subject;
use crate::model::review::ReviewComment;
use crate::model::thread::Thread;
use crate::model::{Id, Millis};

struct Said {
    id: Id,
    author: Id,
    body: String,
    created: Millis,
    updated: Millis,
}

pub(super) fn list(call: &mut Call<'_>, item: Id) -> Outcome {
    let world = call.look();
    let mut roots: Vec<Id> = world.comments.values().filter(|it| it.item == item).map(|it| it.id).collect();
    roots.extend(world.review_comments.values().filter(|it| it.item == item && it.answers.is_none()).map(|it| it.id));
    roots.sort_unstable();
    let mut shown = vec![noted_by_itself(call, item)];
    shown.extend(roots.into_iter().map(|root| thread(call, root)));
    Ok(Reply::ok(wrapped(shown)))
}

/// What Azure DevOps itself notes in a thread of its own.
fn noted_by_itself(call: &Call<'_>, item: Id) -> Value {
    let at = pulls::created(call, item);
    let pull = call.look().items.get(&item).and_then(|it| it.pull.as_ref()).map_or(0, |pull| pull.id);
    let by = json!({ "displayName": "Microsoft.VisualStudio.Services.TFS", "id": shape::guid("service", 1) });
    json!({
        "id": pull, "publishedDate": at, "lastUpdatedDate": at, "isDeleted": false,
        "properties": { "CodeReviewThreadType": { "$type": "System.String", "$value": "RefUpdate" } },
        "comments": [{
            "id": 1, "parentCommentId": 0, "author": by, "content": "Updated the source branch",
            "publishedDate": at, "lastUpdatedDate": at, "lastContentUpdatedDate": at, "commentType": "system",
        }],
    })
}

/// The comments of a thread, the first one first.
fn said(call: &Call<'_>, root: Id) -> Vec<Said> {
    let world = call.look();
    let first = world.comments.get(&root).map(|it| Said {
        id: it.id,
        author: it.author,
        body: it.body.clone(),
        created: it.created,
        updated: it.updated,
    });
    let on_line = world.review_comments.values().filter(|it| it.id == root || it.answers == Some(root));
    let on_line = on_line.map(|it| Said {
        id: it.id,
        author: it.author,
        body: it.body.clone(),
        created: it.created,
        updated: it.updated,
    });
    let mut all: Vec<Said> = first.into_iter().chain(on_line).collect();
    all.sort_by_key(|it| it.id);
    all
}

fn comment(call: &Call<'_>, said: &Said, number: usize) -> Value {
    let likes = call.look().reactions.values().filter(|it| it.on == Subject::Comment(said.id) && it.content == "like");
    let liked: Vec<Value> = likes.map(|it| shape::identity(call.look(), it.user, &call.base)).collect();
    json!({
        "id": number, "parentCommentId": number.saturating_sub(1).min(1), "content": said.body,
        "author": shape::identity(call.look(), said.author, &call.base), "commentType": "text", "usersLiked": liked,
        "publishedDate": shape::time(said.created), "lastUpdatedDate": shape::time(said.updated),
        "lastContentUpdatedDate": shape::time(said.updated),
    })
}

fn thread(call: &Call<'_>, root: Id) -> Value {
    let all = said(call, root);
    let comments: Vec<Value> = all.iter().enumerate().map(|(at, said)| comment(call, said, at + 1)).collect();
    let last = all.iter().map(|it| it.updated).max().unwrap_or_default();
    let noted = call.look().threads.get(&root);
    let mut shown = json!({
        "id": root, "comments": comments, "isDeleted": false,
        "publishedDate": shape::time(all.first().map_or(0, |it| it.created)), "lastUpdatedDate": shape::time(last),
        "status": noted.map_or("active", |it| it.status.as_str()),
        "properties": noted.map_or_else(|| json!({}), |it| it.properties.clone()),
    });
    if let Some(on_line) = call.look().review_comments.get(&root) {
        let position = json!({ "line": on_line.line, "offset": 1 });
        shown["threadContext"] =
            json!({ "filePath": format!("/{}", on_line.path), "rightFileStart": position, "rightFileEnd": position });
    }
    shown
}

pub(super) fn start(call: &mut Call<'_>, item: Id) -> Outcome {
    let Some(body) = call.text("/comments/0/content").filter(|body| !body.is_empty()) else {
        call.problem("a thread starts with a comment");
        return Err(Refusal::new(400, "TF401186: The comment content is not valid."));
    };
    let status = call.text("/status").unwrap_or_else(|| "active".to_owned());
    let properties = call.body.get("properties").cloned().unwrap_or_else(|| json!({}));
    let path = call.text("/threadContext/filePath");
    let line = call.body.pointer("/threadContext/rightFileStart/line").and_then(Value::as_u64);
    let actor = call.actor();
    let root = match path {
        Some(path) if path.starts_with('/') => {
            let world = call.world();
            let (id, now) = (world.fresh(), world.now());
            let (repository, commit) = world.items.get(&item).map_or((0, String::new()), |it| {
                (it.repository, it.pull.as_ref().map(|pull| pull.head.clone()).unwrap_or_default())
            });
            let remark = ReviewComment {
                id,
                repository,
                item,
                review: 0,
                author: actor.user,
                body,
                path: path.trim_start_matches('/').to_owned(),
                line,
                start_line: None,
                commit,
                answers: None,
                created: now,
                updated: now,
            };
            world.review_comments.insert(id, remark);
            id
        }
        Some(_) => return Err(Refusal::new(400, "the path begins with a slash")),
        None => call.world().comment(actor, item, &body),
    };
    call.world().threads.insert(root, Thread { status, properties });
    Ok(Reply::ok(thread(call, root)))
}

/// Says something in a thread that stands on a file.
pub(super) fn reply(call: &mut Call<'_>, item: Id, thread: &str) -> Outcome {
    let Some(body) = call.text("/content").filter(|body| !body.is_empty()) else {
        call.problem("a comment has content");
        return Err(Refusal::new(400, "TF401186: The comment content is not valid."));
    };
    let root = thread.parse().ok().and_then(|root: Id| call.look().review_comments.get(&root));
    let Some(root) = root.filter(|it| it.item == item).cloned() else {
        return Err(Refusal::new(404, "TF401174: The thread was not found."));
    };
    let actor = call.actor();
    let world = call.world();
    let (id, now) = (world.fresh(), world.now());
    let said = ReviewComment {
        id,
        author: actor.user,
        body,
        answers: Some(root.id),
        created: now,
        updated: now,
        ..root.clone()
    };
    world.review_comments.insert(id, said);
    let all = self::said(call, root.id);
    let number = all.iter().position(|it| it.id == id).map_or(1, |at| at + 1);
    Ok(Reply::ok(all.get(number - 1).map(|said| comment(call, said, number)).unwrap_or_default()))
}

fn find(call: &Call<'_>, item: Id, thread: &str, comment: &str) -> Result<(Id, usize), Refusal> {
    let missing = || Refusal::new(404, "TF401174: The comment was not found.");
    let (root, number): (Id, usize) = thread.parse().ok().zip(comment.parse().ok()).ok_or_else(missing)?;
    let world = call.look();
    let of = world.comments.get(&root).map(|it| it.item).or_else(|| world.review_comments.get(&root).map(|it| it.item));
    let all = said(call, root);
    let found = all.get(number.wrapping_sub(1)).filter(|_| of == Some(item));
    found.map(|it| (it.id, number)).ok_or_else(missing)
}

/// Gives a thread another status.
pub(super) fn settle(call: &mut Call<'_>, item: Id, thread_id: &str) -> Outcome {
    const STATUSES: [&str; 6] = ["active", "fixed", "wontFix", "closed", "byDesign", "pending"];
    find(call, item, thread_id, "1")?;
    let status = call.text("/status").unwrap_or_default();
    if !STATUSES.contains(&status.as_str()) {
        call.problem("a thread is `active`, `fixed`, `wontFix`, `closed`, `byDesign` or `pending`");
        return Err(Refusal::new(400, "TF401176: The status of the thread is not valid."));
    }
    let root: Id = thread_id.parse().unwrap_or_default();
    let noted = call.world().threads.entry(root);
    noted.or_insert_with(|| Thread { status: String::new(), properties: json!({}) }).status = status;
    Ok(Reply::ok(thread(call, root)))
}

pub(super) fn edit(call: &mut Call<'_>, item: Id, thread: &str, number: &str) -> Outcome {
    let (id, number) = find(call, item, thread, number)?;
    let body = call.text("/content").unwrap_or_default();
    let actor = call.actor();
    if call.look().comments.contains_key(&id) {
        call.world().edit_comment(actor, id, &body);
    } else {
        call.world().edit_review_comment(actor, id, &body);
    }
    let root: Id = thread.parse().unwrap_or_default();
    let all = said(call, root);
    Ok(Reply::ok(all.get(number - 1).map(|said| comment(call, said, number)).unwrap_or_default()))
}

pub(super) fn like(call: &mut Call<'_>, item: Id, thread: &str, number: &str) -> Outcome {
    let (id, _) = find(call, item, thread, number)?;
    let user = call.actor().user;
    call.world().react(user, Subject::Comment(id), "like");
    Ok(Reply::status(200))
}
