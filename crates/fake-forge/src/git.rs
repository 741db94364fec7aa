//! The repositories' contents: bare Git repositories in a temporary folder, worked on with the `git` executable.

mod command;
mod depot;
mod history;
mod http;

pub(crate) use command::GitError;
pub(crate) use depot::{Depot, Signature};
pub(crate) use history::{Change, CommitInfo, Entry};
pub(crate) use http::{Ask, is_push, serve};
