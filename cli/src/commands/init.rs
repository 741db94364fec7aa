//! `forgeline init`: what a repository needs to work with Forgeline.

mod azure_devops;
pub mod files;
mod github_app;
mod subscriptions;
mod wanted;

use std::path::PathBuf;

use clap::Args;
use forgeline_repo::{Repo, RepoError};
use serde_json::json;

use super::Session;
use crate::{
    exit::{Exit, Failure},
    output,
    rehearsal::DryRun,
};

/// Write `forgeline.yaml`, editor schemas and work-item forms into a repository.
///
/// What is there already and differs is kept, unless `--force` is given. Commit what was written.
///
/// Example: `forgeline init --repo ../shop`
#[derive(Debug, Args)]
pub struct Init {
    /// Forge to register with, instead: `github-app` or `azure-devops` prints how.
    #[arg(value_name = "FORGE")]
    pub forge: Option<String>,
    /// Address under which the server is reached, for webhooks.
    #[arg(long, value_name = "URL", requires = "forge")]
    pub url: Option<String>,
    /// Organisation that is to own the App; your own account when left out.
    #[arg(long, value_name = "NAME", requires = "forge")]
    pub organization: Option<String>,
    /// Address of a GitHub server of your own, `https://host`.
    #[arg(long, value_name = "URL", requires = "forge")]
    pub server: Option<String>,
    /// Create the subscriptions to service hooks in Azure DevOps, with the credential and the secret of the operator's file.
    ///
    /// Those that are there and send to the same address are kept, and mended where they differ.
    #[arg(long, requires = "forge")]
    pub create: bool,
    /// Project of Azure DevOps to create subscriptions in; all that the credential shows when left out.
    #[arg(long, value_name = "NAME", requires = "create")]
    pub project: Vec<String>,
    /// Write the secret into the subscriptions that are there too: nobody is shown whether it is the right one.
    #[arg(long, requires = "create")]
    pub renew_secret: bool,
    /// Folder to write to.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub repo: PathBuf,
    /// Replace files that are there and differ.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub how: DryRun,
}

impl Init {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        if let Some(forge) = &self.forge {
            return match (forge.as_str(), self.create) {
                ("azure-devops", true) => subscriptions::perform(&self, session).await,
                (_, true) => Err(Failure::new(
                    Exit::Usage,
                    "`--create` is for `azure-devops`; an App on GitHub is created in the browser",
                )
                .into()),
                (_, false) => self.register(session, forge),
            };
        }
        if !self.repo.is_dir() {
            anyhow::bail!(Failure::new(Exit::NotFound, format!("`{}` is not a folder", self.repo.display())));
        }
        if let Err(RepoError::NotARepository(_)) = Repo::open(&self.repo) {
            output::note(&format!(
                "note: `{}` is not a Git repository yet; `git init` makes it one",
                self.repo.display()
            ));
        }
        let plan = files::plan(&self.repo, &wanted::files(), self.force)?;
        if !self.how.dry_run {
            files::write(&self.repo, &plan)?;
        }
        let value = json!({"folder": self.repo, "files": files::value(&plan)});
        session.out.rehearsing(self.how).print("init", &value, || {
            let mut text = files::text(&plan, self.how);
            text.push_str(
                "\nnext: `forgeline validate` checks the files, `forgeline blueprints list` shows what can be run, ",
            );
            text.push_str("`forgeline run <blueprint> --work-item item.md` runs it; then commit them\n");
            text
        });
        Ok(Exit::Success)
    }

    /// Says how Forgeline is registered with a forge. Nothing is sent or written.
    fn register(&self, session: &Session, forge: &str) -> anyhow::Result<Exit> {
        let wanted = github_app::Wanted {
            organization: self.organization.as_deref(),
            url: self.url.as_deref(),
            server: self.server.as_deref(),
        };
        match forge {
            "github-app" => {
                session.out.print("init-github-app", &github_app::value(wanted), || github_app::text(wanted))
            }
            "azure-devops" => session.out.print("init-azure-devops", &azure_devops::value(), azure_devops::text),
            _ => anyhow::bail!(Failure::new(
                Exit::Usage,
                format!("there is no forge `{forge}`; `forgeline init --repo {forge}` writes into a folder")
            )),
        }
        Ok(Exit::Success)
    }
}
