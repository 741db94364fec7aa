//! Reading runs.

use std::sync::Arc;

use forgeline_engine::{Fact, RunSpec, RunState};
use forgeline_model::{RunId, Timestamp};

use crate::{Store, StoreError};

/// A run's row in a list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunRow {
    /// Run id.
    pub run_id: String,
    /// `name@version` of its blueprint.
    pub blueprint: String,
    /// Target repository.
    pub repository: String,
    /// Work item id; empty when there is none.
    pub item: String,
    /// `working`, `publishing`, or how it ended.
    pub state: String,
    /// Whether it has ended.
    pub finished: bool,
    /// Its branch.
    pub branch: String,
    /// Its commit.
    pub commit_oid: Option<String>,
    /// Its pull request.
    pub pull_request: Option<i64>,
    /// What it waits for that cannot open its pull request yet.
    pub waits: Option<String>,
    /// When it was decided, milliseconds since the Unix epoch.
    pub created_at: i64,
    /// When something last happened, milliseconds since the Unix epoch.
    pub updated_at: i64,
}

/// A run as it is now.
#[derive(Debug, Clone)]
pub struct RunView {
    /// What is fixed.
    pub spec: Arc<RunSpec>,
    /// What has happened.
    pub state: RunState,
}

/// Whose runs are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsOf<'a> {
    /// Who asked for them.
    Actor(&'a str),
    /// The project that they belong to.
    Project(&'a str),
}

const COLUMNS: &str = "SELECT run_id, blueprint, repository, item, state, finished, branch, commit_oid, pull_request, \
                       created_at, updated_at, (SELECT last_error FROM outbox WHERE outbox.run_id = run.run_id AND \
                       outbox.state = 'planned' AND instr(last_error, 'waits: ') = 1) AS waits FROM run";

impl Store {
    /// Runs, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY created_at DESC, rowid DESC LIMIT ?"));
        Ok(sqlx::query_as(sql).bind(limit).fetch_all(&self.reader).await?)
    }

    /// Runs in one state, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs_in(&self, state: &str, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let sql =
            sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE state = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"));
        Ok(sqlx::query_as(sql).bind(state).bind(limit).fetch_all(&self.reader).await?)
    }

    /// Runs that would write to this repository and have not ended, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unfinished_in(&self, repository: &str) -> Result<Vec<RunId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT run_id FROM run WHERE repository = ? AND finished = 0 ORDER BY created_at, rowid",
        )
        .bind(repository)
        .fetch_all(&self.reader)
        .await?;
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// Runs of one item of this repository, newest first, wherever they write to.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs_of(&self, repository: &str, item: &str) -> Result<Vec<RunRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE (repository = ? AND item = ? AND item_repository = '') OR (item_repository = ? AND item = ? AND \
             item_repository <> '') ORDER BY created_at DESC, rowid DESC"
        ));
        Ok(sqlx::query_as(sql).bind(repository).bind(item).bind(repository).bind(item).fetch_all(&self.reader).await?)
    }

    /// Runs that wrote to a pull request, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs_of_pull_request(&self, repository: &str, number: u64) -> Result<Vec<RunRow>, StoreError> {
        let Ok(number) = i64::try_from(number) else { return Ok(Vec::new()) };
        let sql = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE repository = ? AND pull_request = ? ORDER BY created_at DESC, rowid DESC"
        ));
        Ok(sqlx::query_as(sql).bind(repository).bind(number).fetch_all(&self.reader).await?)
    }

    /// Runs that looked at a commit or made it, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn runs_at_commit(&self, repository: &str, commit: &str) -> Result<Vec<RunRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE repository = ?1 AND (commit_oid = ?2 OR json_extract(spec, '$.pull_request.head') = ?2) \
             ORDER BY created_at DESC, rowid DESC LIMIT 100"
        ));
        Ok(sqlx::query_as(sql).bind(repository).bind(commit).fetch_all(&self.reader).await?)
    }

    /// The newest run with this correlation.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn run_of_correlation(&self, correlation_id: &str) -> Result<Option<RunId>, StoreError> {
        let id: Option<String> = sqlx::query_scalar(
            "SELECT run_id FROM run WHERE json_extract(spec, '$.source.correlation_id') = ? \
             ORDER BY created_at DESC, rowid DESC LIMIT 1",
        )
        .bind(correlation_id)
        .fetch_optional(&self.reader)
        .await?;
        Ok(id.and_then(|id| id.parse().ok()))
    }

    /// The run that told an event, if a run did.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn run_of_event(&self, event_id: &str) -> Result<Option<String>, StoreError> {
        let run: Option<Option<String>> = sqlx::query_scalar("SELECT run_id FROM event WHERE event_id = ?")
            .bind(event_id)
            .fetch_optional(&self.reader)
            .await?;
        Ok(run.flatten())
    }

    /// When the `n`th newest of these runs began, counted from 1, if it began after `since`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn nth_newest_run(
        &self,
        of: RunsOf<'_>,
        n: u32,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (sql, whose) = match of {
            RunsOf::Actor(actor) => (
                "SELECT created_at FROM run WHERE actor = ? AND created_at > ? ORDER BY created_at DESC LIMIT 1 OFFSET ?",
                actor,
            ),
            RunsOf::Project(project) => (
                "SELECT created_at FROM run WHERE project = ? AND created_at > ? ORDER BY created_at DESC LIMIT 1 OFFSET ?",
                project,
            ),
        };
        let at: Option<i64> = sqlx::query_scalar(sql)
            .bind(whose)
            .bind(since.millis())
            .bind(n.saturating_sub(1))
            .fetch_optional(&self.reader)
            .await?;
        Ok(at.map(Timestamp::from_millis))
    }

    /// Runs that have not ended, or have something left to do: the most urgent first, then the oldest.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unfinished(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(self.open_runs().await?.into_iter().map(|(run, _)| run).collect())
    }

    /// The same runs in the same order, each with when something last happened to it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn open_runs(&self) -> Result<Vec<(RunId, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT run_id, updated_at FROM run WHERE run_id IN (SELECT run_id FROM run WHERE finished = 0 UNION \
             SELECT run_id FROM outbox WHERE state IN ('planned', 'attempting') AND run_id IS NOT NULL) \
             ORDER BY priority DESC, created_at, rowid",
        )
        .fetch_all(&self.reader)
        .await?;
        let open = |(id, updated): (String, i64)| Some((id.parse().ok()?, Timestamp::from_millis(updated)));
        Ok(rows.into_iter().filter_map(open).collect())
    }

    /// Runs that must be looked at though nothing has happened to them: something has lapsed or taken too long.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn overdue(&self, now: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT run_id FROM run WHERE finished = 0 AND wake_at <= ? LIMIT 256")
                .bind(now.millis())
                .fetch_all(&self.reader)
                .await?;
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// A run by id.
    ///
    /// # Errors
    /// [`StoreError::NoRun`].
    pub async fn run(&self, run: &RunId) -> Result<RunView, StoreError> {
        let (spec, state) = self.read_run(run).await?;
        Ok(RunView { spec, state })
    }

    /// A run as this process last saw it, else as stored: enough for a worker, whose claim was its last look.
    ///
    /// # Errors
    /// [`StoreError::NoRun`].
    pub async fn run_as_claimed(&self, run: &RunId) -> Result<RunView, StoreError> {
        let known = self.memory.of(run);
        match known {
            Some(known) => Ok(RunView { spec: known.spec.clone(), state: known.state.clone() }),
            None => self.run(run).await,
        }
    }

    /// Whether there is a run.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn has_run(&self, run: &RunId) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM run WHERE run_id = ?")
            .bind(run.as_str())
            .fetch_one(&self.reader)
            .await?;
        Ok(count == 1)
    }

    /// Run ids that `name` may mean: a full id, a prefix of one, with or without `run_`; `@latest`; `@failed`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn find_runs(&self, name: &str) -> Result<Vec<RunId>, StoreError> {
        let ids: Vec<String> = match name {
            "@latest" => {
                sqlx::query_scalar("SELECT run_id FROM run ORDER BY created_at DESC, rowid DESC LIMIT 1")
                    .fetch_all(&self.reader)
                    .await?
            }
            "@failed" => {
                sqlx::query_scalar(
                    "SELECT run_id FROM run WHERE state = 'failed' ORDER BY created_at DESC, rowid DESC LIMIT 1",
                )
                .fetch_all(&self.reader)
                .await?
            }
            prefix => {
                let digits = prefix.strip_prefix("run_").unwrap_or(prefix);
                sqlx::query_scalar("SELECT run_id FROM run WHERE substr(run_id, 1, ?2) = ?1 ORDER BY run_id LIMIT 20")
                    .bind(format!("run_{digits}"))
                    .bind(i64::try_from(digits.len() + 4).unwrap_or(0))
                    .fetch_all(&self.reader)
                    .await?
            }
        };
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// A run's journal.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn journal(&self, run: &RunId) -> Result<Vec<(Fact, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT fact, at FROM journal WHERE run_id = ? ORDER BY seq")
            .bind(run.as_str())
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter()
            .map(|(fact, at)| {
                let fact = serde_json::from_str(&fact).map_err(StoreError::unreadable("fact"))?;
                Ok((fact, Timestamp::from_millis(at)))
            })
            .collect()
    }
}
