//! What must hold after every step, whatever happened.
//!
//! Each looks at a world from outside: at the journal, at Git, at the forge, at the model's bill, and at what an onlooker
//! [noted](crate::seen), not at what the store believes.

mod money;
mod outside;
mod people;
mod records;
mod rest;
mod workers;

use crate::world::World;

/// An invariant that does not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
}

/// What was seen, or that all is well.
type Verdict = Result<(), String>;

/// An invariant by its name.
type Invariant = (&'static str, fn(&World) -> Verdict);

/// Those that hold after every step.
const ALWAYS: &[Invariant] = &[
    ("the journal is the state", records::journal_is_state),
    ("what ended stays", records::ended_stays),
    ("illegal changes nothing", records::illegal_changes_nothing),
    ("one record per delivery", records::one_record_per_delivery),
    ("asked once, run once", records::asked_once_runs_once),
    ("one worker per task", workers::one_worker_per_task),
    ("nothing starts while held", workers::nothing_starts_while_held),
    ("one run of a group", workers::one_run_of_a_group),
    ("no work without its approval", people::no_work_without_approval),
    ("an approval is bound", people::approval_is_bound),
    ("nobody approves alone", people::nobody_approves_alone),
    ("spend recorded is spend made", money::recorded_is_made),
    ("nothing is paid twice", money::nothing_is_paid_twice),
    ("the budget is kept", money::budget_is_kept),
    ("one commit per key", outside::one_commit_per_key),
    ("nobody's commit is lost", outside::no_commit_is_lost),
    ("intended before written", outside::intended_before_written),
    ("what is said to be published is", outside::published_is_true),
    ("one pull request per run", outside::one_pull_request_per_branch),
    ("one comment per key", outside::one_comment_per_key),
    ("settled means performed", outside::settled_means_performed),
];

/// Those that hold once nothing is left to do.
const AT_REST: &[Invariant] = &[
    ("one record per delivery", rest::each_delivery_has_its_record),
    ("every run ends", rest::every_run_ends),
    ("spend recorded is spend made", rest::no_result_is_held),
    ("settled means performed", rest::every_effect_is_settled),
];

/// Holds all invariants against a world.
pub(crate) fn check(world: &World) -> Result<(), Broken> {
    check_all(ALWAYS, world)
}

/// The same once nothing is left to do.
pub(crate) fn check_at_rest(world: &World) -> Result<(), Broken> {
    check_all(AT_REST, world)
}

/// Everything goes on for ever.
pub(crate) fn restless(steps: u64) -> Broken {
    Broken { invariant: "every run ends", what: format!("there is still something to do after {steps} steps") }
}

fn check_all(invariants: &[Invariant], world: &World) -> Result<(), Broken> {
    for (invariant, holds) in invariants {
        holds(world).map_err(|what| Broken { invariant, what })?;
    }
    Ok(())
}

/// What is not so is said.
fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}
