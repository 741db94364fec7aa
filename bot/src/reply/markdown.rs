//! Small pieces of text.

pub(super) use forgeline_model::markdown::{block, code};

/// `1 stage`, `2 stages`.
pub(super) fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
