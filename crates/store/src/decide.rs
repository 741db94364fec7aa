//! T1: what was decided becomes durable, all of it or nothing.

use std::sync::Arc;

use forgeline_engine::{BotEffect, Input, RunSpec, RunState, Step, step::Illegal};
use forgeline_model::{ContractBundle, RunId, Timestamp, task::AgentBundle};
use sqlx::SqliteConnection;

use crate::{
    Decision, Store, StoreError,
    batch::Batch,
    groups,
    run_tx::{News, RunTx, json},
    writer::WriteTx,
};

/// A run to be. Contract, permission and plan were obtained before.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// All that is fixed about it.
    pub spec: RunSpec,
    /// The files of its agents, kept so that it can go on whatever happens to their repository.
    pub agents: Vec<AgentBundle>,
    /// The contracts that it is held to, kept for the same reason.
    pub contracts: Arc<ContractBundle>,
}

/// All that deciding one thing comes to.
#[derive(Debug, Clone, Default)]
pub struct Ruling {
    /// Runs that start.
    pub runs: Vec<NewRun>,
    /// What happens to runs that there are.
    pub inputs: Vec<(RunId, Input)>,
    /// Why.
    pub decisions: Vec<Decision>,
    /// What is asked of the forge, besides what [`Store::decide`] is told to say.
    pub effects: Vec<BotEffect>,
    /// The inbox row that asked; it is done.
    pub inbox: Option<i64>,
    /// The subscription that read an event, and the place of that event: it moves on.
    pub read: Option<(String, i64)>,
}

/// What came of a ruling, in the order of its parts.
#[derive(Debug)]
pub struct Ruled {
    /// Of each run.
    pub runs: Vec<Decided>,
    /// Of each input; one that did not fit the run's state changed nothing.
    pub inputs: Vec<Result<Step, Illegal>>,
}

/// What came of a run to be.
#[derive(Debug)]
pub enum Decided {
    /// A new run.
    Started(RunId, Step),
    /// The same was asked before; this is its run.
    Joined(RunId),
}

impl Decided {
    /// The run, whoever started it.
    pub fn run(&self) -> &RunId {
        match self {
            Self::Started(run, _) | Self::Joined(run) => run,
        }
    }
}

impl Store {
    /// T1: stores runs with their first facts, inputs with what follows, decisions and effects, and closes what asked for
    /// them, in one transaction. A run with the same trigger key is joined, never started twice. `say` is asked for further
    /// effects once it is known what came of the runs and inputs.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::NoRun`]; nothing was written.
    pub async fn decide(
        &self,
        ruling: Ruling,
        say: impl FnOnce(&Ruled) -> Vec<BotEffect>,
        now: Timestamp,
    ) -> Result<Ruled, StoreError> {
        let tx = self.begin().await?;
        self.decide_in(tx, ruling, say, now).await
    }

    /// T1 inside a transaction that has written something else before; it commits it.
    pub(crate) async fn decide_in(
        &self,
        mut tx: WriteTx,
        ruling: Ruling,
        say: impl FnOnce(&Ruled) -> Vec<BotEffect>,
        now: Timestamp,
    ) -> Result<Ruled, StoreError> {
        let mut ruled = Ruled { runs: Vec::new(), inputs: Vec::new() };
        for new in ruling.runs {
            let id = new.spec.id.clone();
            if !insert_run(&mut tx, &new, now).await? {
                ruled.runs.push(Decided::Joined(id));
                continue;
            }
            let spec = Arc::new(new.spec);
            let mut first = Input::Start;
            for other in groups::under_way(&mut tx, &spec).await? {
                if spec.concurrency.as_ref().is_some_and(|group| group.cancel_in_progress) {
                    let by = format!("run {id}, which is newer");
                    (tx, _) = self.put(tx, &other, &Input::Cancel { by }, now).await?;
                }
                first = Input::Queue { behind: other };
            }
            // The others may all have ended by being cancelled; then nobody is there to make room for this one.
            if groups::under_way(&mut tx, &spec).await?.is_empty() {
                first = Input::Start;
            }
            let state = RunState::default();
            let mut run = RunTx { store: self, tx, spec, state, now, writes: Batch::default(), news: News::default() };
            ruled.runs.push(Decided::Started(id, run.input(&first)?));
            tx = run.hand_back().await?;
        }
        let mut refused = Vec::new();
        for (id, input) in &ruling.inputs {
            let result;
            (tx, result) = self.put(tx, id, input, now).await?;
            if let Err(illegal) = &result {
                refused.push(Decision {
                    subject: id.to_string(),
                    rule: "run.state".into(),
                    verdict: "refuse".into(),
                    detail: serde_json::json!({"reason": illegal.to_string()}),
                });
            }
            ruled.inputs.push(result);
        }
        crate::decisions::insert(&mut tx, &ruling.decisions, now).await?;
        crate::decisions::insert(&mut tx, &refused, now).await?;
        for effect in ruling.effects.into_iter().chain(say(&ruled)) {
            crate::outbox::plan(&mut tx, &effect, now).await?;
        }
        if let Some(seq) = ruling.inbox {
            crate::inbox::close(&mut tx, seq).await?;
        }
        if let Some((name, position)) = &ruling.read {
            crate::events::advance(&mut tx, name, *position).await?;
        }
        tx.commit("decide").await?;
        Ok(ruled)
    }

    /// Puts an input through the engine inside a transaction; one that does not fit changes nothing.
    async fn put(
        &self,
        tx: WriteTx,
        run: &RunId,
        input: &Input,
        now: Timestamp,
    ) -> Result<(WriteTx, Result<Step, Illegal>), StoreError> {
        let mut run = self.resume(tx, run, now).await?;
        let result = match run.input(input) {
            Ok(step) => Ok(step),
            Err(StoreError::Illegal(illegal)) => Err(illegal),
            Err(error) => return Err(error),
        };
        Ok((run.hand_back().await?, result))
    }

    /// T1 for one run that somebody asks for directly.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing was written.
    pub async fn start(&self, new: NewRun, why: Vec<Decision>, now: Timestamp) -> Result<Decided, StoreError> {
        let ruling = Ruling { runs: vec![new], decisions: why, ..Ruling::default() };
        let mut ruled = self.decide(ruling, |_| Vec::new(), now).await?;
        Ok(ruled.runs.remove(0))
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

    /// The files of the contracts that a run is held to; none for a run that an older Forgeline started.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn contracts(&self, digest: &forgeline_model::Digest) -> Result<Option<ContractBundle>, StoreError> {
        let bundle: Option<String> = sqlx::query_scalar("SELECT bundle FROM definition WHERE digest = ?")
            .bind(digest.to_string())
            .fetch_optional(&self.reader)
            .await?;
        bundle.map(|bundle| serde_json::from_str(&bundle).map_err(StoreError::unreadable("contracts"))).transpose()
    }

    /// Puts an input that holds no lease through the engine: a cancellation, a tick.
    ///
    /// # Errors
    /// [`StoreError::Illegal`] when the run has ended.
    pub async fn input(&self, run: &RunId, input: &Input, now: Timestamp) -> Result<Step, StoreError> {
        let mut tx = self.begin_run(run, now).await?;
        let step = tx.input(input)?;
        tx.commit("input").await?;
        Ok(step)
    }

    /// Forgets what this process remembers of all runs: their specs were changed.
    pub fn forget_runs(&self) {
        self.memory.forget_all();
    }

    /// Forgets what this process remembers of a run, so that the next transaction folds the journal.
    pub fn forget(&self, run: &RunId) {
        self.memory.forget(run);
    }
}

/// The row of a run and the files that it needs. False: there is a run with the same trigger key.
async fn insert_run(tx: &mut SqliteConnection, new: &NewRun, now: Timestamp) -> Result<bool, StoreError> {
    let spec = &new.spec;
    let inserted = sqlx::query(
        "INSERT INTO run (run_id, trigger_key, project, blueprint, repository, item, item_repository, branch, spec, state, \
         concurrency, priority, actor, again_of, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
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
    .bind(groups::key(spec))
    .bind(spec.plan.priority)
    .bind(&spec.trigger.actor)
    .bind(spec.again.as_ref().map(|again| again.of.to_string()))
    .bind(now.millis())
    .bind(now.millis())
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if inserted == 0 {
        return Ok(false);
    }
    for bundle in &new.agents {
        keep(tx, &bundle.agent.digest, || json(bundle)).await?;
    }
    keep(tx, &new.contracts.digest, || json(&*new.contracts)).await?;
    Ok(true)
}

/// Keeps the files of a definition once.
async fn keep(
    tx: &mut SqliteConnection,
    digest: &forgeline_model::Digest,
    bundle: impl FnOnce() -> String,
) -> Result<(), StoreError> {
    let digest = digest.to_string();
    let known: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM definition WHERE digest = ?").bind(&digest).fetch_optional(&mut *tx).await?;
    if known.is_none() {
        sqlx::query("INSERT INTO definition (digest, bundle) VALUES (?, ?)")
            .bind(&digest)
            .bind(bundle())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
