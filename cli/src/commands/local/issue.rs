//! Issues of the local forge.

use std::path::PathBuf;

use clap::Subcommand;
use forgeline_forge::types::{Comment, Issue, IssueState};
use serde_json::json;

use super::{Change, Desk, Item, ItemChange, On, Session};
use crate::{
    exit::{Exit, Failure},
    output::table,
    request,
};

/// Issues.
#[derive(Debug, Subcommand)]
pub enum IssueVerb {
    /// Open an issue, from words or from a Markdown file whose first line is `# title`.
    Create {
        /// Title; the file's own otherwise.
        #[arg(long, short, required_unless_present = "file")]
        title: Option<String>,
        /// Text, Markdown.
        #[arg(long, short, default_value = "", conflicts_with = "file")]
        body: String,
        /// Title and text from a file, `-` for stdin.
        #[arg(long, short = 'F', value_name = "FILE")]
        file: Option<PathBuf>,
        /// Label; may be given again.
        #[arg(long, short, value_name = "LABEL")]
        label: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    /// List issues.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        on: On,
    },
    /// Show an issue with its comments.
    Show(Item),
    /// Change title or text.
    Edit {
        /// Its number.
        number: u64,
        /// New title.
        #[arg(long, short)]
        title: Option<String>,
        /// New text.
        #[arg(long, short)]
        body: Option<String>,
        /// New title and text from a file.
        #[arg(long, short = 'F', value_name = "FILE", conflicts_with_all = ["title", "body"])]
        file: Option<PathBuf>,
        #[command(flatten)]
        change: Change,
    },
    /// Close an issue.
    Close(ItemChange),
    /// Open a closed issue again.
    Reopen(ItemChange),
}

impl IssueVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Create { title, body, file, label, change } => {
                let (title, body) = words(title, Some(body), file)?;
                let title = title.ok_or_else(|| Failure::new(Exit::Usage, "give `--title` or `--file`"))?;
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let body = body.unwrap_or_default();
                let issue = desk.forge().open_issue(&repo, &title, &body, &label, &desk.actor, desk.now).await?;
                let said = || format!("opened {repo}#{}: {}\n", issue.number, issue.title);
                desk.session.out.print("issue", &issue, said);
                desk.then_bot().await
            }
            Self::List { all, on } => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let state = if all { None } else { Some(IssueState::Open) };
                let issues = desk.forge().issues(&repo, state, None).await?;
                session.out.print("issues", &issues, || {
                    let rows: Vec<Vec<String>> = issues
                        .iter()
                        .map(|it| {
                            vec![it.number.to_string(), it.state.to_string(), it.title.clone(), it.labels.join(", ")]
                        })
                        .collect();
                    table(&["#", "STATE", "TITLE", "LABELS"], &rows)
                });
                Ok(Exit::Success)
            }
            Self::Show(Item { number, on }) => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let issue = desk.forge().issue(&repo, number).await?;
                let comments = desk.forge().comments(&repo, number).await?;
                session.out.print("issue", &json!({"issue": issue, "comments": comments}), || shown(&issue, &comments));
                Ok(Exit::Success)
            }
            Self::Edit { number, title, body, file, change } => {
                let (title, body) = words(title, body, file)?;
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let issue = desk
                    .forge()
                    .edit_issue(&repo, number, title.as_deref(), body.as_deref(), &desk.actor, desk.now)
                    .await?;
                desk.session.out.print("issue", &issue, || format!("changed {repo}#{number}\n"));
                desk.then_bot().await
            }
            Self::Close(item) => set_state(session, item, IssueState::Closed).await,
            Self::Reopen(item) => set_state(session, item, IssueState::Open).await,
        }
    }
}

async fn set_state(session: &Session, item: ItemChange, state: IssueState) -> anyhow::Result<Exit> {
    let ItemChange { number, change } = item;
    let desk = Desk::change(session, change).await?;
    let repo = desk.repo().await?;
    let issue = desk.forge().set_issue_state(&repo, number, state, &desk.actor, desk.now).await?;
    desk.session.out.print("issue", &issue, || format!("{repo}#{number} is {state}\n"));
    desk.then_bot().await
}

type Words = (Option<String>, Option<String>);

fn words(title: Option<String>, body: Option<String>, file: Option<PathBuf>) -> anyhow::Result<Words> {
    match file {
        None => Ok((title, body)),
        Some(file) => {
            let item = request::read_item(&file)?;
            Ok((Some(title.unwrap_or(item.title)), Some(item.body.trim().to_owned())))
        }
    }
}

fn shown(issue: &Issue, comments: &[Comment]) -> String {
    let labels = if issue.labels.is_empty() { String::new() } else { format!("\nlabels: {}", issue.labels.join(", ")) };
    let mut text = format!(
        "#{} {}\n{} by {}{labels}\n\n{}\n",
        issue.number,
        issue.title,
        issue.state,
        issue.author,
        issue.body.trim_end()
    );
    for comment in comments {
        text.push_str(&super::comment::shown(comment));
    }
    text
}
