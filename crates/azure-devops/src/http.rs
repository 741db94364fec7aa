//! One request, one answer: addresses, the wire, and the rules of trying again.

mod address;
mod courier;
mod trouble;
mod wire;

pub(crate) use address::{Base, authority};
pub(crate) use courier::{Client, Courier, Manner, trouble_of};
pub(crate) use wire::Wire;

/// Somebody else's text as a part of ours: one line of at most this many characters.
fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
