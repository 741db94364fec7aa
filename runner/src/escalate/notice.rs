//! What is told about a dead letter, as one document for all channels.

use forgeline_blueprints::config::Project;
use forgeline_model::{Cause, Criticality, Digest, LetterSeverity, Timestamp};
use forgeline_store::DeadLetterRow;
use serde::{Deserialize, Serialize};

use crate::gate;

/// Most characters of a reason that leave.
const REASON_CHARS: usize = 2_000;
/// Most characters of a subject that leave.
const SUBJECT_CHARS: usize = 300;

/// What the rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) id: i64,
    /// How decisions name it.
    pub(super) name: String,
    pub(super) cause: Cause,
    pub(super) severity: LetterSeverity,
    pub(super) criticality: Criticality,
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) attempts: u32,
    pub(super) run: Option<String>,
    pub(super) at: Timestamp,
}

impl Letter {
    pub(super) fn of(row: &DeadLetterRow) -> Self {
        let letter = &row.letter;
        Self {
            id: row.id,
            name: row.name(),
            cause: letter.cause(),
            severity: letter.severity(),
            criticality: letter.criticality,
            subject: letter.subject.to_string(),
            reason: letter.reason.clone(),
            attempts: letter.attempts,
            run: letter.run.as_ref().map(ToString::to_string),
            at: row.at,
        }
    }

    #[cfg(test)]
    pub(super) fn example(cause: Cause, at: Timestamp) -> Self {
        Self {
            id: 7,
            name: "run_0123456789abcdef write/dead-letter/7".into(),
            cause,
            severity: LetterSeverity::Error,
            criticality: Criticality::Medium,
            subject: "run_0123456789abcdef write".into(),
            reason: "it took longer than 10 min".into(),
            attempts: 4,
            run: Some("run_0123456789abcdef".into()),
            at,
        }
    }
}

/// What is told. This is the body of a webhook call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoticeBody {
    /// Version of this document.
    pub(super) schema_version: u32,
    /// The notice's identity: a repetition has the same.
    pub(super) notice: String,
    /// `project/agent/kind`.
    pub(super) cause: String,
    /// Project.
    pub(super) project: String,
    /// Agent or component.
    pub(super) agent: String,
    /// Kind of error.
    pub(super) error_kind: String,
    /// How urgent it is.
    pub(super) severity: LetterSeverity,
    /// How bad a failure of the project is.
    pub(super) criticality: Criticality,
    /// Number of the letter that made people be told.
    pub(super) letter: i64,
    /// How decisions name it.
    pub(super) name: String,
    /// Open letters of this cause.
    pub(super) letters: usize,
    /// What was given up.
    pub(super) subject: String,
    /// Why.
    pub(super) reason: String,
    /// Tries made.
    pub(super) attempts: u32,
    /// The run, if there is one.
    pub(super) run: Option<String>,
    /// Who answers for the project.
    pub(super) owners: Vec<String>,
    /// When it was given up, RFC 3339.
    pub(super) at: String,
    /// When it was decided to tell, RFC 3339.
    pub(super) decided_at: String,
}

/// The identity of a notice: one for each letter as often as it was opened, and channel.
pub(super) fn key(letter: &Letter, channel: &str) -> String {
    let identity = format!("{} {} {channel}", letter.name, letter.attempts);
    format!("notice_{}", &Digest::of_bytes(identity.as_bytes()).hex()[..16])
}

impl NoticeBody {
    pub(super) fn new(key: &str, letter: &Letter, project: Option<&Project>, letters: usize, now: Timestamp) -> Self {
        Self {
            schema_version: 1,
            notice: key.to_owned(),
            cause: letter.cause.to_string(),
            project: letter.cause.project.clone(),
            agent: letter.cause.agent.clone(),
            error_kind: letter.cause.error_kind.clone(),
            severity: letter.severity,
            criticality: letter.criticality,
            letter: letter.id,
            name: letter.name.clone(),
            letters,
            subject: leaving(&letter.subject, SUBJECT_CHARS),
            reason: leaving(&letter.reason, REASON_CHARS),
            attempts: letter.attempts,
            run: letter.run.clone(),
            owners: project.map(|project| project.owners.clone()).unwrap_or_default(),
            at: letter.at.to_string(),
            decided_at: now.to_string(),
        }
    }
}

/// Text that leaves this machine: without a credential, without characters that steer, and cut.
fn leaving(text: &str, most: usize) -> String {
    if let Some(what) = gate::credential(text) {
        return format!("(withheld: it holds {what}; `forgeline dlq show` has it)");
    }
    let steers = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    forgeline_model::work_item::clean(text).chars().filter(steers).take(most).collect()
}

#[cfg(test)]
mod tests {
    use forgeline_model::{Cause, Timestamp};
    use serde_json::json;

    use super::{Letter, NoticeBody, key, leaving};

    #[test]
    fn what_leaves_holds_no_credential_and_nothing_that_steers() {
        let token = format!("token ghp_{}", "a1B2".repeat(10));
        assert!(leaving(&token, 100).starts_with("(withheld: it holds a GitHub token"));
        assert_eq!(leaving("a\u{1b}[31mb\u{202e}\nc", 100), "ab\nc");
        assert_eq!(leaving("größer", 3), "grö");
    }

    #[test]
    fn a_repetition_is_the_same_document() {
        let cause = Cause { project: "shop".into(), agent: "writer".into(), error_kind: "timeout".into() };
        let letter = Letter::example(cause, Timestamp::from_millis(0));
        let body = |letter: &Letter, channel| {
            json!(NoticeBody::new(&key(letter, channel), letter, None, 3, Timestamp::from_millis(5))).to_string()
        };
        assert_eq!(body(&letter, "ops"), body(&letter, "ops"));
        assert_ne!(body(&letter, "ops"), body(&letter, "mail"));
        let again = Letter { attempts: 8, ..letter.clone() };
        assert_ne!(key(&letter, "ops"), key(&again, "ops"), "opened again, it is told again");
    }
}
