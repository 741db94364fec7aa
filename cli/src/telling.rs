//! Telling people and keeping witnesses, as the operator's file asks for it. A dry run does neither.

use std::collections::BTreeMap;

use anyhow::Context as _;
use forgeline_runner::{Channel, Escalation, InForce, Runner, checkpoint::Witness};
use serde::de::DeserializeOwned;

use crate::{commands::Session, operator::Operator};

impl Operator {
    /// Ways to tell people, by name.
    pub fn channels(&self) -> anyhow::Result<BTreeMap<String, Channel>> {
        Ok(self.part("notify")?.unwrap_or_default())
    }

    /// Where the chain of decisions is witnessed.
    pub fn witness(&self) -> anyhow::Result<Option<Witness>> {
        self.part("audit")
    }

    fn part<T: DeserializeOwned>(&self, key: &str) -> anyhow::Result<Option<T>> {
        let value = self.file.document.as_ref().and_then(|document| document.value().get(key).cloned());
        let read = value.map(serde_json::from_value).transpose();
        read.with_context(|| format!("`{key}` in the operator's file cannot be used"))
    }
}

impl Session {
    /// The runner, telling people of dead letters by the rules of these definitions where a repository has none of its own.
    pub fn telling(&self, runner: Runner, in_force: &InForce) -> anyhow::Result<Runner> {
        if self.is_rehearsal() {
            return Ok(runner);
        }
        let (channels, config) = (self.operator.channels()?, in_force.factory.config.clone());
        Ok(runner.telling(Escalation { channels, config }))
    }

    /// Keeps the end of the chain of decisions, if the operator wants that and it has moved.
    pub async fn witness(&self, runner: &Runner) -> anyhow::Result<()> {
        let Some(witness) = self.operator.witness()?.filter(|_| !self.is_rehearsal()) else { return Ok(()) };
        let Some(checkpoint) = runner.store.checkpoint(runner.clock.now()).await? else { return Ok(()) };
        tokio::task::spawn_blocking(move || witness.keep(&checkpoint)).await??;
        Ok(())
    }
}
