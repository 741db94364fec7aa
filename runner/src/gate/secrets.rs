//! The rule about credentials. A finding says what and where, never the value.

use std::{ops::Range, sync::LazyLock};

use regex::bytes::{Captures, Regex, RegexSet};

use super::{
    GateInput, RuleOutcome,
    content::line_of,
    verdict::{Answers, Decision},
};

/// Shapes of credentials: a name for people, and the pattern. Where a pattern has a group `value`, that must look
/// random ([`looks_random`]); the others are unmistakable.
const PATTERNS: &[(&str, &str)] = &[
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})"),
    ("a GitLab token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}"),
    ("an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("an AWS secret key", r#"(?i)aws.{0,20}(?:secret|key).{0,20}[:=]\s*["']?(?P<value>[A-Za-z0-9/+]{40})\b"#),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/T[A-Za-z0-9]+/[A-Za-z0-9/]{20,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Google OAuth secret", r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    ("an Azure storage key", r"(?i)AccountKey\s*=\s*[A-Za-z0-9+/]{86}=="),
    ("an Azure connection string", r"(?i)SharedAccess(?:Key|Signature)\s*=\s*[A-Za-z0-9+/%]{40,}=*"),
    ("an Azure DevOps token", r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b"),
    ("an Azure DevOps token", r#"(?i)(?:azure|azdo|devops|vsts).{0,30}(?:pat|token).{0,10}[:=]\s*["']?[a-z2-7]{52}\b"#),
    ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a model provider's key", r"\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{32,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("a Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    ("a Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("a password in a URL", r#"\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@"'<>{}$]{1,100}:(?P<value>[^/\s:@"'<>{}$]{8,200})@"#),
    (
        "a credential",
        r#"(?i)(?:api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|client[_-]?secret|secret[_-]?key|secret|token|passw(?:or)?d)["']?\s*(?:[:=]|=>|:=)\s*["'`]?(?P<value>[A-Za-z0-9+/_.~=-]{20,200})"#,
    ),
];

/// Most credentials that are taken out of one text.
const MOST_MASKED: usize = 100;

struct Scanner {
    any: RegexSet,
    each: Vec<(&'static str, Regex)>,
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner {
    any: RegexSet::new(PATTERNS.iter().map(|(_, pattern)| pattern)).expect("built-in patterns compile"),
    each: PATTERNS
        .iter()
        .map(|(what, pattern)| (*what, Regex::new(pattern).expect("built-in patterns compile")))
        .collect(),
});

/// `secrets`: nothing that has the shape of a credential, in files, paths or texts.
pub(super) fn secrets(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files {
        if let Some((what, _)) = find(file.path.as_bytes()) {
            answers.whole(Decision::Deny, format!("a path holds {what}"));
        }
        if let Some((what, line)) = find(file.content) {
            answers.about(Decision::Deny, file.path, format!("line {line} holds {what}"));
        }
    }
    for text in input.texts {
        if let Some((what, line)) = find(text.text.as_bytes()) {
            answers.about(Decision::Deny, text.place, format!("line {line} holds {what}"));
        }
    }
    answers.or_passed("nothing has the shape of a credential")
}

/// What the first credential in a text is, for text that leaves by other ways than a commit.
pub(crate) fn credential(text: &str) -> Option<&'static str> {
    find(text.as_bytes()).map(|(what, _)| what)
}

/// The text with each credential taken out, for text that people read on a forge.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = text.to_owned();
    // Nothing but a fault in a pattern makes this go on for long; then nothing is said at all.
    for _ in 0..MOST_MASKED {
        let Some((what, span)) = first(masked.as_bytes()) else { return masked };
        if !masked.is_char_boundary(span.start) || !masked.is_char_boundary(span.end) {
            break;
        }
        masked.replace_range(span, &format!("({what}, taken out)"));
    }
    if first(masked.as_bytes()).is_none() { masked } else { "(a text with credentials, taken out)".to_owned() }
}

/// The first credential: what it is and its line.
fn find(content: &[u8]) -> Option<(&'static str, usize)> {
    first(content).map(|(what, span)| (what, line_of(content, span.start)))
}

/// The first credential: what it is and where.
fn first(content: &[u8]) -> Option<(&'static str, Range<usize>)> {
    let scanner = &*SCANNER;
    scanner
        .any
        .matches(content)
        .into_iter()
        .filter_map(|index| {
            let (what, pattern) = &scanner.each[index];
            let at = pattern.captures_iter(content).find_map(|found| place_of(&found))?;
            Some((at, *what))
        })
        .min_by_key(|(at, _)| at.start)
        .map(|(at, what)| (what, at))
}

fn place_of(found: &Captures<'_>) -> Option<Range<usize>> {
    if let Some(value) = found.name("value")
        && !looks_random(value.as_bytes())
    {
        return None;
    }
    found.get(0).map(|whole| whole.range())
}

/// Whether a value is more likely drawn at random than written: letters and digits mixed, and at least 3.2 bits of
/// Shannon entropy a byte, which words, identifiers and repeated placeholders stay below or fail by having no digit.
fn looks_random(value: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && entropy(value) >= 3.2
}

fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let length = value.iter().fold(0.0, |sum, _| sum + 1.0);
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length).map(|p| -p * p.log2()).sum()
}
