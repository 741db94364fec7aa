//! Reads what stands in a tag: which functions it calls and which variables it names.

use super::scan::{Kind, Tag};

/// What a tag uses.
#[derive(Debug, Default)]
pub(super) struct Usage<'t> {
    /// Block, function or partial that the tag is about, if it is not a plain variable.
    pub(super) head: Option<(&'t str, usize)>,
    /// Functions called, the head of a value included.
    pub(super) calls: Vec<(&'t str, usize)>,
    /// Variables named.
    pub(super) variables: Vec<Variable<'t>>,
    /// Names that the block gives: `as |value key|`.
    pub(super) gives: Vec<&'t str>,
}

/// A variable as the tag names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable<'t> {
    pub(super) path: &'t str,
    /// Byte offset in the whole text.
    pub(super) offset: usize,
    /// It may be undefined there: an argument of `if`, `unless`, `and`, `or`, `not`, or the first of `default`.
    pub(super) optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'t> {
    Open,
    Close,
    Literal,
    Pipe,
    Key,
    Word(&'t str, usize),
}

/// Reads a tag. `is_function` tells a function called without arguments from a variable.
pub(super) fn read<'t>(tag: &Tag<'t>, is_function: impl Fn(&str) -> bool) -> Usage<'t> {
    let mut tokens = tokenise(tag);
    let mut usage = Usage { gives: take_given(&mut tokens), ..Usage::default() };
    if tag.kind == Kind::Close || tokens.is_empty() {
        return usage;
    }
    let head = match tokens.first() {
        Some(Token::Word(word, offset)) => Some((*word, *offset)),
        _ => None,
    };
    let is_call = tag.kind != Kind::Value || tokens.len() > 1 || head.is_some_and(|(word, _)| is_function(word));
    usage.head = head.filter(|_| is_call);
    // Callers of the group being read, innermost last, with the number of arguments seen so far.
    let mut callers: Vec<(&str, usize)> = Vec::new();
    let mut rest = tokens.as_slice();
    if let (Some((name, offset)), true) = (head, is_call) {
        if tag.kind != Kind::Partial {
            usage.calls.push((name, offset));
        }
        callers.push((name, 0));
        rest = &rest[1..];
    }
    while let [token, after @ ..] = rest {
        rest = after;
        match token {
            Token::Open => {
                if let Some((_, arguments)) = callers.last_mut() {
                    *arguments += 1;
                }
                if let [Token::Word(name, offset), tail @ ..] = rest
                    && (is_function(name) || tail.first() != Some(&Token::Close))
                {
                    usage.calls.push((name, *offset));
                    callers.push((name, 0));
                    rest = tail;
                } else {
                    callers.push(("", 0));
                }
            }
            Token::Close => {
                callers.pop();
            }
            Token::Word(word, offset) => {
                let optional = callers.last().is_some_and(|(name, seen)| is_lenient(name, *seen));
                if !is_constant(word) {
                    usage.variables.push(Variable { path: word, offset: *offset, optional });
                }
                count(&mut callers);
            }
            Token::Literal => count(&mut callers),
            Token::Key | Token::Pipe => {}
        }
    }
    usage
}

fn count(callers: &mut [(&str, usize)]) {
    if let Some((_, arguments)) = callers.last_mut() {
        *arguments += 1;
    }
}

fn is_lenient(function: &str, argument: usize) -> bool {
    matches!(function, "if" | "unless" | "and" | "or" | "not") || (function == "default" && argument == 0)
}

fn is_constant(word: &str) -> bool {
    matches!(word, "true" | "false" | "null")
        || word.strip_prefix('-').unwrap_or(word).starts_with(|c: char| c.is_ascii_digit())
}

/// Cuts `as |a b|` off the end.
fn take_given<'t>(tokens: &mut Vec<Token<'t>>) -> Vec<&'t str> {
    let Some(start) = tokens.windows(2).position(|pair| matches!(pair, [Token::Word("as", _), Token::Pipe])) else {
        return Vec::new();
    };
    let given = tokens.split_off(start);
    given[1..].iter().filter_map(|token| if let Token::Word(name, _) = token { Some(*name) } else { None }).collect()
}

fn tokenise<'t>(tag: &Tag<'t>) -> Vec<Token<'t>> {
    let body = tag.body;
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = body[at..].chars().next() {
        match first {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '|' => tokens.push(Token::Pipe),
            '"' | '\'' => {
                tokens.push(Token::Literal);
                at += string_length(&body[at..], first);
                continue;
            }
            c if c.is_whitespace() => {}
            _ => {
                let length = body[at..]
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|' | '"' | '\'' | '='))
                    .unwrap_or(body.len() - at);
                if length == 0 {
                    at += 1;
                    continue;
                }
                let word = &body[at..at + length];
                at += length;
                if body[at..].trim_start().starts_with('=') {
                    tokens.push(Token::Key);
                    at = body.len() - body[at..].trim_start().len() + 1;
                } else {
                    tokens.push(Token::Word(word, tag.body_start + at - length));
                }
                continue;
            }
        }
        at += first.len_utf8();
    }
    tokens
}

/// Bytes of the quoted text at the start, quotes included.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return index + 1;
        }
    }
    text.len()
}
