//! Packs lines into pieces of bounded size, breaking where the structure allows it.

use std::ops::Range;

/// Most word pieces in a chunk: what the model reads at once (256), less room for the breadcrumb.
pub(crate) const MAX_WEIGHT: usize = 220;
/// From this weight on a piece ends at the next good break. Small, so that an edit shifts few pieces after it.
const GOOD_WEIGHT: usize = 48;

/// A run of lines under one breadcrumb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) breadcrumb: String,
    pub(crate) lines: Range<usize>,
    /// Lines at which a new piece may well begin.
    pub(crate) breaks: Vec<usize>,
}

impl Section {
    /// All lines, broken at paragraphs.
    pub(crate) fn whole(lines: &[&str]) -> Self {
        let breaks = (1..lines.len()).filter(|&at| is_blank(lines[at - 1]) && !is_blank(lines[at])).collect();
        Self { breadcrumb: String::new(), lines: 0..lines.len(), breaks }
    }
}

/// A run of lines, or a part of a single line that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) first: usize,
    pub(crate) last: usize,
    part: Option<Range<usize>>,
}

impl Piece {
    /// The exact text; none when it is blank.
    pub(crate) fn text(&self, lines: &[&str]) -> Option<String> {
        let text = match &self.part {
            Some(range) => lines[self.first][range.clone()].to_owned(),
            None => lines[self.first..=self.last].join("\n"),
        };
        (!is_blank(&text)).then_some(text)
    }
}

/// Cuts a range of lines into pieces: at a break once the piece is large enough, anywhere when it would grow too large.
pub(crate) fn pieces(lines: &[&str], range: Range<usize>, breaks: Vec<usize>) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut start = range.start;
    let mut size = 0;
    for at in range.clone() {
        let line = weight(lines[at]) + 1;
        let ends_well = size >= GOOD_WEIGHT && breaks.binary_search(&at).is_ok();
        if ends_well || size + line > MAX_WEIGHT {
            close(lines, start..at, &mut out);
            (start, size) = (at, 0);
        }
        if line > MAX_WEIGHT {
            split_line(lines[at], at, &mut out);
            start = at + 1;
        } else {
            size += line;
        }
    }
    close(lines, start..range.end, &mut out);
    out
}

/// Adds a piece without the blank lines around it.
fn close(lines: &[&str], range: Range<usize>, out: &mut Vec<Piece>) {
    let first = range.clone().find(|&at| !is_blank(lines[at]));
    let last = range.rev().find(|&at| !is_blank(lines[at]));
    if let (Some(first), Some(last)) = (first, last) {
        out.push(Piece { first, last, part: None });
    }
}

/// A line that is too long for one piece, as minified code has it, in parts.
fn split_line(line: &str, at: usize, out: &mut Vec<Piece>) {
    // A word piece has at least one character, so this many characters never weigh too much.
    let mut rest = 0..line.len();
    while rest.start < rest.end {
        let length: usize = line[rest.clone()].chars().take(MAX_WEIGHT).map(char::len_utf8).sum();
        let end = rest.start + length;
        out.push(Piece { first: at, last: at, part: Some(rest.start..end) });
        rest.start = end;
    }
}

/// About how many word pieces a text has: five letters or digits make one, and so does any other visible character.
pub(crate) fn weight(text: &str) -> usize {
    let mut weight = 0;
    let mut run = 0;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            // One for the first character of each five.
            weight += usize::from(run % 5 == 0);
            run += 1;
        } else {
            run = 0;
            weight += usize::from(!c.is_whitespace());
        }
    }
    weight
}

pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Width of the white space in front, a tab counting four.
pub(crate) fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}
