//! What the operator's file says, as far as commands that drive runs need it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use forgeline_model::SecretRef;
use forgeline_runner::{Channel, Escalation, InForce, Runner, checkpoint::Witness};
use serde::Deserialize;

use crate::{args::Global, commands::config::operator};

/// The parts of the operator's file that this program takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Operator {
    /// Ways to tell people.
    pub notify: BTreeMap<String, Channel>,
    /// Where the chain of decisions is witnessed.
    pub audit: Option<Witness>,
}

impl Operator {
    /// Reads the file that the flags name; without one everything is left out.
    pub fn read(global: &Global) -> anyhow::Result<Self> {
        let Some(file) = &global.config else { return Ok(Self::default()) };
        let value = operator::read(file)?;
        serde_json::from_value(value).with_context(|| format!("the operator file `{}` cannot be used", file.display()))
    }

    /// Every reference to a secret, with the name of what it is for.
    pub fn secrets(&self) -> Vec<(String, &SecretRef)> {
        let channels = self.notify.iter().filter_map(|(name, channel)| match channel {
            Channel::Webhook(webhook) => Some((format!("notify.{name}"), &webhook.secret)),
            Channel::Smtp(smtp) => Some((format!("notify.{name}"), smtp.password.as_ref()?)),
            Channel::Issue(_) => None,
        });
        let witness = self.audit.iter().filter_map(|audit| Some(("audit".to_owned(), audit.key.as_ref()?)));
        channels.chain(witness).collect()
    }

    /// Who is told of dead letters, by the rules of these definitions where a repository has none of its own.
    pub fn escalation(&self, in_force: &InForce) -> Escalation {
        Escalation { channels: self.notify.clone(), config: in_force.factory.config.clone() }
    }

    /// Keeps the end of the chain of decisions, if the operator wants that and it has moved.
    pub async fn witness(&self, runner: &Runner) -> anyhow::Result<()> {
        let Some(witness) = self.audit.clone() else { return Ok(()) };
        let Some(checkpoint) = runner.store.checkpoint(runner.clock.now()).await? else { return Ok(()) };
        tokio::task::spawn_blocking(move || witness.keep(&checkpoint)).await??;
        Ok(())
    }
}
