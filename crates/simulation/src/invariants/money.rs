//! The model's bill against the journal.

use forgeline_engine::{Fact, RunState, run::TaskStatus};
use forgeline_model::task::Usage;

use super::{Verdict, ensure};
use crate::{model::Fate, seen::Noted, store::RunRow, world::World};

/// What a run says it spent is what was paid for the results it holds.
pub(super) fn recorded_is_made(world: &World) -> Verdict {
    for noted in &world.store.seen.noted {
        let Noted::Ended { run, .. } = noted else { continue };
        let paid = world.model.calls.iter().filter(|call| call.run == *run && call.fate == Fate::Recorded);
        let made = paid.map(|call| call.cost).fold(Usage::default(), Usage::plus);
        let recorded = world.store.runs[run].state.spent;
        ensure(made == recorded, || format!("{run} records {recorded:?} and paid {made:?}"))?;
    }
    Ok(())
}

/// Once a result is recorded, who looks finds it and does not pay.
pub(super) fn nothing_is_paid_twice(world: &World) -> Verdict {
    for call in &world.model.calls {
        let known_since = world.model.recorded_at.get(&call.key);
        ensure(known_since.is_none_or(|since| *since >= call.looked_at), || {
            format!("{} of {} was paid again, though its result was recorded", call.task, call.run)
        })?;
    }
    Ok(())
}

/// Nothing is started that the budget might not pay for; beyond it comes only what estimates were wrong by, and clean-up.
pub(super) fn budget_is_kept(world: &World) -> Verdict {
    for noted in &world.store.seen.noted {
        let Noted::Told { run, fact } = noted else { continue };
        let row = &world.store.runs[run];
        let budget = &row.spec.plan.budget;
        match &**fact {
            Fact::TaskStarted { task, .. } => {
                let is_cleanup = row.spec.plan.stage(&task.stage).is_some_and(|stage| stage.is_cleanup());
                let wanted = row.state.spent.plus(at_work(row));
                let tokens = budget.tasks.is_none_or(|most| row.state.attempts <= most)
                    && budget.tokens.is_none_or(|most| wanted.tokens <= most);
                ensure(is_cleanup || (wanted.usd <= budget.usd && tokens), || {
                    format!("{task} of {run} started with {wanted:?} spent or set aside of {budget:?}")
                })?;
            }
            Fact::TaskDone { .. } => {
                let over = excess(row, &row.state);
                ensure(row.state.spent.usd <= budget.usd + over.usd, || {
                    format!(
                        "{run} spent {} of {} USD, and only {} by wrong estimates",
                        row.state.spent.usd, budget.usd, over.usd
                    )
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the attempts at work were expected to use.
fn at_work(row: &RunRow) -> Usage {
    let running = row.state.tasks().filter(|task| matches!(task.status, TaskStatus::Running { .. }));
    running.filter_map(|task| Some(row.spec.plan.stage(&task.id.stage)?.reserve)).fold(Usage::default(), Usage::plus)
}

/// What results cost beyond what was expected of them, and all that cleaning up cost.
fn excess(row: &RunRow, state: &RunState) -> Usage {
    let done = state.tasks().filter_map(|task| match &task.status {
        TaskStatus::Done(output) => Some((row.spec.plan.stage(&task.id.stage)?, output.usage)),
        _ => None,
    });
    done.map(|(stage, used)| {
        let expected = if stage.is_cleanup() { 0 } else { stage.reserve.usd.micros() };
        let usd = forgeline_model::Usd::from_micros(used.usd.micros().saturating_sub(expected));
        Usage { usd, tokens: 0 }
    })
    .fold(Usage::default(), Usage::plus)
}
