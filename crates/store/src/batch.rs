//! Writes of a transaction, gathered and handed to the database's thread together: handing one over costs more than
//! most of them take.

use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, FromRow, Sqlite, SqliteConnection, Type,
    sqlite::{SqliteArguments, SqliteRow},
};

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
    /// Adds a statement, made of literals only; bind as many arguments as it has parameters.
    pub(crate) fn add(&mut self, sql: &str) -> Added<'_> {
        debug_assert!(!sql.contains("?1"), "numbers would count through the whole batch");
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        Added(&mut self.arguments)
    }

    /// Performs all statements, and starts anew.
    pub(crate) async fn perform(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.sql.is_empty() {
            return Ok(());
        }
        let Self { sql, arguments } = std::mem::take(self);
        sqlx::query_with(AssertSqlSafe(sql), arguments).execute(connection).await?;
        Ok(())
    }

    /// Performs all statements up to the first row that one of them returns.
    pub(crate) async fn optional<T>(self, connection: &mut SqliteConnection) -> Result<Option<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        Ok(sqlx::query_as_with(AssertSqlSafe(self.sql), self.arguments).fetch_optional(connection).await?)
    }
}

impl Added<'_> {
    /// Binds the next argument.
    pub(crate) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(self, value: T) -> Self {
        self.0.add(value).expect("text and numbers always encode");
        self
    }
}
