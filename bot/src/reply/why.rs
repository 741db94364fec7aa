//! Why something started, or did not.

use forgeline_store::Decision;

use super::markdown::{code, counted};
use crate::Considered;

/// Most decisions that a reply lists.
const MAX_SHOWN: usize = 20;

/// Decisions on a subject, oldest first; the newest are shown, newest first.
pub fn decisions(subject: &str, found: &[Decision]) -> String {
    if found.is_empty() {
        return format!(
            "**Nothing is recorded** here about {}. Ask about this item, one of its runs, or an event of one of them.",
            code(subject)
        );
    }
    let mut out = format!("**Why** {}\n", code(subject));
    for Decision { subject, rule, verdict, detail } in found.iter().rev().take(MAX_SHOWN) {
        let (subject, rule, detail) = (code(subject), code(rule), code(&detail.to_string()));
        out += &format!("\n- {subject} **{verdict}** by {rule}: {detail}");
    }
    if let Some(more @ 1..) = found.len().checked_sub(MAX_SHOWN) {
        out += &format!("\n- {}", counted(more, "earlier decision"));
    }
    out
}

/// Each blueprint that was considered: the rule that started it, or the first condition that failed in the rule that
/// came closest, with the file and line of the rule.
pub fn why(subject: &str, considered: &[Considered]) -> String {
    let mut out = format!("**Why** {}\n\n", code(subject));
    if considered.is_empty() {
        return out + "No blueprint was considered: this factory has none.";
    }
    for one in considered {
        let name = code(&one.blueprint.to_string());
        let line = match one.decisive() {
            None => "has no `on:` rules, so nothing starts it".to_owned(),
            Some(verdict) => {
                let place = code(&format!("{}:{}", verdict.place.file, verdict.place.line));
                match &verdict.failed {
                    None => format!("started by {} ({place})", code(&verdict.rule)),
                    Some(failed) => format!(
                        "did not start: {} wants {} {}, found {} ({place})",
                        code(&verdict.rule),
                        failed.condition,
                        code(&failed.expected),
                        code(&failed.actual)
                    ),
                }
            }
        };
        out += &format!("- {name} {line}\n");
    }
    out.trim_end().to_owned()
}
