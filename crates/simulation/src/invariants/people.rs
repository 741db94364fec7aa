//! Approvals.

use forgeline_engine::{
    Fact, Plan,
    plan::{PlannedStage, RunOn, Work},
    run::TaskStatus,
};
use forgeline_model::StageId;

use super::{Verdict, ensure};
use crate::{forge::PEOPLE, seen::Noted, store::RunRow, world::World};

/// A stage behind a question starts when the question has been answered with yes, not before.
pub(super) fn no_work_without_approval(world: &World) -> Verdict {
    for noted in &world.store.seen.noted {
        let Noted::Told { run, fact } = noted else { continue };
        let row = &world.store.runs[run];
        let plan = &row.spec.plan;
        let questions = plan.stages.iter().filter(|stage| matches!(stage.work, Work::Approval { .. }));
        match &**fact {
            Fact::TaskStarted { task, .. } => {
                for question in questions.filter(|question| is_behind(plan, &task.stage, &question.id)) {
                    ensure(is_approved(row, question), || format!("{task} of {run} starts before `{}`", question.id))?;
                }
            }
            Fact::Publishing => {
                let is_asked =
                    |stage: &&PlannedStage| row.state.stages.get(&stage.id).is_some_and(|it| !it.tasks().is_empty());
                for question in questions.filter(|question| !question.allow_failure).filter(is_asked) {
                    ensure(is_approved(row, question), || format!("{run} publishes without `{}`", question.id))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether `stage` can run only after `question` ended well.
fn is_behind(plan: &Plan, stage: &StageId, question: &StageId) -> bool {
    let Some(stage) = plan.stage(stage).filter(|stage| stage.run_on == RunOn::Success) else { return false };
    stage.needs.iter().any(|need| {
        let is_forgiven = plan.stage(need).is_some_and(|need| need.allow_failure);
        !is_forgiven && (need == question || is_behind(plan, need, question))
    })
}

/// Whether so many people as the stage asks for said yes, or the stage was left out by its own condition.
fn is_approved(row: &RunRow, question: &PlannedStage) -> bool {
    let Work::Approval { approval: rule } = &question.work else { return true };
    let Some(state) = row.state.stages.get(&question.id) else { return false };
    match state.tasks() {
        [] => state.is_satisfied(),
        tasks => tasks.iter().all(|task| match &task.status {
            TaskStatus::Approved(question) => question.given.len() >= rule.min as usize,
            _ => false,
        }),
    }
}

/// A yes is for what the person saw: nothing else may go on by it.
pub(super) fn approval_is_bound(world: &World) -> Verdict {
    for (row, stage, approval) in approvals(world) {
        let asked = row.journal.iter().rev().find_map(|(fact, _)| match fact {
            Fact::ApprovalRequested { stage: of, subject, .. } if of == stage => Some(*subject),
            _ => None,
        });
        let is_meant = world.store.seen.words.iter().any(|word| {
            word.item == row.item && word.stage == *stage && word.person == approval.name && Some(word.saw) == asked
        });
        ensure(is_meant, || format!("{} never agreed to what `{stage}` of {} asks", approval.name, row.spec.id))?;
    }
    Ok(())
}

/// Who asked for a run cannot let it pass, and neither can anybody without the role.
pub(super) fn nobody_approves_alone(world: &World) -> Verdict {
    for (row, stage, approval) in approvals(world) {
        let who = PEOPLE.iter().find(|person| person.name == approval.name);
        let is_maintainer = who.is_some_and(|person| person.role == "maintainer");
        ensure(is_maintainer, || format!("{} has no role to approve `{stage}`", approval.name))?;
        ensure(approval.name != row.spec.trigger.actor, || {
            format!("{} asked for {} and approved `{stage}`", approval.name, row.spec.id)
        })?;
    }
    Ok(())
}

/// The approvals that were recorded in this step.
fn approvals(world: &World) -> impl Iterator<Item = (&RunRow, &StageId, &forgeline_engine::Approval)> {
    world.store.seen.noted.iter().filter_map(|noted| match noted {
        Noted::Told { run, fact } => match &**fact {
            Fact::Approved { stage, approval } => Some((&world.store.runs[run], stage, approval)),
            _ => None,
        },
        _ => None,
    })
}
