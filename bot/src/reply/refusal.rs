//! What is not done, and what to do instead.

use forgeline_blueprints::suggest;
use forgeline_engine::RunSpec;
use forgeline_model::{Diagnostic, Severity, StageId, Timestamp};

use super::markdown::{block, code, counted};
use crate::{CommandFault, Refusal, Verb};

/// Most errors that a reply lists.
const MAX_SHOWN: usize = 5;

/// Somebody may not; the missing right is named.
pub fn refused(refusal: &Refusal) -> String {
    format!("**Refused.** {}", sentence(&refusal.to_string()))
}

/// A pull request starts nothing by itself, and a maintainer can let this one revision be looked at.
pub fn waits_for_a_voucher(refusal: &Refusal, head: &str) -> String {
    format!(
        "**Waits for a maintainer.** {} Somebody with the right to maintain can let this one revision be looked at, after \
         reading it: {}",
        sentence(&refusal.to_string()),
        code(&format!("/forgeline ok-to-test {head}"))
    )
}

/// `ok-to-test` stands under an issue.
pub fn nothing_to_vouch_for() -> String {
    "**Refused.** `ok-to-test` is for pull requests.".to_owned()
}

/// `ok-to-test` names another commit than the head of the pull request.
pub fn vouches_for_another(head: &str, is_long: bool) -> String {
    let why = if is_long { "that is not the commit which this pull request has now" } else { "that is too short" };
    format!(
        "**Refused.** {} Read what it has now, and comment {}.",
        sentence(why),
        code(&format!("/forgeline ok-to-test {head}"))
    )
}

/// The base moved since people were asked.
pub fn approves_an_old_base(spec: &RunSpec, now: &str) -> String {
    format!("**Not approved.** {}", sentence(&forgeline_runner::report::approval_of_old_base(spec, now)))
}

/// A line could not be read.
pub fn fault(line: &str, fault: &CommandFault) -> String {
    let pointer = format!("{}{}", " ".repeat(fault.column.saturating_sub(1)), "^".repeat(fault.length.max(1)));
    let shown: String = line.chars().take(200).collect();
    let place = if fault.column <= 200 { format!("{shown}\n{pointer}") } else { shown };
    let hint = fault.hint.as_ref().map(|hint| format!(" {}", sentence(hint))).unwrap_or_default();
    format!("**Not understood.** {}{hint}\n\n{}", sentence(&fault.message), block("text", &place))
}

/// The command exists, but not in this build.
pub fn not_available(verb: Verb) -> String {
    format!("{} is **not available in this build**. `/forgeline help` shows what is.", code(verb.word()))
}

/// No run of the item asks for a word on this stage.
pub fn nothing_waits(stage: &StageId) -> String {
    format!(
        "**Nothing waits.** No run of this item asks for a word on {}; `/forgeline status` shows its runs.",
        code(stage.as_str())
    )
}

/// The command names another commit or digest than the one that waits.
pub fn approves_something_else(what: &str, expected: &str) -> String {
    format!(
        "**Not approved.** The {what} that waits is {}. Look at it, and paste the line from the comment on the run.",
        code(expected)
    )
}

/// The run has no stage of this name.
pub fn unknown_stage(message: &str) -> String {
    format!("**Not started.** {}", sentence(message))
}

/// As many runs as may have begun in the last hour.
pub fn too_many_runs(most: u32, of: &str, until: Timestamp) -> String {
    format!(
        "**Not started.** {} began in the last hour for {}, and no more may. Ask again after {}.",
        counted(most as usize, "run"),
        code(of),
        code(&until.to_string())
    )
}

/// There is nothing in the repository to start from.
pub fn unusable_repository(reason: &str) -> String {
    format!("**Not started.** {}", code(&reason.replace('`', "'")))
}

/// The definitions in force have errors: the first few of them.
pub fn invalid_definitions(origin: &str, findings: &[Diagnostic]) -> String {
    let errors: Vec<&Diagnostic> = findings.iter().filter(|it| it.severity == Severity::Error).collect();
    let mut out =
        format!("**Not started.** The definitions of {} have {}:\n", code(origin), counted(errors.len(), "error"));
    for error in errors.iter().take(MAX_SHOWN) {
        let place = error.span.as_ref().map(|span| format!("{}: ", code(&format!("{}:{}", span.file, span.line))));
        let hint = error.hint.as_ref().map(|hint| format!(" ({})", code(&hint.replace('`', "'"))));
        let message = code(&error.message.replace('`', "'"));
        out += &format!("\n- {}{message}{}", place.unwrap_or_default(), hint.unwrap_or_default());
    }
    if let Some(more @ 1..) = errors.len().checked_sub(MAX_SHOWN) {
        out += &format!("\n- {}", counted(more, "more error"));
    }
    out + "\n\nNothing starts until they are mended; `forgeline validate` shows all, and what to do."
}

/// No blueprint has this name.
pub fn unknown_blueprint(name: &str, known: &[&str]) -> String {
    let hint = match known {
        [] => "this factory has none".to_owned(),
        _ => suggest::hint(name, known.iter().copied()),
    };
    format!("**Not started.** There is no blueprint {}. {}", code(name), sentence(&hint))
}

/// Inputs are missing or wrong.
pub fn invalid_inputs(blueprint: &str, faults: &[String]) -> String {
    let listed: Vec<String> = faults.iter().map(|fault| format!("- {}", code(&fault.replace('`', "'")))).collect();
    format!("**Not started.** The inputs of {} do not fit:\n\n{}", code(blueprint), listed.join("\n"))
}

/// With a capital letter, unless it begins with code, and a full stop, unless it asks.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    let capital: String = chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default();
    if text.ends_with('?') { capital } else { capital + "." }
}
