//! Writes of a transaction, gathered and handed to the database's thread together: handing one over costs more than
//! most of them take.

use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, Transaction, Type, sqlite::SqliteArguments};

use crate::StoreError;

/// Statements in order, each with its arguments. Parameters are `?`, without numbers.
#[derive(Default)]
pub(crate) struct Batch {
    sql: String,
    arguments: SqliteArguments,
}

/// The statement that was added last, for its arguments.
pub(crate) struct Added<'a>(&'a mut SqliteArguments);

impl Batch {
    /// Adds a statement; bind as many arguments as it has parameters.
    pub(crate) fn add(&mut self, sql: &'static str) -> Added<'_> {
        debug_assert!(!sql.contains("?1"), "numbers would count through the whole batch");
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        Added(&mut self.arguments)
    }

    /// Performs all statements, and starts anew.
    pub(crate) async fn perform(&mut self, tx: &mut Transaction<'static, Sqlite>) -> Result<(), StoreError> {
        if self.sql.is_empty() {
            return Ok(());
        }
        let Self { sql, arguments } = std::mem::take(self);
        // Only literals were added.
        sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut **tx).await?;
        Ok(())
    }

    /// Performs all statements, of which the last returns one number, and starts anew.
    pub(crate) async fn returning(&mut self, tx: &mut Transaction<'static, Sqlite>) -> Result<i64, StoreError> {
        let Self { sql, arguments } = std::mem::take(self);
        Ok(sqlx::query_scalar_with(AssertSqlSafe(sql), arguments).fetch_one(&mut **tx).await?)
    }
}

impl Added<'_> {
    /// Binds the next argument.
    pub(crate) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(self, value: T) -> Self {
        self.0.add(value).expect("text and numbers always encode");
        self
    }
}
