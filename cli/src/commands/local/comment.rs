//! Comments on the local forge.

use clap::Subcommand;
use forgeline_forge::{marker, types::Comment};

use super::{Change, Desk, Item, Session};
use crate::exit::Exit;

/// Comments on issues and pull requests.
#[derive(Debug, Subcommand)]
pub enum CommentVerb {
    /// Say something; a line like `/forgeline run http-service` is a command.
    Add {
        /// Number of the issue or pull request.
        number: u64,
        /// Text, Markdown.
        text: String,
        #[command(flatten)]
        change: Change,
    },
    /// List comments.
    List(Item),
}

impl CommentVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Add { number, text, change } => {
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let comment = desk.forge().add_comment(&repo, number, &text, &desk.actor, desk.now).await?;
                desk.session.out.print("comment", &comment, || format!("commented on {repo}#{number}\n"));
                desk.then_bot().await
            }
            Self::List(Item { number, on }) => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let comments = desk.forge().comments(&repo, number).await?;
                session.out.print("comments", &comments, || comments.iter().map(shown).collect());
                Ok(Exit::Success)
            }
        }
    }
}

/// A comment for people, without the hidden marker.
pub(super) fn shown(comment: &Comment) -> String {
    let body = marker::strip(&comment.body);
    let indented: String = body.trim_end().lines().map(|line| format!("    {line}\n")).collect();
    format!("\n{} at {}\n{indented}", comment.author, comment.created_at)
}
