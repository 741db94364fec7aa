//! T2 to T5: a worker takes a task, holds it, and gives its result or its failure.

use forgeline_engine::{
    Input, RunSpec, Step, TaskId, TaskOutput, held,
    run::{Task, TaskStatus},
};
use forgeline_model::{
    RunId, Timestamp,
    task::{ProposedEvent, TaskFailure},
};
use sqlx::AssertSqlSafe;

use crate::{
    Store, StoreError,
    holds::IS_HELD,
    project::item,
    results::{self, StoredProposal},
    run_tx::{RunTx, Term},
};

/// The right to do one task. Only a claim makes one; a worker whose epoch is no longer the row's has lost it.
#[derive(Debug)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// The task.
    pub task: TaskId,
    /// From 1.
    pub attempt: u32,
    epoch: i64,
}

/// What came of a result.
#[derive(Debug)]
pub struct Finished {
    /// What followed.
    pub step: Step,
    /// The next task of the same run, claimed in the same transaction.
    pub next: Option<Lease>,
}

/// Candidates that are read at once.
const PAGE: i64 = 64;

#[derive(sqlx::FromRow)]
struct Candidate {
    run_id: String,
    stage: String,
    item: String,
    state: String,
    lease_owner: Option<String>,
    lease_until: i64,
}

impl Store {
    /// T2: takes a ready task, or one whose worker is gone, of `run` or of any run, of `pool` or of any pool. None: there is
    /// nothing to do now.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing was claimed.
    pub async fn claim(
        &self,
        run: Option<&RunId>,
        pool: Option<&str>,
        lease_ms: u64,
        now: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        // Ready tasks may stand behind many that others work at.
        for page in 0_i64.. {
            let candidates = self.candidates(run, pool, page * PAGE, now).await?;
            let is_last = candidates.len() < usize::try_from(PAGE).expect("small");
            for candidate in candidates {
                if candidate.state == "running" && !self.is_abandoned(&candidate, now) {
                    continue;
                }
                if let Some(lease) = self.claim_one(candidate, lease_ms, now).await? {
                    return Ok(Some(lease));
                }
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }

    /// Tasks that may be free to take, a page of them.
    async fn candidates(
        &self,
        run: Option<&RunId>,
        pool: Option<&str>,
        offset: i64,
        now: Timestamp,
    ) -> Result<Vec<Candidate>, StoreError> {
        let sql = format!(
            "SELECT stage.run_id, stage, stage.item, stage.state, lease_owner, lease_until FROM stage JOIN run USING (run_id) \
             WHERE (?1 IS NULL OR pool = ?1) AND (?2 IS NULL OR run_id = ?2) \
             AND ((stage.state = 'ready' AND run_at <= ?3) OR stage.state = 'running') AND NOT {IS_HELD} \
             ORDER BY priority DESC, run_at, run_id, stage, stage.item LIMIT {PAGE} OFFSET ?4"
        );
        let candidates = sqlx::query_as(AssertSqlSafe(sql))
            .bind(pool)
            .bind(run.map(RunId::as_str))
            .bind(now.millis())
            .bind(offset)
            .fetch_all(&self.reader)
            .await?;
        Ok(candidates)
    }

    /// Takes a candidate, if it is still free and nothing holds it back.
    async fn claim_one(
        &self,
        candidate: Candidate,
        lease_ms: u64,
        now: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let (Ok(run), Ok(stage)) = (candidate.run_id.parse::<RunId>(), candidate.stage.parse()) else {
            return Ok(None);
        };
        let task = TaskId { stage, item: (!candidate.item.is_empty()).then_some(candidate.item) };
        let sql = format!(
            "SELECT facts, lease_owner, lease_until, {IS_HELD} FROM stage JOIN run USING (run_id) \
             WHERE run_id = ? AND stage = ? AND stage.item = ? AND stage.state = ?"
        );
        let (tx, found) = self
            .writer
            .begin_with::<(i64, Option<String>, i64, bool)>(&sql, |it| {
                it.bind(run.as_str()).bind(task.stage.as_str()).bind(item(&task)).bind(&candidate.state);
            })
            .await?;
        let Some((facts, owner, until, is_held)) = found else { return Ok(None) };
        let mut tx = self.resume_at(tx, &run, Some((facts,)), now).await?;
        let is_running = candidate.state == "running";
        // Renewed or taken in the meantime: it is not abandoned any more.
        if is_held || (is_running && (owner, until) != (candidate.lease_owner, candidate.lease_until)) {
            return Ok(None);
        }
        if is_running {
            tx.input(&Input::Lost { task: task.clone() })?;
        }
        let is_ready = tx.state.task(&task).is_some_and(|task| matches!(task.status, TaskStatus::Ready { .. }))
            && held(&tx.spec, &tx.state, &task, now).is_none();
        let lease = if is_ready { Some(take(&mut tx, task, lease_ms)?) } else { None };
        tx.commit("claim").await?;
        Ok(lease)
    }

    /// T3: extends a lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]: stop, somebody else has the task.
    pub async fn renew(&self, lease: &Lease, lease_ms: u64, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let renewed = sqlx::query(
            "UPDATE stage SET lease_until = ? WHERE run_id = ? AND stage = ? AND item = ? AND state = 'running' \
             AND lease_epoch = ? AND lease_owner = ?",
        )
        .bind(now.plus_millis(lease_ms).millis())
        .bind(lease.run.as_str())
        .bind(lease.task.stage.as_str())
        .bind(item(&lease.task))
        .bind(lease.epoch)
        .bind(&self.instance.id)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit("renew").await?;
        if renewed == 1 { Ok(()) } else { Err(StoreError::LeaseLost(lease.task.clone())) }
    }

    /// T4: stores the result and what follows, and, for `claim_next` milliseconds, claims the run's next ready task, in one
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is somebody else's now; nothing was written.
    pub async fn finish(
        &self,
        lease: Lease,
        output: TaskOutput,
        proposal: &StoredProposal,
        events: Vec<ProposedEvent>,
        claim_next: Option<u64>,
        now: Timestamp,
    ) -> Result<Finished, StoreError> {
        let (mut tx, is_held) = self.begin_leased(&lease, now).await?;
        results::insert(&mut tx.writes, &output.key, proposal, now);
        let pool = pool_of(&tx.spec, &lease.task).to_owned();
        let step = tx.input(&Input::Done { task: lease.task, output, events })?;
        let next = match (claim_next.filter(|_| !is_held), next_ready(&tx, &pool)) {
            (Some(lease_ms), Some(task)) => Some(take(&mut tx, task, lease_ms)?),
            _ => None,
        };
        tx.commit("finish").await?;
        Ok(Finished { step, next })
    }

    /// T5: records a failed attempt: a retry later, or the dead letter queue.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is somebody else's now; nothing was written.
    pub async fn fail(&self, lease: Lease, failure: TaskFailure, now: Timestamp) -> Result<Step, StoreError> {
        let (mut tx, _) = self.begin_leased(&lease, now).await?;
        let step = tx.input(&Input::Failed { task: lease.task, failure })?;
        tx.commit("fail").await?;
        Ok(step)
    }

    /// T5: a provider takes nothing more; the task waits until it does.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is somebody else's now; nothing was written.
    pub async fn park(
        &self,
        lease: Lease,
        until: Timestamp,
        reason: String,
        now: Timestamp,
    ) -> Result<Step, StoreError> {
        let (mut tx, _) = self.begin_leased(&lease, now).await?;
        let step = tx.input(&Input::Parked { task: lease.task, until, reason })?;
        tx.commit("park").await?;
        Ok(step)
    }

    /// When the next task of `run` that waits for a retry becomes ready, if one does.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_ready_at(&self, run: &RunId) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = sqlx::query_scalar("SELECT min(run_at) FROM stage WHERE run_id = ? AND state = 'ready'")
            .bind(run.as_str())
            .fetch_one(&self.reader)
            .await?;
        Ok(at.map(Timestamp::from_millis))
    }

    /// Begins a write transaction on the run of a lease that is still this process's; and, in the same look, whether anything
    /// is held back.
    async fn begin_leased(&self, lease: &Lease, now: Timestamp) -> Result<(RunTx<'_>, bool), StoreError> {
        let select = "SELECT facts, EXISTS (SELECT 1 FROM hold) FROM stage JOIN run USING (run_id) \
                      WHERE run_id = ? AND stage = ? AND stage.item = ? AND stage.state = 'running' \
                      AND lease_epoch = ? AND lease_owner = ?";
        let (tx, found) = self
            .writer
            .begin_with::<(i64, bool)>(select, |it| {
                it.bind(lease.run.as_str())
                    .bind(lease.task.stage.as_str())
                    .bind(item(&lease.task))
                    .bind(lease.epoch)
                    .bind(&self.instance.id);
            })
            .await?;
        let (facts, is_held) = found.ok_or_else(|| StoreError::LeaseLost(lease.task.clone()))?;
        Ok((self.resume_at(tx, &lease.run, Some((facts,)), now).await?, is_held))
    }

    /// A lease of a process that is gone, or one that a living process has not renewed in time.
    fn is_abandoned(&self, candidate: &Candidate, now: Timestamp) -> bool {
        match &candidate.lease_owner {
            None => true,
            Some(owner) => self.instance.is_gone(owner) || candidate.lease_until < now.millis(),
        }
    }
}

/// Claims a task that the state shows as ready. Its epoch is the number of the run's facts, which only grows.
fn take(tx: &mut RunTx<'_>, task: TaskId, lease_ms: u64) -> Result<Lease, StoreError> {
    tx.input(&Input::Claim { task: task.clone() })?;
    let attempt = tx.state.task(&task).map_or(1, forgeline_engine::run::Task::attempt);
    let epoch = i64::try_from(tx.state.facts).unwrap_or(i64::MAX);
    tx.news.lease = Some(Term { epoch, until: tx.now.plus_millis(lease_ms) });
    Ok(Lease { run: tx.spec.id.clone(), task, attempt, epoch })
}

fn next_ready(tx: &RunTx<'_>, pool: &str) -> Option<TaskId> {
    let ready = |task: &&Task| {
        matches!(task.status, TaskStatus::Ready { at } if at <= tx.now) && pool_of(&tx.spec, &task.id) == pool
    };
    let task = tx.state.tasks().find(ready)?.id.clone();
    held(&tx.spec, &tx.state, &task, tx.now).is_none().then_some(task)
}

fn pool_of<'a>(spec: &'a RunSpec, task: &TaskId) -> &'a str {
    spec.plan.stage(&task.stage).map_or("default", |stage| stage.pool.as_str())
}
