//! Repositories of the local forge.

use std::path::PathBuf;

use clap::Subcommand;
use forgeline_forge::{NewRepository, Seed, types::RepoId};
use serde_json::json;

use super::{Change, Desk, On, Session};
use crate::{exit::Exit, output::table};

/// Repositories.
#[derive(Debug, Subcommand)]
pub enum RepoVerb {
    /// Make a repository: with a README, empty, or as a copy of one on this machine.
    Create {
        /// `owner/name`.
        name: RepoId,
        /// Copy all branches and tags of this repository; it is only read.
        #[arg(long, value_name = "PATH", conflicts_with = "empty")]
        from: Option<PathBuf>,
        /// Without any commit.
        #[arg(long)]
        empty: bool,
        /// Only people with a role may read it.
        #[arg(long)]
        private: bool,
        #[command(flatten)]
        change: Change,
    },
    /// List repositories.
    List(On),
}

impl RepoVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Create { name, from, empty, private, change } => {
                let desk = Desk::change(session, change).await?;
                let seed = match (from, empty) {
                    (Some(path), _) => Seed::Import(path),
                    (None, true) => Seed::Empty,
                    (None, false) => Seed::Readme,
                };
                let new = NewRepository { repo: name, private, seed };
                let repo = desk.forge().create_repository(&new, &desk.actor, desk.now).await?;
                let path = desk.session.real_path(&desk.forge().git_dir(&repo).await?);
                desk.session.out.print("repository", &json!({"name": repo, "git_dir": path}), || {
                    format!("made {repo}\n  git clone {}\n", path.display())
                });
                desk.then_bot().await
            }
            Self::List(on) => {
                let desk = Desk::look(session, on).await?;
                let mut rows = Vec::new();
                let mut all = Vec::new();
                for repo in desk.forge().repositories().await? {
                    let path = desk.forge().git_dir(&repo).await?;
                    let branch =
                        desk.forge().default_branch(&repo).await.map_or_else(|_| "-".into(), |it| it.to_string());
                    rows.push(vec![repo.to_string(), branch.clone(), path.display().to_string()]);
                    all.push(json!({"name": repo, "default_branch": branch, "git_dir": path}));
                }
                session
                    .out
                    .print("repositories", &all, || table(&["REPOSITORY", "DEFAULT BRANCH", "GIT DIRECTORY"], &rows));
                Ok(Exit::Success)
            }
        }
    }
}
