//! T6: effects, from the plan to the settlement.

use forgeline_engine::{Effect, Input};
use forgeline_model::{RunId, Timestamp};

use super::{ProcessId, Store};

/// Something that the world is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EffectRow {
    pub(crate) key: String,
    pub(crate) run: Option<RunId>,
    pub(crate) what: What,
    pub(crate) state: EffectState,
    pub(crate) owner: Option<ProcessId>,
    pub(crate) attempts: u32,
    pub(crate) next_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    OfRun(Effect),
    /// A comment with this key on an item.
    Say {
        item: usize,
        key: String,
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EffectState {
    Planned,
    Attempting,
    Confirmed,
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Settlement {
    Confirmed(Option<Box<Input>>),
    Again,
}

impl Store {
    pub(super) fn plan_effect(&mut self, run: &RunId, effect: &Effect, facts: u64, now: Timestamp) {
        let key = match effect {
            Effect::Publish | Effect::Index => format!("{run} {}", effect.word()),
            Effect::Report => format!("{run} {} {facts}", effect.word()),
        };
        self.plan(key, Some(run.clone()), What::OfRun(effect.clone()), now);
    }

    pub(super) fn plan(&mut self, key: String, run: Option<RunId>, what: What, now: Timestamp) {
        let state = EffectState::Planned;
        let new = EffectRow { key, run, what, state, owner: None, attempts: 0, next_at: now };
        match self.outbox.iter_mut().find(|row| row.key == new.key) {
            None => self.outbox.push(new),
            // What a decision asks of the forge takes the place of an earlier one about the same.
            Some(row) if row.run.is_none() => *row = new,
            Some(_) => {}
        }
    }

    /// Effects that are due: planned, or their performer is gone.
    pub(crate) fn due_effects(&self, alive: &[ProcessId], now: Timestamp) -> Vec<usize> {
        let is_due = |row: &EffectRow| {
            let is_open = matches!(row.state, EffectState::Planned | EffectState::Attempting);
            let is_held = self.is_held && row.what == What::OfRun(Effect::Publish);
            let is_free = row.owner.is_none_or(|owner| !alive.contains(&owner));
            is_open && row.next_at <= now && !is_held && is_free
        };
        (0..self.outbox.len()).filter(|at| is_due(&self.outbox[*at])).collect()
    }

    /// Takes an effect.
    pub(crate) fn take_effect(&mut self, row: usize, process: ProcessId) {
        let row = &mut self.outbox[row];
        row.state = EffectState::Attempting;
        row.owner = Some(process);
        row.attempts += 1;
    }

    /// Records what came of an attempt, and lets the run hear of it. Nothing, when somebody else performs it now.
    pub(crate) fn settle(&mut self, at: usize, settlement: &Settlement, process: ProcessId, now: Timestamp) {
        let row = &self.outbox[at];
        if row.state != EffectState::Attempting || row.owner != Some(process) {
            return;
        }
        match settlement {
            Settlement::Confirmed(input) => {
                let run = row.run.clone();
                if let (Some(run), Some(input)) = (run, input)
                    && self.input(&run, input, now).is_err()
                {
                    return;
                }
                self.outbox[at].state = EffectState::Confirmed;
            }
            Settlement::Again => {
                let row = &mut self.outbox[at];
                row.state = EffectState::Planned;
                row.next_at = now.plus_millis(250 << row.attempts.min(8));
            }
        }
        self.outbox[at].owner = None;
    }
}
