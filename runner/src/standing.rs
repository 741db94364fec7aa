//! Labels and states of work items that follow how far a run is, as the factory's policy says. They go when they are true no
//! more.

use std::collections::BTreeMap;

use forgeline_engine::{Outcome, RunSpec, spec::Forge};
use forgeline_forge::{
    ForgeError, LocalForge,
    types::{IssueState, RepoId},
};
use forgeline_store::RunView;

use crate::{Runner, RunnerError};

/// How far the work on an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A run is at work.
    Working,
    /// A run waits for people.
    Waiting,
    /// There is something to look at, or nothing had to change.
    Proposed,
    /// A run failed, was refused or stopped.
    Failed,
    /// What it proposed was merged.
    Merged,
}

impl Standing {
    /// The word for it in `policy.labels` and `policy.states`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Proposed => "proposed",
            Self::Failed => "failed",
            Self::Merged => "merged",
        }
    }

    /// Where a run leaves its item.
    pub fn of(view: &RunView) -> Self {
        match view.state.outcome() {
            None if view.state.questions().next().is_some() => Self::Waiting,
            None => Self::Working,
            Some(Outcome::Published(_) | Outcome::NoChange { .. }) => Self::Proposed,
            Some(Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Cancelled { .. }) => Self::Failed,
        }
    }
}

/// Labels to put on and to take off: the one of this standing is there, those of the others are not. Pure.
pub fn changes(labels: &BTreeMap<String, String>, standing: Standing, has: &[String]) -> Vec<(String, bool)> {
    let wanted = labels.get(standing.word());
    let is = |label: &String| has.iter().any(|it| it.to_lowercase() == label.to_lowercase());
    let is_wanted = |label: &String| wanted.is_some_and(|it| it.to_lowercase() == label.to_lowercase());
    let mut found: Vec<(String, bool)> =
        labels.values().filter(|label| is(label) && !is_wanted(label)).map(|label| (label.clone(), false)).collect();
    found.dedup();
    found.extend(wanted.filter(|label| !is(label)).map(|label| (label.clone(), true)));
    found
}

impl Runner {
    /// Brings labels and state of a run's work item up to date, where the item is kept. What the forge does not let Forgeline
    /// do is told to whoever watches and keeps nothing else away.
    ///
    /// # Errors
    /// The forge cannot be read or written to at the moment.
    pub async fn show_standing(&self, spec: &RunSpec, standing: Standing) -> Result<(), RunnerError> {
        match self.set_standing(spec, standing).await {
            Err(error) if !error.is_transient() => {
                self.watch.warn(format!("labels and state of the item are not what the policy says: {error}"));
                Ok(())
            }
            other => other,
        }
    }

    async fn set_standing(&self, spec: &RunSpec, standing: Standing) -> Result<(), RunnerError> {
        let policy = &spec.policy;
        let (labels, state) = (&policy.labels, policy.states.get(standing.word()));
        let Some(number) = spec.item.as_ref().and_then(|item| item.id.as_str().parse::<u64>().ok()) else {
            return Ok(());
        };
        if labels.is_empty() && state.is_none() {
            return Ok(());
        }
        // An item that was routed here keeps its number where it came from.
        let Some(repo) = spec.item_home().parse::<RepoId>().ok().filter(|_| spec.target.forge == Forge::Local) else {
            return Ok(());
        };
        let (bot, now) = (LocalForge::bot(), self.clock.now());
        let issue = match self.forge.issue(&repo, number).await {
            Ok(issue) => issue,
            // It was no issue, or is gone.
            Err(ForgeError::NoItem { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for (label, present) in changes(labels, standing, &issue.labels) {
            if present {
                self.forge.add_label(&repo, number, &label, &bot, now).await?;
            } else {
                self.forge.remove_label(&repo, number, &label, &bot, now).await?;
            }
        }
        if let Some(state) = state.and_then(|state| state.parse::<IssueState>().ok())
            && issue.state != state
        {
            self.forge.set_issue_state(&repo, number, state, &bot, now).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, changes};

    #[test]
    fn one_label_is_there_and_the_others_go() {
        let policy = [("working", "bot: at work"), ("proposed", "bot: look"), ("failed", "bot: failed")];
        let policy = policy.map(|(word, label)| (word.to_owned(), label.to_owned())).into();
        let check = |standing, has: &[&str], expected: &[(&str, bool)]| {
            let has: Vec<String> = has.iter().map(ToString::to_string).collect();
            let found = changes(&policy, standing, &has);
            let found: Vec<(&str, bool)> = found.iter().map(|(label, is)| (label.as_str(), *is)).collect();
            assert_eq!(found, expected, "{standing:?} {has:?}");
        };
        check(Standing::Working, &["bug"], &[("bot: at work", true)]);
        check(Standing::Working, &["Bot: At Work"], &[]);
        check(Standing::Proposed, &["bot: at work", "bug"], &[("bot: at work", false), ("bot: look", true)]);
        check(Standing::Failed, &["bot: look", "bot: failed"], &[("bot: look", false)]);
        check(Standing::Merged, &["bot: look", "bug"], &[("bot: look", false)]);
        check(Standing::Merged, &[], &[]);
    }
}
