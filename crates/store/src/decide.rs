//! T1: a decision becomes a run.

use std::sync::Arc;

use forgeline_engine::{Input, RunSpec, RunState, Step};
use forgeline_model::{RunId, Timestamp, task::AgentBundle};

use crate::{
    Decision, Store, StoreError,
    batch::Batch,
    run_tx::{Loaded, RunTx, json},
};

/// A run to be.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// All that is fixed about it. Contract, permission and plan were obtained before.
    pub spec: RunSpec,
    /// The files of its agents, kept so that it can go on whatever happens to their repository.
    pub agents: Vec<AgentBundle>,
    /// Why it starts.
    pub decisions: Vec<Decision>,
    /// The inbox row that asked for it, done in the same transaction.
    pub inbox: Option<i64>,
}

/// What came of a decision.
#[derive(Debug)]
pub enum Decided {
    /// A new run.
    Started(RunId, Step),
    /// The same was asked before; this is its run.
    Joined(RunId),
}

impl Store {
    /// T1: stores the run, its first facts and the decisions, and closes the inbox row, in one transaction.
    /// A run with the same trigger key is joined, never started twice.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing was written.
    pub async fn decide(&self, new: NewRun, now: Timestamp) -> Result<Decided, StoreError> {
        let mut tx = self.begin().await?;
        let spec = &new.spec;
        let inserted = sqlx::query(
            "INSERT INTO run (run_id, trigger_key, project, blueprint, repository, item, branch, spec, state, \
             created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(spec.id.as_str())
        .bind(&spec.trigger_key)
        .bind(spec.source.project_id.as_str())
        .bind(spec.plan.blueprint.to_string())
        .bind(&spec.target.repository)
        .bind(spec.item.as_ref().map_or("", |item| item.id.as_str()))
        .bind(&spec.target.branch)
        .bind(json(spec))
        .bind(now.millis())
        .bind(now.millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        for decision in &new.decisions {
            crate::decisions::insert(&mut tx, decision, now).await?;
        }
        if let Some(seq) = new.inbox {
            crate::inbox::close(&mut tx, seq).await?;
        }
        if inserted == 0 {
            tx.commit().await?;
            return Ok(Decided::Joined(new.spec.id));
        }
        for bundle in &new.agents {
            sqlx::query("INSERT INTO definition (digest, bundle) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(bundle.agent.digest.to_string())
                .bind(json(bundle))
                .execute(&mut *tx)
                .await?;
        }
        let id = new.spec.id.clone();
        let mut run = RunTx {
            store: self,
            tx,
            spec: Arc::new(new.spec),
            state: RunState::default(),
            now,
            writes: Batch::default(),
        };
        let step = run.input(&Input::Start)?;
        run.commit().await?;
        Ok(Decided::Started(id, step))
    }

    /// The files of an agent that a run uses.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is no such agent in any run.
    pub async fn agent(&self, digest: &forgeline_model::Digest) -> Result<AgentBundle, StoreError> {
        let bundle: String = sqlx::query_scalar("SELECT bundle FROM definition WHERE digest = ?")
            .bind(digest.to_string())
            .fetch_one(&self.reader)
            .await?;
        serde_json::from_str(&bundle).map_err(StoreError::unreadable("agent"))
    }

    /// Puts an input that holds no lease through the engine: a cancellation, a tick.
    ///
    /// # Errors
    /// [`StoreError::Illegal`] when the run has ended.
    pub async fn input(&self, run: &RunId, input: &Input, now: Timestamp) -> Result<Step, StoreError> {
        let mut tx = self.begin_run(run, now).await?;
        let step = tx.input(input)?;
        tx.commit().await?;
        Ok(step)
    }

    /// Forgets what this process remembers of a run, so that the next transaction folds the journal.
    pub fn forget(&self, run: &RunId) {
        let _: Option<Arc<Loaded>> = self.loaded.lock().expect("no panic while held").remove(run);
    }
}
