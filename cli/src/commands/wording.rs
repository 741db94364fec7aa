//! Times, ids, counts and foreign text, as a person reads them. Pure.

use forgeline_model::Timestamp;
use forgeline_runner::Waiting;
use forgeline_store::RunView;

pub use crate::output::plain as printable;

/// A length of time for people: `350 ms`, `4.2 s`, `3 min 5 s`.
pub fn duration(millis: u64) -> String {
    let two = |large: u64, unit: &str, small: u64, part: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {part}"),
    };
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 if millis.is_multiple_of(1_000) => format!("{} s", millis / 1_000),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        60_000..3_600_000 => two(millis / 60_000, "min", millis % 60_000 / 1_000, "s"),
        _ => two(millis / 3_600_000, "h", millis % 3_600_000 / 60_000, "min"),
    }
}

/// A point in time for people, to the second.
pub fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('.') {
        Some((whole, _)) => format!("{}Z", whole.replace('T', " ")),
        None => text,
    }
}

/// The first twelve digits of an object id.
pub fn short(oid: &str) -> &str {
    oid.get(..12).unwrap_or(oid)
}

/// `1 file`, `2 files`.
pub fn count(number: usize, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

/// Text from outside on one line, cut.
pub fn one_line(text: &str, most: usize) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What a run waits for, in one line.
pub fn waiting(view: &RunView, what: &Waiting) -> String {
    let id = &view.spec.id;
    match what {
        Waiting::Approval(stages) => {
            let stages: Vec<String> = stages.iter().map(|stage| format!("`{stage}`")).collect();
            format!("{id} waits for people at {}; `forgeline runs approve {id}` says yes", stages.join(", "))
        }
        Waiting::Group(other) => format!("{id} waits for run {other}, which is of the same group"),
        Waiting::Held { by } => format!("{id} is held back by {}", printable(by)),
        Waiting::Room { reason, .. } => format!("{id} {}", printable(reason)),
        Waiting::Until(at) => format!("{id} goes on at {at}"),
        Waiting::Elsewhere => format!("{id} is at work in another process"),
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;

    use super::{duration, moment, one_line, printable};

    #[test]
    fn times_and_texts_are_for_people() {
        for (millis, expected) in
            [(7, "7 ms"), (5_000, "5 s"), (1_250, "1.2 s"), (125_000, "2 min 5 s"), (7_200_000, "2 h")]
        {
            assert_eq!(duration(millis), expected);
        }
        assert_eq!(moment(Timestamp::from_millis(1_714_231_800_250)), "2024-04-27 15:30:00Z");
        assert_eq!(one_line("größer\nx", 3), "grö…");
        assert_eq!(printable("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\n");
    }
}
