//! Driving a run: claim, perform, settle, until it has ended and nothing is left to do.

use std::time::Duration;

use forgeline_engine::{
    Effect, Input, Outcome,
    run::{Phase, TaskStatus},
};
use forgeline_model::{RunId, StageId, Timestamp, TraceId};
use forgeline_store::{EffectRow, Lease, RunView, Settlement, StoreError, WAITS};
use tokio::{sync::watch, task::JoinSet, time};
use tracing::{Instrument as _, info_span};

use crate::{Effects, PublishError, Runner, RunnerError};

/// How long a worker may be silent before its task is somebody else's; renewed every third of it.
pub(crate) const LEASE_MS: u64 = 30_000;
/// Longest wait before looking again for work that another process may have left.
const IDLE: Duration = Duration::from_secs(2);
/// How long a run without room for its pull request waits before it looks again, if nobody makes room meanwhile.
const ROOM_MS: u64 = 30_000;
/// Tries of an effect before its error is told; it stays open for the next time.
const EFFECT_ATTEMPTS: u32 = 4;

/// Asks a driver to stop at the next checkpoint.
pub type Stop = watch::Receiver<bool>;

/// How driving a run ended.
#[derive(Debug)]
pub enum Driven {
    /// The run has ended and everything it asked for is done.
    Ended(RunView),
    /// Stopped on request; whoever drives it next goes on from here.
    Stopped(RunView),
    /// Nothing can be done for it now: it waits for people, for another run, or for longer than there was patience.
    Waiting(RunView, Waiting),
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// People are to agree to these stages.
    Approval(Vec<StageId>),
    /// Another run of its group.
    Group(RunId),
    /// It is paused, or held back by an operator.
    Held {
        /// By whom.
        by: String,
    },
    /// A place among the open pull requests of its repository.
    Room {
        /// What is said of it.
        reason: String,
        /// When it looks again, if nobody makes room before.
        at: Timestamp,
    },
    /// A time: a retry, or a provider that takes nothing more before.
    Until(Timestamp),
    /// Another process, which is at work on it.
    Elsewhere,
}

/// How long a driver waits for a time to come or for another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As long as it takes.
    Endless,
    /// At most so many milliseconds at a stretch.
    Millis(u64),
    /// Not at all: whoever drives comes again in time.
    None,
}

impl Runner {
    /// Performs a run's tasks and effects until it has ended or nothing more can be done for it now.
    ///
    /// # Errors
    /// [`RunnerError::Store`] when the state cannot be read or written: nothing is lost, driving it again goes on.
    pub async fn drive(&self, run: &RunId, stop: Stop, patience: Patience) -> Result<Driven, RunnerError> {
        let span = info_span!("run", run = %run, trace_id = %TraceId::of_run(run));
        let driven = self.drive_in(run, stop, patience).instrument(span).await;
        self.host.close(run);
        // What a run gave up is told by whoever drove it; that this fails is no failure of the run.
        if matches!(driven, Ok(Driven::Ended(_)))
            && let Err(error) = self.attend().await
        {
            self.watch.warn(format!("people were not told of dead letters: {error}"));
        }
        driven
    }

    async fn drive_in(&self, run: &RunId, mut stop: Stop, patience: Patience) -> Result<Driven, RunnerError> {
        let mut waited_since: Option<Timestamp> = None;
        self.load_contracts(&self.store.run_as_claimed(run).await?.spec).await?;
        let mut tasks = JoinSet::new();
        loop {
            let stopping = *stop.borrow();
            while !stopping && tasks.len() < self.parallel {
                let now = self.clock.now();
                match self.store.claim(Some(run), None, LEASE_MS, now).await? {
                    Some(lease) => self.spawn(&mut tasks, lease, stop.clone()),
                    None => break,
                }
            }
            if tasks.is_empty() {
                let view = self.store.run(run).await?;
                if stopping {
                    return Ok(Driven::Stopped(view));
                }
                if self.perform_due_effect(run).await? {
                    waited_since = None;
                    continue;
                }
                let has_effects = self.store.has_open_effects(run).await?;
                if view.state.outcome().is_some() && !has_effects {
                    return Ok(Driven::Ended(view));
                }
                let now = self.clock.now();
                let since = *waited_since.get_or_insert(now);
                let what = self.waiting(&view).await?;
                if what.is_for_people() || patience.is_over(since, now, &what) {
                    return Ok(Driven::Waiting(view, what));
                }
                self.wait(run, &mut stop).await?;
                continue;
            }
            waited_since = None;
            // A question to people does not wait for what runs beside it.
            if !stopping && self.perform_due_effect(run).await? {
                continue;
            }
            tokio::select! {
                ended = tasks.join_next() => {
                    if let Some(ended) = ended {
                        ended.map_err(|error| RunnerError::Bug(format!("a task's performer ended: {error}")))??;
                    }
                }
                () = asked(&mut stop), if !stopping => {}
                // A retry may be due before what runs now has ended.
                () = time::sleep(IDLE) => {}
            }
        }
    }

    /// Performs a task and then each next one that finishing it claimed.
    fn spawn(&self, tasks: &mut JoinSet<Result<(), RunnerError>>, lease: Lease, stop: Stop) {
        let runner = self.clone();
        let work = async move {
            let mut next = Some(lease);
            while let Some(lease) = next {
                let span = info_span!("task", task = %lease.task, attempt = lease.attempt);
                next = match runner.perform_task(lease, &stop).instrument(span).await {
                    Err(RunnerError::Store(StoreError::LeaseLost(task))) => {
                        runner.watch.warn(format!("task `{task}` was taken over by another worker"));
                        None
                    }
                    ended => ended?,
                };
            }
            Ok(())
        };
        tasks.spawn(work.in_current_span());
    }

    /// What a run waits for whose tasks and effects give nothing to do here and now.
    async fn waiting(&self, view: &RunView) -> Result<Waiting, RunnerError> {
        if let Some(by) = view.state.paused_by.clone() {
            return Ok(Waiting::Held { by });
        }
        if let Some(hold) = self.store.hold_of(&view.spec.id).await? {
            return Ok(Waiting::Held { by: hold.by });
        }
        if let Phase::Queued { behind } = &view.state.phase {
            return Ok(Waiting::Group(behind.clone()));
        }
        let running = view.state.tasks().any(|task| matches!(task.status, TaskStatus::Running { .. }));
        if let (false, Some(at)) = (running, self.store.next_ready_at(&view.spec.id).await?) {
            return Ok(Waiting::Until(at));
        }
        if let Some((reason, at)) = self.store.waits_for_room(&view.spec.id).await? {
            return Ok(Waiting::Room { reason, at });
        }
        let asked: Vec<StageId> = view.state.questions().map(|(stage, _)| stage.clone()).collect();
        Ok(if asked.is_empty() || running { Waiting::Elsewhere } else { Waiting::Approval(asked) })
    }

    /// Sleeps until a retry is due, something else may have changed, or a stop is asked for.
    async fn wait(&self, run: &RunId, stop: &mut Stop) -> Result<(), RunnerError> {
        self.store.input(run, &Input::Tick, self.clock.now()).await.map(|_| ()).or_else(ignore_ended)?;
        let due = self.store.next_ready_at(run).await?;
        let pause = due.map_or(IDLE, |at| Duration::from_millis(at.millis_since(self.clock.now()).max(5)).min(IDLE));
        tokio::select! {
            () = time::sleep(pause) => {}
            () = asked(stop) => {}
        }
        Ok(())
    }

    /// Performs one effect of the run that is due. False: there is none.
    async fn perform_due_effect(&self, run: &RunId) -> Result<bool, RunnerError> {
        let Some(row) = self.store.next_effect(run, self.clock.now()).await? else { return Ok(false) };
        let span = info_span!("effect", effect = row.effect.word(), attempt = row.attempts);
        let settlement = self.perform_effect(run, &row).instrument(span).await;
        forgeline_failpoint::pass(row.effect.word(), "performed");
        let settlement = match settlement {
            Ok(settlement) => settlement,
            // The machine's fault, not the run's: the effect stays open, and whoever drives the run next tries again.
            Err(error) if error.is_transient() && row.attempts >= EFFECT_ATTEMPTS => {
                let again = Settlement::Again { at: self.clock.now(), error: error.to_string() };
                self.store.settle(run, &row, again, self.clock.now()).await?;
                return Err(error);
            }
            Err(error) => self.after_failure(&row, &error),
        };
        if let Settlement::Dead { error } = &settlement {
            self.watch.warn(format!("`{}` was given up: {error}", row.effect.word()));
        }
        let waits = matches!(&settlement, Settlement::Again { error, .. } if error.starts_with(WAITS));
        if let Some(step) = self.store.settle(run, &row, settlement, self.clock.now()).await? {
            self.watch.step(run, step);
        }
        // People see the queue; that they cannot be told now is no failure of the run.
        if waits && let Err(error) = self.report(&self.store.run(run).await?).await {
            tracing::warn!(%error, "it is not told what run {run} waits for");
        }
        Ok(true)
    }

    async fn perform_effect(&self, run: &RunId, row: &EffectRow) -> Result<Settlement, RunnerError> {
        if self.effects == Effects::Rehearsed {
            return Ok(rehearsed(&row.effect));
        }
        let view = self.store.run(run).await?;
        match row.effect {
            Effect::Publish => {
                let outcome = match self.publish(&view).await {
                    Err(RunnerError::Publish(PublishError::Full(full))) => {
                        let at = self.clock.now().plus_millis(ROOM_MS);
                        return Ok(Settlement::Again { at, error: full.to_string() });
                    }
                    published => published?,
                };
                Ok(Settlement::Confirmed(Some(Box::new(Input::Settled { outcome }))))
            }
            Effect::Report => {
                self.report(&view).await?;
                Ok(Settlement::Confirmed(None))
            }
            Effect::Index => {
                self.index(&view).await?;
                Ok(Settlement::Confirmed(None))
            }
        }
    }

    /// Again a little later each time; an error that will not pass ends its run, so that nothing hangs.
    fn after_failure(&self, row: &EffectRow, error: &RunnerError) -> Settlement {
        if error.is_transient() {
            let at = self.clock.now().plus_millis(250 << row.attempts.min(8));
            return Settlement::Again { at, error: error.to_string() };
        }
        match row.effect {
            Effect::Publish => {
                let outcome = Outcome::Failed { task: None, kind: "publish".into(), message: error.to_string() };
                Settlement::Confirmed(Some(Box::new(Input::Settled { outcome })))
            }
            Effect::Report | Effect::Index => Settlement::Dead { error: error.to_string() },
        }
    }
}

impl Waiting {
    /// Whether no amount of time ends it.
    fn is_for_people(&self) -> bool {
        match self {
            Self::Approval(_) | Self::Held { .. } => true,
            Self::Group(_) | Self::Room { .. } | Self::Until(_) | Self::Elsewhere => false,
        }
    }
}

impl Patience {
    fn is_over(self, since: Timestamp, now: Timestamp, what: &Waiting) -> bool {
        match (self, what) {
            (Self::Endless, _) => false,
            (Self::None, _) => true,
            (Self::Millis(most), Waiting::Until(at) | Waiting::Room { at, .. }) => at.millis_since(now) > most,
            (Self::Millis(most), _) => now.millis_since(since) > most,
        }
    }
}

/// An effect that is taken for performed.
fn rehearsed(effect: &Effect) -> Settlement {
    Settlement::Confirmed(match effect {
        Effect::Publish => {
            let outcome = Outcome::NoChange { reason: "it was a dry run".into() };
            Some(Box::new(Input::Settled { outcome }))
        }
        Effect::Report | Effect::Index => None,
    })
}

/// Ends when a stop is asked for; never, when nobody can ask any more.
async fn asked(stop: &mut Stop) {
    if stop.wait_for(|asked| *asked).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn ignore_ended(error: StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::Illegal(_) => Ok(()),
        other => Err(other),
    }
}
