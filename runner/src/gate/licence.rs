//! The rule about the first line of a file.

use super::{
    GateInput, RuleOutcome, glob,
    verdict::{Answers, Decision, counted},
};

/// `licence-header`: files begin with the text that the factory asks for.
pub(super) fn licence_header(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let mut looked_at = 0;
    for wanted in &input.policy.licence_headers {
        let Some(matcher) = glob::matcher(&wanted.glob) else { continue };
        for file in input.files.iter().filter(|file| !file.unchanged && matcher.is_match(file.path)) {
            looked_at += 1;
            if !heading(file.content).is_some_and(|line| line.contains(&wanted.text)) {
                let reason =
                    format!("its first line lacks `{}`, which policy wants for `{}`", wanted.text, wanted.glob);
                answers.by_policy(Decision::Deny, Some(file.path), reason, wanted.place.as_ref());
            }
        }
    }
    answers.or_passed(match (input.policy.licence_headers.is_empty(), looked_at) {
        (true, _) => "no header is asked for".to_owned(),
        (false, n) => format!("{} with the header asked for", counted(n, "file")),
    })
}

/// The line that a header stands in: the first, or the one behind `#!`.
fn heading(content: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(content).ok()?;
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let first = lines.next()?;
    if first.starts_with("#!") && !first.starts_with("#![") { lines.next() } else { Some(first) }
}
