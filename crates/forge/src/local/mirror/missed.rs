//! What forges elsewhere told and nobody took.

use forgeline_model::Timestamp;

use crate::{ForgeError, LocalForge, remote::MissedHook};

/// How far back is asked, milliseconds: as long as forges keep deliveries.
const REACH_MS: u64 = 3 * 24 * 3_600 * 1_000;

impl LocalForge {
    /// Hooks of these events that did not arrive, by the kind of their forge; the oldest first, at most three days old, and none
    /// from before the first look at anything there. What could not be asked is in the log.
    ///
    /// # Errors
    /// The database failed.
    pub async fn missed_hooks(
        &self,
        events: &[&str],
        at: Timestamp,
    ) -> Result<Vec<(&'static str, MissedHook)>, ForgeError> {
        let rows = self.store.forge_read().await?.repositories().await?;
        let mut found = Vec::new();
        for there in &self.elsewhere {
            let kind = there.remote.kind();
            let of_it = rows.iter().filter(|row| row.remote.as_deref() == Some(kind) && row.items_seen_to.is_some());
            let Some(first) = of_it.map(|row| row.created_at).min() else { continue };
            let since = Timestamp::from_millis(at.millis().saturating_sub_unsigned(REACH_MS).max(first));
            match there.remote.missed_hooks(since, events).await {
                Ok(missed) => found.extend(missed.into_iter().map(|it| (kind, it))),
                Err(error) => tracing::warn!("whether webhooks were lost is not known: {error}"),
            }
        }
        Ok(found)
    }

    /// What such a hook told; none when its forge does not keep it any more.
    ///
    /// # Errors
    /// The forge does not answer.
    pub async fn missed_hook_body(&self, kind: &str, missed: &MissedHook) -> Result<Option<Vec<u8>>, ForgeError> {
        match self.elsewhere.iter().find(|it| it.remote.kind() == kind) {
            Some(there) => Ok(there.remote.missed_hook_body(missed.id).await?),
            None => Ok(None),
        }
    }
}
