//! What goes out: to stdout text for people or one JSON document, to stderr notes.
//!
//! Text for people may hold what strangers wrote; nothing in it reaches a terminal as a command.

use std::{
    io::{self, ErrorKind, IsTerminal as _, Write as _},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{ci::System, exit::Exit, rehearsal::DryRun};

/// Stands for a character that a terminal would obey.
const OBEYED: char = '\u{fffd}';

/// Ends a colour.
const RESET: &str = "\u{1b}[0m";

/// The job that this process is part of; none on other machines.
static JOB: OnceLock<Job> = OnceLock::new();

/// Shortest secret that is looked for in what is written: shorter ones stand in ordinary words.
const LEAST_SECRET: usize = 8;

/// A system that reads what is printed.
struct Job {
    system: System,
    secrets: Vec<String>,
}

/// Whether stdout got anything.
static SAID: AtomicBool = AtomicBool::new(false);

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// One JSON document instead of text.
    pub json: bool,
    /// Colour in text; a status is always a word as well.
    pub colour: bool,
    /// What is told would happen, and does not.
    pub dry_run: bool,
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
        Self { json, colour, dry_run: false }
    }

    /// The same for a command whose changes are told and not made, or made.
    #[must_use]
    pub fn rehearsing(self, how: DryRun) -> Self {
        Self { dry_run: how.dry_run, ..self }
    }

    /// Prints `value` as `{"schemaVersion": 1, "<name>": value}`, or the text that `human` makes. A dry run is marked.
    pub fn print(&self, name: &str, value: &impl Serialize, human: impl FnOnce() -> String) {
        if self.json {
            let mut document: Value = json!({"schemaVersion": 1, name: value});
            if self.dry_run {
                document["dry_run"] = true.into();
            }
            let document = format!("{document:#}\n");
            self.exact(&JOB.get().map_or_else(|| document.clone(), |job| job.system.defused_json(&document)));
        } else {
            let head = if self.dry_run { "dry run: nothing is written\n" } else { "" };
            self.text(&format!("{head}{}", human()));
        }
    }

    /// One line.
    pub fn line(&self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// A line of a story that is told as it happens: on stderr when stdout is for a document.
    pub fn story(&self, text: &str) {
        if self.json { note(text) } else { self.line(text) }
    }

    /// Text that ends its own last line; for people it is made plain.
    pub fn text(&self, text: &str) {
        if self.json { self.exact(text) } else { self.exact(&coloured(&defused(text), self.colour)) }
    }

    /// Text for a machine, as it is.
    pub fn exact(&self, text: &str) {
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
        format!("\u{1b}[{code}m{word}{RESET}")
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

/// A line for people on stderr. That nobody can read it is no error.
pub fn note(text: &str) {
    let text = plain(&defused(text));
    let _ = io::stderr().lock().write_all(format!("{}\n", scrubbed(&text)).as_bytes());
}

/// From now on what is printed is read by this system: only [`command`] gives it commands, and no text shows a secret.
pub fn in_job(system: System, secrets: Vec<String>) {
    let secrets = secrets.into_iter().filter(|secret| secret.len() >= LEAST_SECRET).collect();
    // A process is part of one job.
    let _ = JOB.set(Job { system, secrets });
}

/// A command for the system that runs the job. Systems read both streams; stdout is for data.
pub fn command(text: &str) {
    let _ = io::stderr().lock().write_all(scrubbed(text).as_bytes());
}

/// Text without the job's secrets.
pub fn scrubbed(text: &str) -> String {
    let secrets = JOB.get().map_or(&[][..], |job| &job.secrets);
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
}

/// Text that is no command to the system that runs the job.
fn defused(text: &str) -> String {
    JOB.get().map_or_else(|| text.to_owned(), |job| job.system.defused(text))
}

/// Whether something was printed on stdout.
pub fn said() -> bool {
    SAID.load(Ordering::Relaxed)
}

/// Text from outside, without what would move a terminal's cursor, change its colours or turn the order of letters.
pub fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\t' => clean.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => clean.push(OBEYED),
            _ => clean.push(if c.is_control() { OBEYED } else { c }),
        }
    }
    clean
}

/// Plain text in which words that [`Output::status`] coloured stay coloured.
fn coloured(text: &str, colour: bool) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}').filter(|_| colour) {
        clean.push_str(&plain(&rest[..at]));
        let length = status_length(&rest[at..]);
        let (word, behind) = rest[at..].split_at(length.unwrap_or(1));
        if length.is_some() {
            clean.push_str(word)
        } else {
            clean.push(OBEYED)
        }
        rest = behind;
    }
    clean.push_str(&plain(rest));
    clean
}

/// How long the coloured word is that the text begins with: a start, one word, an end.
fn status_length(text: &str) -> Option<usize> {
    let word = ["[31m", "[32m", "[33m"].iter().find_map(|start| text.get(1..)?.strip_prefix(start))?;
    let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || "-_ ".contains(c)))?;
    word[end..].starts_with(RESET).then(|| text.len() - word.len() + end + RESET.len())
}

/// A reader that went away is no error: it has read what it wanted.
fn write(text: &str) {
    if text.is_empty() {
        return;
    }
    SAID.store(true, Ordering::Relaxed);
    let mut out = io::stdout().lock();
    match out.write_all(scrubbed(text).as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(Exit::Success as i32),
        Err(error) => {
            note(&format!("error: stdout cannot be written: {error}"));
            std::process::exit(Exit::Infrastructure as i32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Output, coloured, plain, table};

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["run_1".into(), "ok".into()], vec!["größer".into(), "failed".into()]];
        assert_eq!(table(&["id", "state"], &rows), "id      state\nrun_1   ok\ngrößer  failed\n");
    }

    #[test]
    fn a_terminal_is_told_nothing_by_strangers() {
        for (text, expected) in [
            ("größer\n\tx\r\n", "größer\n\tx\n"),
            ("a\u{1b}]0;title\u{7}b", "a\u{fffd}]0;title\u{fffd}b"),
            ("\u{9b}2J\rover\u{202e}", "\u{fffd}2J\u{fffd}over\u{fffd}"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn only_a_status_has_a_colour() {
        let word = Output { json: false, colour: true, dry_run: false }.status("failed");
        let text = format!("{word} \u{1b}[2J\u{1b}[31m\u{1b}\n");
        assert_eq!(coloured(&text, true), format!("{word} \u{fffd}[2J\u{fffd}[31m\u{fffd}\n"));
        assert!(!coloured(&text, false).contains('\u{1b}'));
    }
}
