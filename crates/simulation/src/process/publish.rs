//! The publish protocol, step by step as the real publisher makes them: look at the pull requests, compose on the tip as it
//! is, store the intent, swap the branch, propose.

use forgeline_engine::{
    Input, Outcome,
    fact::{Publication, PullRequestRef},
    run::TaskStatus,
};
use forgeline_model::{RunId, RunKey};
use serde_json::Value;

use crate::{
    forge::{Luck, PullState},
    git::{Commit, CommitId, Tree, hex, of_hex},
    store::{ProcessId, Settlement},
    switches::Bug,
    world::World,
};

/// Swaps tried before the publisher steps back.
const SWAPS: u32 = 16;

/// A publisher at work.
#[derive(Debug)]
pub(crate) struct Publish {
    run: RunId,
    at: At,
    swaps: u32,
}

#[derive(Debug)]
enum At {
    Look,
    Compose { branch: String, is_open: bool },
    Intend(Swap),
    Swap(Swap),
    Propose { branch: String, commit: CommitId },
}

/// A branch that is to be moved.
#[derive(Debug, Clone)]
struct Swap {
    branch: String,
    from: Option<CommitId>,
    to: CommitId,
}

/// The next step, or how it ended.
type Next = Result<At, Settlement>;

impl Publish {
    pub(crate) fn of(run: RunId) -> Self {
        Self { run, at: At::Look, swaps: 0 }
    }

    /// Makes one step; the settlement when it is over.
    pub(crate) fn advance(mut self: Box<Self>, world: &mut World, _: ProcessId) -> Result<Box<Self>, Settlement> {
        self.at = match std::mem::replace(&mut self.at, At::Look) {
            At::Look => look(world, &self.run)?,
            At::Compose { branch, is_open } => compose(world, &self.run, branch, is_open)?,
            At::Intend(swap) => {
                if world.store.bug != Some(Bug::IntentNotStored) {
                    world.store.intents.push(swap.to);
                }
                At::Swap(swap)
            }
            At::Swap(swap) => {
                self.swaps += 1;
                let next = write(world, swap);
                if matches!(next, At::Look) && self.swaps >= SWAPS {
                    return Err(Settlement::Again);
                }
                next
            }
            At::Propose { branch, commit } => return Err(propose(world, &self.run, branch, commit)),
        };
        Ok(self)
    }
}

/// Which branch, by the pull requests that speak for it.
fn look(world: &mut World, run: &RunId) -> Next {
    if world.luck() != Luck::Good {
        return Err(Settlement::Again);
    }
    let row = &world.store.runs[run];
    let spec = &row.spec;
    let base = of_hex(&spec.target.base).unwrap_or(0);
    let stem = &spec.target.branch;
    if world.store.bug == Some(Bug::PullRequestWithoutLookup) {
        return Ok(At::Compose { branch: stem.clone(), is_open: false });
    }
    let known: Vec<(u32, usize)> = (0..world.forge.pulls.len())
        .filter_map(|number| Some((ordinal(stem, &world.forge.pulls[number].head)?, number)))
        .collect();
    // What a person decided before the run could settle stands.
    for (_, number) in known.iter().filter(|(_, it)| world.forge.pulls[*it].state != PullState::Open) {
        let pull = &world.forge.pulls[*number];
        if let Some(commit) = carries_key(world, pull.commit, base, &spec.key) {
            return Err(settled(published(&pull.head, commit, Some((*number, false)))));
        }
    }
    let Some((ordinal, number)) = known.into_iter().max() else {
        return Ok(At::Compose { branch: stem.clone(), is_open: false });
    };
    match world.forge.pulls[number].state {
        PullState::Open => Ok(At::Compose { branch: name(stem, ordinal), is_open: true }),
        PullState::Closed if spec.trigger.kind != "command" => {
            let reason = "a person closed the pull request".to_owned();
            Err(settled(Outcome::Refused { reason, gate: None }))
        }
        PullState::Merged | PullState::Closed => Ok(At::Compose { branch: name(stem, ordinal + 1), is_open: false }),
    }
}

/// The commit on the tip as it is now, unless history holds it already.
fn compose(world: &mut World, run: &RunId, branch: String, is_open: bool) -> Next {
    let row = &world.store.runs[run];
    let spec = &row.spec;
    if world.is_refused(row.blueprint) {
        let reason = "the write gate says no".to_owned();
        return Err(settled(Outcome::Refused { reason, gate: Some(Value::from("deny")) }));
    }
    let (base, tip) = (world.git.main(), world.git.tip(&branch));
    let parent = tip.unwrap_or(base);
    let decided_at = of_hex(&spec.target.base).unwrap_or(0);
    for (history, is_merged) in [(base, true), (parent, false)] {
        match carries_key(world, history, decided_at, &spec.key) {
            Some(commit) if is_merged => return Err(settled(published(&branch, commit, None))),
            Some(commit) => return Ok(At::Propose { branch, commit }),
            None => {}
        }
    }
    let before = &world.git.commits[parent].tree;
    let mut tree = before.clone();
    tree.extend(files(row.state.tasks()));
    if tree == *before {
        return match tip {
            Some(commit) if !is_open && !world.git.holds(base, commit) => Ok(At::Propose { branch, commit }),
            _ => Err(settled(Outcome::NoChange { reason: format!("`{branch}` holds exactly this") })),
        };
    }
    let commit = Commit { parents: vec![parent], tree, key: Some(spec.key.clone()), by: "forgeline".into() };
    let to = world.git.commit(commit);
    Ok(At::Intend(Swap { branch, from: tip, to }))
}

/// The run's own commit in a history, without what was there when the run was decided.
fn carries_key(world: &World, tip: CommitId, decided_at: CommitId, key: &RunKey) -> Option<CommitId> {
    let looks = world.store.bug != Some(Bug::NoHistoryCheck);
    world.git.find_key(tip, decided_at, key).filter(|_| looks)
}

fn files<'a>(tasks: impl Iterator<Item = &'a forgeline_engine::run::Task>) -> Tree {
    tasks
        .filter_map(|task| match &task.status {
            TaskStatus::Done(output) => Some(output.artifacts.iter().map(|it| (it.path.clone(), it.digest))),
            _ => None,
        })
        .flatten()
        .collect()
}

fn write(world: &mut World, swap: Swap) -> At {
    let Swap { branch, from, to } = swap;
    let is_swapped = if world.store.bug == Some(Bug::BlindRefWrite) {
        world.git.write(&branch, to);
        true
    } else {
        world.git.swap(&branch, from, to)
    };
    world.note(if is_swapped { "branch swapped" } else { "branch had moved" }, || {
        format!("`{branch}` {from:?} → {to}: {}", if is_swapped { "done" } else { "it had moved" })
    });
    if is_swapped { At::Propose { branch, commit: to } } else { At::Look }
}

fn propose(world: &mut World, run: &RunId, branch: String, commit: CommitId) -> Settlement {
    let luck = world.luck();
    let looks = world.store.bug != Some(Bug::PullRequestWithoutLookup);
    world.note("pull request proposed", || format!("of `{branch}` ({luck:?})"));
    match world.forge.upsert_pull(&world.git, &branch, run, looks, luck) {
        Ok(pull) => settled(published(&branch, commit, Some(pull))),
        Err(_) => Settlement::Again,
    }
}

fn settled(outcome: Outcome) -> Settlement {
    Settlement::Confirmed(Some(Box::new(Input::Settled { outcome })))
}

fn published(branch: &str, commit: CommitId, pull: Option<(usize, bool)>) -> Outcome {
    Outcome::Published(Publication {
        branch: branch.to_owned(),
        commit: hex(commit),
        tree: hex(commit),
        pull_request: pull.map(|(number, opened)| PullRequestRef { number: number as u64, opened }),
        gate: Value::Null,
        conflict: None,
    })
}

/// `stem` for 1, `stem-2` for 2.
fn name(stem: &str, ordinal: u32) -> String {
    if ordinal == 1 { stem.to_owned() } else { format!("{stem}-{ordinal}") }
}

fn ordinal(stem: &str, branch: &str) -> Option<u32> {
    match branch.strip_prefix(stem)? {
        "" => Some(1),
        rest => rest.strip_prefix('-')?.parse().ok(),
    }
}
