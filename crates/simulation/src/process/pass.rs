//! One look at all that is new: read what was missed, decide, and wake what is overdue.

use forgeline_engine::{Approval, Input, Outcome, plan::Work};
use forgeline_model::RunId;

use crate::{
    forge::{Happening, Luck, Person, Says},
    spec::Asked,
    store::{ProcessId, Ruled, Ruling},
    switches::Bug,
    world::World,
};

/// Tries at deciding a delivery before it is given up.
const ATTEMPTS: u32 = 5;

/// A pass under way. One process at a time makes one.
#[derive(Debug)]
pub(crate) struct Pass {
    at: At,
}

#[derive(Debug)]
enum At {
    Receive,
    /// What was read is stored; where reading goes on is not, yet.
    Remember {
        until: usize,
    },
    Next,
    Rule {
        row: usize,
        ruling: Box<Ruling>,
    },
    Tick,
}

impl Pass {
    /// Takes the turn, if nobody living has it.
    pub(crate) fn take_turn(world: &mut World, process: ProcessId) -> Option<Self> {
        if world.store.turn.is_some_and(|holder| world.alive().contains(&holder)) {
            return None;
        }
        world.store.turn = Some(process);
        Some(Self { at: At::Receive })
    }

    pub(crate) fn advance(self, world: &mut World, process: ProcessId) -> Option<Self> {
        let now = world.clock_of(process);
        let at = match self.at {
            At::Receive => {
                let until = world.forge.happened.len();
                for happening in world.store.position..until {
                    world.store.receive(&format!("scan/{happening}"), happening);
                }
                At::Remember { until }
            }
            At::Remember { until } => {
                world.store.position = until;
                At::Next
            }
            At::Next => match world.store.pending(now) {
                None => At::Tick,
                Some(row) if world.luck() != Luck::Good => {
                    world.store.postpone(row, ATTEMPTS, now);
                    At::Next
                }
                Some(row) => {
                    let id = world.store.inbox[row].happening;
                    let happening = world.forge.happened[id].clone();
                    At::Rule { row, ruling: Box::new(ruling(world, id, &happening)) }
                }
            },
            At::Rule { row, ruling } => {
                let ruled = world.store.decide(row, *ruling, now);
                let what = match &ruled {
                    Ruled::Nothing => "decided: nothing follows",
                    Ruled::Started => "run started",
                    Ruled::Joined => "run joined",
                    Ruled::Put(Ok(_)) => "command obeyed",
                    Ruled::Put(Err(_)) => "command came to nothing",
                };
                world.note(what, || format!("T1 of inbox row {row}"));
                At::Next
            }
            At::Tick => {
                if world.store.bug != Some(Bug::TickNeverSent) {
                    for run in world.store.overdue(now) {
                        world.tick(&run, now);
                    }
                }
                world.store.turn = None;
                return None;
            }
        };
        Some(Self { at })
    }
}

/// What follows from something that happened, as the forge and the store are now.
fn ruling(world: &mut World, id: usize, happening: &Happening) -> Ruling {
    let Happening { actor, item, says } = happening;
    let mut ruling = Ruling::default();
    let answer = match says {
        Says::Other => return ruling,
        Says::Run { blueprint } => match may_write(*actor) {
            true => {
                let asked = Asked { happening: id, actor: *actor, item: *item, blueprint: *blueprint, again: None };
                ruling.run = Some(world.new_run(&asked));
                "started"
            }
            false => "refused",
        },
        Says::Retry => match last_that_failed(world, *item).filter(|_| may_write(*actor)) {
            Some(again) => {
                let blueprint = world.store.runs[&again].blueprint;
                let asked = Asked { happening: id, actor: *actor, item: *item, blueprint, again: Some(again) };
                ruling.run = Some(world.new_run(&asked));
                "started again"
            }
            None => "there is nothing to retry",
        },
        Says::Cancel => match newest_open(world, *item).filter(|_| may_write(*actor)) {
            Some(run) => {
                ruling.input = Some((run, Input::Cancel { by: actor.name.into() }));
                "cancelled"
            }
            None => "there is nothing to cancel",
        },
        Says::Approve { .. } | Says::Reject { .. } => match word(world, *actor, *item, says) {
            Some(input) => {
                ruling.input = Some(input);
                "heard"
            }
            None => "refused",
        },
    };
    ruling.reply = Some((*item, format!("reply:{id}"), answer.to_owned()));
    ruling
}

fn may_write(who: Person) -> bool {
    matches!(who.role, "editor" | "maintainer")
}

fn last_that_failed(world: &World, item: usize) -> Option<RunId> {
    let ended_badly = |id: &&RunId| {
        let row = &world.store.runs[*id];
        let outcome = row.state.outcome();
        row.item == item && !matches!(outcome, None | Some(Outcome::Published(_) | Outcome::NoChange { .. }))
    };
    world.store.order.iter().rev().find(ended_badly).cloned()
}

fn newest_open(world: &World, item: usize) -> Option<RunId> {
    let open = |id: &&RunId| world.store.runs[*id].item == item && !world.store.runs[*id].is_finished();
    world.store.order.iter().rev().find(open).cloned()
}

/// Somebody's yes or no, if it is theirs to give and about what waits.
fn word(world: &World, actor: Person, item: usize, says: &Says) -> Option<(RunId, Input)> {
    let (Says::Approve { stage, .. } | Says::Reject { stage }) = says else { return None };
    let bug = world.store.bug;
    let rows = world.store.order.iter().rev().map(|id| &world.store.runs[id]);
    let mut open = rows.filter(|row| row.item == item && !row.is_finished());
    let (row, question) = open.find_map(|row| Some((row, row.state.questions().find(|(id, _)| *id == stage)?.1)))?;
    let Work::Approval { approval: rule } = &row.spec.plan.stage(stage)?.work else { return None };
    let has_role = rule.roles.iter().any(|role| role == actor.role) || bug == Some(Bug::AnybodyApproves);
    let is_own = row.spec.trigger.actor == actor.name && bug != Some(Bug::RequesterApproves);
    if !has_role || is_own {
        return None;
    }
    let input = match says {
        Says::Approve { saw, .. } => {
            if *saw != question.subject && bug != Some(Bug::StaleApproval) {
                return None;
            }
            let approval = Approval {
                id: actor.name.into(),
                name: actor.name.into(),
                role: actor.role.into(),
                subject: question.subject,
                self_approved: false,
            };
            Input::Approve { stage: stage.clone(), approval }
        }
        _ => Input::Reject { stage: stage.clone(), by: actor.name.into(), reason: "no".into() },
    };
    Some((row.spec.id.clone(), input))
}
