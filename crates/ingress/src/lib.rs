//! What forges elsewhere send: taken in, verified, durable before it is acknowledged, and never acted upon.
//!
//! A hook is a hint. It says that something happened in a repository, and the reconciler looks there; whatever else stands in
//! it decides nothing. So this crate needs to know three things only: whether somebody who knows the secret sent it
//! ([`verify`]), which repository it may be about ([`hint`]), and whether it is stored ([`Sink`]).
//!
//! | answer | when |
//! |---|---|
//! | 202 | stored now, also when nobody can read it |
//! | 200 | here before, or a `ping` |
//! | 401 | nobody who knows the secret sent it; nothing is stored |
//! | 404 | no secret is set for this forge |
//! | 408 | it came too slowly |
//! | 413 | more than 25 MiB |
//! | 429 | too much from one address |
//! | 503 | it cannot be stored now: the disk, the store, the secret, or too much at once |
//!
//! Never 410: Azure DevOps would take the subscription away at once.

mod answer;
mod body;
pub mod bucket;
mod header;
pub mod hint;
mod hook;
mod origin;
mod routes;
mod sink;
pub mod verify;

pub use answer::Answer;
pub use bucket::{Buckets, Rate};
pub use hook::{Hook, Source};
pub use routes::{Ingress, Limits, Observer, Secrets, Unreadable, router};
pub use sink::{Kept, NotKept, Sink};
