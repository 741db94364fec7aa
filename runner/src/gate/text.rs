//! Rules about the words that go out with a commit.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    GateInput, RuleOutcome,
    verdict::{Answers, Decision},
};

static SKIP_CI: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\[\s*(?:skip|no)[ -]+(?:ci|actions|azurepipelines|azpipelines|azp)\s*\]|\[\s*(?:ci|actions|azurepipelines|azpipelines|azp)[ -]+skip\s*\]|\*\*\*\s*no_ci\s*\*\*\*|(?m-s:^\s*skip-checks\s*:\s*true)",
    )
    .expect("a built-in pattern compiles")
});

static TRAILER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?mi)^\s*(forgeline-[a-z-]+|[a-z]+(?:-[a-z]+)*-by|change-id|cc)\s*:")
        .expect("a built-in pattern compiles")
});

/// `skip-ci`: no marker that keeps checks from running.
pub(super) fn skip_ci(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for text in input.texts.iter().filter(|text| SKIP_CI.is_match(text.text)) {
        answers.about(Decision::Deny, text.place, "it has a marker that skips checks");
    }
    answers.or_passed("no marker that skips checks")
}

/// `trailers`: nobody but Forgeline speaks in the trailers of its commits.
pub(super) fn trailers(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for text in input.texts {
        if let Some(found) = TRAILER.captures(text.text) {
            answers.about(Decision::Deny, text.place, format!("it has a trailer `{}`", found[1].to_lowercase()));
        }
    }
    answers.or_passed("no foreign trailer")
}
