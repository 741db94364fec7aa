//! Merging pull requests: a commit by compare-and-swap, then the record of it.

use forgeline_model::Timestamp;
use forgeline_repo::{BranchName, CommitId, MergeError, NewCommit, Repo, RepoError, Swap, Trailer};
use serde_json::json;

use super::{
    LocalForge, feed,
    pull_requests::{PULL_REQUEST, Tips, load, set_tips, tips},
    repositories::person,
};
use crate::{
    ForgeError,
    types::{Feed, Login, PullRequest, PullRequestState, RepoId, Role},
};

/// Tries before a base branch that keeps moving is given up.
const TRIES: usize = 8;
/// Says which pull request a commit on the base branch came from, so that an interrupted merge is recognised.
const TRAILER: &str = "Forgeline-Pull-Request";

words! {
    /// How a pull request gets into its base branch.
    MergeMethod, "merge method" {
        /// A commit with both branches as parents.
        Merge = "merge",
        /// One commit on the base branch, with the trailers of those it replaces.
        Squash = "squash",
    }
}

/// What to merge; moved to a blocking thread.
struct Job {
    repo: RepoId,
    number: u64,
    title: String,
    head: BranchName,
    base: BranchName,
    method: MergeMethod,
    actor: Login,
    at: Timestamp,
}

/// What the merge found and made.
struct Merged {
    commit: CommitId,
    tips: Tips,
}

impl LocalForge {
    /// Merges an open pull request that is no draft. Interrupted after the base branch moved, a second call records
    /// what the first one did.
    ///
    /// # Errors
    /// There is no such pull request, it is a draft, closed or merged, the branches conflict, or `actor` is no editor.
    pub async fn merge_pull_request(
        &self,
        repo: &RepoId,
        number: u64,
        method: MergeMethod,
        actor: &Login,
        at: Timestamp,
    ) -> Result<PullRequest, ForgeError> {
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Editor, "merge pull requests").await?;
        let item = verb.view.item(number, Some(PULL_REQUEST)).await?;
        let before = load(&mut verb.view, item).await?;
        drop(verb);
        let refuse =
            |state, hint| Err(ForgeError::WrongState { action: "merge", number, repo: repo.clone(), state, hint });
        match before.state {
            PullRequestState::Merged => return refuse("merged already", "there is nothing to do"),
            PullRequestState::Closed => return refuse("closed", "reopen it first"),
            PullRequestState::Open if before.draft => return refuse("a draft", "mark it ready first"),
            PullRequestState::Open => {}
        }
        let job = Job {
            repo: repo.clone(),
            number,
            title: before.title,
            head: before.head,
            base: before.base,
            method,
            actor: actor.clone(),
            at,
        };
        let merged = self.with_git(repo, move |git| job.perform(git)).await?;
        forgeline_failpoint::pass("merge", "done");

        let mut verb = self.verb(repo, actor, at).await?;
        let mut item = verb.view.item(number, Some(PULL_REQUEST)).await?;
        // Two calls at once make one merge; the other one finds it recorded.
        if item.state != PullRequestState::Merged.as_str() {
            set_tips(&mut item, &merged.tips);
            item.state = PullRequestState::Merged.as_str().to_owned();
            item.merged_commit = Some(merged.commit.to_string());
            item.closed_by = Some(actor.to_string());
            verb.put(&mut item).await?;
            feed::tell_branch(&mut verb, &item.head, Some(&item.head_commit)).await?;
            feed::tell_branch(&mut verb, &item.base, Some(&merged.commit.to_string())).await?;
            let payload = json!({"head": item.head, "base": item.base, "commit": item.merged_commit, "method": method});
            verb.tell(Feed::PullRequestMerged, number, payload).await?;
        }
        let pull_request = load(&mut verb.view, item).await?;
        verb.commit().await?;
        Ok(pull_request)
    }
}

impl Job {
    fn perform(&self, git: &Repo) -> Result<Merged, ForgeError> {
        let origin = format!("{}#{}", self.repo, self.number);
        for _ in 0..TRIES {
            let base_tip = git.branch_tip(&self.base)?;
            let tips = tips(git, &self.head, &self.base)?;
            if let Some(commit) = git.find_trailer(base_tip, tips.fork, TRAILER, &origin)? {
                return Ok(Merged { commit, tips });
            }
            if tips.fork == Some(tips.head) {
                // Somebody merged the branch with Git itself.
                return Ok(Merged { commit: base_tip, tips });
            }
            let commit = self.commit(git, base_tip, &tips, &origin)?;
            let reason = format!("merge {origin}");
            if git.compare_and_swap(&self.base.refname(), Some(base_tip), Some(commit), &reason)? == Swap::Done {
                return Ok(Merged { commit, tips });
            }
        }
        Err(ForgeError::BaseMoves(self.base.clone()))
    }

    fn commit(&self, git: &Repo, base_tip: CommitId, tips: &Tips, origin: &str) -> Result<CommitId, ForgeError> {
        let tree = git.merge(base_tip, tips.head).map_err(|error| match error {
            MergeError::Repo(error) => ForgeError::Repo(error),
            reason => ForgeError::Unmergeable { number: self.number, reason: reason.to_string() },
        })?;
        let (message, mut trailers, parents) = match self.method {
            MergeMethod::Merge => {
                let message = format!("Merge pull request #{} from {}\n\n{}", self.number, self.head, self.title);
                (message, Vec::new(), vec![base_tip, tips.head])
            }
            MergeMethod::Squash => {
                let (summaries, trailers) = told_by_commits(git, tips)?;
                (format!("{} (#{})\n\n{summaries}", self.title, self.number), trailers, vec![base_tip])
            }
        };
        trailers.push(Trailer::new(TRAILER, origin));
        let author = person(&self.actor);
        let new =
            NewCommit { tree, parents: &parents, author: &author, at: self.at, message: &message, trailers: &trailers };
        Ok(git.commit(&new)?)
    }
}

/// What the commits of a branch say that must not get lost when they are squashed, oldest first.
fn told_by_commits(git: &Repo, tips: &Tips) -> Result<(String, Vec<Trailer>), RepoError> {
    let mut summaries = String::new();
    let mut trailers: Vec<Trailer> = Vec::new();
    for commit in git.log(tips.head, tips.fork, 1000)?.into_iter().rev() {
        summaries.push_str(&format!("* {}\n", commit.summary()));
        let ours = commit.trailers().into_iter().filter(|trailer| trailer.key.starts_with("Forgeline-"));
        for trailer in ours {
            if trailer.key != TRAILER && !trailers.contains(&trailer) {
                trailers.push(trailer);
            }
        }
    }
    Ok((summaries, trailers))
}

#[cfg(test)]
mod tests {
    use forgeline_repo::Trailer;

    use super::{MergeMethod, TRAILER};
    use crate::{
        ForgeError, PullRequestProposal,
        local::scratch::{World, branch, login, proposal},
        types::PullRequestState,
    };

    async fn opened(world: &World, head: &str, files: &[(&str, &str)]) -> u64 {
        world.push(head, files, &[Trailer::new("Forgeline-Run-Key", head)]).await;
        let opened = world.forge.upsert_pull_request(&world.repo, &proposal(head), &login("acme"), world.now()).await;
        opened.expect("opens").into_inner().number
    }

    async fn merge(world: &World, number: u64, method: MergeMethod) -> Result<crate::types::PullRequest, ForgeError> {
        world.forge.merge_pull_request(&world.repo, number, method, &login("acme"), world.now()).await
    }

    #[tokio::test]
    async fn both_ways_of_merging_keep_content_and_run_key() {
        let world = World::new().await;
        for (head, method) in [("x", MergeMethod::Merge), ("y", MergeMethod::Squash)] {
            let number = opened(&world, head, &[(head, "1\n")]).await;
            let merged = merge(&world, number, method).await.expect("merges");
            assert_eq!(merged.state, PullRequestState::Merged);
            let commit = merged.merged_commit.expect("recorded");
            let (path, key) = (head.to_owned(), head.to_owned());
            let (tip, file, keyed, info) = world
                .forge
                .with_git(&world.repo, move |git| {
                    let tip = git.branch_tip(&branch("main"))?;
                    let keyed = git.find_trailer(tip, None, "Forgeline-Run-Key", &key)?;
                    Ok::<_, forgeline_repo::RepoError>((tip, git.read_file(tip, &path)?, keyed, git.commit_info(tip)?))
                })
                .await
                .expect("reads");
            assert_eq!((tip, file), (commit, Some(b"1\n".to_vec())));
            assert!(keyed.is_some(), "{method}: the run key is in the base branch's history");
            assert_eq!(info.parents.len(), if method == MergeMethod::Merge { 2 } else { 1 });
            let diff = world.forge.pull_request_diff(&world.repo, number).await.expect("compares");
            assert_eq!(diff.files[0].path, head, "the difference can still be seen");
            assert!(matches!(merge(&world, number, method).await, Err(ForgeError::WrongState { .. })));
        }
        let told = world.told().await;
        assert_eq!(told.iter().filter(|line| line.starts_with("pr_merged")).count(), 2, "{told:?}");
        assert_eq!(told.iter().filter(|line| *line == "push main").count(), 2, "{told:?}");
    }

    #[tokio::test]
    async fn conflicts_drafts_and_closed_ones_are_refused() {
        let world = World::new().await;
        let one = opened(&world, "x", &[("a", "1\n")]).await;
        let two = opened(&world, "y", &[("a", "2\n")]).await;
        merge(&world, one, MergeMethod::Merge).await.expect("merges");
        let error = merge(&world, two, MergeMethod::Squash).await.expect_err("conflict");
        assert_eq!(
            error.to_string(),
            "pull request 2 cannot be merged: conflicts in `a`; resolve them on the head branch"
        );
        world.push("z", &[("z", "1")], &[]).await;
        let draft = PullRequestProposal { draft: true, ..proposal("z") };
        let acme = login("acme");
        world.forge.upsert_pull_request(&world.repo, &draft, &acme, world.now()).await.expect("opens");
        let error = merge(&world, 3, MergeMethod::Merge).await.expect_err("draft");
        assert_eq!(error.to_string(), "cannot merge 3 in `acme/shop`: it is a draft; mark it ready first");
        world.forge.mark_ready(&world.repo, 3, &acme, world.now()).await.expect("marks");
        world.forge.set_pull_request_open(&world.repo, 3, false, &acme, world.now()).await.expect("closes");
        let error = merge(&world, 3, MergeMethod::Merge).await.expect_err("closed");
        assert_eq!(error.to_string(), "cannot merge 3 in `acme/shop`: it is closed; reopen it first");
        let by_guest =
            world.forge.merge_pull_request(&world.repo, 3, MergeMethod::Merge, &login("eve"), world.now()).await;
        assert!(matches!(by_guest, Err(ForgeError::Forbidden { .. })), "{by_guest:?}");
    }

    #[tokio::test]
    async fn a_merge_that_was_interrupted_is_recorded_and_not_made_again() {
        let world = World::new().await;
        let number = opened(&world, "x", &[("a", "1\n")]).await;
        let done = world.push("main", &[("a", "1\n")], &[Trailer::new(TRAILER, "acme/shop#1")]).await;
        let merged = merge(&world, number, MergeMethod::Squash).await.expect("records");
        assert_eq!(merged.merged_commit, Some(done));
        let tip = world.forge.with_git(&world.repo, |git| git.branch_tip(&branch("main"))).await.expect("reads");
        assert_eq!(tip, done);
    }

    #[tokio::test]
    async fn calls_at_once_make_one_merge() {
        let world = World::new().await;
        let number = opened(&world, "x", &[("a", "1\n")]).await;
        let go = || merge(&world, number, MergeMethod::Squash);
        let results: [_; 4] = tokio::join!(go(), go(), go(), go()).into();
        assert!(results.iter().any(Result::is_ok));
        let commits = world
            .forge
            .with_git(&world.repo, |git| git.log(git.branch_tip(&branch("main"))?, None, 10))
            .await
            .expect("reads");
        assert_eq!(commits.len(), 2, "the first commit and one merge");
        let told = world.told().await;
        assert_eq!(told.iter().filter(|line| line.starts_with("pr_merged")).count(), 1, "{told:?}");
    }
}
