//! One look at all that is new: receive, decide, answer.
//!
//! What came in is stored before anybody looks at it (T0). Each stored delivery is then decided; the runs it starts, the
//! decisions, the answers and the end of the delivery are one transaction (T1). What that asks of the forge is done after it,
//! by this pass or by the next one.

mod change;
mod comment;
mod found;
mod item;
mod limits;
mod merged;
mod missed;
mod published;
mod required;
mod route;
mod ruling;
mod schedules;
mod serving;
mod settled;
mod start;
mod subscriptions;
mod tag;
mod turn;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use forgeline_blueprints::blueprint::PullRequestAction;
use forgeline_engine::Input;
use forgeline_forge::{
    ForgeError, LocalForge, Reach,
    types::{Feed, RepoId},
};
use forgeline_model::{Criticality, RunId, Severity, diagnostic::has_errors};
use forgeline_runner::{
    Because, InForce, NotServed, OpenTarget, Runner, RunnerError, Served, TargetError, factories::HERE,
};
use forgeline_store::{DeadLetter, Delivery, InboxRow, StoreError, Subject};
use serde_json::{Value, json};

use crate::Resource;

/// Place of the local forge's feed, kept like a subscription's.
pub(crate) const FEED: &str = "feed/local";
/// Place in that feed up to which a rebuilt state looks again at what it may have dealt with before.
pub(crate) const RESCAN: &str = "rescan/local";
/// Most entries of the feed that are received in one transaction.
const BATCH: u32 = 256;
/// Tries at deciding a delivery before it is given up.
const ATTEMPTS: u32 = 5;
/// The same while the cause is a forge or machine that may recover: with the longest wait, more than a day.
const PATIENT_ATTEMPTS: u32 = 300;
/// Longest wait between two tries.
const LONGEST_WAIT_MS: u64 = 300_000;

/// The bot. Cheap to clone.
#[derive(Clone)]
pub struct Bot {
    runner: Runner,
    /// For repositories that are no factory of their own.
    fallback: Arc<Mutex<Arc<InForce>>>,
    /// Definitions by repository and commit.
    known: Arc<Mutex<Known>>,
}

type Known = HashMap<(RepoId, String), Arc<InForce>>;

/// How a first look at a repository elsewhere reaches back: what is younger than this, milliseconds, and not dealt with yet as
/// the bot's own comments there tell, is news. So a bot that loses its state every time loses nothing else.
pub fn reach(millis: u64) -> Reach {
    Reach { millis, is_settled: settled::is_settled }
}

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// Runs that were started, in order; they are to be driven.
    pub started: Vec<RunId>,
    /// What was answered, and where: `(repository, number, text)`.
    pub replies: Vec<(String, u64, String)>,
    /// Deliveries that were looked at.
    pub deliveries: usize,
    /// What of the forges elsewhere could not be seen, for people.
    pub unseen: Vec<String>,
    /// Whether what is looked at now was dealt with before the state was rebuilt.
    pub(crate) is_again: bool,
}

/// Why a pass stopped.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The forge failed.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The runner failed.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// The repository cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl PassError {
    /// Whether the same may well succeed later, without anybody doing something.
    fn is_transient(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Forge(error) => error.is_transient(),
            Self::Runner(error) => error.is_transient(),
            Self::Target(error) => error.is_transient(),
        }
    }

    /// Whether the repository is not there any more on its forge. That was told when it was seen.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Forge(ForgeError::Gone { .. })
                | Self::Target(TargetError::Forge(ForgeError::Gone { .. }))
                | Self::Runner(RunnerError::Forge(ForgeError::Gone { .. }))
        )
    }

    /// Why nothing can start in the repository until somebody commits to it, if that is what is wrong.
    pub(crate) fn no_ground(&self) -> Option<String> {
        match self {
            Self::Target(
                error @ (TargetError::Empty(_)
                | TargetError::NoBase { .. }
                | TargetError::NotServed(NotServed::Tie { .. } | NotServed::Nobody { .. })),
            ) => Some(error.to_string()),
            _ => None,
        }
    }
}

/// A repository with its base and the definitions in force there.
pub(crate) struct Ground {
    pub(crate) repo: RepoId,
    pub(crate) target: OpenTarget,
    pub(crate) in_force: Arc<InForce>,
    /// Why these definitions.
    pub(crate) because: Because,
    /// Whether everybody may read it.
    pub(crate) is_public: bool,
    /// What keys of runs call it: the name that it had first.
    pub(crate) known_as: String,
}

impl Ground {
    /// The repository as the authorizer sees it.
    pub(crate) fn resource(&self) -> Resource {
        let roles = self.in_force.factory.config.roles.clone();
        Resource { is_public: self.is_public, roles, ..Resource::default() }
    }

    /// Whether the definitions have errors. Then nothing starts: what they leave out may be what forbids it.
    pub(crate) fn is_broken(&self) -> bool {
        has_errors(&self.in_force.findings)
    }

    /// What is wrong with the definitions, for a decision's detail.
    pub(crate) fn brokenness(&self) -> Value {
        let wrong: Vec<_> = self.in_force.findings.iter().filter(|it| it.severity == Severity::Error).collect();
        json!({"definitions": self.in_force.source, "errors": wrong})
    }
}

/// What happened to a pull request, if that may start something.
fn action(kind: Feed) -> Option<PullRequestAction> {
    Some(match kind {
        Feed::PullRequestOpened => PullRequestAction::Opened,
        Feed::PullRequestReopened => PullRequestAction::Reopened,
        Feed::PullRequestPushed => PullRequestAction::Updated,
        Feed::PullRequestReady => PullRequestAction::Ready,
        Feed::PullRequestLabeled => PullRequestAction::Labeled,
        Feed::PullRequestUnlabeled => PullRequestAction::Unlabeled,
        Feed::PullRequestClosed => PullRequestAction::Closed,
        _ => return None,
    })
}

/// Place in the local forge's feed.
fn place_of(row: &InboxRow) -> Option<i64> {
    row.delivery.key.strip_prefix("local/")?.parse().ok()
}

impl Bot {
    /// What carries out its runs.
    pub(crate) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// A bot whose repositories use `fallback` unless they keep a `forgeline.yaml` of their own.
    pub fn new(runner: Runner, fallback: InForce) -> Self {
        Self { runner, fallback: Arc::new(Mutex::new(Arc::new(fallback))), known: Arc::default() }
    }

    /// Looks at all that is new and returns what it did. Runs that it starts are stored, not driven.
    ///
    /// # Errors
    /// [`PassError`]; the next pass goes on where this one stopped.
    pub async fn pass(&self) -> Result<Passed, PassError> {
        self.pass_over(None).await
    }

    /// The same; of the forges elsewhere only these repositories are looked at, if they are named.
    ///
    /// # Errors
    /// [`PassError`]; the next pass goes on where this one stopped.
    pub async fn pass_over(&self, elsewhere: Option<&[RepoId]>) -> Result<Passed, PassError> {
        let _turn = self.turn().await?;
        self.reload().await;
        let mut passed = Passed::default();
        let last = self.subscribe().await?;
        passed.unseen = self.observe(elsewhere).await?;
        self.end_what_is_gone().await?;
        // A factory may have come with what was seen.
        self.runner.read_factories().await;
        self.receive().await?;
        self.perform_due(&mut passed).await?;
        let again_to = self.runner.store.subscription(RESCAN, 0).await?.position;
        loop {
            let pending = self.runner.store.pending(self.runner.clock.now()).await?;
            if pending.is_empty() {
                break;
            }
            for row in pending {
                passed.deliveries += 1;
                passed.is_again = place_of(&row).is_some_and(|place| place <= again_to);
                if let Err(error) = self.decide(&row, &mut passed).await {
                    self.postpone(&row, &error).await?;
                }
            }
        }
        passed.is_again = false;
        self.dispatch(last, &mut passed).await?;
        self.keep_time(&mut passed).await?;
        self.tick().await?;
        Ok(passed)
    }

    /// Looks at runs in which something has lapsed or taken too long.
    async fn tick(&self) -> Result<(), PassError> {
        let (store, now) = (&self.runner.store, self.runner.clock.now());
        for run in store.overdue(now).await? {
            match store.input(&run, &Input::Tick, now).await {
                Ok(_) | Err(StoreError::Illegal(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Ends the runs of repositories that their forge does not show any more: nothing of theirs could arrive.
    async fn end_what_is_gone(&self) -> Result<(), PassError> {
        let (store, now) = (&self.runner.store, self.runner.clock.now());
        for (repo, kind) in self.runner.forge.gone().await? {
            for run in store.unfinished_in(&repo.to_string()).await? {
                let by = format!("Forgeline: `{repo}` is not there any more on {kind}");
                match store.input(&run, &Input::Terminate { by }, now).await {
                    Ok(_) => tracing::warn!(%run, "ended: its repository `{repo}` is not there any more"),
                    Err(StoreError::Illegal(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Has the forge tell of what happened elsewhere, and of what people pushed with Git itself. Whoever can write into a
    /// repository of the local forge owns it.
    async fn observe(&self, elsewhere: Option<&[RepoId]>) -> Result<Vec<String>, PassError> {
        let (forge, now) = (&self.runner.forge, self.runner.clock.now());
        let unseen: Vec<String> = forge.sync(elsewhere, now).await.iter().map(ToString::to_string).collect();
        for fault in &unseen {
            self.runner.watch.warn(fault.as_str());
        }
        for repo in forge.repositories().await? {
            let Ok(owner) = repo.owner().parse() else { continue };
            if let Err(error) = forge.observe_pushes(&repo, &owner, now).await {
                tracing::warn!("pushes to `{repo}` are not seen: {error}");
            }
        }
        Ok(unseen)
    }

    /// T0: copies the forge's feed into the inbox, then remembers how far it got.
    async fn receive(&self) -> Result<(), PassError> {
        let store = &self.runner.store;
        loop {
            let place = store.subscription(FEED, 0).await?.position;
            let events = self.runner.forge.events_since(u64::try_from(place).unwrap_or(0), BATCH).await?;
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(()) };
            let deliveries: Vec<Delivery> = events
                .iter()
                .map(|event| Delivery {
                    key: format!("local/{}", event.seq),
                    source: "local".into(),
                    kind: event.kind.to_string(),
                    body: json!(event).to_string().into_bytes(),
                })
                .collect();
            store.receive(&deliveries, self.runner.clock.now()).await?;
            store.advance(FEED, i64::try_from(last).unwrap_or(i64::MAX)).await?;
        }
    }

    async fn decide(&self, row: &InboxRow, passed: &mut Passed) -> Result<(), PassError> {
        let body: Value = match serde_json::from_slice(&row.delivery.body) {
            Ok(body) => body,
            Err(error) => return self.bury(row, "unreadable", &format!("it is no JSON: {error}")).await,
        };
        if row.delivery.source == "publish" {
            return self.published(row, body, passed).await;
        }
        if row.delivery.source == comment::press::SOURCE {
            return self.pressed(row, body, passed).await;
        }
        if row.delivery.source == "replay" {
            return self.offer_again(row, &body, passed).await;
        }
        let (Some(repo), Some(actor)) = (body["repo"].as_str(), body["actor"].as_str()) else {
            return self.bury(row, "unreadable", "it names no repository or actor").await;
        };
        let Ok(repo) = repo.parse::<RepoId>() else {
            return self.bury(row, "unreadable", "its repository has no name that the forge knows").await;
        };
        let number = body["subject"].as_str().and_then(|subject| subject.parse::<u64>().ok());
        let kind = row.delivery.kind.parse::<Feed>();
        let about = body["subject"].as_str().unwrap_or_default();
        if let Some(decision) = self.not_served(&repo, kind.clone().map_err(drop), about, actor).await? {
            return self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await;
        }
        if matches!(kind, Ok(Feed::PullRequestMerged | Feed::PullRequestClosed)) {
            self.runner.store.made_room(&repo.to_string(), self.runner.clock.now()).await?;
        }
        match (kind, number) {
            (Ok(Feed::CommentCreated), Some(number)) => {
                self.comment(row, &repo, number, actor, &body["payload"], passed).await
            }
            (Ok(Feed::IssueOpened | Feed::IssueReopened), Some(number)) => {
                self.item_opened(row, &repo, number, actor, passed).await
            }
            (Ok(Feed::IssueLabeled), Some(number)) => {
                let label = body["payload"]["label"].as_str().unwrap_or_default();
                self.item_labeled(row, &repo, number, actor, label, passed).await
            }
            (Ok(Feed::PullRequestMerged), Some(number)) => self.merged(row, &repo, number, actor, passed).await,
            (Ok(kind), Some(number)) if let Some(action) = action(kind) => {
                self.proposed(row, &repo, number, (actor, action), passed).await
            }
            (Ok(Feed::Tag), _) => {
                let tag = body["subject"].as_str().unwrap_or_default();
                self.tagged(row, &repo, tag, actor, &body["payload"], passed).await
            }
            (Ok(Feed::Push), _) => {
                let branch = body["subject"].as_str().unwrap_or_default();
                self.pushed(row, &repo, branch, actor, &body["payload"], passed).await
            }
            // The rest starts nothing and asks for nothing.
            _ => self.rule(ruling::on(row), |_| Vec::new(), passed).await,
        }
    }

    /// Again later; after some tries it goes to the dead letter queue, so that nothing behind it waits for ever. A forge that
    /// does not answer may take its time: that is nobody's fault who is to be told of it.
    async fn postpone(&self, row: &InboxRow, error: &PassError) -> Result<(), PassError> {
        let tries = if error.is_transient() { PATIENT_ATTEMPTS } else { ATTEMPTS };
        if row.attempts + 1 >= tries {
            return self.bury(row, "decide", &error.to_string()).await;
        }
        tracing::warn!("delivery `{}` could not be decided: {error}", row.delivery.key);
        let wait = (1_000 << row.attempts.min(16)).min(LONGEST_WAIT_MS);
        let later = self.runner.clock.now().plus_millis(wait);
        Ok(self.runner.store.postpone(row.seq, later).await?)
    }

    pub(crate) async fn bury(&self, row: &InboxRow, kind: &str, reason: &str) -> Result<(), PassError> {
        let letter = DeadLetter {
            project: "default".into(),
            criticality: Criticality::default(),
            agent: "bot".into(),
            error_kind: kind.into(),
            subject: Subject::Delivery(row.delivery.key.clone()),
            body: String::from_utf8_lossy(&row.delivery.body).into_owned(),
            reason: reason.to_owned(),
            attempts: row.attempts + 1,
            run: None,
        };
        Ok(self.runner.store.bury(row.seq, &letter, self.runner.clock.now()).await?)
    }

    /// The definitions in force for a repository: its own at its base branch, if it keeps any. Contracts that have a
    /// repository of their own are those in force there now.
    pub(crate) async fn ground(&self, repo: &RepoId) -> Result<Ground, PassError> {
        let path = self.runner.forge.git_dir(repo).await?;
        let shown = repo.to_string();
        let (target, own) = {
            let (known, registries) = (self.known.clone(), self.runner.registries.clone());
            let ceilings = self.runner.ceilings.clone();
            let (repo, shown) = (repo.clone(), shown.clone());
            let job = move || -> Result<_, TargetError> {
                let target = OpenTarget::find(&path, &shown, None)?;
                let key = (repo, target.base.to_string());
                if let Some(known) = known.lock().expect("no panic while held").get(&key) {
                    return Ok((target, Some(known.clone())));
                }
                let own = InForce::of_commit(&path, target.base, &shown)?.map(|own| Arc::new(own.within(&ceilings)));
                if let Some(own) = &own {
                    registries.add(own.registry.clone());
                    known.lock().expect("no panic while held").insert(key, own.clone());
                }
                Ok((target, own))
            };
            let done = tokio::task::spawn_blocking(job).await;
            done.map_err(|error| TargetError::Job(error.to_string()))??
        };
        let (in_force, because) = match own {
            Some(own) => {
                let now = self.runner.up_to_date(own.clone()).await;
                if !Arc::ptr_eq(&own, &now) {
                    let key = (repo.clone(), target.base.to_string());
                    self.known.lock().expect("no panic while held").insert(key, now.clone());
                }
                let forge = self.runner.forge.kept_by(repo).await?;
                let because = Because::own(&now, forge.as_deref().unwrap_or(HERE), &shown);
                (now, because)
            }
            None => {
                let Served { in_force, because } = self.runner.serve(repo, &self.fallback()).await?;
                (in_force, because)
            }
        };
        Ok(Ground {
            known_as: self.runner.forge.known_as(repo).await?,
            repo: repo.clone(),
            target,
            in_force,
            because,
            is_public: !self.runner.forge.is_private(repo).await?,
        })
    }

    fn fallback(&self) -> Arc<InForce> {
        self.fallback.lock().expect("no panic while held").clone()
    }

    /// Brings the contracts of repositories without definitions of their own up to date.
    async fn reload(&self) {
        self.runner.read_factories().await;
        let old = self.fallback();
        let now = self.runner.up_to_date(old.clone()).await;
        if !Arc::ptr_eq(&old, &now) {
            self.runner.registries.replace_own(now.registry.clone());
            *self.fallback.lock().expect("no panic while held") = now;
        }
    }

    /// Whether a login is the bot's own.
    pub(crate) fn is_own(login: &str) -> bool {
        login == LocalForge::bot().as_str()
    }
}
