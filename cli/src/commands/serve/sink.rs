//! Hooks go into the store, and wake the bot.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use forgeline_ingress::{Hook, Kept, NotKept, Sink};
use forgeline_runner::{Clock, Runner};
use forgeline_store::{HookKept, NewHook, Store};
use tokio::{sync::Notify, time};

use super::{metrics::Meters, process};

/// Below this free space nothing is taken in: what is under way needs room to end. Bytes.
pub(super) const LEAST_SPACE: u64 = 1 << 30;
/// GitHub gives up after ten seconds; whoever is told in time sends again.
const PATIENCE: Duration = Duration::from_secs(8);

/// Keeps hooks in the store.
pub(super) struct Keeper {
    store: Store,
    clock: Clock,
    folder: PathBuf,
    wake: Arc<Notify>,
    meters: Arc<Meters>,
}

impl Keeper {
    /// Wakes the bot through `wake`.
    pub(super) fn new(runner: &Runner, wake: Arc<Notify>, meters: Arc<Meters>) -> Self {
        let folder = runner.store.folder().to_owned();
        Self { store: runner.store.clone(), clock: runner.clock.clone(), folder, wake, meters }
    }
}

#[async_trait]
impl Sink for Keeper {
    fn has_room(&self) -> bool {
        // What cannot be told is no reason to refuse.
        let has = process::free_space(&self.folder).is_none_or(|free| free >= LEAST_SPACE);
        if !has {
            tracing::error!("less than 1 GiB is free where state lies; hooks are refused until there is more");
            self.meters.error("disk");
        }
        has
    }

    async fn keep(&self, hook: Hook) -> Result<Kept, NotKept> {
        let hook = NewHook {
            source: hook.source.name(),
            delivery: hook.delivery,
            event: hook.event,
            action: hook.hint.action,
            repository: hook.hint.repository,
            body: hook.body,
        };
        match time::timeout(PATIENCE, self.store.keep_hook(hook, self.clock.now())).await {
            Ok(Ok(HookKept::New)) => {
                self.wake.notify_one();
                Ok(Kept::New)
            }
            Ok(Ok(HookKept::Duplicate)) => Ok(Kept::Duplicate),
            Ok(Err(error)) => {
                tracing::error!("a hook is not stored: {error}");
                self.meters.error("store");
                Err(NotKept)
            }
            Err(_) => {
                tracing::error!("a hook is not stored within {} s; the disk may be too slow", PATIENCE.as_secs());
                self.meters.error("store");
                Err(NotKept)
            }
        }
    }
}
