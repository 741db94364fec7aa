//! What became of a request that was allowed.

use forgeline_blueprints::text::neutralise_markdown as plain;
use forgeline_engine::spec::ReviewNotes;
use forgeline_model::{DefinitionRef, RunId, StageId};

use super::markdown::{code, counted};

/// A run was started.
pub fn started(run: &RunId, blueprint: &DefinitionRef, stages: usize, writes: bool) -> String {
    let result = if writes { "be a pull request" } else { "stand here" };
    format!(
        "**Started** {} as {}: {}. The result will {result}; `/forgeline status` shows how far it is.",
        code(&blueprint.to_string()),
        code(run.as_str()),
        counted(stages, "stage")
    )
}

/// The same was asked before; its run goes on.
pub fn joined(run: &RunId, blueprint: &DefinitionRef) -> String {
    format!(
        "**Joined** {}: the same was asked of {} before, and one request makes one run. To run it again, comment {}.",
        code(run.as_str()),
        code(&blueprint.to_string()),
        code(&format!("/forgeline run {}", blueprint.name))
    )
}

/// A run ended with what is there already.
pub fn no_change(run: &RunId, base: &str) -> String {
    format!("**No change.** {} gives what is on {} already; nothing was written.", code(run.as_str()), code(base))
}

/// A person closed the pull request; nothing is written until a command asks.
pub fn closed_pull_request(number: u64, blueprint: &str) -> String {
    format!(
        "**Nothing written.** Pull request #{number} for this item was closed by a person. To start anew, comment {}.",
        code(&format!("/forgeline run {blueprint}"))
    )
}

/// No new runs on this item.
pub fn held() -> String {
    "**On hold.** No new run starts on this item until `/forgeline hold cancel`. What runs goes on.".to_owned()
}

/// New runs again.
pub fn released() -> String {
    "**No longer on hold.** New runs may start on this item.".to_owned()
}

/// A run was stopped.
pub fn cancelled(run: &RunId) -> String {
    format!("**Cancelled** {}.", code(run.as_str()))
}

/// One revision of a pull request may be looked at.
pub fn vouched(head: &str, starts: bool) -> String {
    let rest = if starts {
        "The next push needs a word of its own."
    } else {
        "No blueprint waits for such a change, so nothing started."
    };
    format!("**Trusted** {}. {rest}", code(&head[..head.len().min(12)]))
}

/// What was started for a pull request was stopped.
pub fn vouches_no_more(stopped: usize) -> String {
    match stopped {
        0 => "**No longer trusted.** Nothing was under way for this pull request.".to_owned(),
        some => format!("**No longer trusted.** Stopped {}.", counted(some, "run")),
    }
}

/// There is no run to stop.
pub fn nothing_to_cancel() -> String {
    "**Nothing to cancel.** No such run of this item is under way; `/forgeline status` shows its runs.".to_owned()
}

/// A run could not take what a command asked of it.
pub fn came_to_nothing(command: &str, run: &RunId, reason: &str) -> String {
    format!("**Nothing to {command}.** {}: {}", code(run.as_str()), code(&reason.replace('`', "'")))
}

/// Somebody agreed to a stage.
pub fn approved(stage: &StageId, missing: usize) -> String {
    match missing {
        0 => format!("**Approved.** Stage {} goes on.", code(stage.as_str())),
        n => format!("**Approved.** Stage {} waits for {} more.", code(stage.as_str()), counted(n, "person")),
    }
}

/// Somebody did not agree to a stage.
pub fn rejected(stage: &StageId) -> String {
    format!("**Rejected.** Stage {} does not go on, and nothing of the run is written.", code(stage.as_str()))
}

/// There is no ended run to try again.
pub fn nothing_to_retry() -> String {
    "**Nothing to retry.** No run of this item ended badly; `/forgeline status` shows its runs.".to_owned()
}

/// There is no run whose result could be made anew.
pub fn nothing_to_revise() -> String {
    "**Nothing to revise.** No run of this item has ended; `/forgeline status` shows its runs.".to_owned()
}

/// A revision without words, where reviewers said nothing either.
pub fn nothing_said() -> String {
    "**Nothing to revise.** Say what you want otherwise, `/forgeline revise <text>`, or write it on lines of the pull request: \
     there is no open thread, and nobody asks for changes."
        .to_owned()
}

/// What a new attempt hears besides the words of who asked for it; empty when that is nothing.
pub fn heard(notes: &ReviewNotes) -> String {
    let names = |names: &mut dyn Iterator<Item = &str>| {
        let mut all: Vec<String> = names.map(|name| plain(&name.replace('@', ""))).collect();
        all.sort();
        all.dedup();
        all.truncate(5);
        all.join(", ")
    };
    let mut parts = Vec::new();
    if !notes.threads.is_empty() {
        parts.push(counted(notes.threads.len(), "open thread"));
    }
    if !notes.reviews.is_empty() {
        let who = names(&mut notes.reviews.iter().map(|it| it.author.as_str()));
        parts.push(format!("{} for changes by {who}", counted(notes.reviews.len(), "request")));
    }
    if !notes.commits.is_empty() {
        let who = names(&mut notes.commits.iter().map(|it| it.author.as_str()));
        parts.push(format!("{} of {who}, kept", counted(notes.commits.len(), "commit")));
    }
    if notes.left_out > 0 {
        parts.push(format!("{} left out: there is more than one attempt can read", notes.left_out));
    }
    let Some(last) = parts.pop() else { return String::new() };
    let all = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
    format!("It hears of #{}: {all}.", notes.pull_request)
}

/// What the button of a check led to, for a comment.
pub fn pressed(login: &str, answer: &str) -> String {
    format!("{} pressed a button of a check.\n\n{answer}", code(login))
}

/// A run cannot be made again before it has ended.
pub fn goes_on(run: &RunId) -> String {
    format!("**Nothing to retry.** {} is under way; cancel it first, or let it end.", code(run.as_str()))
}
