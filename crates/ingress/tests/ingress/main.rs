//! What senders hear, and what is stored.

mod answers;
mod payloads;
mod taker;
