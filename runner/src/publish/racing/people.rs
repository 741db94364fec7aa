//! What people do meanwhile, with the `git` executable and on the forge: they edit pages on the base branch and on
//! bot branches, and merge pull requests.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use forgeline_forge::{MergeMethod, types::PullRequestState};
use forgeline_model::Timestamp;

use crate::publish::scratch::{LINES, Seed, World, git, page, try_git};

/// Something that a person pushed and that must still be there.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub(super) branch: String,
    pub(super) commit: String,
    pub(super) page: String,
    pub(super) line: String,
}

/// Does so many things, or fewer if the runs end before. At least a quarter is done whoever ends when.
pub(super) async fn act(world: Arc<World>, mut seed: Seed, acts: u32, done: Arc<AtomicBool>) -> Vec<Pushed> {
    let clone = world.checkout();
    let mut pushed = Vec::new();
    for n in 0..acts {
        if done.load(Ordering::Relaxed) && n > acts / 4 {
            break;
        }
        if seed.below(4) == 0 {
            merge_something(&world, &mut seed).await;
        } else {
            let (world, clone) = (world.clone(), clone.clone());
            let (branch, item) = (seed.below(2), seed.below(world.items as usize) as u32);
            let slot = seed.below(LINES as usize);
            let push = move || edit(&world, &clone, branch == 0, item, slot, n);
            pushed.extend(tokio::task::spawn_blocking(push).await.expect("git runs"));
        }
        tokio::time::sleep(Duration::from_millis(seed.below(8) as u64)).await;
    }
    pushed
}

/// Merges an open pull request into the base; one that does not merge stays.
async fn merge_something(world: &World, seed: &mut Seed) {
    let open = world.forge.pull_requests(&world.repo, Some(PullRequestState::Open), None).await.expect("lists");
    // To merge a conflict is to give up a line on purpose, which the checks could not tell from a loss.
    let open: Vec<_> = open.iter().filter(|it| !it.head.as_str().contains("-conflict")).collect();
    if open.is_empty() {
        return;
    }
    let number = open[seed.below(open.len())].number;
    let now = Timestamp::from_millis(1_700_000_500_000);
    // Refused when it conflicts, and when somebody else was first.
    let _ = world.forge.merge_pull_request(&world.repo, number, MergeMethod::Merge, &world.owner, now).await;
}

/// Replaces a line that no person has written yet, on the base branch or on a branch of the item.
fn edit(world: &World, clone: &Path, on_base: bool, item: u32, slot: usize, n: u32) -> Option<Pushed> {
    git(clone, &["fetch", "--quiet", "--prune", "origin"]);
    let stem = format!("origin/forgeline/docs-page/{}-page", item + 1);
    let branches = git(clone, &["branch", "--remotes", "--format=%(refname:short)", "--list", &format!("{stem}*")]);
    let branch = match branches.lines().last() {
        Some(branch) if !on_base => branch.trim_start_matches("origin/").to_owned(),
        Some(_) | None => "main".to_owned(),
    };
    git(clone, &["checkout", "--quiet", "--force", "-B", "mine", &format!("origin/{branch}")]);
    let (page, line) = (page(item % world.items), format!("by hand {n}"));
    let text = fs::read_to_string(clone.join(&page)).expect("a page");
    let mut lines: Vec<&str> = text.lines().collect();
    let slot = (0..lines.len()).map(|at| (at + slot) % lines.len()).find(|at| !lines[*at].starts_with("by hand"))?;
    lines[slot] = &line;
    fs::write(clone.join(&page), lines.join("\n") + "\n").expect("a page");
    git(clone, &["commit", "--quiet", "--all", "-m", &line]);
    let commit = git(clone, &["rev-parse", "HEAD"]);
    // Somebody else was faster: this edit never happened.
    try_git(clone, &["push", "--quiet", "origin", &format!("mine:{branch}")]).ok()?;
    Some(Pushed { branch, commit, page, line })
}
