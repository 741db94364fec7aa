//! What a look at the chain says, and the times that people type. Pure.

use forgeline_store::{Broken, Verified};

use crate::exit::{Exit, Failure};

/// The finding, for people.
pub(super) fn verified(found: &Verified) -> String {
    let mut text = match &found.broken {
        None => format!("the chain holds: {} decisions", found.rows),
        Some(broken) => format!("the chain is broken: {}\n{} decisions before that hold", finding(broken), found.rows),
    };
    if found.checkpoints > 0 {
        text.push_str(&format!(", {} checkpoints agree", found.checkpoints));
    }
    text.push('\n');
    if found.unchained > 0 {
        text.push_str(&format!("{} older decisions are from before the chain\n", found.unchained));
    }
    if let (None, Some((row, hash))) = (&found.broken, &found.head) {
        text.push_str(&format!("head      decision {row}, {hash}\n"));
    }
    text
}

fn finding(broken: &Broken) -> String {
    match broken {
        Broken::Edited { row } => format!("decision {row} does not follow from the one before it; it was edited"),
        Broken::Missing { from, row } if *row == from + 1 => format!("decision {from} is missing"),
        Broken::Missing { from, row } => format!("decisions {from} to {} are missing", row - 1),
        Broken::Truncated { row, last } => {
            format!("a checkpoint saw decision {row}, and the last one is {last}; the end was cut off")
        }
        Broken::Rewritten { row } => format!("a checkpoint saw another decision {row}; it was written anew"),
    }
}

/// Milliseconds since the Unix epoch of a time or a date in UTC.
pub(super) fn time(text: &str) -> Result<i64, Failure> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).map_err(|_| {
        let message = format!("`{text}` is no time; write it like `2026-03-31` or `2026-03-31T12:00:00Z`");
        Failure::new(Exit::Usage, message)
    })
}

#[cfg(test)]
mod tests {
    use forgeline_store::{Broken, Verified};

    use super::{time, verified};

    #[test]
    fn a_finding_names_the_row_and_what_happened() {
        let found = |broken| Verified { rows: 4, unchained: 0, head: None, checkpoints: 1, broken };
        for (broken, expected) in [
            (None, "the chain holds: 4 decisions, 1 checkpoints agree\n"),
            (Some(Broken::Missing { from: 5, row: 6 }), "decision 5 is missing"),
            (Some(Broken::Missing { from: 5, row: 8 }), "decisions 5 to 7 are missing"),
            (Some(Broken::Edited { row: 5 }), "decision 5 does not follow"),
            (Some(Broken::Truncated { row: 9, last: 4 }), "saw decision 9, and the last one is 4"),
        ] {
            let text = verified(&found(broken));
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_time_may_be_a_date() {
        assert_eq!(time("1970-01-02").ok(), Some(86_400_000));
        assert_eq!(time("1970-01-01T00:00:01Z").ok(), Some(1000));
        assert!(time("yesterday").is_err());
    }
}
