//! What goes to stdout: text for people, or one JSON document.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::{Value, json};

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// One JSON document instead of text.
    pub json: bool,
    /// Colour in text; a status is always a word as well.
    pub colour: bool,
}

impl Output {
    /// From the flags, `NO_COLOR` and what stdout is.
    pub fn new(json: bool, colour: crate::args::Colour) -> Self {
        let colour = match colour {
            crate::args::Colour::Always => true,
            crate::args::Colour::Never => false,
            crate::args::Colour::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty()) && io::stdout().is_terminal()
            }
        };
        Self { json, colour }
    }

    /// Prints `value` as `{"schemaVersion": 1, "<name>": value}`, or the text that `human` makes.
    pub fn print(&self, name: &str, value: &impl Serialize, human: impl FnOnce() -> String) {
        if self.json {
            let document: Value = json!({"schemaVersion": 1, name: value});
            self.line(&format!("{document:#}"));
        } else {
            self.text(&human());
        }
    }

    /// One line.
    pub fn line(&self, text: &str) {
        write(&format!("{text}\n"));
    }

    /// Text that ends its own last line.
    pub fn text(&self, text: &str) {
        write(text);
    }

    /// A table: columns as wide as their widest cell, two spaces apart.
    pub fn table(&self, head: &[&str], rows: &[Vec<String>]) -> String {
        table(head, rows)
    }

    /// The word in a colour, when there is colour.
    pub fn status(&self, word: &str) -> String {
        if !self.colour {
            return word.to_owned();
        }
        let code = match word {
            "published" | "done" | "allow" | "ok" | "merged" => 32,
            "failed" | "refused" | "deny" | "missing" => 31,
            _ => 33,
        };
        format!("\u{1b}[{code}m{word}\u{1b}[0m")
    }
}

/// A table: columns as wide as their widest cell, two spaces apart.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())))
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(&head);
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

/// A reader that went away is no error: it has read what it wanted.
fn write(text: &str) {
    let mut out = io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["run_1".into(), "ok".into()], vec!["größer".into(), "failed".into()]];
        assert_eq!(table(&["id", "state"], &rows), "id      state\nrun_1   ok\ngrößer  failed\n");
    }
}
