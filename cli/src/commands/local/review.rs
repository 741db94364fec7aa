//! Reviews of pull requests on the local forge.

use clap::{Subcommand, ValueEnum};
use forgeline_forge::{
    NewThread, marker,
    types::{Feedback, RepoId, ReviewVerdict, Side},
};
use forgeline_model::diagnostic::escape_all_controls;
use serde_json::json;

use super::{Change, Desk, Item, Session, pr::of_item};
use crate::exit::{Exit, Failure};

/// Reviews: threads on lines, and what people say of the whole pull request.
#[derive(Debug, Subcommand)]
pub enum ReviewVerb {
    /// Start a thread on a line; a line of the text like `/forgeline revise` is a command.
    Comment {
        /// Number of the pull request, or of the issue it was opened for.
        number: u64,
        /// Where: `docs/a.md:3`, `docs/a.md:3-5`, or `docs/a.md` for the whole file.
        place: String,
        /// Text, Markdown.
        text: String,
        /// The line as it is on the base.
        #[arg(long)]
        old: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Say something in a thread.
    Reply {
        /// Number of the pull request, or of the issue it was opened for.
        number: u64,
        /// The thread; `list` shows them.
        thread: u64,
        /// Text, Markdown.
        text: String,
        #[command(flatten)]
        change: Change,
    },
    /// Say that a thread is settled: the next attempt does not hear it.
    Resolve(Thread),
    /// Say that a thread is not settled after all.
    Reopen(Thread),
    /// Say what you think of the whole pull request.
    Submit {
        /// Number of the pull request, or of the issue it was opened for.
        number: u64,
        /// Text, Markdown; an approval needs none.
        #[arg(default_value = "")]
        text: String,
        /// What it says.
        #[arg(long, value_enum, default_value = "comment")]
        verdict: Verdict,
        #[command(flatten)]
        change: Change,
    },
    /// List threads and reviews.
    List(Item),
}

/// A thread.
#[derive(Debug, clap::Args)]
pub struct Thread {
    /// Number of the pull request, or of the issue it was opened for.
    number: u64,
    /// The thread; `list` shows them.
    thread: u64,
    #[command(flatten)]
    change: Change,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verdict {
    /// Neither yes nor no.
    Comment,
    /// It may be merged.
    Approve,
    /// It may not be merged like this.
    RequestChanges,
}

impl ReviewVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Comment { number, place, text, old, change } => {
                let (desk, repo, number) = open(session, change, number).await?;
                let about = place_of(&place, if old { Side::Old } else { Side::New })?;
                let thread = desk.forge().add_thread(&repo, number, &about, &text, &desk.actor, desk.now).await?;
                desk.session.out.print("thread", &thread, || {
                    format!("started thread {} on {place} of {repo}#{number}\n", thread.id)
                });
                desk.then_bot().await
            }
            Self::Reply { number, thread, text, change } => {
                let (desk, repo, number) = open(session, change, number).await?;
                let comment = desk.forge().reply_in_thread(&repo, number, thread, &text, &desk.actor, desk.now).await?;
                desk.session.out.print("comment", &comment, || format!("said in thread {thread} of {repo}#{number}\n"));
                desk.then_bot().await
            }
            Self::Resolve(thread) => set_resolved(session, thread, true).await,
            Self::Reopen(thread) => set_resolved(session, thread, false).await,
            Self::Submit { number, text, verdict, change } => {
                let (desk, repo, number) = open(session, change, number).await?;
                let verdict = match verdict {
                    Verdict::Comment => ReviewVerdict::Commented,
                    Verdict::Approve => ReviewVerdict::Approved,
                    Verdict::RequestChanges => ReviewVerdict::ChangesRequested,
                };
                let review = desk.forge().submit_review(&repo, number, verdict, &text, &desk.actor, desk.now).await?;
                desk.session.out.print("review", &review, || format!("reviewed {repo}#{number}: {}\n", words(verdict)));
                desk.then_bot().await
            }
            Self::List(Item { number, on }) => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let number = of_item(&desk, &repo, number).await?;
                let found = desk.forge().feedback(&repo, number).await?;
                session.out.print("feedback", &found, || shown(&found));
                Ok(Exit::Success)
            }
        }
    }
}

async fn open(session: &Session, change: Change, number: u64) -> anyhow::Result<(Desk, RepoId, u64)> {
    let desk = Desk::change(session, change).await?;
    let repo = desk.repo().await?;
    let number = of_item(&desk, &repo, number).await?;
    Ok((desk, repo, number))
}

async fn set_resolved(session: &Session, thread: Thread, resolved: bool) -> anyhow::Result<Exit> {
    let Thread { number, thread, change } = thread;
    let (desk, repo, number) = open(session, change, number).await?;
    desk.forge().set_thread_resolved(&repo, number, thread, resolved, &desk.actor, desk.now).await?;
    let document = json!({"id": thread, "number": number, "resolved": resolved});
    let word = if resolved { "settled" } else { "open" };
    desk.session.out.print("thread", &document, || format!("thread {thread} of {repo}#{number} is {word}\n"));
    desk.then_bot().await
}

/// `path`, `path:3` or `path:3-5`.
fn place_of(text: &str, side: Side) -> anyhow::Result<NewThread> {
    let whole = || NewThread { path: text.to_owned(), line: None, start_line: None, side };
    let Some((path, lines)) = text.rsplit_once(':') else { return Ok(whole()) };
    let wrong =
        || Failure::new(Exit::Usage, format!("`{text}` is no place; write it like `docs/a.md:3` or `docs/a.md:3-5`"));
    let (first, last) = lines.split_once('-').map_or((None, lines), |(first, last)| (Some(first), last));
    let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
    let start_line = first.map(number).transpose()?;
    Ok(NewThread { path: path.to_owned(), line: Some(number(last)?), start_line, side })
}

fn words(verdict: ReviewVerdict) -> &'static str {
    match verdict {
        ReviewVerdict::Commented => "a comment",
        ReviewVerdict::Approved => "approved",
        ReviewVerdict::ChangesRequested => "changes requested",
        ReviewVerdict::Dismissed => "taken back",
    }
}

fn shown(feedback: &Feedback) -> String {
    let mut text = String::new();
    let indented = |body: &str| -> String {
        marker::strip(body).trim_end().lines().map(|line| format!("    {}\n", escape_all_controls(line))).collect()
    };
    for thread in &feedback.threads {
        let lines = match (thread.start_line, thread.line) {
            (Some(first), Some(last)) => format!(":{first}-{last}"),
            (None, Some(last)) => format!(":{last}"),
            _ => String::new(),
        };
        let state = match (thread.resolved, thread.outdated) {
            (true, _) => "settled",
            (false, true) => "open, the lines have changed",
            (false, false) => "open",
        };
        let path = escape_all_controls(&thread.path);
        text.push_str(&format!("thread {} on {path}{lines}: {state}\n", thread.id));
        thread.quote.lines().for_each(|line| text.push_str(&format!("  > {}\n", escape_all_controls(line))));
        for comment in &thread.comments {
            text.push_str(&format!("  {} at {}\n{}", comment.author, comment.created_at, indented(&comment.body)));
        }
    }
    for review in &feedback.reviews {
        let (verdict, at) = (words(review.verdict), review.submitted_at);
        text.push_str(&format!("{} at {at}: {verdict}\n{}", review.author, indented(&review.body)));
    }
    if text.is_empty() { "nobody has reviewed it\n".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use forgeline_forge::types::Side;

    use super::place_of;

    #[test]
    fn a_place_is_a_file_and_its_lines() {
        let read = |text: &str| place_of(text, Side::New).map(|it| (it.path, it.start_line, it.line));
        assert_eq!(read("docs/a.md").expect("valid"), ("docs/a.md".into(), None, None));
        assert_eq!(read("docs/a.md:3").expect("valid"), ("docs/a.md".into(), None, Some(3)));
        assert_eq!(read("docs/a.md:3-5").expect("valid"), ("docs/a.md".into(), Some(3), Some(5)));
        assert!(read("docs/a.md:x").is_err() && read("docs/a.md:3-").is_err());
    }
}
