//! Runs, carried out beside each other. One that waits holds up no other and no pass.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use forgeline_model::{RunId, Timestamp};
use forgeline_runner::{Driven, Patience, Runner, RunnerError, Stop, Waiting, report};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{self, Instant},
};

use super::metrics::Meters;
use crate::commands::wording;

/// How long a run rests that another process is at work on.
const ELSEWHERE: Duration = Duration::from_secs(2);
/// How long a run rests that could not be carried out; each time twice as long.
const AFTER_ERROR: Duration = Duration::from_secs(5);
/// Most times that the rest is doubled: a little over five minutes.
const DOUBLINGS: u32 = 6;

/// Runs that are carried out, and those that rest.
pub(super) struct Runs {
    runner: Runner,
    meters: Arc<Meters>,
    stop: Stop,
    places: Arc<Semaphore>,
    tasks: JoinSet<(RunId, Carried)>,
    at_work: HashSet<RunId>,
    resting: HashMap<RunId, Rest>,
    /// When each that is at work had last changed before it was taken up.
    changed: HashMap<RunId, Timestamp>,
    poll: Duration,
}

/// A run that nothing can be done for now.
#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Instant,
    /// When it had last changed; once that is another time, there may be something to do.
    changed: Option<Timestamp>,
    failures: u32,
}

/// What became of a run.
enum Carried {
    Ended,
    Waits(Waiting),
    Stopped,
    Failed(RunnerError),
}

/// What somebody may want to know of a run that is not at work any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It ended, so that something else may begin.
    Ended,
    /// Nothing that others wait for.
    Nothing,
}

impl Runs {
    /// At most `most` at once.
    pub(super) fn new(runner: Runner, meters: Arc<Meters>, stop: Stop, most: usize, poll: Duration) -> Self {
        Self {
            runner,
            meters,
            stop,
            places: Arc::new(Semaphore::new(most)),
            tasks: JoinSet::new(),
            at_work: HashSet::new(),
            resting: HashMap::new(),
            changed: HashMap::new(),
            poll,
        }
    }

    /// Takes up those of the runs that are not at work and do not rest. The first get the first places.
    pub(super) fn take_up(&mut self, open: Vec<(RunId, Timestamp)>) {
        let now = Instant::now();
        let all: HashSet<&RunId> = open.iter().map(|(run, _)| run).collect();
        self.resting.retain(|run, _| all.contains(run));
        for (run, changed) in open {
            let rests = self.resting.get(&run).is_some_and(|rest| rest.until > now && rest.changed == Some(changed));
            if rests || !self.at_work.insert(run.clone()) {
                continue;
            }
            self.changed.insert(run.clone(), changed);
            let (runner, meters) = (self.runner.clone(), self.meters.clone());
            let (stop, places) = (self.stop.clone(), self.places.clone());
            self.tasks.spawn(async move {
                let carried = carry_out(&runner, &meters, &run, stop, &places).await;
                meters.flow().leaves(&run);
                (run, carried.unwrap_or_else(Carried::Failed))
            });
        }
    }

    /// Waits for the next run that is not at work any more; for ever, when none is at work.
    pub(super) async fn next(&mut self) -> News {
        let (run, carried) = match self.tasks.join_next().await {
            None => return std::future::pending().await,
            // Nobody knows which: all that are at work are looked at again once they are done.
            Some(Err(error)) => {
                tracing::error!("carrying out a run ended in an error of this program: {error}");
                self.meters.error("run");
                return News::Nothing;
            }
            Some(Ok(ended)) => ended,
        };
        self.at_work.remove(&run);
        let changed = self.changed.remove(&run);
        let failures = self.resting.get(&run).map_or(0, |rest| rest.failures);
        let now = Instant::now();
        let mut rest = |after: Duration, failures: u32| {
            self.resting.insert(run.clone(), Rest { until: now + after, changed, failures });
        };
        match carried {
            Carried::Ended => {
                self.resting.remove(&run);
                return News::Ended;
            }
            Carried::Stopped => {}
            Carried::Waits(Waiting::Elsewhere) => rest(ELSEWHERE, 0),
            Carried::Waits(Waiting::Until(at) | Waiting::Room { at, .. }) => {
                let wait = Duration::from_millis(at.millis_since(self.runner.clock.now()));
                rest(wait.min(self.poll), 0);
            }
            Carried::Waits(Waiting::Approval(_) | Waiting::Group(_) | Waiting::Held { .. }) => rest(self.poll, 0),
            Carried::Failed(error) => {
                tracing::error!("run {run} cannot go on: {error}");
                self.meters.error("run");
                rest(AFTER_ERROR * 2_u32.pow(failures.min(DOUBLINGS)), failures + 1);
            }
        }
        News::Nothing
    }

    /// When the first of those that rest may go on.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let rests = self.resting.iter().filter(|(run, _)| !self.at_work.contains(*run));
        rests.map(|(_, rest)| rest.until).min()
    }

    /// Waits until all have stopped at a checkpoint. What takes longer is left as by a process that died: the next one goes on
    /// from the last checkpoint.
    pub(super) async fn drain(&mut self, patience: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if time::timeout(patience, all).await.is_err() {
            tracing::warn!("{} runs did not stop in time; they go on from their last checkpoint", self.tasks.len());
            self.tasks.shutdown().await;
        }
    }
}

async fn carry_out(
    runner: &Runner,
    meters: &Meters,
    run: &RunId,
    mut stop: Stop,
    places: &Semaphore,
) -> Result<Carried, RunnerError> {
    let _place = tokio::select! {
        place = places.acquire() => place,
        _ = stop.wait_for(|asked| *asked) => return Ok(Carried::Stopped),
    };
    let spec = runner.store.run(run).await?.spec;
    meters.flow().begins(spec);
    Ok(match runner.drive(run, stop, Patience::None).await? {
        Driven::Stopped(_) => Carried::Stopped,
        Driven::Waiting(view, what) => {
            tracing::debug!("run {run} waits {}", wording::waiting(&view, &what));
            Carried::Waits(what)
        }
        Driven::Ended(view) => {
            if let Some(outcome) = view.state.outcome() {
                let took = runner.clock.now().millis_since(view.spec.created_at);
                meters.flow().ended(&view.spec, outcome, Duration::from_millis(took));
                let text = report::outcome_text(&view.spec, outcome);
                tracing::info!("run {run} ended: {}", text.lines().next().unwrap_or_default());
            }
            Carried::Ended
        }
    })
}
