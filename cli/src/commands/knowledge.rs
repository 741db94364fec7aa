//! `forgeline knowledge`: the index over Git repositories.

mod hits;

use clap::{Args, Subcommand};
use forgeline_model::knowledge::{
    IndexRequest, Indexed, Progress, RefRole, RefusalKind, SearchMode, SearchRequest, StalePolicy, Status,
};
use forgeline_repo::{BranchName, Repo};
use forgeline_runner::{
    Runner,
    knowledge::{KnowledgeHandle, NoAnswer},
};
use serde_json::json;

use super::{
    Session,
    wording::{count, duration, short},
};
use crate::{
    exit::{Exit, Failure},
    output,
    rehearsal::DryRun,
    request,
};

/// Index repositories and search them.
///
/// Example: `forgeline knowledge search "how are retries counted" -k 5`
#[derive(Debug, Subcommand)]
pub enum Knowledge {
    /// Bring the index of a repository up to date.
    Index(Index),
    /// Find what answers a question.
    Search(Search),
    /// Show what is indexed, and how it is searched.
    Status,
}

/// Bring the index of a repository up to date.
#[derive(Debug, Args)]
pub struct Index {
    /// Path of a Git repository, or `owner/name` on the local forge.
    #[arg(long, default_value = ".", value_name = "REPO")]
    repo: String,
    /// Branch; the default branch otherwise.
    #[arg(long = "ref", value_name = "BRANCH")]
    branch: Option<String>,
    #[command(flatten)]
    how: DryRun,
}

/// Find what answers a question.
#[derive(Debug, Args)]
pub struct Search {
    /// Words, identifiers or a question.
    query: String,
    /// Only this repository, as it was indexed; all otherwise.
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
    /// Only this branch; each repository's default branch otherwise.
    #[arg(long = "ref", value_name = "BRANCH")]
    branch: Option<String>,
    /// Most hits.
    #[arg(short, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    k: u32,
    /// When a branch has moved past its index: answer and say so, refuse, or index first.
    #[arg(long, value_enum, default_value = "warn")]
    stale: Stale,
}

/// What to do when a branch has moved past its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stale {
    /// Answer, and say so.
    Warn,
    /// Refuse.
    Error,
    /// Index first.
    Wait,
}

impl Knowledge {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let how = if let Self::Index(index) = &self { index.how } else { DryRun::default() };
        let session = &session.to_change(how).await?;
        let runner = session.look().await?;
        let done = match self {
            Self::Index(index) => index.perform(session, &runner).await,
            Self::Search(search) => search.perform(session, &runner).await,
            Self::Status => status(session, &runner.knowledge).await,
        };
        runner.knowledge.end().await;
        done
    }
}

impl Index {
    async fn perform(self, session: &Session, runner: &Runner) -> anyhow::Result<Exit> {
        let place = request::find_place(&self.repo, runner).await?;
        let repo = Repo::open(&place.path).map_err(|error| Failure::new(Exit::NotFound, error.to_string()))?;
        let default = repo.default_branch().ok();
        let branch = match (&self.branch, &default) {
            (Some(named), _) => {
                named.parse::<BranchName>().map_err(|error| Failure::new(Exit::Usage, error.to_string()))?
            }
            (None, Some(default)) => default.clone(),
            (None, None) => anyhow::bail!(Failure::new(
                Exit::Usage,
                format!("`{}` has no branch checked out; name one with `--ref`", place.repository)
            )),
        };
        let tip = repo.branch_tip(&branch).map_err(|error| Failure::new(Exit::NotFound, error.to_string()))?;
        let asked = IndexRequest {
            repo: place.repository.clone(),
            git_dir: repo.git_dir().display().to_string(),
            ref_name: branch.to_string(),
            commit: Some(tip.to_string()),
            role: if default.as_ref() == Some(&branch) { RefRole::Default } else { RefRole::Branch },
            generated: Vec::new(),
            budget_ms: None,
        };
        drop(repo);
        if session.is_rehearsal() {
            let value = json!({"repo": asked.repo, "ref_name": asked.ref_name, "commit": asked.commit});
            session.out.print("indexed", &value, || {
                format!("the index of {} {branch} is brought up to {}\n", place.repository, tip.short())
            });
            return Ok(Exit::Success);
        }
        output::note(&format!("  index     {} {} at {}", place.repository, branch, tip.short()));
        let indexed = runner.knowledge.index(asked, tell).await.map_err(refuse)?;
        session.out.print("indexed", &indexed, || summary(&indexed));
        Ok(Exit::Success)
    }
}

fn tell(progress: Progress) {
    let of = |number: u64, name: &str| count(usize::try_from(number).unwrap_or(usize::MAX), name);
    output::note(&format!(
        "  index     {} of {}, {}",
        progress.files,
        of(progress.files_total, "file"),
        of(progress.chunks, "chunk")
    ));
}

fn summary(indexed: &Indexed) -> String {
    let mut text = format!(
        "{} {} at {}: {}, {} ({} new), {}\n",
        indexed.repo,
        indexed.ref_name,
        short(&indexed.commit),
        count(usize::try_from(indexed.files).unwrap_or(usize::MAX), "file"),
        count(usize::try_from(indexed.chunks).unwrap_or(usize::MAX), "chunk"),
        indexed.chunks_stored,
        duration(indexed.millis)
    );
    if !indexed.skipped.is_empty() {
        let left_out: Vec<String> =
            indexed.skipped.iter().map(|(why, count)| format!("{count} {}", why.replace('_', " "))).collect();
        text.push_str(&format!("left out: {}\n", left_out.join(", ")));
    }
    text.push_str(&mode(indexed.mode, indexed.reason.as_deref()));
    text.push_str("next: `forgeline knowledge search \"…\"`\n");
    text
}

/// How questions are answered, said plainly when it is by words only.
fn mode(mode: SearchMode, reason: Option<&str>) -> String {
    match mode {
        SearchMode::Hybrid => String::new(),
        SearchMode::Keywords => {
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("search is by words only, not by meaning{reason}\n")
        }
    }
}

impl Search {
    async fn perform(self, session: &Session, runner: &Runner) -> anyhow::Result<Exit> {
        let repo = match &self.repo {
            // A path is indexed under its full form.
            Some(name) => Some(match request::find_place(name, runner).await {
                Ok(place) => place.repository,
                Err(_) => name.clone(),
            }),
            None => None,
        };
        let asked = SearchRequest {
            repo,
            ref_name: self.branch.clone(),
            k: self.k,
            stale: match self.stale {
                Stale::Warn => StalePolicy::Warn,
                Stale::Error => StalePolicy::Error,
                Stale::Wait => StalePolicy::Wait,
            },
            ..SearchRequest::new(self.query.clone())
        };
        let found = runner.knowledge.search(asked).await.map_err(refuse)?;
        if !session.out.json {
            for note in &found.notes {
                output::note(&format!("note: {note}"));
            }
        }
        session.out.print("found", &found, || hits::text(&found));
        Ok(Exit::Success)
    }
}

async fn status(session: &Session, knowledge: &KnowledgeHandle) -> anyhow::Result<Exit> {
    let status = knowledge.status().await.map_err(refuse)?;
    session.out.print("status", &status, || status_text(session, &status));
    Ok(Exit::Success)
}

fn status_text(session: &Session, status: &Status) -> String {
    let how = match status.mode {
        SearchMode::Hybrid => "by words and by meaning\n".to_owned(),
        SearchMode::Keywords => mode(status.mode, status.reason.as_deref()),
    };
    let mut text = format!("chunks  {}\nsearch  {how}", status.chunks);
    if status.refs.is_empty() {
        text.push_str("\nnothing is indexed yet; `forgeline knowledge index --repo <path>` begins\n");
        return text;
    }
    let row = |one: &forgeline_model::knowledge::RefStatus| {
        let state = match &one.head {
            _ if one.missing > 0 => format!("{} chunks to index again", one.missing),
            None => "branch is gone".to_owned(),
            Some(head) if *head != one.commit => "stale".to_owned(),
            Some(_) => "current".to_owned(),
        };
        vec![one.repo.clone(), one.ref_name.clone(), short(&one.commit).to_owned(), one.files.to_string(), state]
    };
    text.push('\n');
    text.push_str(&session.out.table(
        &["REPOSITORY", "BRANCH", "COMMIT", "FILES", "STATE"],
        &status.refs.iter().map(row).collect::<Vec<_>>(),
    ));
    text
}

fn refuse(error: NoAnswer) -> Failure {
    match &error {
        NoAnswer::Refused(refusal) if refusal.kind == RefusalKind::User => {
            Failure::new(Exit::NotFound, error.to_string())
        }
        NoAnswer::Refused(_) | NoAnswer::Unavailable(_) => {
            Failure::new(Exit::Infrastructure, format!("{error}; `forgeline doctor` checks what the index needs"))
        }
    }
}
