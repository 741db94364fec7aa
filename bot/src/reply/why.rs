//! Why something started, or did not.

use super::markdown::code;
use crate::Considered;

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
