//! Makes what differs from one forge and one day to the next look the same.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::{Captures, Regex};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(&#|#|\bforgeline/(?:provenance/)?[a-z-]+/(?:[a-z][a-z-]*-)?|\bforks/|/issues/|/pull/)(\d+)\b")
});
/// A pull request of a repository beside the scenario's own.
static BESIDE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(acme/(?:pay|none)-[a-z-]+#)\d+\b"));
static RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\brun_[0-9a-f]+\b"));
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b20\d\d-\d\d-\d\dT[0-9:.]+Z"));
static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(comment/|reply:)\d+"));
static DIGEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bsha256:[0-9a-f]+"));
static HEX: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[0-9a-f]{12,64}\b"));
static EVENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"));

/// The names that a scenario has given to numbers and runs so far.
#[derive(Default)]
pub(super) struct Names {
    me: &'static str,
    numbers: Vec<u64>,
    runs: BTreeMap<String, usize>,
}

impl Names {
    pub(super) fn new(me: &'static str) -> Self {
        Self { me, ..Self::default() }
    }

    /// Gives an item the next number.
    pub(super) fn meet(&mut self, number: u64) {
        if !self.numbers.contains(&number) {
            self.numbers.push(number);
        }
    }

    /// The number that stands for this one.
    pub(super) fn number(&self, number: u64) -> String {
        self.numbers.iter().position(|it| *it == number).map_or_else(|| "?".to_owned(), |at| (at + 1).to_string())
    }

    /// A text in which nothing depends on the forge or the day.
    pub(super) fn tidy(&mut self, text: &str) -> String {
        let text = text.replace(self.me, "forgeline");
        let text = TIME.replace_all(&text, "<time>");
        let text = EVENT.replace_all(&text, "<id>");
        let text = DIGEST.replace_all(&text, "<digest>");
        let text = COMMENT.replace_all(&text, "$1<id>");
        let text = RUN.replace_all(&text, |found: &Captures<'_>| {
            let next = self.runs.len() + 1;
            format!("run_{}", self.runs.entry(found[0].to_owned()).or_insert(next))
        });
        let text = HEX.replace_all(&text, "<hash>");
        let text = BESIDE.replace_all(&text, "$1<number>");
        let text = NUMBER.replace_all(&text, |found: &Captures<'_>| {
            if &found[1] == "&#" {
                return found[0].to_owned();
            }
            let number = found[2].parse().map_or_else(|_| "?".to_owned(), |number| self.number(number));
            format!("{}{number}", &found[1])
        });
        text.trim_end().to_owned()
    }
}
