//! One request, one answer: addresses, the wire, the cache, and the rules of trying again.

mod address;
mod cache;
mod path;
mod send;
mod trouble;
mod wire;

pub(crate) use address::Base;
pub(crate) use path::Path;
pub(crate) use send::{Answer, Client, Credential, Manner, Request};
