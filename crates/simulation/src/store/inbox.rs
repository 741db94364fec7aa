//! T0 and T1: what came in becomes durable, then what was decided about it.

use std::{collections::BTreeMap, rc::Rc};

use forgeline_engine::{Input, RunSpec, RunState, Step, step::Illegal};
use forgeline_model::{RunId, Timestamp};

use super::{RunRow, Store, What};
use crate::switches::Bug;

/// A delivery that was stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InboxRow {
    pub(crate) key: String,
    pub(crate) happening: usize,
    pub(crate) state: InboxState,
    pub(crate) attempts: u32,
    pub(crate) next_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InboxState {
    New,
    Done,
    Dead,
}

/// What deciding a delivery comes to.
#[derive(Debug, Default)]
pub(crate) struct Ruling {
    pub(crate) run: Option<NewRun>,
    pub(crate) input: Option<(RunId, Input)>,
    /// Item, key and text of the answer.
    pub(crate) reply: Option<(usize, String, String)>,
}

/// A run to be: its spec, what asked for it, its item and blueprint.
pub(crate) type NewRun = (Rc<RunSpec>, usize, usize, usize);

/// What came of a ruling.
#[derive(Debug)]
pub(crate) enum Ruled {
    Nothing,
    Started,
    Joined,
    Put(Result<Step, Illegal>),
}

impl Store {
    /// T0.
    pub(crate) fn receive(&mut self, key: &str, happening: usize) {
        if self.bug != Some(Bug::NoDeliveryDedup) && self.inbox.iter().any(|row| row.key == key) {
            return;
        }
        let key = key.to_owned();
        self.inbox.push(InboxRow {
            key,
            happening,
            state: InboxState::New,
            attempts: 0,
            next_at: Timestamp::from_millis(0),
        });
    }

    /// T1, all of it or nothing.
    pub(crate) fn decide(&mut self, row: usize, ruling: Ruling, now: Timestamp) -> Ruled {
        let mut ruled = Ruled::Nothing;
        if let Some(new) = ruling.run {
            ruled = self.start(new, now);
        }
        if let Some((run, input)) = &ruling.input {
            ruled = Ruled::Put(self.input(run, input, now));
        }
        if let Some((item, key, text)) = ruling.reply {
            self.plan(format!("say {item} {key}"), None, What::Say { item, key, text }, now);
        }
        if self.bug != Some(Bug::InboxRowNotClosed) {
            self.inbox[row].state = InboxState::Done;
        }
        ruled
    }

    /// A run with the same trigger key is joined.
    fn start(&mut self, (spec, asked_by, item, blueprint): NewRun, now: Timestamp) -> Ruled {
        let id = spec.id.clone();
        if self.runs.contains_key(&id) {
            return Ruled::Joined;
        }
        let (stages, journal) = (BTreeMap::new(), Vec::new());
        let state = RunState::default();
        let row = RunRow { spec: spec.clone(), journal, state, stages, wake_at: None, asked_by, item, blueprint };
        self.runs.insert(id.clone(), row);
        self.order.push(id.clone());
        let mut first = Input::Start;
        if let Some(group) = spec.concurrency.as_ref().filter(|_| self.bug != Some(Bug::GroupIgnored)) {
            for other in self.under_way(&group.group, &id) {
                if group.cancel_in_progress {
                    let by = format!("run {id}, which is newer");
                    // One that publishes already cannot be stopped; the new one waits for it.
                    let _: Result<Step, Illegal> = self.input(&other, &Input::Cancel { by }, now);
                }
                first = Input::Queue { behind: other };
            }
            if self.under_way(&group.group, &id).is_empty() {
                first = Input::Start;
            }
        }
        self.input(&id, &first, now).expect("a new run starts or queues");
        Ruled::Started
    }

    /// Deciding failed for now; after some tries it goes to the dead letter queue.
    pub(crate) fn postpone(&mut self, row: usize, most_attempts: u32, now: Timestamp) {
        let row = &mut self.inbox[row];
        row.attempts += 1;
        if row.attempts >= most_attempts {
            row.state = InboxState::Dead;
        } else {
            row.next_at = now.plus_millis(1_000 << row.attempts);
        }
    }

    /// The oldest delivery that waits to be decided.
    pub(crate) fn pending(&self, now: Timestamp) -> Option<usize> {
        self.inbox.iter().position(|row| row.state == InboxState::New && row.next_at <= now)
    }
}
