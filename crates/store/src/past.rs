//! What earlier runs took.

use forgeline_engine::{Fact, estimate::Past};

use crate::{Store, StoreError};

/// So many runs say enough; older ones say less.
const RUNS: u32 = 20;

impl Store {
    /// Tasks that the newest runs of a blueprint which ended well did themselves, whatever its version.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn past_of(&self, blueprint: &str) -> Result<Vec<Past>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT run_id, fact FROM journal WHERE fact ->> 'fact' = 'task_done' AND run_id IN \
             (SELECT run_id FROM run WHERE substr(blueprint, 1, instr(blueprint, '@') - 1) = ? \
             AND state IN ('published', 'no-change') ORDER BY created_at DESC LIMIT ?)",
        )
        .bind(blueprint)
        .bind(RUNS)
        .fetch_all(&self.reader)
        .await?;
        let mut past = Vec::new();
        for (run, fact) in rows {
            let Ok(run) = run.parse() else { continue };
            // What cannot be read says nothing; an estimate is no reason to fail.
            if let Ok(Fact::TaskDone { task, output, .. }) = serde_json::from_str(&fact)
                && !output.reused
            {
                past.push(Past { run, stage: task.stage, millis: output.millis, usage: output.usage });
            }
        }
        Ok(past)
    }
}
