//! What an operator holds back: nothing of it is claimed or published until it is let go.

use forgeline_model::Timestamp;

use crate::{Store, StoreError};

/// What is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldScope {
    /// Everything.
    All,
    /// Runs of a project.
    Project(String),
    /// Runs of a blueprint, whatever its version.
    Blueprint(String),
}

impl std::fmt::Display for HoldScope {
    /// `all`, `project/shop`, `blueprint/http-service`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Project(id) => write!(f, "project/{id}"),
            Self::Blueprint(name) => write!(f, "blueprint/{name}"),
        }
    }
}

/// Something that is held back.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Hold {
    /// [`HoldScope`] as text.
    pub scope: String,
    /// Who holds it.
    pub by: String,
    /// Why, in their own words.
    pub reason: String,
    /// Since when, milliseconds since the Unix epoch.
    pub at: i64,
}

/// SQL that is true of a `run` that is held back.
pub(crate) const IS_HELD: &str = "EXISTS (SELECT 1 FROM hold WHERE scope = 'all' OR scope = 'project/' || run.project \
                                  OR scope = 'blueprint/' || substr(run.blueprint, 1, instr(run.blueprint, '@') - 1))";

impl Store {
    /// Holds something back. What is held back already stays as it is; false then.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hold(&self, scope: &HoldScope, by: &str, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query("INSERT INTO hold (scope, by, reason, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(scope.to_string())
            .bind(by)
            .bind(reason)
            .bind(now.millis())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit("hold").await?;
        Ok(rows == 1)
    }

    /// Lets something go on. False when it was not held back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn let_go(&self, scope: &HoldScope) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query("DELETE FROM hold WHERE scope = ?")
            .bind(scope.to_string())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit("let-go").await?;
        Ok(rows == 1)
    }

    /// Everything that is held back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        Ok(sqlx::query_as("SELECT scope, by, reason, at FROM hold ORDER BY scope").fetch_all(&self.reader).await?)
    }

    /// Why a run is held back, if it is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hold_of(&self, run: &forgeline_model::RunId) -> Result<Option<Hold>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT scope, by, reason, at FROM hold, run WHERE run_id = ? AND (scope = 'all' OR scope = 'project/' || \
             run.project OR scope = 'blueprint/' || substr(run.blueprint, 1, instr(run.blueprint, '@') - 1)) LIMIT 1",
        )
        .bind(run.as_str())
        .fetch_optional(&self.reader)
        .await?)
    }
}
