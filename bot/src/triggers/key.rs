//! What was asked, in terms that a delivery, a redelivery and a rescan all give.

use std::fmt;

use forgeline_blueprints::blueprint::EventTrigger;
use forgeline_model::{Digest, RunId, canonical};
use serde_json::{Value, json};

use crate::Command;

/// Where something was asked, and of which blueprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerScope {
    /// Tenant.
    pub tenant: String,
    /// Forge: `local`, `github`, `azure-devops`.
    pub forge: String,
    /// The forge's id of the repository, which a rename does not change.
    pub repository_id: String,
    /// Name of the blueprint.
    pub blueprint: String,
}

/// What was asked. No time stamp is part of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked<'a> {
    /// A command in a comment.
    Command {
        /// The comment.
        comment_id: &'a str,
        /// Line of the comment, from 1.
        line: usize,
        /// The command.
        command: &'a Command,
    },
    /// A pull request at a head.
    PullRequest {
        /// The pull request.
        id: &'a str,
        /// Its head.
        head: &'a str,
        /// How it ended, if that is what happened: `closed` or `merged`. Whatever else happens at a head starts one run.
        end: Option<&'static str>,
    },
    /// A push or tag.
    Push {
        /// The ref.
        reference: &'a str,
        /// Where it points now.
        after: &'a str,
    },
    /// A label, an opened item or a state of a work item.
    Item {
        /// The item.
        id: &'a str,
        /// Digest of the inputs that the run would have.
        inputs: Digest,
    },
    /// An event, for one subscription.
    Event {
        /// The event's id.
        event_id: &'a str,
        /// The rule that subscribes to it.
        subscription: &'a EventTrigger,
    },
    /// What follows when a stage has failed for good: once for each run and rule, however many of its tasks failed.
    Failure {
        /// The run that failed.
        run: &'a RunId,
        /// The rule, see [`failure_rule`](super::failure_rule).
        rule: &'a str,
    },
    /// A nominal time of a schedule.
    Schedule {
        /// The schedule.
        id: &'a str,
        /// Its nominal time, RFC 3339.
        nominal: &'a str,
    },
    /// A call that brought a key of its own.
    Keyed {
        /// The idempotency key.
        key: &'a str,
    },
    /// A call without one: the same inputs are the same request.
    Inputs {
        /// Digest of the inputs.
        inputs: Digest,
    },
}

/// The key under which a run exists at most once. Its text is a canonical JSON array, so no part can be mistaken for
/// another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriggerKey(String);

impl TriggerKey {
    /// The key of what was asked.
    pub fn of(scope: &TriggerScope, asked: &Asked<'_>) -> Self {
        let TriggerScope { tenant, forge, repository_id, blueprint } = scope;
        // Which run a further attempt is of depends on when one looks; the comment does not.
        let blueprint = if asked.is_of_whatever_ran() { "" } else { blueprint.as_str() };
        let mut parts = vec![json!(tenant), json!(forge), json!(repository_id), json!(blueprint)];
        parts.extend(asked.parts());
        Self(canonical::to_string(&parts))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TriggerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Asked<'_> {
    fn is_of_whatever_ran(&self) -> bool {
        matches!(self, Self::Command { command: Command::Retry { .. } | Command::Revise { .. }, .. })
    }

    fn parts(&self) -> Vec<Value> {
        match self {
            Self::Command { comment_id, line, command } => {
                vec![json!("command"), json!(comment_id), json!(line), json!(command.to_string())]
            }
            Self::PullRequest { id, head, end } => {
                let key = [json!("pull_request"), json!(id), json!(head)];
                key.into_iter().chain(end.map(|end| json!(end))).collect()
            }
            Self::Push { reference, after } => vec![json!("push"), json!(reference), json!(after)],
            Self::Item { id, inputs } => vec![json!("item"), json!(id), json!(inputs)],
            Self::Event { event_id, subscription } => {
                vec![json!("event"), json!(event_id), json!(Digest::of(subscription))]
            }
            Self::Failure { run, rule } => vec![json!("failure"), json!(run), json!(rule)],
            Self::Schedule { id, nominal } => vec![json!("schedule"), json!(id), json!(nominal)],
            Self::Keyed { key } => vec![json!("key"), json!(key)],
            Self::Inputs { inputs } => vec![json!("inputs"), json!(inputs)],
        }
    }
}
