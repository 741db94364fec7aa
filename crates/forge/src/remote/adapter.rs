//! What adapters of all forges elsewhere are made with: time, secrets, and one write at a time.

mod clock;
mod secret_source;
mod turns;

pub use clock::{Clock, SystemClock};
pub use secret_source::SecretSource;
pub use turns::{Priority, Turn, Turns};
