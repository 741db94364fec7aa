//! Trying the parts out, now and then.

use std::{sync::Arc, time::Duration};

use forgeline_runner::{Runner, knowledge::NoAnswer};
use tokio::time;

use super::{
    health::{AGENT_HOST, Health, KNOWLEDGE, State},
    metrics::Meters,
};
use crate::commands::doctor;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(300);

/// Has a small agent do a task.
pub(super) async fn agents(runner: &Runner) -> State {
    match doctor::agent_works(runner).await {
        Ok(()) => State::Healthy,
        Err(why) => {
            tracing::error!("agents cannot work: {why}");
            State::Unhealthy
        }
    }
}

/// Asks the index what it holds. One that is not installed is not missed.
async fn knowledge(runner: &Runner) -> State {
    match runner.knowledge.status().await {
        Ok(_) => State::Healthy,
        Err(NoAnswer::Unavailable(why)) => {
            tracing::info!("runs find no earlier work: {why}");
            State::Off
        }
        Err(error @ NoAnswer::Refused(_)) => {
            tracing::error!("the index does not answer: {error}");
            State::Unhealthy
        }
    }
}

/// Looks at all parts again and again.
pub(super) async fn keep(runner: Runner, health: Arc<Health>, meters: Arc<Meters>) {
    loop {
        health.say(KNOWLEDGE, knowledge(&runner).await);
        if let Err(error) = runner.store.put_hooks_away(runner.clock.now()).await {
            tracing::warn!("old hooks are not put away: {error}");
            meters.error("store");
        }
        time::sleep(EVERY).await;
        health.say(AGENT_HOST, agents(&runner).await);
    }
}
