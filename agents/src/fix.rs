//! Deterministic fixers of small failures. Each says so when it changed a file.

use forgeline_model::task::{NoteVerdict, ProposedFile, TaskFailure, ValidationNote};

use crate::failure::terminal;

type Fixer = fn(&str, &str) -> String;

/// Names of the fixers that a manifest may list, with what they do.
pub const FIXERS: [(&str, &str); 3] = [
    ("newline", "ends the file with exactly one line break"),
    ("trailing-whitespace", "removes white space at the end of lines; two spaces in Markdown stay a line break"),
    ("crlf", "turns Windows line breaks into plain ones"),
];

/// Runs the fixers in order over every file.
pub(crate) fn all(names: &[String], files: &mut [ProposedFile]) -> Result<Vec<ValidationNote>, TaskFailure> {
    let mut notes = Vec::new();
    for name in names {
        let fix = find(name)?;
        for file in files.iter_mut() {
            let fixed = fix(&file.path, &file.content);
            if fixed != file.content {
                file.content = fixed;
                notes.push(ValidationNote {
                    check: format!("fix:{name}"),
                    path: file.path.clone(),
                    verdict: NoteVerdict::Corrected,
                    message: String::new(),
                });
            }
        }
    }
    Ok(notes)
}

fn find(name: &str) -> Result<Fixer, TaskFailure> {
    match name {
        "newline" => Ok(newline),
        "trailing-whitespace" => Ok(trailing_whitespace),
        "crlf" => Ok(crlf),
        _ => {
            let known: Vec<String> = FIXERS.iter().map(|(name, _)| format!("`{name}`")).collect();
            let known = known.join(", ");
            Err(terminal("validation", format!("fixer `{name}` is not available in this build; there are {known}")))
        }
    }
}

fn newline(_: &str, content: &str) -> String {
    let text = content.trim_end_matches(['\n', '\r', ' ', '\t']);
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

fn trailing_whitespace(path: &str, content: &str) -> String {
    let is_markdown = has_extension(path, &["md"]);
    let lines: Vec<String> = content
        .split('\n')
        .map(|line| {
            let (line, carriage) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "\r"));
            let text = line.trim_end_matches([' ', '\t']);
            let is_break = is_markdown && !text.is_empty() && line.ends_with("  ");
            format!("{text}{}{carriage}", if is_break { "  " } else { "" })
        })
        .collect();
    lines.join("\n")
}

fn crlf(_: &str, content: &str) -> String {
    content.replace("\r\n", "\n")
}

/// Whether a path ends in one of these extensions.
pub(crate) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| extensions.contains(&found))
}

#[cfg(test)]
mod tests {
    use forgeline_model::task::ProposedFile;

    #[track_caller]
    fn check(fixer: &str, path: &str, before: &str, after: &str) {
        let file = ProposedFile { path: path.into(), artifact_type: "X".into(), content: before.into() };
        let mut files = [file];
        let notes = super::all(&[fixer.to_owned()], &mut files).expect("a known fixer");
        assert_eq!(files[0].content, after);
        assert_eq!(notes.len(), usize::from(before != after), "a change is noted, nothing else is");
    }

    #[test]
    fn small_failures_are_put_right() {
        check("newline", "a.rs", "x", "x\n");
        check("newline", "a.rs", "x\n\n \n", "x\n");
        check("newline", "a.rs", "x\n", "x\n");
        check("newline", "a.rs", "\n", "");
        check("trailing-whitespace", "a.rs", "x  \n\t\ny\r\n", "x\n\ny\r\n");
        check("trailing-whitespace", "a.md", "x   \n  \ny \n", "x  \n\ny\n");
        check("crlf", "a.rs", "a\r\nb\n", "a\nb\n");
    }

    #[test]
    fn an_unknown_fixer_is_refused() {
        let refused = super::all(&["rustfmt".to_owned()], &mut []).expect_err("unknown");
        assert_eq!(
            refused.message,
            "fixer `rustfmt` is not available in this build; there are `newline`, `trailing-whitespace`, `crlf`"
        );
    }
}
