//! Whether a dead letter is told to people, and to whom. Pure.

use forgeline_blueprints::config::EscalationRule;
use forgeline_model::Timestamp;
use forgeline_store::CauseHistory;
use serde_json::{Value, json};

use super::notice::Letter;

/// People are told of one cause at most once in this time, milliseconds.
pub(super) const QUIET_MS: u64 = 3_600_000;

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// These channels are told.
    Escalate {
        /// Number of the first rule that fits, from 1; of the standard rules when the factory has none.
        rule: usize,
        /// Channels that are there.
        to: Vec<String>,
        /// Channels that a rule names and the operator does not.
        unknown: Vec<String>,
        /// Open letters of this cause in the rule's time.
        letters: usize,
    },
    /// Nobody is told.
    Hold {
        /// Why.
        reason: String,
    },
}

impl Verdict {
    /// Its word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Escalate { .. } => "escalate",
            Self::Hold { .. } => "hold",
        }
    }

    /// What was looked at, for the record.
    pub(super) fn detail(&self, letter: &Letter) -> Value {
        let mut detail = json!({
            "cause": letter.cause.to_string(), "severity": letter.severity, "criticality": letter.criticality,
        });
        match self {
            Self::Escalate { rule, to, unknown, letters } => {
                detail["rule"] = json!(rule);
                detail["to"] = json!(to);
                detail["letters"] = json!(letters);
                if !unknown.is_empty() {
                    detail["unknown_channels"] = json!(unknown);
                }
            }
            Self::Hold { reason } => detail["reason"] = json!(reason),
        }
        detail
    }
}

/// Judges a letter by the factory's rules, or by the standard ones.
pub(super) fn decide(
    rules: Option<&[EscalationRule]>,
    letter: &Letter,
    history: &CauseHistory,
    channels: &[&str],
    now: Timestamp,
) -> Verdict {
    let standard;
    let rules = match rules {
        Some(rules) => rules,
        None => {
            standard = EscalationRule::standard();
            &standard
        }
    };
    let met: Vec<(usize, &EscalationRule, usize)> = rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| is_about(rule, letter))
        .map(|(index, rule)| (index + 1, rule, counted(rule, history, now)))
        .filter(|(_, rule, count)| *count >= rule.count && now.millis_since(letter.at) <= rule.within.millis())
        .collect();
    let Some((first, _, letters)) = met.first().copied() else {
        return Verdict::Hold { reason: "no rule of `policy.escalation` fits it, or too few fit in time".into() };
    };
    if let Some(told_at) = history.told_at.filter(|at| now.millis_since(*at) < QUIET_MS) {
        return Verdict::Hold { reason: format!("people were told of this cause at {told_at}, within the hour") };
    }
    let (to, unknown) = receivers(met.iter().map(|(_, rule, _)| *rule), channels);
    if to.is_empty() {
        let reason = format!("the operator's file names none of the channels {}", unknown.join(", "));
        return Verdict::Hold { reason };
    }
    Verdict::Escalate { rule: first, to, unknown, letters }
}

fn is_about(rule: &EscalationRule, letter: &Letter) -> bool {
    letter.criticality >= rule.criticality
        && letter.severity >= rule.severity
        && (rule.agents.is_empty() || rule.agents.contains(&letter.cause.agent))
        && (rule.kinds.is_empty() || rule.kinds.contains(&letter.cause.error_kind))
}

/// Open letters of the cause that are as severe as the rule wants and came in its time.
fn counted(rule: &EscalationRule, history: &CauseHistory, now: Timestamp) -> usize {
    let fits = |(at, severity): &&(Timestamp, forgeline_model::LetterSeverity)| {
        *severity >= rule.severity && now.millis_since(*at) <= rule.within.millis()
    };
    history.open.iter().filter(fits).count()
}

/// The channels of all rules, those that are there and those that are not, each once.
fn receivers<'a>(rules: impl Iterator<Item = &'a EscalationRule>, channels: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut named: Vec<String> = Vec::new();
    for rule in rules {
        match rule.to.is_empty() {
            true => named.extend(channels.iter().map(|channel| (*channel).to_owned())),
            false => named.extend(rule.to.iter().cloned()),
        }
    }
    named.sort();
    named.dedup();
    named.into_iter().partition(|name| channels.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::config::EscalationRule;
    use forgeline_model::{Cause, Criticality, LetterSeverity, Timestamp};
    use forgeline_store::CauseHistory;

    use super::{Verdict, decide};
    use crate::escalate::notice::Letter;

    const MINUTE: i64 = 60_000;
    const NOW: i64 = 100 * MINUTE;

    fn letter(severity: LetterSeverity, criticality: Criticality) -> Letter {
        let cause = Cause { project: "shop".into(), agent: "writer".into(), error_kind: "timeout".into() };
        Letter { severity, criticality, ..Letter::example(cause, Timestamp::from_millis(NOW)) }
    }

    /// A history of errors this many minutes ago, and of people told then.
    fn history(minutes: &[i64], told: Option<i64>) -> CauseHistory {
        let at = |ago: &i64| Timestamp::from_millis(NOW - ago * MINUTE);
        CauseHistory {
            open: minutes.iter().map(|ago| (at(ago), LetterSeverity::Error)).collect(),
            told_at: told.as_ref().map(at),
        }
    }

    fn rules(yaml: &str) -> Vec<EscalationRule> {
        serde_json::from_str(yaml).expect("rules")
    }

    #[track_caller]
    fn check(rules: Option<&[EscalationRule]>, letter: &Letter, history: &CauseHistory, expected: &str) {
        let verdict = decide(rules, letter, history, &["mail", "ops"], Timestamp::from_millis(NOW));
        let shown = match &verdict {
            Verdict::Escalate { rule, to, unknown, letters } => {
                format!("rule {rule} tells {} of {letters}{}", to.join("+"), unknown.concat())
            }
            Verdict::Hold { reason } => format!("hold: {}", reason.split([',', '`']).next().unwrap_or_default()),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn each_letter_is_told_by_the_rules_or_not() {
        use Criticality::{Critical, Medium};
        use LetterSeverity::{Error, Warning};
        let error = letter(Error, Medium);
        let urgent = letter(LetterSeverity::Critical, Medium);
        for (letter, minutes, told, expected) in [
            (&urgent, &[0][..], None, "hold: no rule of "),
            (&error, &[0], None, "hold: no rule of "),
            (&error, &[0, 5], None, "hold: no rule of "),
            (&error, &[0, 5, 61], None, "hold: no rule of "),
            (&error, &[0, 5, 60], None, "rule 2 tells mail+ops of 3"),
            (&error, &[0, 5, 60], Some(59), "hold: people were told of this cause at 1970-01-01T00:41:00.000Z"),
            (&error, &[0, 5, 60], Some(60), "rule 2 tells mail+ops of 3"),
        ] {
            check(None, letter, &history(minutes, told), expected);
        }
        let mut first = history(&[], None);
        first.open.push((Timestamp::from_millis(NOW), LetterSeverity::Critical));
        check(None, &urgent, &first, "rule 1 tells mail+ops of 1");

        let own = rules(
            r#"[{"criticality": "high", "to": ["ops"]}, {"agents": ["other"], "to": ["mail"]},
                {"kinds": ["timeout"], "count": 2, "within": "10m", "to": ["mail", "pager"]}]"#,
        );
        for (letter, minutes, expected) in [
            (letter(Warning, Critical), &[0][..], "rule 1 tells ops of 1"),
            (letter(Error, Critical), &[0, 9], "rule 1 tells mail+ops of 2pager"),
            (letter(Error, Medium), &[0, 9], "rule 3 tells mail of 2pager"),
            (letter(Error, Medium), &[0, 11], "hold: no rule of "),
        ] {
            check(Some(&own), &letter, &history(minutes, None), expected);
        }
        check(Some(&[]), &urgent, &first, "hold: no rule of ");
        let nobody = rules(r#"[{"to": ["pager"]}]"#);
        check(
            Some(&nobody),
            &error,
            &history(&[0], None),
            "hold: the operator's file names none of the channels pager",
        );
    }

    #[test]
    fn what_is_old_when_it_is_judged_wakes_nobody() {
        let mut old = letter(LetterSeverity::Error, Criticality::Medium);
        old.at = Timestamp::from_millis(NOW - 61 * MINUTE);
        let any = rules(r#"[{}]"#);
        check(Some(&any), &old, &history(&[0, 61], None), "hold: no rule of ");
        check(
            Some(&any),
            &letter(LetterSeverity::Error, Criticality::Medium),
            &history(&[0, 61], None),
            "rule 1 tells mail+ops of 1",
        );
    }
}
