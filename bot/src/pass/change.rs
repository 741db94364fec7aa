//! A branch moved or a pull request was opened: the blueprints that wait for a change of files.
//!
//! Definitions are those of the protected base, never those that the change brings. What stands on Forgeline's own branches
//! starts nothing.

use std::sync::Arc;

use forgeline_blueprints::{
    blueprint::{Blueprint, PullRequestAction, Trigger as Rule},
    factory::Definition,
};
use forgeline_engine::{
    BotEffect,
    spec::{PullRequestAt, Trigger},
};
use forgeline_forge::types::{PullRequest, PullRequestState, RepoId};
use forgeline_model::Diagnostic;
use forgeline_repo::{CommitId, Diff, FileStatus, Repo, RepoError};
use forgeline_store::{Decision, InboxRow, Ruled, Ruling};
use serde_json::{Value, json};

use super::{
    Bot, Ground, PassError, Passed,
    found::{self, Found},
    item::decision,
    required::{self, Checked, is_required},
    ruling,
    start::{Began, Wanted},
};
use crate::{
    Action, Considered, Occurrence, authorize, decide, reply,
    triggers::{Asked, Change, Happening, Proposed, Pushed, Skip},
};

/// Where Forgeline's own branches are.
pub(super) const OWN_BRANCHES: &str = "forgeline/";

/// A change that may start blueprints.
pub(super) struct Changed<'a> {
    /// As decisions name it.
    pub(super) subject: String,
    /// What starts a run of it, but for the run's blueprint.
    pub(super) asked: Asked<'a>,
    /// For people.
    pub(super) detail: String,
    pub(super) occurrence: Occurrence,
    /// The pull request on which answers are given.
    pub(super) number: Option<u64>,
    /// The pull request itself.
    pub(super) pull_request: Option<PullRequestAt>,
    /// Whether it was dealt with before the state was rebuilt.
    pub(super) is_old: bool,
}

/// Who brought a change, and how.
#[derive(Clone, Copy)]
pub(super) struct Mover<'a> {
    pub(super) actor: &'a str,
    /// What happened to the pull request.
    pub(super) action: PullRequestAction,
    /// Whether a command asks, which overrides what keeps a change from starting something.
    pub(super) by_command: bool,
    /// Whether it was dealt with before the state was rebuilt.
    pub(super) is_old: bool,
}

impl Bot {
    /// A branch moved: a push, and a new head for each open pull request of that branch.
    pub(super) async fn pushed(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        branch: &str,
        actor: &str,
        payload: &Value,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let Some(after) = payload["after"].as_str().and_then(|after| after.parse::<CommitId>().ok()) else {
            // It was deleted.
            return self.rule(ruling::on(row), |_| Vec::new(), passed).await;
        };
        if passed.is_again && !self.is_tip(repo, branch, after).await? {
            // A later push took its place long ago.
            return self.rule(ruling::on(row), |_| Vec::new(), passed).await;
        }
        let subject = format!("{repo}@{branch}/{after}");
        let Some(ground) = self.ground_of_change(row, repo, branch, &subject, actor, passed).await? else {
            return Ok(());
        };
        let mut ruling = ruling::on(row);
        let mut answers = Vec::new();
        if waits(&ground, is_push) {
            let before = payload["before"].as_str().and_then(|before| before.parse::<CommitId>().ok());
            let base = ground.target.base;
            let diff = self.runner.forge.with_git(repo, move |git| since(git, before, base, after)).await?;
            let is_default = branch == ground.target.base_branch.as_str();
            let message = self.message(repo, after).await?;
            let change = change(branch, is_default, &diff, actor, Skip::find(&message, None));
            let (reference, after) = (format!("refs/heads/{branch}"), after.to_string());
            let changed = Changed {
                subject,
                asked: Asked::Push { reference: &reference, after: &after },
                detail: format!("push {branch} {after}"),
                occurrence: Occurrence { what: Happening::Push(Pushed::Branch(change)), item: None },
                number: None,
                pull_request: None,
                is_old: passed.is_again,
            };
            self.changed(&ground, changed, is_push, actor, &mut ruling, &mut answers).await?;
        }
        if waits(&ground, is_pull_request) {
            let open = self.runner.forge.pull_requests(repo, Some(PullRequestState::Open), None).await?;
            // A later push of the same branch tells of itself.
            let is_it = |it: &PullRequest| it.head.as_str() == branch && it.head_commit == after;
            for pull_request in open.into_iter().filter(is_it) {
                let by =
                    Mover { actor, action: PullRequestAction::Updated, by_command: false, is_old: passed.is_again };
                self.headed(&ground, pull_request, by, &mut ruling, &mut answers).await?;
            }
        }
        self.rule_and_answer(ruling, answers, passed).await
    }

    /// Something happened to a pull request: it was opened, or labelled, or closed, ….
    pub(super) async fn proposed(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        number: u64,
        (actor, action): (&str, PullRequestAction),
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let pull_request = self.runner.forge.pull_request(repo, number).await?;
        let (subject, head) = (format!("{repo}#{number}"), pull_request.head.to_string());
        let Some(ground) = self.ground_of_change(row, repo, &head, &subject, actor, passed).await? else {
            return Ok(());
        };
        let (mut ruling, mut answers) = (ruling::on(row), Vec::new());
        if waits(&ground, is_pull_request) {
            let by = Mover { actor, action, by_command: false, is_old: passed.is_again };
            self.headed(&ground, pull_request, by, &mut ruling, &mut answers).await?;
        }
        self.rule_and_answer(ruling, answers, passed).await
    }

    /// Something happened to a pull request that has this head.
    pub(super) async fn headed(
        &self,
        ground: &Ground,
        pull_request: PullRequest,
        Mover { actor, action, by_command, is_old }: Mover<'_>,
        ruling: &mut Ruling,
        answers: &mut Vec<Answer>,
    ) -> Result<(), PassError> {
        let number = pull_request.number;
        let diff = self.runner.forge.pull_request_diff(&ground.repo, number).await?;
        let is_default = pull_request.base == ground.target.base_branch;
        let message = self.message(&ground.repo, pull_request.head_commit).await?;
        let skip = if by_command { None } else { Skip::find(&message, Some(&pull_request.title)) };
        let change = change(pull_request.base.as_str(), is_default, &diff, pull_request.author.as_str(), skip);
        let proposed = Proposed { action, change, is_draft: pull_request.draft, labels: pull_request.labels.clone() };
        let (id, head) = (number.to_string(), pull_request.head_commit.to_string());
        let at = found::at(&pull_request);
        let item = Some(Found::PullRequest(Box::new(pull_request)).facts());
        let changed = Changed {
            subject: format!("{}#{number}", ground.repo),
            asked: Asked::PullRequest { id: &id, head: &head, end: action.is_end().then(|| action.word()) },
            detail: format!("#{number} at {head}"),
            occurrence: Occurrence { what: Happening::PullRequest(proposed), item },
            number: Some(number),
            pull_request: at,
            is_old,
        };
        self.changed(ground, changed, is_pull_request, actor, ruling, answers).await
    }

    /// Asks the blueprints that wait for such a change, and starts those that say so if the actor may.
    pub(super) async fn changed(
        &self,
        ground: &Ground,
        changed: Changed<'_>,
        is_wanted: fn(&Rule) -> bool,
        actor: &str,
        ruling: &mut Ruling,
        answers: &mut Vec<Answer>,
    ) -> Result<(), PassError> {
        let Changed { subject, asked, detail, occurrence, number, pull_request, is_old } = changed;
        let waiting = waiting(ground, is_wanted);
        let considered = decide(&occurrence, waiting.iter().map(|definition| definition.as_ref()));
        ruling.decisions.extend(considered.iter().map(|it| decision(&subject, it)));
        if let (Some(at), Happening::PullRequest(proposed)) = (&pull_request, &occurrence.what) {
            let checked = Checked { at, proposed, asked: &asked };
            self.settle_checks(ground, &checked, &waiting, &considered, ruling).await?;
        }
        let starting: Vec<&Considered> = considered.iter().filter(|it| it.starts).collect();
        if starting.is_empty() {
            return Ok(());
        }
        let who = self.principal(&ground.repo, actor).await?;
        // What was merged was looked at by whoever merged it.
        let is_merged =
            matches!(&occurrence.what, Happening::PullRequest(it) if it.action == PullRequestAction::Merged);
        let on = match number.filter(|_| !is_merged) {
            Some(number) => {
                let it = self.runner.forge.pull_request(&ground.repo, number).await?;
                self.with_head(&ground.repo, &it, &who, ground.resource()).await?
            }
            None => ground.resource(),
        };
        if let Err(refusal) = authorize(&who, Action::Trigger, &on) {
            let detail = json!({"actor": actor, "reason": refusal.to_string()});
            ruling.decisions.push(Decision { subject, rule: "authorize".into(), verdict: "refuse".into(), detail });
            let text = match &pull_request {
                Some(at) => reply::waits_for_a_voucher(&refusal, &at.head),
                None => reply::refused(&refusal),
            };
            answers.extend(number.map(|number| Answer::new(ground, number, "refused", Reply::Text(text))));
            if let Some(at) = &pull_request {
                for it in starting.iter().filter(|it| is_required(&waiting, it)) {
                    ruling.effects.push(required::waits_for_a_person(ground, at, it, &refusal.to_string()));
                }
            }
            return Ok(());
        }
        for considered in starting {
            let blueprint = &considered.blueprint.name;
            let wanted = Wanted {
                blueprint,
                inputs: json!({}),
                max_usd: None,
                item: None,
                item_repository: None,
                pull_request: pull_request.clone(),
                trigger: Trigger {
                    kind: occurrence.what.kind().to_owned(),
                    actor: actor.to_owned(),
                    detail: detail.clone(),
                    chain_depth: 0,
                },
                asked: asked.clone(),
                event: None,
                again: None,
                is_old,
            };
            let began = self.begin(ground, wanted, ruling).await?;
            let refused = |faults: &[String]| {
                let detail = json!({"blueprint": considered.blueprint.to_string(), "reason": faults.join("; ")});
                Decision { subject: subject.clone(), rule: "plan".into(), verdict: "refuse".into(), detail }
            };
            match &began {
                Began::Ready(_) => {}
                Began::TooMany(limit) => ruling.decisions.push(limit.decision(subject.clone(), blueprint)),
                Began::NeedsForm => ruling.decisions.push(refused(&[NO_ITEM.to_owned()])),
                Began::Invalid(faults) => ruling.decisions.push(refused(&messages(faults))),
            }
            if let Some(at) = pull_request.as_ref().filter(|_| is_required(&waiting, considered)) {
                ruling.effects.extend(required::cannot_start(ground, at, considered, &began));
            }
            let key = format!("status:{blueprint}");
            answers.extend(number.map(|number| Answer::new(ground, number, &key, Reply::Of(blueprint.clone(), began))));
        }
        Ok(())
    }

    /// The repository's definitions, unless nothing can start from this change; that is recorded then.
    pub(super) async fn ground_of_change(
        &self,
        row: &InboxRow,
        repo: &RepoId,
        branch: &str,
        subject: &str,
        actor: &str,
        passed: &mut Passed,
    ) -> Result<Option<Ground>, PassError> {
        if Self::is_own(actor) {
            // What Forgeline does itself decides nothing.
            self.rule(ruling::on(row), |_| Vec::new(), passed).await?;
            return Ok(None);
        }
        let (rule, verdict, detail) = if branch.starts_with(OWN_BRANCHES) {
            let expected = format!("a branch that is not below `{OWN_BRANCHES}`");
            ("trigger.branch", "ignore", json!({"expected": expected, "actual": branch, "actor": actor}))
        } else {
            match self.ground(repo).await {
                Ok(ground) if ground.is_broken() => ("definitions.valid", "refuse", ground.brokenness()),
                Ok(ground) => return Ok(Some(ground)),
                Err(error) => match error.no_ground() {
                    Some(reason) => ("target.base", "refuse", json!({"actor": actor, "reason": reason})),
                    None => return Err(error),
                },
            }
        };
        let decision = Decision { subject: subject.to_owned(), rule: rule.into(), verdict: verdict.into(), detail };
        self.rule(ruling::noted(row, decision), |_| Vec::new(), passed).await?;
        Ok(None)
    }

    /// What the commit says of itself.
    pub(super) async fn message(&self, repo: &RepoId, commit: CommitId) -> Result<String, PassError> {
        Ok(self.runner.forge.with_git(repo, move |git| git.commit_info(commit)).await?.message)
    }

    async fn is_tip(&self, repo: &RepoId, branch: &str, commit: CommitId) -> Result<bool, PassError> {
        let refname = format!("refs/heads/{branch}");
        Ok(self.runner.forge.with_git(repo, move |git| git.resolve(&refname)).await? == Some(commit))
    }

    pub(super) async fn rule_and_answer(
        &self,
        ruling: Ruling,
        answers: Vec<Answer>,
        passed: &mut Passed,
    ) -> Result<(), PassError> {
        let say = |ruled: &Ruled| answers.into_iter().filter_map(|answer| answer.effect(ruled)).collect();
        self.rule(ruling, say, passed).await
    }
}

/// Why a blueprint that needs the entities of a work item does not start.
pub(super) const NO_ITEM: &str = "it needs a work item, and a change of files has none";

/// Something to say on a pull request.
pub(super) struct Answer {
    repo: RepoId,
    number: u64,
    key: String,
    reply: Reply,
}

enum Reply {
    Text(String),
    /// What came of starting a blueprint.
    Of(String, Began),
}

impl Answer {
    fn new(ground: &Ground, number: u64, key: &str, reply: Reply) -> Self {
        Self { repo: ground.repo.clone(), number, key: key.to_owned(), reply }
    }

    pub(super) fn effect(self, ruled: &Ruled) -> Option<BotEffect> {
        let text = match self.reply {
            Reply::Text(text) => text,
            // The same head again, perhaps after it was closed in between: its run tells its own story.
            Reply::Of(_, Began::Ready(begun)) => begun.is_new(ruled).then(|| begun.reply())?,
            Reply::Of(_, Began::TooMany(limit)) => limit.reply(),
            Reply::Of(blueprint, Began::NeedsForm) => reply::invalid_inputs(&blueprint, &[NO_ITEM.to_owned()]),
            Reply::Of(blueprint, Began::Invalid(faults)) => reply::invalid_inputs(&blueprint, &messages(&faults)),
        };
        Some(ruling::say(&self.repo, self.number, self.key, text))
    }
}

pub(super) fn is_push(rule: &Rule) -> bool {
    matches!(rule, Rule::Push(_))
}

pub(super) fn is_pull_request(rule: &Rule) -> bool {
    matches!(rule, Rule::PullRequest(_))
}

/// Blueprints with such a rule; the others have nothing to say about a change of files.
fn waiting(ground: &Ground, is_wanted: fn(&Rule) -> bool) -> Vec<Arc<Definition<Blueprint>>> {
    let all = ground.in_force.factory.blueprints();
    all.iter().filter(|definition| definition.manifest.on.iter().any(is_wanted)).map(|it| (*it).clone()).collect()
}

pub(super) fn waits(ground: &Ground, is_wanted: fn(&Rule) -> bool) -> bool {
    !waiting(ground, is_wanted).is_empty()
}

/// What a push changed. Of a new branch, what it has beyond the base; also when what was before is gone by now. Of a new base,
/// everything.
fn since(git: &Repo, before: Option<CommitId>, base: CommitId, after: CommitId) -> Result<Diff, RepoError> {
    if let Some(before) = before
        && let Ok(diff) = git.diff(Some(before), after)
    {
        return Ok(diff);
    }
    let fork = if base == after { None } else { git.merge_base(base, after)? };
    git.diff(fork, after)
}

fn change(branch: &str, is_default: bool, diff: &Diff, author: &str, skip: Option<Skip>) -> Change {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Change {
        branch: branch.to_owned(),
        is_default,
        paths: paths(diff),
        files: count(diff.stat.files),
        lines: count(diff.stat.insertions.saturating_add(diff.stat.deletions)),
        author: author.to_owned(),
        skip,
    }
}

fn paths(diff: &Diff) -> Vec<String> {
    let both = diff.files.iter().flat_map(|file| {
        let before = match &file.status {
            FileStatus::Renamed(before) => Some(before.clone()),
            FileStatus::Added | FileStatus::Deleted | FileStatus::Modified => None,
        };
        before.into_iter().chain([file.path.clone()])
    });
    both.collect()
}

pub(super) fn messages(faults: &[Diagnostic]) -> Vec<String> {
    faults.iter().map(|fault| fault.message.clone()).collect()
}
