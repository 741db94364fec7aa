//! `forgeline local …`: the embedded forge.

mod comment;
mod issue;
mod label;
mod pr;
mod repo;
mod review;
mod user;

use clap::{Args, Subcommand};
use forgeline_forge::{
    LocalForge,
    types::{Login, RepoId},
};
use forgeline_model::Timestamp;

use super::{
    Session,
    bot::{Scope, Wired},
};
use crate::{
    exit::{Exit, Failure},
    output,
    rehearsal::DryRun,
    request,
};

/// The forge inside Forgeline: repositories, issues, pull requests.
#[derive(Debug, Subcommand)]
pub enum Local {
    /// Repositories.
    #[command(subcommand)]
    Repo(repo::RepoVerb),
    /// Issues.
    #[command(subcommand)]
    Issue(issue::IssueVerb),
    /// Pull requests.
    #[command(subcommand)]
    Pr(pr::PrVerb),
    /// Reviews: threads on lines, and what people say of a pull request.
    #[command(subcommand)]
    Review(review::ReviewVerb),
    /// Comments on issues and pull requests.
    #[command(subcommand)]
    Comment(comment::CommentVerb),
    /// Labels.
    #[command(subcommand)]
    Label(label::LabelVerb),
    /// Users and their roles.
    #[command(subcommand)]
    User(user::UserVerb),
}

/// Which repository, and as whom.
#[derive(Debug, Clone, Args)]
pub struct On {
    /// Repository, `owner/name`; may be left out when there is only one.
    #[arg(long, short = 'R', value_name = "OWNER/NAME", env = "FORGELINE_REPO")]
    repo: Option<RepoId>,
    /// As which user; the one of this machine otherwise.
    #[arg(long = "as", value_name = "USER")]
    actor: Option<Login>,
}

/// Where to change something, and how.
#[derive(Debug, Clone, Args)]
pub struct Change {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    how: DryRun,
    /// Do not let the bot look at what is new.
    #[arg(long)]
    no_bot: bool,
}

/// An issue or a pull request.
#[derive(Debug, Clone, Args)]
pub struct Item {
    /// Its number.
    number: u64,
    #[command(flatten)]
    on: On,
}

/// An issue or a pull request to change.
#[derive(Debug, Clone, Args)]
pub struct ItemChange {
    /// Its number.
    number: u64,
    #[command(flatten)]
    change: Change,
}

/// The forge, opened for one command.
pub struct Desk {
    /// Where the command is performed.
    pub session: Session,
    /// The forge, and the bot that looks at it.
    pub wired: Wired,
    /// As whom.
    pub actor: Login,
    /// When.
    pub now: Timestamp,
    named: Option<RepoId>,
    no_bot: bool,
}

impl Local {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Repo(verb) => verb.perform(session).await,
            Self::Issue(verb) => verb.perform(session).await,
            Self::Pr(verb) => verb.perform(session).await,
            Self::Review(verb) => verb.perform(session).await,
            Self::Comment(verb) => verb.perform(session).await,
            Self::Label(verb) => verb.perform(session).await,
            Self::User(verb) => verb.perform(session).await,
        }
    }
}

impl Desk {
    /// Opens the forge to look at something.
    pub async fn look(session: &Session, on: On) -> anyhow::Result<Self> {
        Self::open(session.clone(), on, true).await
    }

    /// Opens the forge to change something, or, in a dry run, a copy of it.
    pub async fn change(session: &Session, change: Change) -> anyhow::Result<Self> {
        Self::open(session.to_change(change.how).await?, change.on, change.no_bot).await
    }

    /// The user of this machine is added when it is new; any other must be there.
    async fn open(session: Session, on: On, no_bot: bool) -> anyhow::Result<Self> {
        let wired = if no_bot { Wired::idle(&session).await? } else { Wired::open(&session).await? };
        let now = wired.runner.clock.now();
        let actor = match &on.actor {
            Some(actor) => wired.runner.forge.user(actor).await?.login,
            None => {
                let own = request::user().parse().unwrap_or_else(|_| "somebody".parse().expect("a user name"));
                wired.runner.forge.add_user(&own, now).await?.login
            }
        };
        Ok(Self { session, wired, actor, now, named: on.repo, no_bot })
    }

    /// The forge.
    pub fn forge(&self) -> &LocalForge {
        &self.wired.runner.forge
    }

    /// The repository that was named, else the only one.
    pub async fn repo(&self) -> anyhow::Result<RepoId> {
        if let Some(repo) = &self.named {
            return Ok(repo.clone());
        }
        let mut all = self.forge().repositories().await?;
        match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(Failure::new(
                Exit::NotFound,
                "there is no repository yet; make one with `forgeline local repo create owner/name`",
            )
            .into()),
            _ => {
                let names: Vec<String> = all.iter().map(|it| format!("`{it}`")).collect();
                Err(Failure::new(Exit::Usage, format!("which repository? give `-R` with one of {}", names.join(", ")))
                    .into())
            }
        }
    }

    /// Lets the bot look at what the command changed, and carries out what follows.
    pub async fn then_bot(self) -> anyhow::Result<Exit> {
        let mut exit = Exit::Success;
        if !self.no_bot {
            let done = self.wired.settle(Scope::LocalForge).await?;
            exit = done.exit();
            if !self.session.out.json && !done.results().is_empty() {
                output::note(done.results().trim_end());
            }
        }
        self.wired.runner.store.close().await;
        Ok(exit)
    }
}
