//! `forgeline contracts diff`: whether one schema can stand in for another.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufRead, BufReader, Write as _, stdin, stdout},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use forgeline_registry::{Budget, Comparison, ContentModel, Relation, Verdict, batch, compare, differences};
use serde_json::{Value, json};

use super::look;
use crate::{
    commands::Session,
    exit::{Exit, Failure},
};

/// Largest line of a batch, bytes.
const MAX_LINE: u64 = 16 << 20;

/// Say whether a new schema is compatible with an old one: proven, refuted with a witness, or undecided.
///
/// Draft-04 to 2020-12, in JSON or YAML; references inside the document are followed. Ends with 0 when it is
/// compatible, with 1 otherwise.
///
/// Examples: `forgeline contracts diff old.json new.json`,
/// `forgeline contracts diff VisionDocumentCreated@1.0 schema.json --mode full`,
/// `forgeline contracts diff --batch pairs.ndjson`
#[derive(Debug, Args)]
pub struct Diff {
    /// The old schema: a file, or `Name@1.0` of a contract in force.
    #[arg(required_unless_present = "batch")]
    old: Option<String>,
    /// The new schema, likewise.
    #[arg(required_unless_present = "batch")]
    new: Option<String>,
    /// Who has to understand whom: `backward`, new readers what old writers wrote; `forward`, old readers what new
    /// writers write; `full`, both.
    #[arg(long, value_enum, default_value = "backward")]
    mode: Mode,
    /// `views`: writers hold to the closed form and readers accept the open one; `strict`: both hold to the schema.
    #[arg(long, value_enum, default_value = "views")]
    content_model: Model,
    /// Answer many pairs: NDJSON of `{"id", "old", "new", "mode", "content_model"}`, `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["old", "new", "mode", "content_model"])]
    batch: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Backward,
    Forward,
    Full,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Model {
    Views,
    Strict,
}

impl Diff {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        if let Some(file) = &self.batch {
            return answer_all(file);
        }
        let (old_name, new_name) = (self.old.unwrap_or_default(), self.new.unwrap_or_default());
        let (old, new) = (schema(session, &old_name)?, schema(session, &new_name)?);
        let relation = match self.mode {
            Mode::Backward => Relation::Backward,
            Mode::Forward => Relation::Forward,
            Mode::Full => Relation::Full,
        };
        let model = match self.content_model {
            Model::Views => ContentModel::Views,
            Model::Strict => ContentModel::Strict,
        };
        let answer = compare(&old, &new, relation, model, &Budget::default())
            .map_err(|why| Failure::new(Exit::Invalid, format!("{old_name} → {new_name}: {why}")))?;
        let changes = differences(&old, &new);
        let value = json!({
            "old": old_name, "new": new_name, "mode": relation, "contentModel": model,
            "verdict": answer.verdict, "direction": answer.direction, "witness": answer.witness,
            "reasons": answer.reasons,
            "changes": changes.iter().map(|(pointer, message)| json!({"pointer": pointer, "message": message})).collect::<Vec<_>>(),
        });
        session.out.print("diff", &value, || text(&old_name, &new_name, &answer, &changes));
        Ok(if answer.verdict == Verdict::Compatible { Exit::Success } else { Exit::Failed })
    }
}

fn text(old: &str, new: &str, answer: &Comparison, changes: &[(String, String)]) -> String {
    let mut text = match answer.verdict {
        Verdict::Compatible => format!("compatible: {new} can stand in for {old}"),
        Verdict::Breaking => format!("breaking: {new} cannot stand in for {old}"),
        Verdict::Undecided => format!("undecided, and so to be taken as breaking: {old} → {new}"),
    };
    // Writing into a string cannot fail.
    match (answer.direction, &answer.witness) {
        (Some(Relation::Forward), Some(witness)) => {
            let _ = write!(text, "\n\nwritten by the new schema and refused by the old one\n  {witness}");
        }
        (_, Some(witness)) => {
            let _ = write!(text, "\n\nwritten by the old schema and refused by the new one\n  {witness}");
        }
        _ => {}
    }
    if !answer.reasons.is_empty() {
        text.push_str("\n\nwhy");
        for reason in &answer.reasons {
            let place = if reason.pointer.is_empty() { "/" } else { &reason.pointer };
            let _ = write!(text, "\n  {}  {place}  {}", reason.rule, reason.message);
        }
    }
    if !changes.is_empty() {
        text.push_str("\n\nchanges");
        for (pointer, message) in changes {
            let place = if pointer.is_empty() { "/" } else { pointer };
            let _ = write!(text, "\n  {place}  {message}");
        }
    }
    text.push('\n');
    text
}

/// The schema in a file, or of a contract.
fn schema(session: &Session, name: &str) -> anyhow::Result<Value> {
    if !Path::new(name).exists() && name.contains('@') {
        return look::schema(session, name);
    }
    let text = std::fs::read_to_string(name).map_err(|why| {
        let missing = why.kind() == std::io::ErrorKind::NotFound;
        Failure::new(
            if missing { Exit::NotFound } else { Exit::Infrastructure },
            format!("cannot read `{name}`: {why}"),
        )
    })?;
    let parsed = match serde_json::from_str(&text) {
        Ok(value) => Ok(value),
        Err(_) if is_yaml(name) => serde_yaml::from_str(&text).map_err(|why| why.to_string()),
        Err(why) => Err(why.to_string()),
    };
    parsed.map_err(|why| Failure::new(Exit::Invalid, format!("`{name}` is not a schema: {why}")).into())
}

fn is_yaml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "yaml" || end == "yml")
}

/// Answers each line by one; a bad line has its answer too.
fn answer_all(file: &Path) -> anyhow::Result<Exit> {
    let mut lines: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(BufReader::new(stdin()))
    } else {
        let open = File::open(file);
        Box::new(BufReader::new(
            open.map_err(|why| Failure::new(Exit::NotFound, format!("cannot read `{}`: {why}", file.display())))?,
        ))
    };
    let (mut out, mut exit) = (stdout().lock(), Exit::Success);
    while let Some(line) = next(&mut lines)? {
        if line.trim().is_empty() {
            continue;
        }
        let answer = batch::answer(&line, &Budget::default());
        if !answer.usable {
            exit = Exit::Invalid;
        }
        writeln!(out, "{}", answer.told)?;
    }
    out.flush()?;
    Ok(exit)
}

/// The next line; one that is too long is cut off, which makes it a bad line and no more than that.
fn next(lines: &mut dyn BufRead) -> anyhow::Result<Option<String>> {
    let mut bytes = Vec::new();
    std::io::Read::take(&mut *lines, MAX_LINE).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') && bytes.len() as u64 == MAX_LINE {
        lines.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
