//! Git and the forge.

use std::collections::BTreeSet;

use forgeline_engine::{Effect, Fact, Outcome};

use super::{Verdict, ensure};
use crate::{
    forge::PullState,
    git::of_hex,
    seen::Noted,
    store::{EffectState, What},
    world::World,
};

/// One trigger, one commit: whoever published, crashed and published again.
pub(super) fn one_commit_per_key(world: &World) -> Verdict {
    let mut seen = BTreeSet::new();
    for id in world.git.reachable() {
        if let Some(key) = &world.git.commits[id].key {
            ensure(seen.insert(key), || format!("two commits carry the key {key}"))?;
        }
    }
    Ok(())
}

/// Nobody here forces a push, so what once was on a branch stays in some branch's history.
pub(super) fn no_commit_is_lost(world: &World) -> Verdict {
    let reachable = world.git.reachable();
    match world.git.published.iter().find(|id| !reachable.contains(id)) {
        None => Ok(()),
        Some(id) => Err(format!("commit {id} by {} is in no branch any more", world.git.commits[*id].by)),
    }
}

/// What is about to be written is recorded before, so that an audit can tell what a dead process did.
pub(super) fn intended_before_written(world: &World) -> Verdict {
    let intended: BTreeSet<_> = world.store.intents.iter().collect();
    let ours = world.git.published.iter().find(|id| world.git.commits[**id].key.is_some() && !intended.contains(id));
    match ours {
        None => Ok(()),
        Some(id) => Err(format!("commit {id} was written and no intent names it")),
    }
}

/// An outcome that names a commit names one that is there and carries the run's key, or that shows the same files.
pub(super) fn published_is_true(world: &World) -> Verdict {
    for noted in &world.store.seen.noted {
        let Noted::Told { run, fact } = noted else { continue };
        let Fact::Finished { outcome: Outcome::Published(publication) } = &**fact else { continue };
        let is_there = of_hex(&publication.commit).is_some_and(|id| {
            world.git.published.contains(&id) || world.git.history(world.git.published.iter().copied()).contains(&id)
        });
        ensure(is_there, || format!("{run} says that {} is published", publication.commit))?;
    }
    Ok(())
}

/// People review one proposal: a branch has one open pull request.
pub(super) fn one_pull_request_per_branch(world: &World) -> Verdict {
    let mut seen = BTreeSet::new();
    for pull in world.forge.pulls.iter().filter(|pull| pull.state == PullState::Open) {
        ensure(seen.insert(&pull.head), || format!("`{}` has two open pull requests", pull.head))?;
    }
    let mut seen = BTreeSet::new();
    for pull in &world.forge.pulls {
        ensure(seen.insert((&pull.opened_by, &pull.head, pull.commit)), || {
            format!("{} opened two pull requests for one commit", pull.opened_by)
        })?;
    }
    Ok(())
}

/// A comment is found again by its key and edited in place.
pub(super) fn one_comment_per_key(world: &World) -> Verdict {
    let mut seen = BTreeSet::new();
    for (item, key, _) in &world.forge.comments {
        ensure(seen.insert((item, key)), || format!("item {item} has two comments with the key `{key}`"))?;
    }
    Ok(())
}

/// What the outbox says was done was done.
pub(super) fn settled_means_performed(world: &World) -> Verdict {
    for row in world.store.outbox.iter().filter(|row| row.state == EffectState::Confirmed) {
        let speaks = matches!(&row.what, What::OfRun(Effect::Report) | What::Say { .. });
        ensure(!speaks || world.forge.performed.contains_key(&row.key), || {
            format!("effect `{}` is settled and never reached the forge", row.key)
        })?;
    }
    Ok(())
}
