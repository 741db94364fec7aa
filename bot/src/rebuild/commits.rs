//! Runs that commits tell of.

use std::collections::BTreeMap;

use forgeline_engine::{
    Outcome,
    fact::{Publication, PullRequestRef},
};
use forgeline_forge::types::{PullRequest, RepoId};
use forgeline_model::Timestamp;
use forgeline_repo::{CommitInfo, Repo, RepoError};
use forgeline_store::EndedRun;
use serde_json::Value;

use super::spec::{Known, spec};
use crate::pass::{Bot, PassError};

/// Most commits of a repository that are looked at.
const MOST_COMMITS: usize = 50_000;

/// Runs whose commit is on a branch of this repository, or was when a pull request ended.
pub(super) async fn ended(bot: &Bot, repo: &RepoId) -> Result<Vec<EndedRun>, PassError> {
    let forge = &bot.runner().forge;
    let pull_requests = forge.pull_requests(repo, None, None).await?;
    let heads: Vec<_> = pull_requests.iter().map(|it| it.head_commit).collect();
    let read = move |git: &Repo| -> Result<Vec<(CommitInfo, String, String)>, RepoError> {
        let branches = git.branches()?;
        let tips = branches.iter().map(|(name, tip)| (name.to_string(), *tip));
        let mut found = BTreeMap::new();
        for (branch, tip) in tips.chain(heads.into_iter().map(|head| (String::new(), head))) {
            for info in git.log(tip, None, MOST_COMMITS)? {
                let is_ours = info.trailers().iter().any(|trailer| trailer.key == "Forgeline-Run");
                if is_ours && !found.contains_key(&info.id) {
                    let tree = git.tree_of(info.id)?.to_string();
                    found.insert(info.id, (info, branch.clone(), tree));
                }
            }
        }
        Ok(found.into_values().collect())
    };
    let commits = forge.with_git(repo, read).await?;
    Ok(commits.iter().filter_map(|(info, branch, tree)| of_commit(repo, info, branch, tree, &pull_requests)).collect())
}

fn of_commit(
    repo: &RepoId,
    info: &CommitInfo,
    branch: &str,
    tree: &str,
    pull_requests: &[PullRequest],
) -> Option<EndedRun> {
    let trailers = info.trailers();
    let trailer = |key: &str| trailers.iter().find(|it| it.key == key).map(|it| it.value.as_str());
    let blueprint = trailer("Forgeline-Blueprint")?;
    // `name@version (digest)`
    let (named, digest) = blueprint.split_once(" (").map(|(named, rest)| (named, rest.trim_end_matches(')')))?;
    let proposed = pull_requests.iter().rev().find(|it| it.head.as_str() == branch || it.head_commit == info.id);
    let branch = proposed.map_or(branch, |it| it.head.as_str());
    // `acme/tracker#7`
    let elsewhere = trailer("Forgeline-Item").and_then(|it| it.split_once('#'));
    let elsewhere = elsewhere.map(|(home, item)| (home.to_owned(), item.to_owned()));
    let known = Known {
        run: trailer("Forgeline-Run")?.parse().ok()?,
        blueprint: named,
        digest: digest.parse().ok(),
        repository: repo.to_string(),
        item: elsewhere.as_ref().map(|(_, item)| item.clone()).or_else(|| item_of(branch)),
        item_repository: elsewhere.map(|(home, _)| home),
        branch: branch.to_owned(),
        at: info.at,
    };
    let outcome = Outcome::Published(Publication {
        branch: branch.to_owned(),
        commit: info.id.to_string(),
        tree: tree.to_owned(),
        pull_request: proposed.map(|it| PullRequestRef { number: it.number, opened: false }),
        gate: Value::Null,
        conflict: None,
    });
    let at: Timestamp = info.at;
    Some(EndedRun { spec: spec(&known)?, outcome, at })
}

/// `7` of `forgeline/http-service/7-orders`.
fn item_of(branch: &str) -> Option<String> {
    let last = branch.rsplit('/').next()?;
    let digits: String = last.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}
