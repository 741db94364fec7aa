//! Time, as an argument: limits and tokens are judged by it, and tests move it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use forgeline_model::Timestamp;

/// Tells the time and waits.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits this many milliseconds.
    async fn sleep(&self, millis: u64);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
