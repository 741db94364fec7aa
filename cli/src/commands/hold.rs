//! `forgeline pause` and `forgeline resume`: hold work back, and let it go on.

use clap::Args;
use forgeline_store::HoldScope;
use serde_json::json;

use super::Session;
use crate::{
    commands::wording::{moment, printable},
    exit::{Exit, Failure},
    rehearsal::DryRun,
    request,
};

/// Hold work back: nothing of it is started or published until it is resumed; what is at work ends first.
///
/// Holds for all processes on this state, within seconds. Without an argument it shows what is held back.
#[derive(Debug, Args)]
pub struct Pause {
    #[command(flatten)]
    scope: Scope,
    /// Why, for the record.
    #[arg(long, short, default_value = "")]
    message: String,
    #[command(flatten)]
    how: DryRun,
}

/// Let work go on that is held back.
#[derive(Debug, Args)]
pub struct Resume {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    how: DryRun,
}

/// What is held back.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Scope {
    /// Everything.
    #[arg(long)]
    all: bool,
    /// Runs of this project.
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Runs of this blueprint.
    #[arg(long, value_name = "NAME")]
    blueprint: Option<String>,
}

impl Scope {
    fn named(&self) -> Option<HoldScope> {
        if self.all {
            return Some(HoldScope::All);
        }
        let project = self.project.clone().map(HoldScope::Project);
        project.or_else(|| self.blueprint.clone().map(HoldScope::Blueprint))
    }
}

impl Pause {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let session = &session.to_change(self.how).await?;
        let runner = session.look().await?;
        let Some(scope) = self.scope.named() else {
            let holds = runner.store.holds().await?;
            let rows: Vec<_> = holds
                .iter()
                .map(|hold| json!({"scope": hold.scope, "by": hold.by, "reason": hold.reason, "at": hold.at}))
                .collect();
            session.out.print("holds", &rows, || {
                let line = |hold: &forgeline_store::Hold| {
                    let since = moment(forgeline_model::Timestamp::from_millis(hold.at));
                    let reason = if hold.reason.is_empty() { String::new() } else { format!(": {}", hold.reason) };
                    format!(
                        "{} is held back by {} since {since}{}\n",
                        hold.scope,
                        printable(&hold.by),
                        printable(&reason)
                    )
                };
                let text: String = holds.iter().map(line).collect();
                if text.is_empty() { "nothing is held back\n".to_owned() } else { text }
            });
            return Ok(Exit::Success);
        };
        let by = request::user();
        let is_new = runner.store.hold(&scope, &by, &self.message, runner.clock.now()).await?;
        session.out.print("pause", &json!({"scope": scope.to_string(), "new": is_new}), || match is_new {
            false => format!("{scope} is held back already\n"),
            true => format!("{scope} is held back; `forgeline resume` with the same words lets it go on\n"),
        });
        Ok(Exit::Success)
    }
}

impl Resume {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let session = &session.to_change(self.how).await?;
        let runner = session.look().await?;
        let Some(scope) = self.scope.named() else {
            anyhow::bail!(Failure::new(Exit::Usage, "say what goes on: `--all`, `--project` or `--blueprint`"));
        };
        let is_held = runner.store.holds().await?.iter().any(|hold| hold.scope == scope.to_string());
        if !is_held {
            anyhow::bail!(Failure::new(
                Exit::NotFound,
                format!("{scope} is not held back; `forgeline pause` shows what is")
            ));
        }
        runner.store.let_go(&scope).await?;
        session.out.print("resume", &json!({"scope": scope.to_string()}), || format!("{scope} goes on\n"));
        Ok(Exit::Success)
    }
}
