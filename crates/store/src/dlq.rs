//! The dead letter queue: what was given up, with its reason, and what became of it.
//!
//! A letter is opened in the transaction that gives something up, together with the decision that says how bad it is and
//! the event `DeadLettered` that blueprints may listen to.

mod event;
mod of_run;
mod open;
mod settle;
mod subject;

use forgeline_model::{Cause, Criticality, LetterSeverity, RunId, Timestamp};

pub(crate) use of_run::{criticality, of_fact};
pub(crate) use open::open;
pub use settle::{Acknowledged, Replayed};
pub use subject::Subject;

use crate::{Store, StoreError};

/// Something to give up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Project it concerns.
    pub project: String,
    /// How bad a failure of that project is.
    pub criticality: Criticality,
    /// Agent or component that made or could not take it.
    pub agent: String,
    /// Stable kind: `contract`, `template`, `timeout`, …
    pub error_kind: String,
    /// What it is.
    pub subject: Subject,
    /// The thing itself, as far as it can be kept.
    pub body: String,
    /// Why, and what to do.
    pub reason: String,
    /// Tries made.
    pub attempts: u32,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
}

impl DeadLetter {
    /// How urgent it is, by the rule in [`LetterSeverity::of`].
    pub fn severity(&self) -> LetterSeverity {
        LetterSeverity::of(self.criticality, &self.error_kind, self.attempts)
    }

    /// What it has in common with others.
    pub fn cause(&self) -> Cause {
        Cause { project: self.project.clone(), agent: self.agent.clone(), error_kind: self.error_kind.clone() }
    }
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterState {
    /// Nothing yet.
    Open,
    /// A person knows.
    Acknowledged,
    /// Tried again as this run, event or delivery.
    Replayed(String),
    /// A person gave it up for this reason.
    Dropped(String),
}

impl LetterState {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Replayed(_) => "replayed",
            Self::Dropped(_) => "dropped",
        }
    }

    /// Whether it may still be replayed or dropped.
    pub fn is_unsettled(&self) -> bool {
        match self {
            Self::Open | Self::Acknowledged => true,
            Self::Replayed(_) | Self::Dropped(_) => false,
        }
    }

    fn read(word: &str, outcome: Option<String>) -> Self {
        let outcome = outcome.unwrap_or_default();
        match word {
            "acknowledged" => Self::Acknowledged,
            "replayed" => Self::Replayed(outcome),
            "dropped" => Self::Dropped(outcome),
            // The table allows one more word.
            _ => Self::Open,
        }
    }
}

/// A dead letter as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// Its number.
    pub id: i64,
    /// The letter.
    pub letter: DeadLetter,
    /// What became of it.
    pub state: LetterState,
    /// When it was given up, the last time if more than once.
    pub at: Timestamp,
}

impl DeadLetterRow {
    /// How decisions on it name it: its subject, then its number.
    pub fn name(&self) -> String {
        name(&self.letter.subject.to_string(), self.id)
    }
}

/// Which letters are wanted; a field that is none fits all.
#[derive(Debug, Clone, Default)]
pub struct LetterFilter {
    /// Project.
    pub project: Option<String>,
    /// Agent or component.
    pub agent: Option<String>,
    /// Kind of error.
    pub error_kind: Option<String>,
    /// This severity.
    pub severity: Option<LetterSeverity>,
    /// `open`, `acknowledged`, `replayed`, `dropped`.
    pub state: Option<String>,
}

pub(crate) fn name(subject: &str, id: i64) -> String {
    format!("{subject}/dead-letter/{id}")
}

const SELECT: &str = "SELECT id, project, criticality, agent, error_kind, subject, body, reason, attempts, run_id, state, \
                      outcome, at FROM dlq";

#[derive(sqlx::FromRow)]
pub(crate) struct Columns {
    id: i64,
    project: String,
    criticality: String,
    agent: String,
    error_kind: String,
    subject: String,
    body: String,
    reason: String,
    attempts: u32,
    run_id: Option<String>,
    state: String,
    outcome: Option<String>,
    at: i64,
}

impl Columns {
    pub(crate) fn row(self) -> DeadLetterRow {
        let letter = DeadLetter {
            project: self.project,
            criticality: serde_json::from_value(self.criticality.into()).unwrap_or_default(),
            agent: self.agent,
            error_kind: self.error_kind,
            subject: Subject::read(&self.subject),
            body: self.body,
            reason: self.reason,
            attempts: self.attempts,
            run: self.run_id.and_then(|run| run.parse().ok()),
        };
        let state = LetterState::read(&self.state, self.outcome);
        DeadLetterRow { id: self.id, letter, state, at: Timestamp::from_millis(self.at) }
    }
}

impl Store {
    /// Gives something up.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn give_up(&self, letter: &DeadLetter, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        open(self, &mut tx, letter, now).await?;
        tx.commit("give-up").await?;
        Ok(())
    }

    /// Dead letters that fit, the newest thousand first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn dead_letters(&self, filter: &LetterFilter) -> Result<Vec<DeadLetterRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR agent = ?2) \
             AND (?3 IS NULL OR error_kind = ?3) AND (?4 IS NULL OR severity = ?4) AND (?5 IS NULL OR state = ?5) \
             ORDER BY at DESC, id DESC LIMIT 1000"
        ));
        let rows: Vec<Columns> = sqlx::query_as(sql)
            .bind(&filter.project)
            .bind(&filter.agent)
            .bind(&filter.error_kind)
            .bind(filter.severity.map(LetterSeverity::word))
            .bind(&filter.state)
            .fetch_all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(Columns::row).collect())
    }

    /// The letter with this number, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetterRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE id = ?"));
        let row: Option<Columns> = sqlx::query_as(sql).bind(id).fetch_optional(&self.reader).await?;
        Ok(row.map(Columns::row))
    }

    /// Letters of which nobody has decided yet who is told, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unjudged_letters(&self) -> Result<Vec<DeadLetterRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE judged = 0 ORDER BY id LIMIT 256"));
        let rows: Vec<Columns> = sqlx::query_as(sql).fetch_all(&self.reader).await?;
        Ok(rows.into_iter().map(Columns::row).collect())
    }
}
