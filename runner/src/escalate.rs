//! From dead letters to people: who is told, and telling them.
//!
//! A pure rule judges each letter once; its decision and the notices that follow are stored in one transaction. Notices
//! are then sent until they are confirmed, by whoever passes or drives runs next. A notice may arrive twice when a
//! process dies between sending and noting it; both times it has the same identity.

mod channel;
mod issue;
mod mail;
mod notice;
mod rule;
mod text;
mod webhook;

use std::collections::BTreeMap;

pub use channel::{Channel, IssueChannel, SmtpChannel, Tls, WebhookChannel};
use forgeline_blueprints::config::FactoryConfig;
use forgeline_engine::spec::Forge;
use forgeline_model::Timestamp;
use forgeline_store::{DeadLetterRow, Decision, Judgement, Notice, NoticeRow, Told};
use serde_json::json;

use self::{
    notice::{Letter, NoticeBody},
    rule::Verdict,
};
use crate::{InForce, OpenTarget, Runner, RunnerError};

/// Waits before the second, third and fourth try and each one after that, milliseconds.
const BACKOFF_MS: [u64; 4] = [5_000, 45_000, 420_000, 3_600_000];
/// Tries at a notice before it is given up: two days.
const ATTEMPTS: u32 = 48;
/// Tries when the other side says that it will never take it; it may be misconfigured for a moment.
const REFUSED_ATTEMPTS: u32 = 3;

/// Who can be told of dead letters, and by which rules.
#[derive(Debug, Default)]
pub struct Escalation {
    /// Ways to tell people, as the operator names them. Without any, nothing is judged.
    pub channels: BTreeMap<String, Channel>,
    /// The rules for letters of repositories that keep none of their own.
    pub config: FactoryConfig,
}

/// Why a notice was not sent.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct NotSent {
    /// What happened, and what to do. It names no secret.
    reason: String,
    /// Whether the other side, or its description, would have to change first.
    is_final: bool,
}

impl NotSent {
    fn now(reason: impl std::fmt::Display) -> Self {
        Self { reason: reason.to_string(), is_final: false }
    }

    fn ever(reason: impl std::fmt::Display) -> Self {
        Self { reason: reason.to_string(), is_final: true }
    }
}

impl Runner {
    /// Judges the letters that nobody has judged, and sends the notices that are due. Returns how many arrived.
    ///
    /// # Errors
    /// [`RunnerError::Store`]. That a notice cannot be sent is no error: it is noted, and tried again later.
    pub async fn attend(&self) -> Result<usize, RunnerError> {
        if self.escalation.channels.is_empty() {
            return Ok(0);
        }
        for row in self.store.unjudged_letters().await? {
            let config = self.config_for(&row).await;
            self.judge(&row, config.as_ref().unwrap_or(&self.escalation.config)).await?;
        }
        let mut arrived = 0;
        while let Some(row) = self.store.next_notice(self.clock.now()).await? {
            arrived += usize::from(self.tell(&row).await?);
        }
        Ok(arrived)
    }

    /// Decides who is told of a letter.
    async fn judge(&self, row: &DeadLetterRow, config: &FactoryConfig) -> Result<(), RunnerError> {
        let now = self.clock.now();
        let channels: Vec<&str> = self.escalation.channels.keys().map(String::as_str).collect();
        let letter = Letter::of(row);
        let project = config.project(&row.letter.project);
        let judge = |history: &forgeline_store::CauseHistory| {
            let verdict = rule::decide(config.policy.escalation.as_deref(), &letter, history, &channels, now);
            let notices = match &verdict {
                Verdict::Escalate { to, letters, .. } => to
                    .iter()
                    .map(|channel| {
                        let key = notice::key(&letter, channel);
                        let body = NoticeBody::new(&key, &letter, project, *letters, now);
                        Notice { key, channel: channel.clone(), body: json!(body).to_string() }
                    })
                    .collect(),
                Verdict::Hold { .. } => Vec::new(),
            };
            let decision = Decision {
                subject: row.name(),
                rule: "escalation".into(),
                verdict: verdict.word().into(),
                detail: verdict.detail(&letter),
            };
            Judgement { decision, notices }
        };
        self.store.judge(row, judge, now).await?;
        Ok(())
    }

    /// The settings that a letter's own repository keeps, if it belongs to a run on one that keeps any.
    async fn config_for(&self, row: &DeadLetterRow) -> Option<FactoryConfig> {
        let view = self.store.run(row.letter.run.as_ref()?).await.ok()?;
        let target = view.spec.target.clone();
        if target.forge != Forge::Local {
            return None;
        }
        let repo = target.repository.parse().ok()?;
        let path = self.forge.git_dir(&repo).await.ok()?;
        let find = move || OpenTarget::find(&path, &target.repository, None);
        let base = tokio::task::spawn_blocking(find).await.ok()?.ok()?.base;
        // What neither the repository nor a listed factory says, the operator's folder does.
        let served = self.definitions_at(&repo, base, &std::sync::Arc::new(InForce::built_in())).await.ok()?;
        matches!(served.because.kind, "own" | "listed").then(|| served.in_force.factory.config.clone())
    }

    /// Sends one notice and notes what came of it. True: it arrived.
    async fn tell(&self, row: &NoticeRow) -> Result<bool, RunnerError> {
        let sent = self.send(&row.notice).await;
        let now = self.clock.now();
        let (told, decision) = match &sent {
            Ok(()) => (Told::Confirmed, Some(outcome(row, "sent", json!({"attempts": row.attempts})))),
            Err(error) => {
                self.watch.warn(format!("`{}` was not told: {error}", row.notice.channel));
                after_failure(row, error, now)
            }
        };
        self.store.told(row, told, decision, now).await?;
        Ok(sent.is_ok())
    }

    async fn send(&self, notice: &Notice) -> Result<(), NotSent> {
        let channel = self.escalation.channels.get(&notice.channel);
        let Some(channel) = channel else {
            return Err(NotSent::now("the operator's file names no such channel any more; add it under `notify`"));
        };
        match channel {
            Channel::Webhook(channel) => webhook::send(channel, notice, self.clock.now()).await,
            Channel::Smtp(channel) => mail::send(channel, notice, &body(notice)?).await,
            Channel::Issue(channel) => {
                issue::open(&self.forge, channel, notice, &body(notice)?, self.clock.now()).await
            }
        }
    }
}

fn body(notice: &Notice) -> Result<NoticeBody, NotSent> {
    serde_json::from_str(&notice.body).map_err(NotSent::ever)
}

/// Again later, or given up with a decision that says so.
fn after_failure(row: &NoticeRow, error: &NotSent, now: Timestamp) -> (Told, Option<Decision>) {
    let most = if error.is_final { REFUSED_ATTEMPTS } else { ATTEMPTS };
    let error = error.to_string();
    if row.attempts >= most {
        let detail = json!({"attempts": row.attempts, "reason": error});
        return (Told::Dead { error }, Some(outcome(row, "undelivered", detail)));
    }
    let wait = BACKOFF_MS[(row.attempts.saturating_sub(1) as usize).min(BACKOFF_MS.len() - 1)];
    (Told::Again { at: now.plus_millis(wait), error }, None)
}

/// What came of a notice, kept where the decision to send it is found.
fn outcome(row: &NoticeRow, verdict: &str, mut detail: serde_json::Value) -> Decision {
    let about = serde_json::from_str::<NoticeBody>(&row.notice.body).map(|body| body.name).unwrap_or_default();
    detail["channel"] = json!(row.notice.channel);
    detail["notice"] = json!(row.notice.key);
    detail["cause"] = json!(row.cause);
    Decision { subject: about, rule: "escalation.notice".into(), verdict: verdict.into(), detail }
}
