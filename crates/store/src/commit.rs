//! The end of each write transaction.

use sqlx::{Sqlite, Transaction};

use crate::StoreError;

/// Makes a transaction durable. `what` names it: a test can kill the process right before and right after.
pub(crate) async fn commit(what: &str, tx: Transaction<'static, Sqlite>) -> Result<(), StoreError> {
    forgeline_failpoint::pass(what, "written");
    tx.commit().await?;
    forgeline_failpoint::pass(what, "committed");
    Ok(())
}
