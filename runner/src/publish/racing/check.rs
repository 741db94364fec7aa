//! What must hold afterwards.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_engine::{Outcome, fact::Publication};
use forgeline_forge::types::PullRequestState;
use forgeline_model::RunId;

use super::people::Pushed;
use crate::publish::scratch::{World, git, line_by, page, try_git};

/// Everything that does not hold, as sentences.
pub(super) async fn violations(
    world: &World,
    runs: &[RunId],
    outcomes: &BTreeMap<RunId, Vec<Result<Outcome, String>>>,
    pushed: &[Pushed],
) -> Vec<String> {
    let mut found = Vec::new();
    let bare = world.bare();
    let carriers = |trailer: &str, key: &str| {
        let format = format!("--format=%H %(trailers:key={trailer},valueonly,separator=%x2C)");
        let log = git(&bare, &["log", "--all", &format]);
        let hits = log.lines().filter_map(|line| line.split_once(' ')).filter(|(_, value)| value.contains(key));
        hits.map(|(commit, _)| commit.to_owned()).collect::<Vec<_>>()
    };
    let has_line = |commit: &str, page: &str, line: &str| {
        let text = try_git(&bare, &["show", &format!("{commit}:{page}")]).unwrap_or_default();
        text.lines().any(|it| it == line)
    };
    let store = world.executor().await.store.clone();
    for (key, run) in (0..).zip(runs) {
        let view = store.run(run).await.expect("the run is there");
        let commits = carriers("Forgeline-Run-Key", view.spec.key.as_str());
        if commits.len() != 1 {
            found.push(format!("run {key} is in {} commits: {commits:?}", commits.len()));
        }
        let (page, line) = (page(key % world.items), line_by(key));
        let mut said = BTreeSet::new();
        for outcome in &outcomes[run] {
            match outcome {
                Ok(Outcome::Published(Publication { commit, conflict, .. })) => {
                    said.insert(commit.clone());
                    let sides = carriers("Forgeline-Conflict", view.spec.key.as_str());
                    let holder = if conflict.is_some() { sides.first() } else { Some(commit) };
                    if !holder.is_some_and(|holder| has_line(holder, &page, &line)) {
                        found.push(format!("run {key}: its line is in neither {commit} nor {sides:?}"));
                    }
                    if sides.len() > 1 {
                        found.push(format!("run {key} has {} conflict commits", sides.len()));
                    }
                }
                other => found.push(format!("run {key} ended as {other:?}")),
            }
        }
        if said.len() > 1 {
            found.push(format!("run {key}: its executors disagree: {said:?}"));
        }
    }
    for Pushed { branch, commit, page, line } in pushed {
        if try_git(&bare, &["merge-base", "--is-ancestor", commit, branch]).is_err() {
            found.push(format!("{line}: commit {commit} is no longer on {branch}"));
        }
        if !has_line(branch, page, line) {
            found.push(format!("{line}: it is no longer in {page} on {branch}"));
        }
    }
    let mut heads: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let open = world.forge.pull_requests(&world.repo, Some(PullRequestState::Open), None).await.expect("lists");
    for it in open {
        heads.entry(it.head.to_string()).or_default().push(it.number);
    }
    let doubled = heads.into_iter().filter(|(_, numbers)| numbers.len() > 1);
    found.extend(doubled.map(|(head, numbers)| format!("{head} has the open pull requests {numbers:?}")));
    found
}
