//! Pull requests of the local forge.

use clap::{Subcommand, ValueEnum};
use forgeline_forge::{
    MergeMethod, PullRequestProposal,
    types::{Check, PullRequest, PullRequestState, RepoId},
};
use forgeline_model::diagnostic::escape_all_controls;
use forgeline_repo::{BranchName, Diff};
use serde_json::json;

use super::{Change, Desk, ItemChange, On, Session};
use crate::{
    commands::wording::count,
    exit::{Exit, Failure},
    output::table,
};

/// Pull requests.
#[derive(Debug, Subcommand)]
pub enum PrVerb {
    /// Propose a branch; what is open for it already says this then.
    Create {
        /// Branch to merge.
        #[arg(long, value_name = "BRANCH")]
        head: BranchName,
        /// Branch to merge into; the default branch otherwise.
        #[arg(long, value_name = "BRANCH")]
        base: Option<BranchName>,
        /// Title.
        #[arg(long, short)]
        title: String,
        /// Text, Markdown.
        #[arg(long, short, default_value = "")]
        body: String,
        #[command(flatten)]
        change: Change,
    },
    /// List pull requests.
    List {
        /// Closed and merged ones too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        on: On,
    },
    /// Show a pull request, its files and, with `--diff`, their changes.
    Show {
        /// Its number, or that of the issue it was opened for.
        number: u64,
        /// With the changes.
        #[arg(long)]
        diff: bool,
        #[command(flatten)]
        on: On,
    },
    /// Merge it.
    Merge {
        /// Its number.
        number: u64,
        /// How.
        #[arg(long, value_enum, default_value = "merge")]
        method: Method,
        #[command(flatten)]
        change: Change,
    },
    /// Close it without merging.
    Close(ItemChange),
    /// Open a closed one again.
    Reopen(ItemChange),
}

/// How to merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// A merge commit.
    Merge,
    /// One new commit.
    Squash,
}

impl PrVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Create { head, base, title, body, change } => {
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let proposal = PullRequestProposal { head, base, title, body, draft: false, labels: Vec::new() };
                let proposed = desk.forge().upsert_pull_request(&repo, &proposal, &desk.actor, desk.now).await?;
                let found = proposed.into_inner();
                desk.session.out.print("pull_request", &found, || {
                    format!("{repo}#{} is {}: {} into {}\n", found.number, found.state, found.head, found.base)
                });
                desk.then_bot().await
            }
            Self::List { all, on } => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let state = if all { None } else { Some(PullRequestState::Open) };
                let found = desk.forge().pull_requests(&repo, state, None).await?;
                session.out.print("pull_requests", &found, || {
                    let rows: Vec<Vec<String>> = found
                        .iter()
                        .map(|it| {
                            vec![it.number.to_string(), it.state.to_string(), it.title.clone(), it.head.to_string()]
                        })
                        .collect();
                    table(&["#", "STATE", "TITLE", "BRANCH"], &rows)
                });
                Ok(Exit::Success)
            }
            Self::Show { number, diff, on } => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
                let number = of_item(&desk, &repo, number).await?;
                let found = desk.forge().pull_request(&repo, number).await?;
                let changes = desk.forge().pull_request_diff(&repo, number).await?;
                let checks = desk.forge().checks(&repo, found.head_commit).await?;
                let document = if diff {
                    json!({"pull_request": found, "checks": checks, "diff": changes})
                } else {
                    json!({"pull_request": found, "checks": checks, "stat": changes.stat})
                };
                session.out.print("pull_request", &document, || shown(&found, &checks, &changes, diff));
                Ok(Exit::Success)
            }
            Self::Merge { number, method, change } => {
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                let method = match method {
                    Method::Merge => MergeMethod::Merge,
                    Method::Squash => MergeMethod::Squash,
                };
                let number = of_item(&desk, &repo, number).await?;
                let merged = desk.forge().merge_pull_request(&repo, number, method, &desk.actor, desk.now).await?;
                desk.session.out.print("pull_request", &merged, || {
                    let commit = merged.merged_commit.as_ref().map_or_else(String::new, |commit| commit.short());
                    format!("merged {repo}#{number} into {} as {commit}\n", merged.base)
                });
                desk.then_bot().await
            }
            Self::Close(item) => set_open(session, item, false).await,
            Self::Reopen(item) => set_open(session, item, true).await,
        }
    }
}

/// The number itself, or, if it is an issue's, the newest pull request that a run opened for it.
pub(super) async fn of_item(desk: &Desk, repo: &RepoId, number: u64) -> anyhow::Result<u64> {
    if desk.forge().issue(repo, number).await.is_err() {
        return Ok(number);
    }
    let runs = desk.wired.runner.store.runs_of(&repo.to_string(), &number.to_string()).await?;
    let opened = runs.iter().find_map(|run| u64::try_from(run.pull_request?).ok());
    opened.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("#{number} is an issue, and no run opened a pull request for it")).into()
    })
}

async fn set_open(session: &Session, item: ItemChange, open: bool) -> anyhow::Result<Exit> {
    let ItemChange { number, change } = item;
    let desk = Desk::change(session, change).await?;
    let repo = desk.repo().await?;
    let number = of_item(&desk, &repo, number).await?;
    let now = desk.forge().set_pull_request_open(&repo, number, open, &desk.actor, desk.now).await?;
    desk.session.out.print("pull_request", &now, || format!("{repo}#{number} is {}\n", now.state));
    desk.then_bot().await
}

fn shown(found: &PullRequest, checks: &[Check], changes: &Diff, diff: bool) -> String {
    let labels = if found.labels.is_empty() { String::new() } else { format!("\nlabels: {}", found.labels.join(", ")) };
    let mut text = format!(
        "#{} {}\n{}{} · {} into {} · by {}{labels}\n\n{}\n\n",
        found.number,
        found.title,
        found.state,
        if found.draft { " (draft)" } else { "" },
        found.head,
        found.base,
        found.author,
        found.body.trim_end()
    );
    for check in checks {
        let state = check.conclusion.map_or_else(|| check.status.to_string(), |it| it.to_string());
        text.push_str(&format!("check {}: {state}\n", check.name));
        for mark in &check.annotations {
            let message = mark.message.lines().next().unwrap_or_default();
            let line = format!("{}:{} {}: {message}", mark.path, mark.line, mark.title);
            text.push_str(&format!("  {}\n", escape_all_controls(&line)));
        }
    }
    if !checks.is_empty() {
        text.push('\n');
    }
    for file in &changes.files {
        text.push_str(&format!("  {:<60} +{} -{}\n", file.path, file.insertions, file.deletions));
    }
    let stat = changes.stat;
    text.push_str(&format!(
        "{}, {} added, {} removed\n",
        count(stat.files, "file"),
        count(stat.insertions, "line"),
        stat.deletions
    ));
    if diff {
        text.push('\n');
        text.push_str(&changes.patch());
    }
    text
}
