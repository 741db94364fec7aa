//! How many runs may begin in an hour: nobody, and nothing that goes round in circles, fills the machine.

use forgeline_engine::RunSpec;
use forgeline_model::Timestamp;
use forgeline_store::{Decision, Ruling, RunsOf};
use serde_json::json;

use super::{Bot, Ground, PassError};
use crate::reply;

/// Over which time runs are counted, milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// A bound that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Its name in `policy.limits`.
    name: &'static str,
    /// Whose runs are counted.
    of: String,
    /// Most runs in an hour.
    most: u32,
    /// When the next one may begin.
    pub(crate) until: Timestamp,
}

impl Limit {
    /// What is recorded.
    pub(crate) fn decision(&self, subject: String, blueprint: &str) -> Decision {
        let detail = json!({
            "blueprint": blueprint, "limit": self.name, "of": self.of, "expected": format!("fewer than {} runs in an hour", self.most),
            "possible_at": self.until.to_string(),
        });
        Decision { subject, rule: "policy.limits".into(), verdict: "refuse".into(), detail }
    }

    /// What who asked is told.
    pub(crate) fn reply(&self) -> String {
        reply::too_many_runs(self.most, &self.of, self.until)
    }
}

impl Bot {
    /// The bound that keeps a run from beginning now, if one does. What a ruling starts already counts too; all of it is of
    /// one actor and one project.
    pub(crate) async fn reached_limit(
        &self,
        ground: &Ground,
        spec: &RunSpec,
        ruling: &Ruling,
    ) -> Result<Option<Limit>, PassError> {
        let store = &self.runner.store;
        // The same was asked before: nothing new begins.
        if store.has_run(&spec.id).await? {
            return Ok(None);
        }
        let limits = &ground.in_force.factory.config.policy.limits;
        let (actor, project) = (spec.trigger.actor.as_str(), spec.source.project_id.as_str());
        let of_actor = ("runs_per_actor_per_hour", RunsOf::Actor(actor), actor, limits.runs_per_actor());
        let of_project = ("runs_per_project_per_hour", RunsOf::Project(project), project, limits.runs_per_project());
        let by_a_person = !matches!(spec.trigger.kind.as_str(), "event" | "schedule");
        let now = self.runner.clock.now();
        let since = Timestamp::from_millis(now.millis() - HOUR_MS as i64);
        let begun = u32::try_from(ruling.runs.len()).unwrap_or(u32::MAX);
        for (name, counted, of, most) in by_a_person.then_some(of_actor).into_iter().chain([of_project]) {
            let first = match most.saturating_sub(begun) {
                0 => Some(now),
                n => store.nth_newest_run(counted, n, since).await?,
            };
            if let Some(first) = first {
                return Ok(Some(Limit { name, of: of.to_owned(), most, until: first.plus_millis(HOUR_MS) }));
            }
        }
        Ok(None)
    }
}
