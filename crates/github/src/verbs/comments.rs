//! Comments on issues and pull requests.

use forgeline_forge::{
    remote::{CommentPlace, Reaction, RemoteComment, Trouble},
    types::RepoId,
};
use forgeline_model::Timestamp;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::reviews;
use crate::{
    api::{Api, Changing, Result},
    auth::{Identity, Need},
    ids::CommentId,
    limits::Priority,
    shapes::{self, Comment},
};

impl Changing for Comment {
    fn key(&self) -> u64 {
        self.id
    }

    fn changed(&self) -> Timestamp {
        self.updated_at.0
    }
}

pub(crate) async fn since(api: &Api, repo: &RepoId, since: Timestamp) -> Result<Vec<RemoteComment>> {
    let doing = format!("read new comments of {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk
        .path(&["repos", repo.owner(), repo.name(), "issues", "comments"])?
        .with("sort", "updated")
        .with("direction", "asc");
    let all = talk.by_change::<Comment>(&path, Some(since)).await?;
    all.into_iter()
        .map(|shape| {
            let number = shape.issue_url.as_deref().and_then(last_number);
            number
                .map(|number| comment(shape, number))
                .ok_or_else(|| talk.error(Trouble::Unreadable("a comment does not say what it is on".into())))
        })
        .collect()
}

pub(crate) async fn of(api: &Api, repo: &RepoId, number: u64) -> Result<Vec<RemoteComment>> {
    let doing = format!("read the comments of {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number.to_string(), "comments"])?;
    let mut all: Vec<Comment> = talk.pages(path).await?;
    all.sort_by_key(|shape| (shape.created_at.0, shape.id));
    all.dedup_by_key(|shape| shape.id);
    Ok(all.into_iter().map(|shape| comment(shape, number)).collect())
}

pub(crate) async fn create(api: &Api, repo: &RepoId, number: u64, body: &str) -> Result<RemoteComment> {
    let doing = format!("comment on {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number.to_string(), "comments"])?;
    let shape = talk.change(Method::POST, &path, Some(json!({ "body": body })), Priority::Answer).await?;
    Ok(comment(shape, number))
}

pub(crate) async fn edit(api: &Api, repo: &RepoId, number: u64, id: u64, body: &str) -> Result<RemoteComment> {
    let id = match CommentId::of(id) {
        CommentId::OnLines(id) => return reviews::edit(api, repo, number, id, body).await,
        CommentId::Conversation(id) | CommentId::Review(id) => id,
    };
    let doing = format!("edit a comment on {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", "comments", &id.to_string()])?;
    let shape = talk.change(Method::PATCH, &path, Some(json!({ "body": body })), Priority::Answer).await?;
    Ok(comment(shape, number))
}

pub(crate) async fn react(api: &Api, repo: &RepoId, number: u64, id: u64, reaction: Reaction) -> Result<()> {
    let doing = format!("acknowledge a comment on {repo}#{number}");
    let talk = api.talk(Identity::Repo(repo, Need::Talk), &doing);
    let content = match reaction {
        Reaction::Seen => "eyes",
        Reaction::Confused => "confused",
    };
    let (kind, id) = match CommentId::of(id) {
        CommentId::Conversation(id) => ("issues", id),
        CommentId::OnLines(id) => ("pulls", id),
        // Nobody can react to the text of a review; the answer is the acknowledgement.
        CommentId::Review(_) => return Ok(()),
    };
    let path = talk.path(&["repos", repo.owner(), repo.name(), kind, "comments", &id.to_string(), "reactions"])?;
    talk.change::<IgnoredAny>(Method::POST, &path, Some(json!({ "content": content })), Priority::Answer).await?;
    Ok(())
}

fn comment(shape: Comment, number: u64) -> RemoteComment {
    RemoteComment {
        id: shape.id,
        number,
        author: shapes::login(shape.user),
        body: shape.body.unwrap_or_default(),
        created_at: shape.created_at.0,
        updated_at: shape.updated_at.0,
        place: CommentPlace::Conversation,
    }
}

fn last_number(url: &str) -> Option<u64> {
    url.rsplit('/').next()?.parse().ok()
}
