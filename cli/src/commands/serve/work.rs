//! The one loop: look when a hook came, when a run ended, and every now and then; have runs carried out meanwhile.

use std::{sync::Arc, time::Duration};

use forgeline_bot::{Bot, Press, pass::PassError};
use forgeline_runner::{Runner, Stop};
use forgeline_store::UnseenHook;
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{self, Instant},
};

use super::{
    DRAIN,
    health::Health,
    hints::Hints,
    metrics::Meters,
    runs::{News, Runs},
};
use crate::{app, commands::Session, operator::Operator};

/// Hooks come in flocks: the first one waits this long for the others.
const FLOCK: Duration = Duration::from_millis(50);
/// Most hooks that one pass looks into.
const MOST_HOOKS: u32 = 4_096;
/// Least time between two looks at the forges' lists of deliveries: webhooks are seldom lost.
const LISTED: Duration = Duration::from_secs(5 * 60);
/// Wait after a pass that failed or could not see everything; each time twice as long, and never longer than between two looks.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Least time between two passes that nothing but the clock asks for.
const BREATH: Duration = Duration::from_millis(100);

/// What looks and has runs carried out.
pub(super) struct Work {
    runner: Runner,
    bot: Bot,
    operator: Arc<Operator>,
    poll: Duration,
    wake: Arc<Notify>,
    meters: Arc<Meters>,
    health: Arc<Health>,
    most_runs: usize,
    /// When everything elsewhere was last looked at.
    swept: Option<Instant>,
    /// When the forges' lists of deliveries were last asked for.
    listed: Option<Instant>,
    /// Passes in a row that could not see everything.
    blind: u32,
    /// Tells people of dead letters, beside the passes: a mail server may take its time.
    tending: Option<JoinHandle<()>>,
}

impl Work {
    /// Looks at least every `poll`, and soon after `wake`.
    pub(super) fn new(
        session: &Session,
        runner: Runner,
        bot: Bot,
        poll: Duration,
        wake: Arc<Notify>,
        meters: Arc<Meters>,
        health: Arc<Health>,
    ) -> Self {
        let most_runs = session.operator.file.config.limits.tasks.unwrap_or(app::PARALLEL) as usize;
        let operator = session.operator.clone();
        Self {
            runner,
            bot,
            operator,
            poll,
            wake,
            meters,
            health,
            most_runs,
            swept: None,
            listed: None,
            blind: 0,
            tending: None,
        }
    }

    /// Works until it is stopped, and has all runs stop at a checkpoint then.
    pub(super) async fn until(mut self, mut stop: Stop) {
        let mut runs = Runs::new(self.runner.clone(), self.meters.clone(), stop.clone(), self.most_runs, self.poll);
        while !*stop.borrow() {
            let more = self.look(&mut runs).await;
            self.tend();
            if more {
                continue;
            }
            self.rest(&mut runs, &mut stop).await;
        }
        runs.drain(DRAIN).await;
        if let Some(tending) = self.tending.take() {
            let _ = time::timeout(Duration::from_millis(500), tending).await;
        }
    }

    /// Waits until there is a reason to look.
    async fn rest(&self, runs: &mut Runs, stop: &mut Stop) {
        let now = Instant::now();
        let failures = self.health.failures().max(self.blind);
        let pause = if failures == 0 { self.poll } else { AFTER_ERROR * 2_u32.pow(failures.min(10)) };
        let latest = now + pause.min(self.poll);
        loop {
            // A run may have come to rest for less time than that.
            let at = runs.next_due().map_or(latest, |due| due.max(now + BREATH).min(latest));
            tokio::select! {
                _ = stop.wait_for(|asked| *asked) => return,
                () = time::sleep_until(at) => return,
                () = self.wake.notified() => {
                    // Runs go on meanwhile by themselves.
                    time::sleep(FLOCK).await;
                    return;
                }
                news = runs.next() => if news == News::Ended { return },
            }
        }
    }

    /// One pass. True: it could not look at all that waits.
    async fn look(&mut self, runs: &mut Runs) -> bool {
        let began = Instant::now();
        let looked = self.pass().await;
        self.meters.passed(looked.is_ok(), began.elapsed());
        let failures = self.health.passed(looked.is_ok());
        // Whatever keeps the bot from looking, what was started goes on.
        match self.runner.store.open_runs().await {
            Ok(open) => runs.take_up(open),
            Err(error) => {
                tracing::error!("runs are not taken up: {error}");
                self.meters.error("store");
            }
        }
        match looked {
            Ok(more) => more,
            Err(error) => {
                tracing::error!("pass failed, {failures} in a row: {error}; it is tried again");
                self.meters.error("pass");
                false
            }
        }
    }

    /// Looks where hooks say that something is new, and everywhere in its own time: a hook is a hint, and may be lost.
    async fn pass(&mut self) -> Result<bool, PassError> {
        let (store, clock) = (&self.runner.store, &self.runner.clock);
        if self.listed.is_none_or(|at| at.elapsed() >= LISTED) {
            self.listed = Some(Instant::now());
            self.bot.take_in_missed().await?;
        }
        let hooks = store.unseen_hooks(MOST_HOOKS).await?;
        self.take_presses(&hooks).await?;
        let hints = Hints::of(&hooks);
        let began = Instant::now();
        let everywhere = hints.everywhere || self.swept.is_none_or(|at| began.duration_since(at) >= self.poll);
        forgeline_failpoint::pass("pass", "begun");
        let passed = self.bot.pass_over((!everywhere).then_some(&*hints.repositories)).await?;
        // What could not be seen is looked for again at the next pass, hook or not.
        if passed.unseen.is_empty() {
            self.blind = 0;
            if everywhere {
                self.swept = Some(began);
            }
        } else {
            (self.swept, self.blind) = (None, self.blind.saturating_add(1));
        }
        for (repository, number, _) in &passed.replies {
            tracing::info!("answered on {repository}#{number}");
        }
        for run in &passed.started {
            tracing::info!("started {run}");
        }
        if let Some(last) = hooks.last() {
            let now = clock.now();
            store.mark_seen(last.seq, now).await?;
            for hook in &hooks {
                let after = Duration::from_millis(now.millis_since(hook.received_at));
                self.meters.consumed(&hook.source, after);
            }
        }
        Ok(hooks.len() == MOST_HOOKS as usize)
    }

    /// Buttons of checks: nothing that could be looked at tells of them later, so they are taken in before their hooks count as
    /// seen.
    async fn take_presses(&self, hooks: &[UnseenHook]) -> Result<(), PassError> {
        for hook in hooks.iter().filter(|hook| hook.source == "github" && hook.event == "check_run") {
            let body = match self.runner.store.hook_body(&hook.source, &hook.delivery).await {
                Ok(body) => body.unwrap_or_default(),
                Err(error) => {
                    tracing::error!("hook {} cannot be read: {error}", hook.delivery);
                    continue;
                }
            };
            if let Some(press) = Press::of_github(&body, &hook.delivery) {
                self.bot.receive_press(&press).await?;
            }
        }
        Ok(())
    }

    /// Has people told of what was given up, and the chain of decisions witnessed, unless that is under way.
    fn tend(&mut self) {
        if self.tending.as_ref().is_some_and(|it| !it.is_finished()) {
            return;
        }
        let (runner, operator, meters) = (self.runner.clone(), self.operator.clone(), self.meters.clone());
        self.tending = Some(tokio::spawn(async move {
            if let Err(error) = runner.attend().await {
                tracing::warn!("people were not told of dead letters: {error}");
                meters.error("notify");
            }
            if let Err(error) = operator.witness(&runner).await {
                tracing::warn!("the chain of decisions was not witnessed: {error:#}");
                meters.error("witness");
            }
        }));
    }
}
