//! `forgeline artifacts`: what runs produced, and what became of it.

use clap::{Args, Subcommand};
use forgeline_engine::run::TaskStatus;
use forgeline_model::RunId;
use forgeline_store::{ArtifactRow, Store};
use serde_json::{Value, json};

use super::{
    Session,
    lookup::find_run,
    wording::{moment, printable, short},
};
use crate::exit::{Exit, Failure};

/// Look at artifacts.
///
/// Example: `forgeline artifacts list --run @latest`
#[derive(Debug, Subcommand)]
pub enum Artifacts {
    /// List artifacts, newest first.
    List(List),
    /// Show an artifact with its content.
    Show {
        /// Its number.
        number: i64,
    },
    /// Show what an artifact replaced, back to the first.
    Lineage {
        /// Its number.
        number: i64,
    },
}

/// List artifacts.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this run: id, prefix, `@latest` or `@failed`.
    #[arg(long)]
    run: Option<String>,
    /// Only those whose path contains this.
    #[arg(long, value_name = "TEXT")]
    path: Option<String>,
    /// Only those of this type.
    #[arg(long = "type", value_name = "NAME")]
    artifact_type: Option<String>,
}

impl Artifacts {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let store = session.look().await?.store.clone();
        match self {
            Self::List(asked) => {
                let run = match &asked.run {
                    Some(name) => Some(find_run(&store, name).await?),
                    None => None,
                };
                let mut rows = store.artifacts(run.as_ref(), asked.path.as_deref()).await?;
                rows.retain(|row| asked.artifact_type.as_ref().is_none_or(|wanted| row.artifact_type == *wanted));
                let none = match asked {
                    List { run: None, path: None, artifact_type: None } => {
                        "there are no artifacts yet; `forgeline run <blueprint>` makes some, `forgeline demo` shows how\n"
                    }
                    _ => "there is no such artifact; `forgeline artifacts list` shows all\n",
                };
                list(session, &rows, "artifacts", none);
            }
            Self::Show { number } => {
                let row = one(&store, number).await?;
                let content = content(&store, &row).await?;
                show(session, &row, content.as_deref());
            }
            Self::Lineage { number } => {
                one(&store, number).await?;
                list(session, &store.lineage(number).await?, "lineage", "");
            }
        }
        Ok(Exit::Success)
    }
}

async fn one(store: &Store, number: i64) -> anyhow::Result<ArtifactRow> {
    let found = store.lineage(number).await?.into_iter().find(|row| row.id == number);
    Ok(found.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("there is no artifact {number}; `forgeline artifacts list` shows all"))
    })?)
}

/// The text as its stage proposed it; none when it is not kept any more.
async fn content(store: &Store, row: &ArtifactRow) -> anyhow::Result<Option<String>> {
    let run: RunId = row.run.parse()?;
    let view = store.run(&run).await?;
    for task in view.state.tasks() {
        let TaskStatus::Done(output) = &task.status else { continue };
        let made = |artifact: &forgeline_engine::fact::ArtifactRef| {
            artifact.path == row.path && artifact.digest.to_string() == row.digest
        };
        if output.artifacts.iter().any(made) {
            let proposal = store.proposal(&output.proposal).await.ok();
            let file = proposal.and_then(|proposal| proposal.files.into_iter().find(|file| file.path == row.path));
            return Ok(file.map(|file| file.content));
        }
    }
    Ok(None)
}

/// Prints a table, or what to say when it is empty.
fn list(session: &Session, rows: &[ArtifactRow], name: &str, none: &str) {
    let values: Vec<Value> = rows.iter().map(value).collect();
    session.out.print(name, &values, || {
        if rows.is_empty() {
            return none.to_owned();
        }
        let row = |row: &ArtifactRow| {
            vec![
                row.id.to_string(),
                row.artifact_type.clone(),
                printable(&row.path),
                row.repository.clone(),
                status(row).to_owned(),
                row.run.clone(),
                moment(row.made_at()),
            ]
        };
        session.out.table(
            &["NO", "TYPE", "PATH", "REPOSITORY", "STATUS", "RUN", "MADE"],
            &rows.iter().map(row).collect::<Vec<_>>(),
        )
    });
}

fn show(session: &Session, row: &ArtifactRow, content: Option<&str>) {
    let mut document = value(row);
    document["content"] = content.into();
    session.out.print("artifact", &document, || {
        let commit = row.merged.as_deref().or(row.commit.as_deref()).map_or("none", short);
        let replaces = row.supersedes.map_or_else(|| "nothing".to_owned(), |id| format!("artifact {id}"));
        let content =
            content.map_or_else(|| "its content is not kept any more; the commit has it".to_owned(), printable);
        format!(
            "path        {}\ntype        {}\nrepository  {}\nstatus      {}\nvalidation  {}\nmade by     {} in {}\n\
             commit      {commit}\nreplaces    {replaces}\ndigest      {}\n\n{content}{}",
            printable(&row.path),
            row.artifact_type,
            row.repository,
            status(row),
            row.validation,
            row.stage,
            row.run,
            row.digest,
            if content.ends_with('\n') { "" } else { "\n" },
        )
    });
}

/// An artifact for machines.
fn value(row: &ArtifactRow) -> Value {
    json!({
        "number": row.id, "project": row.project, "repository": row.repository, "path": row.path,
        "type": row.artifact_type, "digest": row.digest, "validation": row.validation, "supersedes": row.supersedes,
        "run": row.run, "stage": row.stage, "commit": row.commit, "merged": row.merged, "status": status(row),
        "made_at": row.made_at().to_string(),
    })
}

/// One word on where it stands.
pub fn status(row: &ArtifactRow) -> &'static str {
    match (&row.merged, &row.commit) {
        (Some(_), _) => "merged",
        (None, Some(_)) => "proposed",
        (None, None) => "made",
    }
}
