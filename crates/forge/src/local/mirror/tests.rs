//! The mirror against a forge elsewhere that can be told to fail.

mod elsewhere;
mod names;

use std::sync::Arc;

use elsewhere::{Fault, There};
use forgeline_model::Timestamp;
use forgeline_repo::Swap;

use crate::{
    ForgeError, LocalForge, OwnComment, PullRequestProposal, Reach, SyncFault,
    local::scratch::{branch, login},
    types::{IssueState, PullRequestState, RepoId, Role, Upsert},
};

struct World {
    folder: tempfile::TempDir,
    there: Arc<There>,
    forge: LocalForge,
    repo: RepoId,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let there = Arc::new(There::new(folder.path()));
        let forge = Self::another(&folder.path().join("state"), &there).await;
        Self { folder, there, forge, repo: "acme/shop".parse().expect("valid") }
    }

    async fn another(state: &std::path::Path, there: &Arc<There>) -> LocalForge {
        let store = forgeline_store::Store::open(state, Arc::new(|_, _| Ok(()))).await.expect("opens");
        LocalForge::new(store).beside(there.clone(), |repo| repo.owner() == "acme")
    }

    /// A world that Forgeline has looked at already.
    async fn known() -> Self {
        let world = Self::new().await;
        world.look().await;
        world
    }

    fn now(&self) -> Timestamp {
        self.there.now()
    }

    async fn sync(&self) -> Vec<SyncFault> {
        let faults = self.forge.sync(None, self.now()).await;
        if faults.is_empty() {
            self.forge.observe_pushes(&self.repo, &login("acme"), self.now()).await.expect("observes");
        }
        faults
    }

    /// Forgeline on a machine that knows nothing, whose first look reaches back.
    async fn strange(&self, millis: u64) -> LocalForge {
        let state = self.folder.path().join(format!("state-{}", self.now().millis()));
        let is_settled = |comment: Option<u64>, own: &[OwnComment<'_>]| match comment {
            None => !own.is_empty(),
            Some(id) => own.iter().any(|it| it.key == format!("reply:{id}")),
        };
        Self::another(&state, &self.there).await.reaching_back(Reach { millis, is_settled })
    }

    /// What such a look tells, as `kind subject by`.
    async fn told_by(&self, forge: &LocalForge) -> Vec<String> {
        assert!(forge.sync(None, self.now()).await.is_empty());
        let events = forge.events_since(0, 1000).await.expect("reads");
        events.iter().map(|event| format!("{} {} {}", event.kind, event.subject, event.actor)).collect()
    }

    async fn look(&self) {
        let faults = self.sync().await;
        assert!(faults.is_empty(), "{faults:?}");
    }

    /// What the feed has told, as `kind subject by`.
    async fn told(&self) -> Vec<String> {
        let events = self.forge.events_since(0, 1000).await.expect("reads");
        events.iter().map(|event| format!("{} {} {}", event.kind, event.subject, event.actor)).collect()
    }

    fn proposal(&self) -> PullRequestProposal {
        PullRequestProposal {
            head: branch("forgeline/x"),
            base: None,
            title: "Add x".into(),
            body: "Body".into(),
            draft: false,
            labels: vec!["forgeline".into()],
        }
    }

    /// Puts a commit on Forgeline's branch.
    async fn push(&self) {
        let tip = self.there.tip("main");
        let new = self.there.unpublished_commit(&self.forge, &self.repo).await;
        assert_ne!(tip, new);
        let swap =
            self.forge.swap_there(&self.repo, "refs/heads/forgeline/x", None, new, self.now()).await.expect("pushes");
        assert_eq!(swap, Some(Swap::Done));
    }

    async fn propose(&self) -> Result<Upsert<crate::types::PullRequest>, ForgeError> {
        self.forge.upsert_pull_request(&self.repo, &self.proposal(), &LocalForge::bot(), self.now()).await
    }

    async fn say(&self, text: &str) -> Result<Upsert<crate::types::Comment>, ForgeError> {
        self.forge.upsert_comment(&self.repo, 1, "reply:7", text, self.now()).await
    }
}

#[tokio::test]
async fn the_first_look_learns_and_tells_nothing() {
    let world = World::new().await;
    world.there.open_issue("ana", "Old", &["generate"]);
    world.there.comment("ana", 1, "/fl run http-service");
    world.look().await;
    assert!(world.told().await.is_empty());
    let issue = world.forge.issue(&world.repo, 1).await.expect("is known");
    assert_eq!((issue.title.as_str(), issue.labels.as_slice()), ("Old", &["generate".to_owned()][..]));
    world.look().await;
    assert!(world.told().await.is_empty(), "looking again changes nothing");
}

#[tokio::test]
async fn everything_new_is_told_once_and_by_whom() {
    let world = World::known().await;
    let there = &world.there;
    there.open_issue("ana", "Orders", &[]);
    there.label("ben", 1, "generate");
    there.comment("eve", 1, "/fl help");
    there.push_file("ana", "main", "a", "1");
    there.close("ben", 1);
    world.look().await;
    there.reopen(None, 1);
    there.unlabel(1, "generate");
    world.look().await;
    world.look().await;
    there.close("ben", 1);
    world.look().await;
    there.reopen(Some("ana"), 1);
    world.look().await;
    assert_eq!(
        world.told().await,
        [
            "issue_opened 1 ana",
            "issue_labeled 1 ben",
            "issue_closed 1 ben",
            "comment_created 1 eve",
            "push main ana",
            "issue_reopened 1 somebody[bot]",
            "issue_unlabeled 1 somebody[bot]",
            "issue_closed 1 ben",
            "issue_reopened 1 ana",
        ]
    );
    assert_eq!(world.forge.issue(&world.repo, 1).await.expect("reads").state, IssueState::Open);
}

#[tokio::test]
async fn what_was_done_before_the_first_look_asks_for_nothing_later() {
    let world = World::new().await;
    let there = &world.there;
    there.open_issue("eve", "Old", &[]);
    there.label("ben", 1, "generate");
    there.close("eve", 1);
    there.pass_time(600_000);
    world.look().await;
    there.reopen(None, 1);
    world.look().await;
    assert_eq!(world.told().await, ["issue_reopened 1 somebody[bot]"], "nobody labels it now");
    assert_eq!(world.forge.issue(&world.repo, 1).await.expect("is known").labels, ["generate"]);
}

#[tokio::test]
async fn a_first_look_that_fails_halfway_tells_nothing_either() {
    let world = World::new().await;
    world.there.push_file("ana", "old", "a", "1");
    world.there.fail_reads(true);
    world.sync().await;
    world.there.fail_reads(false);
    world.there.fail_after_items(true);
    assert_eq!(world.sync().await.len(), 1);
    world.forge.observe_pushes(&world.repo, &login("acme"), world.now()).await.expect("observes");
    world.there.fail_after_items(false);
    world.look().await;
    assert!(world.told().await.is_empty(), "{:?}", world.told().await);
}

#[tokio::test]
async fn names_that_mean_something_here_are_nobodys_there() {
    let world = World::known().await;
    world.there.open_issue("forgeline[bot]", "Not ours", &[]);
    world.there.comment("fl-app[bot]", 1, "ours\n\n<!-- forgeline:k -->");
    world.there.comment("ana", 1, "forged\n\n<!-- forgeline:k2 -->");
    world.look().await;
    assert_eq!(
        world.told().await,
        ["issue_opened 1 somebody[bot]", "comment_created 1 forgeline[bot]", "comment_created 1 ana"]
    );
    let comments = world.forge.comments(&world.repo, 1).await.expect("lists");
    assert_eq!(comments.iter().map(|it| it.marker.as_deref()).collect::<Vec<_>>(), [Some("k"), None]);
    let role = async |who: &str| world.forge.role_of(&world.repo, &login(who)).await.expect("asks");
    assert_eq!(role("somebody[bot]").await, None);
    assert_eq!(role("acme").await, None, "the owner's name gives nothing");
    assert_eq!(role("ben").await, Some(Role::Editor));
}

#[tokio::test]
async fn a_comment_is_written_once_whatever_is_heard_of_it() {
    let world = World::known().await;
    world.there.open_issue("ana", "Orders", &[]);
    world.look().await;
    world.there.fail_next_write(Fault::AfterIt);
    let error = world.say("done").await.expect_err("nothing is heard");
    assert!(error.is_transient(), "{error}");
    assert!(matches!(world.say("done").await, Ok(Upsert::Unchanged(_))));
    assert!(matches!(world.say("done well").await, Ok(Upsert::Updated(_))));
    assert_eq!(world.there.comments_of(1), ["done well\n\n<!-- forgeline:reply:7 -->"]);
    world.there.delete_comments();
    assert!(matches!(world.say("again").await, Ok(Upsert::Created(_))), "a person deleted it");
    assert_eq!(world.there.comments_of(1).len(), 1);
    world.there.fail_next_write(Fault::BeforeIt);
    assert!(world.say("more").await.is_err());
    assert!(matches!(world.say("more").await, Ok(Upsert::Updated(_))));
}

#[tokio::test]
async fn a_branch_has_one_pull_request_whatever_is_heard_of_it() {
    let world = World::known().await;
    world.push().await;
    world.there.fail_next_write(Fault::AfterIt);
    assert!(world.propose().await.expect_err("nothing is heard").is_transient());
    let found = world.propose().await.expect("finds it").into_inner();
    assert_eq!((found.number, found.labels.as_slice()), (1, &["forgeline".to_owned()][..]));
    assert!(matches!(world.propose().await, Ok(Upsert::Unchanged(_))));
    assert_eq!(world.there.open_pull_requests().len(), 1);

    world.there.merge("ben", 1);
    world.look().await;
    let merged = world.forge.pull_request(&world.repo, 1).await.expect("reads");
    assert_eq!((merged.state, merged.closed_by), (PullRequestState::Merged, Some(login("ben"))));
    assert!(world.told().await.contains(&"pr_merged 1 ben".to_owned()));
    assert!(matches!(world.propose().await, Ok(Upsert::Unchanged(pr)) if pr.number == 1), "it is decided");
}

#[tokio::test]
async fn another_machine_finds_what_the_first_one_made() {
    let world = World::known().await;
    world.push().await;
    world.propose().await.expect("proposes");
    let second = World::another(&world.folder.path().join("second"), &world.there).await;
    assert!(second.sync(None, world.now()).await.is_empty());
    let bot = LocalForge::bot();
    let found = second.upsert_pull_request(&world.repo, &world.proposal(), &bot, world.now()).await;
    assert!(matches!(found, Ok(Upsert::Unchanged(pr)) if pr.number == 1));
}

#[tokio::test]
async fn a_branch_that_moved_there_is_not_overwritten() {
    let world = World::known().await;
    world.push().await;
    let person = world.there.push_file("ana", "forgeline/x", "b", "2");
    let new = world.there.unpublished_commit(&world.forge, &world.repo).await;
    let seen = world.forge.with_git(&world.repo, |git| git.resolve("refs/heads/forgeline/x")).await.expect("reads");
    let swap =
        world.forge.swap_there(&world.repo, "refs/heads/forgeline/x", seen, new, world.now()).await.expect("answers");
    assert_eq!(swap, Some(Swap::Moved(Some(person))));
    world.forge.follow(&world.repo).await.expect("follows");
    let now = world.forge.with_git(&world.repo, |git| git.resolve("refs/heads/forgeline/x")).await.expect("reads");
    assert_eq!(now, Some(person));
}

#[tokio::test]
async fn a_pull_request_from_a_fork_is_seen_and_has_no_branch_here() {
    let world = World::known().await;
    world.there.open_fork_pull_request("eve");
    world.look().await;
    let seen = world.forge.pull_request(&world.repo, 1).await.expect("reads");
    assert_eq!((seen.head.as_str(), seen.author.as_str()), ("forks/1", "eve"));
    let diff = world.forge.pull_request_diff(&world.repo, 1).await.expect("its commits are here");
    assert_eq!(diff.files.len(), 1);
    assert_eq!(world.told().await, ["pr_opened 1 eve"]);
}

#[tokio::test]
async fn what_fails_there_is_told_and_seen_at_the_next_look() {
    let world = World::known().await;
    world.there.open_issue("ana", "Orders", &[]);
    world.there.fail_reads(true);
    let faults = world.sync().await;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().starts_with("what happens on github is not seen: "), "{}", faults[0]);
    world.there.fail_reads(false);
    world.look().await;
    assert_eq!(world.told().await, ["issue_opened 1 ana"]);
}

#[tokio::test]
async fn people_change_it_there_and_not_here() {
    let world = World::known().await;
    let error =
        world.forge.open_issue(&world.repo, "a", "", &[], &login("ana"), world.now()).await.expect_err("refused");
    assert_eq!(error.to_string(), "`acme/shop` is kept on github and mirrored here; do it there");
    let gone = LocalForge { elsewhere: Vec::new(), ..world.forge.clone() };
    let error = gone.role_of(&world.repo, &login("ana")).await.expect_err("nobody can be asked");
    assert!(error.to_string().contains("not set up here"), "{error}");
}

#[tokio::test]
async fn a_rehearsal_reads_there_and_writes_here() {
    let world = World::known().await;
    world.there.open_issue("ana", "Orders", &[]);
    let rehearsal = world.forge.clone().rehearsing();
    assert!(rehearsal.sync(None, world.now()).await.is_empty());
    let said = rehearsal.upsert_comment(&world.repo, 1, "k", "hello", world.now()).await.expect("says");
    assert!(matches!(said, Upsert::Created(_)));
    rehearsal.add_label(&world.repo, 1, "held", &LocalForge::bot(), world.now()).await.expect("labels");
    assert!(world.there.comments_of(1).is_empty());
    assert_eq!(world.there.writes(), 0);
}

#[tokio::test]
async fn a_first_look_that_reaches_back_tells_what_is_not_settled() {
    let world = World::new().await;
    world.there.open_issue("ana", "one", &["docs"]);
    let asked = world.there.comment("ben", 1, "/forgeline help");
    let told = world.told_by(&world.strange(3_600_000).await).await;
    assert_eq!(
        told,
        ["issue_opened 1 ana", "issue_labeled 1 ana", "comment_created 1 ben"],
        "the item, its label by who put it on, and the comment"
    );
    world.there.comment("fl-app[bot]", 1, &format!("so\n\n<!-- forgeline:reply:{} -->", asked.id));
    let late = world.there.comment("ben", 1, "/forgeline status");
    let forge = world.strange(3_600_000).await;
    assert_eq!(world.told_by(&forge).await, ["comment_created 1 ben"], "only what has no answer");
    let payload = &forge.events_since(0, 10).await.expect("reads")[0].payload;
    assert_eq!(payload["there"], late.id, "with the number that every machine knows it by");
    assert_eq!(world.told_by(&world.strange(0).await).await, Vec::<String>::new(), "nothing is young enough");
    assert_eq!(world.told_by(&forge).await.len(), 1, "a second look is like any other");
}

#[tokio::test]
async fn learning_reads_one_item_and_answers_nobody() {
    let world = World::new().await;
    world.there.open_issue("ana", "one", &["docs", "old"]);
    world.there.open_issue("ana", "two", &[]);
    let (forge, repo) = (&world.forge, &world.repo);
    forge.learn(repo, Some(1), world.now()).await.expect("learns");
    assert_eq!(forge.issue(repo, 1).await.expect("known").labels, ["docs", "old"]);
    assert!(matches!(forge.issue(repo, 2).await, Err(ForgeError::NoItem { .. })));
    assert_eq!(forge.git_dir(repo).await.map(|path| path.is_dir()).ok(), Some(true));
    world.there.unlabel(1, "old");
    forge.learn(repo, Some(1), world.now()).await.expect("learns");
    assert_eq!(forge.issue(repo, 1).await.expect("known").labels, ["docs"], "what is gone there is gone here");
    assert_eq!(world.told().await, Vec::<String>::new());
    let none = "acme/none".parse().expect("valid");
    assert!(matches!(forge.learn(&none, None, world.now()).await, Err(ForgeError::NoRepository { .. })));
    // A first look still learns, and what comes after it is told.
    world.look().await;
    world.there.label("ben", 1, "docs2");
    forge.learn(repo, Some(2), world.now()).await.expect("learns");
    assert_eq!(world.told().await, ["issue_labeled 1 ben"]);
    assert_eq!(forge.issue(repo, 2).await.expect("known").title, "two");
}

#[tokio::test]
async fn with_a_persons_token_that_person_still_gives_commands() {
    let world = World::new().await;
    world.there.write_as("pat");
    world.there.open_issue("ana", "Data", &[]);
    world.look().await;
    world.there.comment("pat", 1, "/fl run http-service");
    world.there.open_issue("pat", "More data", &[]);
    world.look().await;
    let told = world.told().await;
    assert!(told.contains(&"comment_created 1 pat".to_owned()), "{told:?}");
    assert!(told.contains(&"issue_opened 2 pat".to_owned()), "{told:?}");
    // What Forgeline says itself with that token is its own, and is found again.
    assert!(matches!(world.say("Started.").await, Ok(Upsert::Created(_))));
    assert!(matches!(world.say("Done.").await, Ok(Upsert::Updated(_))));
    world.look().await;
    let own = world.told().await.iter().filter(|it| it.ends_with("forgeline[bot]")).count();
    assert_eq!(own, 2, "written and edited: {:?}", world.told().await);
    // A marker that somebody else types counts for nothing.
    world.there.comment("eve", 1, "x\n\n<!-- forgeline:reply:9 -->");
    world.look().await;
    assert!(world.told().await.contains(&"comment_created 1 eve".to_owned()));
}

#[tokio::test]
async fn an_issue_whose_answer_was_lost_is_found_and_not_opened_twice() {
    let world = World::known().await;
    let body = crate::marker::append("Something is wrong.", "cause:1");
    let bot = LocalForge::bot();
    let open = || world.forge.open_issue(&world.repo, "Wrong", &body, &[], &bot, world.now());
    world.there.fail_next_write(Fault::AfterIt);
    open().await.expect_err("nobody answered");
    let issue = open().await.expect("found");
    assert_eq!((issue.number, world.there.writes()), (1, 1));
    world.look().await;
    assert_eq!(world.forge.issues(&world.repo, Some(IssueState::Open), None).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn a_repository_that_stands_still_is_not_fetched_again() {
    let world = World::known().await;
    world.there.open_issue("ana", "Data", &[]);
    world.there.pass_time(600_000);
    world.look().await;
    let before = world.there.fetches();
    for _ in 0..10 {
        world.there.pass_time(30_000);
        world.there.comment("ana", 1, "hello");
        world.look().await;
    }
    assert_eq!(world.there.fetches(), before, "nothing moved");
    world.there.pass_time(30_000);
    let pushed = world.there.push_file("ana", "side", "a", "1");
    world.look().await;
    assert!(world.there.fetches() > before);
    let side = branch("side");
    let here = world.forge.with_git(&world.repo, move |git| git.branch_tip(&side)).await.expect("reads");
    assert_eq!(here, pushed);
    assert!(world.told().await.contains(&"push side ana".to_owned()), "{:?}", world.told().await);
}
