//! One request, one answer: addresses, the wire, the cache, and the rules of trying again.

mod address;
mod cache;
mod flights;
mod path;
mod send;
mod trouble;
mod wire;

pub(crate) use address::Base;
pub(crate) use path::Path;
pub(crate) use send::{Answer, Client, Credential, Manner, Request};

/// Somebody else's text as a part of ours: one line of at most this many characters.
fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
