//! A work item's text cut at its headings, whatever their level: a person writes `##`, an issue form writes `###`.

/// A list entry or line with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Line in the text, from 0.
    pub(super) at: usize,
    /// The entry without its list sign.
    pub(super) text: &'a str,
}

/// The parts of a work item.
#[derive(Debug, Default)]
pub(super) struct Sections<'a> {
    /// Lines that describe, with headings that are not ours.
    pub(super) prose: Vec<&'a str>,
    /// Line of `## Entities`, if there is one.
    pub(super) entities_at: Option<usize>,
    /// Entries of `## Entities`.
    pub(super) entities: Vec<Line<'a>>,
    /// Entries of `## Events`.
    pub(super) events: Vec<Line<'a>>,
    /// Entries of `## Rules`.
    pub(super) rules: Vec<Line<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Prose,
    Entities,
    Events,
    Rules,
}

/// What an issue form writes for a field that was left empty.
const NO_RESPONSE: &str = "_No response_";

pub(super) fn split(text: &str) -> Sections<'_> {
    let mut sections = Sections::default();
    let mut part = Part::Prose;
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        fenced ^= fence;
        if !fenced
            && !fence
            && let Some(heading) = heading(line)
        {
            part = part_of(heading);
            match part {
                Part::Entities => sections.entities_at = sections.entities_at.or(Some(at)),
                Part::Prose if !describes(heading) => sections.prose.push(line),
                _ => {}
            }
            continue;
        }
        if part == Part::Prose {
            if trimmed != NO_RESPONSE {
                sections.prose.push(line);
            }
            continue;
        }
        if trimmed.is_empty() || fence || trimmed == NO_RESPONSE {
            continue;
        }
        let entries = match part {
            Part::Entities => &mut sections.entities,
            Part::Events => &mut sections.events,
            Part::Rules | Part::Prose => &mut sections.rules,
        };
        entries.push(Line { at, text: entry(trimmed) });
    }
    sections
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start().trim_start_matches('#');
    let level = line.trim_start().len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with([' ', '\t'])).then(|| rest.trim().trim_end_matches(['#', ':']).trim())
}

fn part_of(heading: &str) -> Part {
    match heading.to_lowercase().as_str() {
        "entities" | "entity" => Part::Entities,
        "events" | "event" => Part::Events,
        "rules" | "rule" => Part::Rules,
        _ => Part::Prose,
    }
}

/// Headings of the form that only say that prose follows.
fn describes(heading: &str) -> bool {
    matches!(heading.to_lowercase().as_str(), "description" | "summary" | "what" | "what should the service do?")
}

/// A list entry without its sign: `- x`, `* x`, `+ x`, `1. x`, `- [ ] x`.
fn entry(line: &str) -> &str {
    let digits = line.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let rest = if digits.len() < line.len() && digits.starts_with(['.', ')']) {
        &digits[1..]
    } else {
        line.strip_prefix(['-', '*', '+']).filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line)
    };
    let rest = rest.trim_start();
    ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest)
}
