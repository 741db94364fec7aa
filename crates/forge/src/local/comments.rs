//! Comments on issues and pull requests.

use forgeline_model::Timestamp;
use forgeline_store::local_forge::CommentRow;
use serde_json::json;

use super::{LocalForge, rows, scope::Verb, text};
use crate::{
    ForgeError, marker,
    types::{Comment, Feed, Login, RepoId, ReviewVerdict, Role, Upsert},
};

impl LocalForge {
    /// Adds a comment to an issue or pull request, also to a closed one.
    ///
    /// # Errors
    /// There is no such item, the text is refused, or `actor` may not look at the repository.
    pub async fn add_comment(
        &self,
        repo: &RepoId,
        number: u64,
        body: &str,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Comment, ForgeError> {
        let body = text::body(body)?;
        if body.trim().is_empty() {
            return Err(ForgeError::Invalid { what: "the comment", reason: "it is empty".to_owned() });
        }
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Guest, "comment").await?;
        let comment = insert(&mut verb, number, body, Stands::default()).await?;
        verb.commit().await?;
        Ok(comment)
    }

    /// Makes sure that the bot's comment with this key is there and says this. It is edited in place; a comment by
    /// anybody else never counts, whatever marker it shows.
    ///
    /// # Errors
    /// There is no such item, or the text is refused.
    pub async fn upsert_comment(
        &self,
        repo: &RepoId,
        number: u64,
        key: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<Upsert<Comment>, ForgeError> {
        self.upsert_comment_in(repo, number, None, key, body, at).await
    }

    /// The same for a comment that stands in a thread of a pull request, if one is named.
    ///
    /// # Errors
    /// As [`Self::upsert_comment`]; there is no such thread.
    pub async fn upsert_comment_in(
        &self,
        repo: &RepoId,
        number: u64,
        thread: Option<u64>,
        key: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<Upsert<Comment>, ForgeError> {
        let body = text::body(&marker::append(body, key))?;
        if let Some(there) = self.authority(repo).await? {
            return self.upsert_comment_there(&there, repo, number, thread, (key, body), at).await;
        }
        let thread = thread.map(|id| i64::try_from(id).unwrap_or(i64::MAX));
        let bot = Self::bot();
        let mut verb = self.verb(repo, &bot, at).await?;
        let item = verb.view.item(number, None).await?;
        let repository = verb.view.row.id;
        let found = verb.view.tx.marked_comment(repository, item.number, bot.as_str(), key).await?;
        let outcome = match found {
            None => {
                let stands = Stands { key: Some(key), thread, ..Stands::default() };
                Upsert::Created(insert(&mut verb, number, body, stands).await?)
            }
            Some(row) if row.body == body => Upsert::Unchanged(rows::comment(row)?),
            Some(row) => {
                verb.view.tx.update_comment(row.id, &body, at.millis()).await?;
                verb.tell(Feed::CommentEdited, number, json!({"comment_id": row.id})).await?;
                Upsert::Updated(rows::comment(CommentRow { body, updated_at: at.millis(), ..row })?)
            }
        };
        verb.commit().await?;
        Ok(outcome)
    }

    /// The conversation on an issue or pull request, oldest first.
    ///
    /// # Errors
    /// There is no such item.
    pub async fn comments(&self, repo: &RepoId, number: u64) -> Result<Vec<Comment>, ForgeError> {
        let mut view = self.view(repo).await?;
        let item = view.item(number, None).await?;
        view.tx.comments(view.row.id, item.number).await?.into_iter().map(rows::comment).collect()
    }
}

/// Where a new comment stands, and what it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stands<'a> {
    /// Key of its marker.
    pub(super) key: Option<&'a str>,
    /// The thread that it stands in.
    pub(super) thread: Option<i64>,
    /// What the review says whose text it is.
    pub(super) verdict: Option<ReviewVerdict>,
}

pub(super) async fn insert(
    verb: &mut Verb,
    number: u64,
    body: String,
    stands: Stands<'_>,
) -> Result<Comment, ForgeError> {
    let item = verb.view.item(number, None).await?;
    let mut row = CommentRow {
        id: 0,
        number: item.number,
        author: verb.actor.to_string(),
        marker: stands.key.map(str::to_owned),
        body,
        created_at: verb.at.millis(),
        updated_at: verb.at.millis(),
        remote_id: None,
        thread: stands.thread,
        verdict: stands.verdict.map(|verdict| verdict.to_string()),
    };
    row.id = verb.view.tx.insert_comment(verb.view.row.id, &row).await?;
    let mut payload = json!({"comment_id": row.id, "body": row.body, "on": item.kind});
    if let Some(thread) = row.thread {
        payload["thread"] = thread.into();
    }
    verb.tell(Feed::CommentCreated, number, payload).await?;
    rows::comment(row)
}

#[cfg(test)]
mod tests {
    use crate::{
        local::scratch::{World, login},
        types::Upsert,
    };

    #[tokio::test]
    async fn the_bots_comment_is_edited_in_place_and_nobody_else_can_take_its_place() {
        let world = World::new().await;
        let (forge, repo, eve) = (&world.forge, &world.repo, login("eve"));
        forge.open_issue(repo, "a", "", &[], &eve, world.now()).await.expect("opens");
        let forged = "mine\n\n<!-- forgeline:status -->";
        forge.add_comment(repo, 1, forged, &eve, world.now()).await.expect("comments");
        let upsert =
            async |body: &str| forge.upsert_comment(repo, 1, "status", body, world.now()).await.expect("upserts");
        assert!(matches!(upsert("running").await, Upsert::Created(_)));
        assert!(matches!(upsert("running").await, Upsert::Unchanged(_)));
        assert!(matches!(upsert("done").await, Upsert::Updated(_)));
        let comments = forge.comments(repo, 1).await.expect("lists");
        let seen: Vec<_> = comments.iter().map(|c| (c.author.as_str(), c.marker.as_deref(), c.body.as_str())).collect();
        assert_eq!(
            seen,
            [("eve", None, forged), ("forgeline[bot]", Some("status"), "done\n\n<!-- forgeline:status -->")]
        );
        assert_eq!(world.told().await[1..], ["comment_created 1", "comment_created 1", "comment_edited 1"]);
        let events = world.events().await;
        assert_eq!((events[2].actor.as_str(), events[2].payload["on"].as_str()), ("eve", Some("issue")));
    }
}
