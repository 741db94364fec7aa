//! A new store out of what Git and the forge know: for when the old one is lost or damaged.
//!
//! The tables of the local forge stay: they are a forge's truth, not state in flight. Everything else is made anew: runs that
//! are known to have ended come back as such, so that what asked for them is joined to them when the forge is read again.

use forgeline_engine::{Fact, Outcome, RunSpec};
use forgeline_model::Timestamp;

use crate::{Store, StoreError, instance::Instance, run_tx::json};

/// Tables that hold state in flight and what follows from it. What an operator holds back stays so, decisions stay recorded, and
/// results stay, so that what was paid for is not paid again.
const STATE: [&str; 12] = [
    "outbox",
    "intent",
    "artifact",
    "stage",
    "journal",
    "run",
    "inbox",
    "event",
    "subscription",
    "dlq",
    "notice",
    "definition",
];

/// A run that is known to have ended.
#[derive(Debug, Clone)]
pub struct EndedRun {
    /// What is known of it.
    pub spec: RunSpec,
    /// How it ended.
    pub outcome: Outcome,
    /// When, as far as that is known.
    pub at: Timestamp,
}

impl Store {
    /// Whether another process works with this state now.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn is_shared(&self) -> Result<bool, StoreError> {
        Instance::others_live(self.folder(), &self.instance.id)
    }

    /// Forgets all state in flight and remembers these runs as ended, in one transaction. `positions` are places of readers,
    /// by name.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the old state is as it was.
    pub async fn rebuild(&self, ended: &[EndedRun], positions: &[(&str, i64)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for table in STATE {
            sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *tx).await?;
        }
        for run in ended {
            let spec = &run.spec;
            let (commit, pull_request) = match &run.outcome {
                Outcome::Published(it) => (Some(it.commit.as_str()), it.pull_request.as_ref().map(|it| it.number)),
                _ => (None, None),
            };
            sqlx::query(
                "INSERT INTO run (run_id, trigger_key, project, blueprint, repository, item, item_repository, branch, spec, state, finished, \
                 facts, commit_oid, pull_request, priority, actor, created_at, updated_at) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 2, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(spec.id.as_str())
            .bind(&spec.trigger_key)
            .bind(spec.source.project_id.as_str())
            .bind(spec.plan.blueprint.to_string())
            .bind(&spec.target.repository)
            .bind(spec.item.as_ref().map_or("", |item| item.id.as_str()))
            .bind(spec.item_repository.as_deref().unwrap_or_default())
            .bind(&spec.target.branch)
            .bind(json(spec))
            .bind(run.outcome.word())
            .bind(commit)
            .bind(pull_request.and_then(|number| i64::try_from(number).ok()))
            .bind(spec.plan.priority)
            .bind(&spec.trigger.actor)
            .bind(spec.created_at.millis())
            .bind(run.at.millis())
            .execute(&mut *tx)
            .await?;
            for (seq, fact) in [Fact::Started, Fact::Finished { outcome: run.outcome.clone() }].iter().enumerate() {
                sqlx::query("INSERT INTO journal (run_id, seq, fact, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
                    .bind(spec.id.as_str())
                    .bind(i64::try_from(seq).unwrap_or(0) + 1)
                    .bind(json(fact))
                    .bind(run.at.millis())
                    .execute(&mut *tx)
                    .await?;
            }
        }
        for (name, position) in positions {
            sqlx::query("INSERT INTO subscription (name, position) VALUES (?, ?)")
                .bind(name)
                .bind(position)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit("rebuild").await?;
        self.memory.forget_all();
        Ok(())
    }
}
