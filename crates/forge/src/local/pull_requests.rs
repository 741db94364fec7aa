//! Pull requests: opened once per branch and commit, updated in place.

use forgeline_model::Timestamp;
use forgeline_repo::{BranchName, CommitId, Diff, Repo};
use forgeline_store::local_forge::{ItemFilter, ItemRow};
use serde_json::json;

use super::{
    LocalForge, blocking, labels,
    mirror::fork_branch,
    rows,
    scope::{Verb, View},
    text,
};
use crate::{
    ForgeError,
    types::{Feed, Login, PullRequest, PullRequestState, RepoId, Role, Upsert},
};

pub(super) const PULL_REQUEST: &str = "pull_request";

/// A pull request that should be there.
#[derive(Debug, Clone)]
pub struct PullRequestProposal {
    /// Branch to merge.
    pub head: BranchName,
    /// Branch to merge into; none means the default branch.
    pub base: Option<BranchName>,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Whether it is opened as a draft. One that is there keeps what people made of it.
    pub draft: bool,
    /// Labels that it must have, among others.
    pub labels: Vec<String>,
}

/// What Git says of two branches.
pub(super) struct Tips {
    pub(super) head: CommitId,
    /// Their common commit.
    pub(super) fork: Option<CommitId>,
}

/// A pull request that is shown for another branch than the one that is wanted now.
struct Stacked {
    number: u64,
    base: BranchName,
    /// That branch is merged or gone.
    is_over: bool,
}

/// Where a proposal goes.
pub(super) struct PlaceFor {
    pub(super) base: BranchName,
    pub(super) tips: Tips,
    /// What was seen to be over; if somebody was faster, it is shown for another base already.
    over: Option<Stacked>,
}

/// What is to be done so that a proposal is shown.
pub(super) enum Planned {
    /// Nothing: people decided about it, or somebody was faster.
    Leave(ItemRow),
    /// It is not there.
    Open,
    /// It is there, and says this now.
    Change(ItemRow),
}

impl PlaceFor {
    /// Decides by the pull requests of the branch.
    pub(super) async fn plan(&self, view: &mut View, wanted: &PullRequestProposal) -> Result<Planned, ForgeError> {
        let head = Some(wanted.head.to_string());
        let filter = ItemFilter { kind: Some(PULL_REQUEST), head, ..ItemFilter::default() };
        let same_branch = view.tx.items(view.row.id, &filter).await?;
        let head_commit = self.tips.head.to_string();
        let is_open = |item: &&ItemRow| item.state == "open";
        let exact = same_branch.iter().filter(is_open).find(|item| item.base == self.base.as_str());
        let over = self.over.as_ref();
        let own = || {
            over.and_then(|over| {
                same_branch.iter().filter(is_open).find(|item| u64::try_from(item.number) == Ok(over.number))
            })
        };
        if let (None, Some(item)) = (exact, own())
            && over.is_some_and(|over| item.base != over.base.as_str())
        {
            return Ok(Planned::Leave(item.clone()));
        }
        let decided = || same_branch.iter().find(|item| item.state != "open" && item.head_commit == head_commit);
        match exact.or_else(own).or_else(decided) {
            None if self.tips.fork == Some(self.tips.head) => {
                Err(ForgeError::NothingToMerge { head: wanted.head.clone(), base: self.base.clone() })
            }
            None => Ok(Planned::Open),
            Some(item) if item.state != "open" => Ok(Planned::Leave(item.clone())),
            Some(item) => Ok(Planned::Change(item.clone())),
        }
    }
}

impl LocalForge {
    /// Makes sure that the branch has a pull request that says this. An open one is updated; one that was closed or
    /// merged with this very commit is left alone and returned, so that a repeated call never opens a second one.
    ///
    /// # Errors
    /// A branch does not exist, head has nothing that base lacks, the text is refused, or `actor` is no editor.
    pub async fn upsert_pull_request(
        &self,
        repo: &RepoId,
        proposal: &PullRequestProposal,
        actor: &Login,
        at: Timestamp,
    ) -> Result<Upsert<PullRequest>, ForgeError> {
        let wanted = PullRequestProposal {
            title: text::title(&proposal.title)?,
            body: text::body(&proposal.body)?,
            ..proposal.clone()
        };
        if let Some(there) = self.authority(repo).await? {
            return self.upsert_pull_request_there(&there, repo, &wanted, actor, at).await;
        }
        let place = self.place_for(repo, &wanted, actor).await?;
        let mut verb = self.verb(repo, actor, at).await?;
        verb.require(Role::Editor, "open pull requests").await?;
        let outcome = match place.plan(&mut verb.view, &wanted).await? {
            Planned::Leave(item) => Upsert::Unchanged(load(&mut verb.view, item).await?),
            Planned::Open => {
                let mut item = ItemRow {
                    number: verb.view.tx.take_number(verb.view.row.id).await?,
                    kind: PULL_REQUEST.to_owned(),
                    title: wanted.title,
                    body: wanted.body,
                    state: PullRequestState::Open.as_str().to_owned(),
                    author: actor.to_string(),
                    created_at: at.millis(),
                    head: wanted.head.to_string(),
                    base: place.base.to_string(),
                    draft: wanted.draft,
                    ..ItemRow::default()
                };
                set_tips(&mut item, &place.tips);
                verb.put(&mut item).await?;
                super::feed::tell_branch(&mut verb, &item.head, Some(&item.head_commit)).await?;
                let payload = json!({"head": item.head, "base": item.base, "commit": item.head_commit});
                verb.tell(Feed::PullRequestOpened, item.number, payload).await?;
                add_labels(&mut verb, &item, &wanted.labels).await?;
                Upsert::Created(load(&mut verb.view, item).await?)
            }
            Planned::Change(mut item) => {
                let before = item.clone();
                (item.title, item.body, item.base) = (wanted.title, wanted.body, place.base.to_string());
                let edited = (&item.title, &item.body, &item.base) != (&before.title, &before.body, &before.base);
                set_tips(&mut item, &place.tips);
                let labeled = add_labels(&mut verb, &item, &wanted.labels).await?;
                super::feed::tell_branch(&mut verb, &item.head, Some(&item.head_commit)).await?;
                if edited {
                    verb.tell(Feed::PullRequestEdited, item.number, json!({"title": item.title})).await?;
                }
                if item != before || labeled {
                    verb.put(&mut item).await?;
                    Upsert::Updated(load(&mut verb.view, item).await?)
                } else {
                    Upsert::Unchanged(load(&mut verb.view, item).await?)
                }
            }
        };
        verb.commit().await?;
        Ok(outcome)
    }

    /// Where a proposal goes, by what Git says now.
    pub(super) async fn place_for(
        &self,
        repo: &RepoId,
        proposal: &PullRequestProposal,
        actor: &Login,
    ) -> Result<PlaceFor, ForgeError> {
        let base = match &proposal.base {
            Some(base) => base.clone(),
            None => self.with_git(repo, |git| Ok::<_, ForgeError>(git.default_branch()?)).await?,
        };
        let stacked = self.stacked(repo, &proposal.head, &base, actor).await?;
        let base = stacked.as_ref().filter(|it| !it.is_over).map_or(base, |it| it.base.clone());
        let (head, into) = (proposal.head.clone(), base.clone());
        let tips = self.with_git(repo, move |git| tips(git, &head, &into)).await?;
        Ok(PlaceFor { base, tips, over: stacked.filter(|it| it.is_over) })
    }

    /// The bot's open pull request of `head` for another base than the wanted one: it is stacked on that. People review one
    /// pull request of a branch, not one for each base.
    async fn stacked(
        &self,
        repo: &RepoId,
        head: &BranchName,
        wanted: &BranchName,
        actor: &Login,
    ) -> Result<Option<Stacked>, ForgeError> {
        if *actor != Self::bot() {
            return Ok(None);
        }
        let of_head = self.pull_requests(repo, Some(PullRequestState::Open), Some(head)).await?;
        if of_head.iter().any(|it| it.base == *wanted) {
            return Ok(None);
        }
        let Some(own) = of_head.into_iter().find(|it| it.author == *actor) else { return Ok(None) };
        let merged = self.pull_requests(repo, Some(PullRequestState::Merged), Some(&own.base)).await?;
        let (base, wanted) = (own.base.clone(), wanted.clone());
        let is_in_wanted = move |git: &Repo| -> Result<bool, ForgeError> {
            match git.resolve(&base.refname())? {
                // Every branch holds the default branch; that one is never over.
                Some(_) if git.default_branch()? == base => Ok(false),
                Some(tip) => Ok(git.is_ancestor(tip, git.branch_tip(&wanted)?)?),
                None => Ok(true),
            }
        };
        let is_over = !merged.is_empty() || self.with_git(repo, is_in_wanted).await?;
        Ok(Some(Stacked { number: own.number, base: own.base, is_over }))
    }

    /// A pull request by number.
    ///
    /// # Errors
    /// There is no such pull request.
    pub async fn pull_request(&self, repo: &RepoId, number: u64) -> Result<PullRequest, ForgeError> {
        let mut view = self.view(repo).await?;
        let item = view.item(number, Some(PULL_REQUEST)).await?;
        let found = load(&mut view, item).await?;
        Ok(self.refresh(view, vec![found]).await?.remove(0))
    }

    /// Pull requests in this state and from this branch, newest first; none means any.
    ///
    /// # Errors
    /// There is no such repository.
    pub async fn pull_requests(
        &self,
        repo: &RepoId,
        state: Option<PullRequestState>,
        head: Option<&BranchName>,
    ) -> Result<Vec<PullRequest>, ForgeError> {
        let mut view = self.view(repo).await?;
        let state = state.map(PullRequestState::as_str);
        let filter = ItemFilter { kind: Some(PULL_REQUEST), state, head: head.map(BranchName::to_string), label: None };
        let mut found = Vec::new();
        for item in view.tx.items(view.row.id, &filter).await? {
            found.push(load(&mut view, item).await?);
        }
        self.refresh(view, found).await
    }

    /// What a pull request changes: from the common commit of its branches to its head.
    ///
    /// # Errors
    /// There is no such pull request, or its commits are gone.
    pub async fn pull_request_diff(&self, repo: &RepoId, number: u64) -> Result<Diff, ForgeError> {
        let pull_request = self.pull_request(repo, number).await?;
        self.with_git(repo, move |git| git.diff(pull_request.base_commit, pull_request.head_commit)).await
    }

    /// Open pull requests follow their branches.
    async fn refresh(&self, view: View, found: Vec<PullRequest>) -> Result<Vec<PullRequest>, ForgeError> {
        let (path, is_mirror) = (self.path_of(&view.row), view.row.remote.is_some());
        drop(view);
        blocking(move || {
            let git = Repo::open(&path)?;
            let refreshed = found.into_iter().map(|pull_request| {
                // One from a fork has no branch here, whatever somebody calls one.
                let is_of_fork = is_mirror && pull_request.head == fork_branch(pull_request.number);
                if pull_request.state != PullRequestState::Open || is_of_fork {
                    return pull_request;
                }
                match tips(&git, &pull_request.head, &pull_request.base) {
                    Ok(tips) => PullRequest { head_commit: tips.head, base_commit: tips.fork, ..pull_request },
                    // A branch that is gone leaves what was seen last.
                    Err(_) => pull_request,
                }
            });
            Ok(refreshed.collect())
        })
        .await
    }
}

pub(super) fn tips(git: &Repo, head: &BranchName, base: &BranchName) -> Result<Tips, ForgeError> {
    let base_tip = git.branch_tip(base)?;
    let head = git.branch_tip(head)?;
    Ok(Tips { head, fork: git.merge_base(base_tip, head)? })
}

pub(super) fn set_tips(item: &mut ItemRow, tips: &Tips) {
    item.head_commit = tips.head.to_string();
    item.base_commit = tips.fork.map(|id| id.to_string()).unwrap_or_default();
}

pub(super) async fn load(view: &mut View, item: ItemRow) -> Result<PullRequest, ForgeError> {
    let labels = view.tx.item_labels(view.row.id, item.number).await?;
    rows::pull_request(item, labels)
}

async fn add_labels(verb: &mut Verb, item: &ItemRow, wanted: &[String]) -> Result<bool, ForgeError> {
    let mut added = false;
    for label in wanted {
        added |= labels::add(verb, item, label).await?;
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use crate::{
        ForgeError, LocalForge, MergeMethod, PullRequestProposal,
        local::scratch::{World, branch, login, proposal},
        types::{PullRequestState, Upsert},
    };

    #[tokio::test]
    async fn a_branch_has_one_pull_request_however_often_it_is_asked_for() {
        let world = World::new().await;
        let (forge, repo, acme) = (&world.forge, &world.repo, login("acme"));
        let upsert =
            async |proposal: PullRequestProposal| forge.upsert_pull_request(repo, &proposal, &acme, world.now()).await;
        let first = world.push("x", &[("a", "1\n")], &[]).await;
        assert!(
            matches!(upsert(proposal("x")).await, Ok(Upsert::Created(pr)) if pr.number == 1 && pr.head_commit == first)
        );
        assert!(matches!(upsert(proposal("x")).await, Ok(Upsert::Unchanged(_))));
        let second = world.push("x", &[("a", "2\n")], &[]).await;
        assert_eq!(forge.pull_request(repo, 1).await.expect("reads").head_commit, second, "it follows its branch");
        assert!(matches!(upsert(proposal("x")).await, Ok(Upsert::Updated(_))));
        let renamed = PullRequestProposal { title: "New".into(), ..proposal("x") };
        assert!(matches!(upsert(renamed).await, Ok(Upsert::Updated(pr)) if pr.title == "New"));
        let diff = forge.pull_request_diff(repo, 1).await.expect("compares");
        assert_eq!(diff.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(forge.pull_requests(repo, None, Some(&branch("x"))).await.expect("lists").len(), 1);
        assert_eq!(world.told().await, ["push x", "pr_opened 1", "pr_labeled 1", "push x", "pr_edited 1"]);
    }

    #[tokio::test]
    async fn a_stacked_one_follows_what_it_is_stacked_on() {
        let world = World::new().await;
        let (forge, repo, acme, bot) = (&world.forge, &world.repo, login("acme"), LocalForge::bot());
        let upsert =
            async |proposal: PullRequestProposal| forge.upsert_pull_request(repo, &proposal, &bot, world.now()).await;
        world.push("x", &[("a", "1")], &[]).await;
        world.push("y", &[("b", "1")], &[]).await;
        upsert(proposal("x")).await.expect("opens");
        let on = |base: &str| PullRequestProposal { base: Some(branch(base)), ..proposal("y") };
        assert!(matches!(upsert(on("x")).await, Ok(Upsert::Created(pr)) if pr.number == 2 && pr.base == branch("x")));
        let early = upsert(on("main")).await.expect("is there").into_inner();
        assert_eq!((early.number, early.base), (2, branch("x")), "`x` is not merged yet");
        forge.merge_pull_request(repo, 1, MergeMethod::Squash, &acme, world.now()).await.expect("merges");
        let late = upsert(on("main")).await.expect("is there").into_inner();
        assert_eq!((late.number, late.base), (2, branch("main")));
        let back = upsert(on("x")).await.expect("is there").into_inner();
        assert_eq!((back.number, back.base), (2, branch("main")), "it does not go back");
        let by_acme = forge.upsert_pull_request(repo, &on("x"), &acme, world.now()).await;
        assert!(matches!(by_acme, Ok(Upsert::Created(pr)) if pr.number == 3), "people may have one for each base");
    }

    #[tokio::test]
    async fn a_closed_one_stays_closed_until_there_is_something_new() {
        let world = World::new().await;
        let (forge, repo, acme) = (&world.forge, &world.repo, login("acme"));
        let upsert = async || forge.upsert_pull_request(repo, &proposal("x"), &acme, world.now()).await;
        world.push("x", &[("a", "1")], &[]).await;
        upsert().await.expect("opens");
        let closed = forge.set_pull_request_open(repo, 1, false, &acme, world.now()).await.expect("closes");
        assert_eq!((closed.state, closed.closed_by), (PullRequestState::Closed, Some(acme.clone())));
        assert!(matches!(upsert().await, Ok(Upsert::Unchanged(pr)) if pr.number == 1));
        world.push("x", &[("a", "2")], &[]).await;
        assert!(matches!(upsert().await, Ok(Upsert::Created(pr)) if pr.number == 2));
        let reopened = forge.set_pull_request_open(repo, 1, true, &acme, world.now()).await;
        assert!(matches!(reopened, Err(ForgeError::WrongState { .. })), "{reopened:?}");
    }

    #[tokio::test]
    async fn nothing_to_merge_and_missing_branches_are_said() {
        let world = World::new().await;
        let (forge, repo) = (&world.forge, &world.repo);
        let upsert = async |head: &str, who: &str| {
            forge
                .upsert_pull_request(repo, &proposal(head), &login(who), world.now())
                .await
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(
            upsert("main", "acme").await,
            "branch `main` has no commit that `main` lacks; commit something to it first"
        );
        assert_eq!(upsert("none", "acme").await, "branch `none` does not exist; there is `main`");
        world.push("x", &[("a", "1")], &[]).await;
        assert!(upsert("x", "eve").await.contains("that needs the role editor, and theirs is guest"));
    }
}
