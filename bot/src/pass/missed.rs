//! Webhooks that were lost, of the kind that nothing tells of later: the forge's list of deliveries has them.

use forgeline_store::NewHook;

use super::{Bot, PassError};
use crate::press::Press;

/// Events that cannot be seen by looking.
const EVENTS: [&str; 1] = ["check_run"];
/// Of them those that a person did: the others tell of what Forgeline wrote itself.
const PRESSED: [&str; 2] = ["requested_action", "rerequested"];
const GITHUB: &str = "github";

impl Bot {
    /// Takes in what was pressed and did not arrive, as if it had come: the same delivery counts once. How many came in.
    ///
    /// # Errors
    /// The state cannot be written. A forge that does not answer is in the log only; it is asked again.
    pub async fn take_in_missed(&self) -> Result<usize, PassError> {
        let (store, forge, now) = (&self.runner.store, &self.runner.forge, self.runner.clock.now());
        let mut taken = 0;
        for (kind, missed) in forge.missed_hooks(&EVENTS, now).await? {
            let is_pressed = missed.action.as_deref().is_some_and(|action| PRESSED.contains(&action));
            if kind != GITHUB || !is_pressed || store.knows_hook(GITHUB, &missed.delivery).await? {
                continue;
            }
            let body = match forge.missed_hook_body(kind, &missed).await {
                Ok(Some(body)) => body,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!("the lost webhook {} cannot be read: {error}", missed.delivery);
                    continue;
                }
            };
            let press = Press::of_github(&body, &missed.delivery);
            // Before the hook: whoever knows the hook asks for it no more.
            if let Some(press) = &press {
                self.receive_press(press).await?;
                taken += 1;
                tracing::info!("took in {} of `{}`, whose webhook was lost", missed.delivery, press.repo);
            }
            let hook = NewHook {
                source: GITHUB,
                delivery: missed.delivery,
                event: missed.event,
                action: missed.action,
                repository: press.map(|press| press.repo),
                body,
            };
            store.keep_hook(hook, now).await?;
        }
        Ok(taken)
    }
}
