//! What this person may do here.

use super::markdown::code;
use crate::{Action, Principal, Resource, Verb, authorize};

/// The commands that this person may give here, then those that they may not and why. Asked of the same authorizer that
/// decides.
pub fn help(who: &Principal, on: &Resource) -> String {
    let available = || Verb::ALL.into_iter().filter(|verb| verb.is_available());
    let mut out = "**What you may do here**\n\n".to_owned();
    for verb in available().filter(|verb| authorize(who, Action::Command(*verb), on).is_ok()) {
        out += &format!("- {}: {}\n", code(verb.usage()), verb.effect());
    }
    let mut refused: Vec<String> = available()
        .filter_map(|verb| authorize(who, Action::Command(verb), on).err())
        .map(|refusal| format!("- {refusal}\n"))
        .collect();
    refused.dedup();
    if !refused.is_empty() {
        out += &format!("\n**What you may not**\n\n{}", refused.concat());
    }
    let missing: Vec<String> =
        Verb::ALL.into_iter().filter(|verb| !verb.is_available()).map(|verb| code(verb.word())).collect();
    if !missing.is_empty() {
        out += &format!("\nNot available in this build: {}.\n", missing.join(", "));
    }
    out + "\n`/fl` is short for `/forgeline`. Commands count in new comments, at the start of a line, at most five each."
}
