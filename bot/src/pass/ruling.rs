//! From decisions to what follows: one transaction, then the forge.

use forgeline_engine::{BotEffect, RunSpec};
use forgeline_forge::{
    LocalForge,
    remote::Reaction,
    types::{Conclusion, RepoId},
};
use forgeline_runner::{CheckSaid, RunnerError, report, standing::Standing};
use forgeline_store::{Decided, Decision, EffectRow, InboxRow, Ruled, Ruling, Settlement};

use super::{Bot, PassError, Passed};

/// Tries at an effect before it is given up, more than a day after the first; it stays visible with its last error.
const ATTEMPTS: u32 = 340;

/// A ruling on a delivery, which it closes.
pub(super) fn on(row: &InboxRow) -> Ruling {
    Ruling { inbox: Some(row.seq), ..Ruling::default() }
}

/// The same with one decision, from which nothing follows.
pub(super) fn noted(row: &InboxRow, decision: Decision) -> Ruling {
    Ruling { decisions: vec![decision], ..on(row) }
}

/// The bot's comment on an item, found again by its key.
pub(super) fn say(repo: &RepoId, number: u64, key: String, text: String) -> BotEffect {
    BotEffect::Say { repository: repo.to_string(), number, thread: None, key, text }
}

/// That the check of a run goes on, on the pull request that it looks at.
fn begins(spec: &RunSpec) -> Option<BotEffect> {
    let at = spec.pull_request.as_ref()?;
    Some(BotEffect::Check {
        repository: spec.target.repository.clone(),
        commit: at.head.clone(),
        blueprint: spec.plan.blueprint.name.clone(),
        conclusion: None,
        text: report::check::begins(spec),
    })
}

impl Bot {
    /// Makes a ruling durable, and does on the forge what it asks for.
    pub(super) async fn rule(
        &self,
        mut ruling: Ruling,
        say: impl FnOnce(&Ruled) -> Vec<BotEffect>,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        // What was dealt with before the state was rebuilt is not said or done again; only a run that had not ended starts.
        let is_silent = passed.is_again && ruling.inbox.is_some();
        let had_inputs = !ruling.inputs.is_empty();
        if is_silent {
            ruling.inputs.clear();
            ruling.effects.clear();
            if had_inputs {
                ruling.decisions.clear();
            }
        }
        let checks: Vec<Option<BotEffect>> = ruling.runs.iter().map(|run| begins(&run.spec)).collect();
        let say = |ruled: &Ruled| {
            let starts = ruled.runs.iter().any(|decided| matches!(decided, Decided::Started(..)));
            if is_silent && (had_inputs || !starts) {
                return Vec::new();
            }
            let mut effects = say(ruled);
            let is_new = |decided: &Decided| matches!(decided, Decided::Started(..));
            let new = checks.into_iter().zip(&ruled.runs).filter(|(_, decided)| is_new(decided));
            effects.extend(new.filter_map(|(check, _)| check));
            effects
        };
        let specs: Vec<RunSpec> = ruling.runs.iter().map(|run| run.spec.clone()).collect();
        let ruled = self.runner.store.decide(ruling, say, self.runner.clock.now()).await?;
        for (spec, decided) in specs.iter().zip(&ruled.runs) {
            // Its report says it again; that it is at work need not be seen.
            if matches!(decided, Decided::Started(..))
                && let Err(error) = self.runner.show_standing(spec, Standing::Working).await
            {
                tracing::warn!("`{}` is not shown on its item: {error}", spec.id);
            }
        }
        passed.started.extend(ruled.runs.iter().filter_map(|decided| match decided {
            Decided::Started(run, _) => Some(run.clone()),
            Decided::Joined(_) => None,
        }));
        self.perform_due(passed).await
    }

    /// Does what is asked of the forge and due, also what an earlier pass left. What fails is tried again later; it does not
    /// hold up the rest.
    pub(super) async fn perform_due(&self, passed: &mut Passed) -> Result<(), PassError> {
        let (store, clock) = (&self.runner.store, &self.runner.clock);
        while let Some(row) = store.next_bot_effect(clock.now()).await? {
            let settlement = match self.perform(&row.effect, passed).await {
                Ok(()) => Settlement::Confirmed(None),
                Err(error) => self.after_failure(&row, &error),
            };
            if let Settlement::Again { error, .. } | Settlement::Dead { error } = &settlement {
                tracing::warn!("`{}` was not done: {error}", row.effect.subject());
            }
            store.settle_bot(&row, settlement, clock.now()).await?;
        }
        Ok(())
    }

    async fn perform(&self, effect: &BotEffect, passed: &mut Passed) -> Result<(), RunnerError> {
        let (forge, now) = (&self.runner.forge, self.runner.clock.now());
        match effect {
            BotEffect::Say { repository, number, thread, key, text } => {
                forge.upsert_comment_in(&repo(repository)?, *number, *thread, key, text, now).await?;
                passed.replies.push((repository.clone(), *number, text.clone()));
            }
            BotEffect::Label { repository, number, label, present: true } => {
                forge.add_label(&repo(repository)?, *number, label, &LocalForge::bot(), now).await?;
            }
            BotEffect::Label { repository, number, label, present: false } => {
                forge.remove_label(&repo(repository)?, *number, label, &LocalForge::bot(), now).await?;
            }
            BotEffect::Check { repository, commit, blueprint, conclusion, text } => {
                let commit = commit.parse().map_err(|_| RunnerError::Bug(format!("commit `{commit}`")))?;
                let conclusion = match conclusion.as_deref().map(str::parse::<Conclusion>).transpose() {
                    Ok(conclusion) => conclusion,
                    Err(_) => return Err(RunnerError::Bug(format!("conclusion {conclusion:?}"))),
                };
                let said = CheckSaid { conclusion, text: text.clone(), annotations: Vec::new() };
                self.runner.put_check(&repo(repository)?, commit, blueprint, said).await?;
            }
            BotEffect::React { repository, comment, accepted, .. } => {
                let reaction = if *accepted { Reaction::Seen } else { Reaction::Confused };
                // A sign only: the answer follows, whatever becomes of it.
                if let Err(error) = forge.react(&repo(repository)?, *comment, reaction).await {
                    tracing::debug!(%error, "no reaction was left on comment {comment} in {repository}");
                }
            }
        }
        Ok(())
    }

    fn after_failure(&self, row: &EffectRow<BotEffect>, error: &RunnerError) -> Settlement {
        let error_text = error.to_string();
        if error.is_transient() && row.attempts < ATTEMPTS {
            let at = self.runner.clock.now().plus_millis(1_000 << row.attempts.min(8));
            return Settlement::Again { at, error: error_text };
        }
        Settlement::Dead { error: error_text }
    }
}

fn repo(name: &str) -> Result<RepoId, RunnerError> {
    name.parse().map_err(|error| RunnerError::Bug(format!("repository `{name}`: {error}")))
}
