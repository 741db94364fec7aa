//! `forgeline projects serving`: which factory serves which repository, and why.

use std::sync::Arc;

use forgeline_forge::types::RepoId;
use forgeline_runner::{Because, InForce, OpenTarget, Runner, factories::HERE};
use serde_json::{Value, json};

use crate::commands::{Session, wording::short};

/// A repository that this state knows, with what serves it or why nothing does.
pub struct Line {
    repo: RepoId,
    forge: String,
    served: Result<Because, String>,
}

impl Line {
    /// Whether a factory serves it.
    pub fn is_served(&self) -> bool {
        self.served.is_ok()
    }
}

/// All repositories, in name order.
pub async fn lines(runner: &Runner, fallback: &InForce) -> anyhow::Result<Vec<Line>> {
    let fallback = Arc::new(fallback.clone());
    runner.read_factories().await;
    let mut lines = Vec::new();
    for repo in runner.forge.repositories().await? {
        let forge = runner.forge.kept_by(&repo).await?.unwrap_or_else(|| HERE.to_owned());
        let (path, shown) = (runner.forge.git_dir(&repo).await?, repo.to_string());
        let base = tokio::task::spawn_blocking(move || OpenTarget::find(&path, &shown, None)).await?;
        let served = match base {
            Ok(target) => runner.definitions_at(&repo, target.base, &fallback).await.map(|served| served.because),
            // It has no commit yet, so nothing of its own.
            Err(_) => runner.serve(&repo, &fallback).await.map(|served| served.because),
        };
        lines.push(Line { repo, forge, served: served.map_err(|error| error.to_string()) });
    }
    Ok(lines)
}

/// Shows them.
pub fn print(session: &Session, lines: &[Line]) {
    let values: Vec<Value> = lines.iter().map(value).collect();
    session.out.print("serving", &values, || {
        if lines.is_empty() {
            return "no repository is known yet; `forgeline bot once` looks at the forges\n".to_owned();
        }
        let row = |line: &Line| match &line.served {
            Ok(it) => vec![
                line.repo.to_string(),
                line.forge.clone(),
                it.factory.clone(),
                it.commit.as_deref().map_or("—", short).to_owned(),
                why(it),
            ],
            Err(reason) => {
                vec![line.repo.to_string(), line.forge.clone(), "nobody".to_owned(), "—".to_owned(), reason.clone()]
            }
        };
        session
            .out
            .table(&["REPOSITORY", "FORGE", "FACTORY", "COMMIT", "WHY"], &lines.iter().map(row).collect::<Vec<_>>())
    });
}

fn why(it: &Because) -> String {
    let reason = match (it.kind, &it.glob) {
        ("own", _) => "its own `forgeline.yaml`".to_owned(),
        (_, Some(glob)) => format!("`{glob}` fits best"),
        ("built in", None) => "no factory is listed or named".to_owned(),
        (_, None) => "it takes what nobody else takes".to_owned(),
    };
    if it.is_target { reason } else { format!("{reason}; work items only") }
}

fn value(line: &Line) -> Value {
    let (because, reason) = match &line.served {
        Ok(it) => (Some(it), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "repository": line.repo.to_string(), "forge": line.forge,
        "factory": because.map(|it| &it.factory), "commit": because.and_then(|it| it.commit.as_ref()),
        "kind": because.map(|it| it.kind), "glob": because.and_then(|it| it.glob.as_ref()),
        "is_target": because.is_some_and(|it| it.is_target), "reason": reason,
    })
}
