//! An effect that a process has taken: it is performed, then settled.

use forgeline_engine::Effect;

use super::publish::Publish;
use crate::{
    store::{ProcessId, Settlement, What},
    switches::Bug,
    world::World,
};

/// An effect in the hands of a process.
#[derive(Debug)]
pub(crate) struct Perform {
    row: usize,
    at: At,
}

#[derive(Debug)]
enum At {
    Taken,
    Publishing(Box<Publish>),
    Performed(Settlement),
    /// Only with a planted bug.
    SettledFirst,
}

impl Perform {
    /// Takes an effect.
    pub(crate) fn take(world: &mut World, row: usize, process: ProcessId) -> Self {
        world.store.take_effect(row, process);
        Self { row, at: At::Taken }
    }

    pub(crate) fn advance(self, world: &mut World, process: ProcessId) -> Option<Self> {
        let row = self.row;
        let at = match self.at {
            At::Taken => begin(world, row, process),
            At::Publishing(publish) => match publish.advance(world, process) {
                Ok(publish) => At::Publishing(publish),
                Err(settlement) => At::Performed(settlement),
            },
            At::Performed(settlement) => {
                let now = world.clock_of(process);
                world.store.settle(row, &settlement, process, now);
                world.note("effect settled", || format!("T6 of effect {row}"));
                return None;
            }
            At::SettledFirst => {
                call(world, row);
                return None;
            }
        };
        Some(Self { row, at })
    }
}

fn begin(world: &mut World, row: usize, process: ProcessId) -> At {
    let effect = world.store.outbox[row].clone();
    match effect.what {
        What::OfRun(Effect::Publish) => {
            let run = effect.run.expect("a run publishes");
            At::Publishing(Box::new(Publish::of(run)))
        }
        What::OfRun(Effect::Report) | What::Say { .. } => {
            if world.store.bug == Some(Bug::SettledBeforePerformed) {
                let now = world.clock_of(process);
                world.store.settle(row, &Settlement::Confirmed(None), process, now);
                return At::SettledFirst;
            }
            At::Performed(call(world, row))
        }
        What::OfRun(Effect::Index) => At::Performed(Settlement::Confirmed(None)),
    }
}

/// Says on the forge what the effect asks for.
fn call(world: &mut World, row: usize) -> Settlement {
    let effect = world.store.outbox[row].clone();
    let (item, key, text) = match (effect.what, &effect.run) {
        (What::Say { item, key, text }, _) => (item, key, text),
        (What::OfRun(_), Some(run)) => {
            let run = &world.store.runs[run];
            let key = format!("status:{}", run.spec.plan.blueprint.name);
            (run.item, key, format!("{} is {}", run.spec.id, run.state.word()))
        }
        (What::OfRun(_), None) => return Settlement::Confirmed(None),
    };
    let luck = world.luck();
    let looks = world.store.bug != Some(Bug::CommentWithoutKey);
    world.note("comment written", || format!("on item {item}, `{key}`: {text} ({luck:?})"));
    match world.forge.upsert_comment((item, &key, &text), &effect.key, looks, luck) {
        Ok(()) => Settlement::Confirmed(None),
        Err(_) => Settlement::Again,
    }
}
