//! The names that a chunk defines, by the words that introduce them.

use super::pack::{indent, is_blank};
use crate::classify::Shape;

/// Most names kept per chunk.
const MOST: usize = 24;

/// Words after which a name is defined, in the languages that are common in repositories.
const KEYWORDS: &[&str] = &[
    "fn",
    "struct",
    "enum",
    "trait",
    "impl",
    "mod",
    "type",
    "const",
    "static",
    "union",
    "macro_rules!",
    "class",
    "def",
    "function",
    "interface",
    "func",
    "module",
    "package",
    "record",
    "object",
    "namespace",
    "message",
    "service",
    "rpc",
    "resource",
    "variable",
    "val",
    "var",
    "let",
    "table",
    "view",
    "procedure",
];

/// Words that may stand in front of those.
const MODIFIERS: &[&str] = &[
    "pub",
    "pub(crate)",
    "pub(super)",
    "async",
    "unsafe",
    "extern",
    "default",
    "export",
    "public",
    "private",
    "protected",
    "internal",
    "static",
    "abstract",
    "final",
    "override",
    "sealed",
    "data",
    "open",
    "virtual",
    "inline",
    "const",
    "create",
    "or",
    "replace",
    "declare",
    "partial",
    "suspend",
    "if",
    "not",
    "exists",
    "temporary",
];

/// Names that a chunk defines, in order, each once.
pub(super) fn of(shape: Shape, text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let outer = text.lines().filter(|line| !is_blank(line)).map(indent).min().unwrap_or(0);
    let mut fenced = false;
    for line in text.lines() {
        let found = match shape {
            Shape::Code => defined(line),
            Shape::Elements if indent(line) == outer => key(line),
            Shape::Markdown => {
                fenced ^= line.trim_start().starts_with("```");
                if fenced { "" } else { heading(line) }
            }
            Shape::Elements | Shape::Prose => "",
        };
        if !found.is_empty() && !names.iter().any(|name| name == found) {
            names.push(found.to_owned());
        }
        if names.len() == MOST {
            break;
        }
    }
    names
}

/// The name that a line of code defines; empty when it defines none. Local variables do not count.
pub(super) fn defined(line: &str) -> &str {
    let mut rest = line.trim_start();
    loop {
        let Some(end) = rest.find(|c: char| c.is_whitespace() || c == '<') else { return "" };
        let (word, tail) = (&rest[..end], rest[end..].trim_start());
        let lower = word.to_ascii_lowercase();
        let is_modifier = MODIFIERS.contains(&lower.as_str());
        let is_keyword = KEYWORDS.contains(&lower.as_str());
        // `const fn`, `static async`: a word that is both counts as keyword only right before a name.
        let next_is_word = tail.split_whitespace().next().is_some_and(|next| KEYWORDS.contains(&next));
        if is_keyword && !(is_modifier && next_is_word) {
            let local = matches!(lower.as_str(), "let" | "var" | "val" | "const") && indent(line) > 0;
            return if local { "" } else { name(without_condition(tail)) };
        }
        if !is_modifier {
            return "";
        }
        rest = tail;
    }
}

/// Without the `IF NOT EXISTS` of SQL.
fn without_condition(text: &str) -> &str {
    match text.get(..14) {
        Some(words) if words.eq_ignore_ascii_case("if not exists ") => &text[14..],
        _ => text,
    }
}

/// The identifier at the front, after generics (`impl<T> Name`), receivers (`func (r *T) Name`) and quotes.
fn name(text: &str) -> &str {
    let text = match text.chars().next() {
        Some('<') => text.split_once("> ").map_or("", |(_, rest)| rest),
        Some('(') => text.split_once(") ").map_or("", |(_, rest)| rest),
        _ => text,
    };
    let text = text.trim_start_matches(['"', '\'', '`', '*', '&']);
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

fn key(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') {
        return "";
    }
    if let Some(table) = line.strip_prefix('[') {
        return table.trim_start_matches('[').split(']').next().unwrap_or("").trim();
    }
    let end = line.find([':', '=']).unwrap_or(0);
    line[..end].trim().trim_matches(['"', '\'']).trim_start_matches("- ")
}

fn heading(line: &str) -> &str {
    let title = line.trim_start_matches('#');
    if title.len() == line.len() || !title.starts_with(' ') { "" } else { title.trim() }
}

#[cfg(test)]
mod tests {
    use super::{defined, key};

    #[test]
    fn names_by_the_word_before_them() {
        for (line, expected) in [
            ("pub fn run(x: u32) -> u32 {", "run"),
            ("    pub(crate) const fn id(self) -> Oid {", "id"),
            ("impl<T: Clone> Store<T> {", "Store"),
            ("pub const MAX: usize = 1;", "MAX"),
            ("export default async function loadAll() {", "loadAll"),
            ("func (s *Server) Handle(w http.ResponseWriter) {", "Handle"),
            ("class OrderService:", "OrderService"),
            ("    def place(self, order):", "place"),
            ("public interface IStore", "IStore"),
            ("CREATE TABLE IF NOT EXISTS orders (", "orders"),
            ("    let total = 0;", ""),
            ("return function_of(x);", ""),
            ("// fn comment", ""),
            ("}", ""),
        ] {
            assert_eq!(defined(line), expected, "{line}");
        }
    }

    #[test]
    fn keys_of_elements() {
        for (line, expected) in [
            ("deploy:", "deploy"),
            ("\"paths\": {", "paths"),
            ("[dependencies]", "dependencies"),
            ("name = \"x\"", "name"),
            ("# note: x", ""),
            ("- item", ""),
        ] {
            assert_eq!(key(line), expected, "{line}");
        }
    }
}
