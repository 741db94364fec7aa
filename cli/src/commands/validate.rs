//! `forgeline validate`: everything that is wrong, in one pass.

mod folder;
mod format;
mod item;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use forgeline_model::{Diagnostic, Severity, diagnostic::has_errors};

use super::Session;
use crate::{ci::job, definitions, exit::Exit, operator::Operator, output};

/// Check all definitions and contracts of a factory, or a work item.
///
/// Examples: `forgeline validate`, `forgeline validate item.md`, `forgeline validate --format sarif > forgeline.sarif`
#[derive(Debug, Args)]
pub struct Validate {
    /// Folder of a factory, or a work item as a Markdown file (`-` for stdin); the definitions in force otherwise.
    pub path: Option<PathBuf>,
    /// Form of the findings; `human` otherwise, and in a job of a pipeline its annotations too.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// Form of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the line that each is about.
    Human,
    /// One JSON document, as `--json`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// Annotations of Azure Pipelines.
    Azure,
}

/// What was checked and what was found.
pub(crate) struct Checked {
    /// In a few words.
    what: String,
    findings: Vec<Diagnostic>,
}

impl Validate {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let mut checked = match &self.path {
            Some(path) if path.is_dir() => folder::check(session, path)?,
            Some(path) => item::check(path)?,
            None => match definitions::folder(&session.global)? {
                Some(folder) => folder::check(session, &folder)?,
                None => folder::check_built_in(),
            },
        };
        let operator = Operator::find(&session.global, |name| std::env::var(name).ok())?;
        checked.findings.extend(operator.file.findings);
        let format = if session.out.json { Format::Json } else { self.format.unwrap_or(Format::Human) };
        if let (Some(ci), None) = (&session.ci, self.format) {
            job::tell_findings(ci, &checked.findings);
        }
        let text = format::print(format, &checked);
        match format {
            Format::Json | Format::Sarif => session.out.exact(&text),
            Format::Human => session.out.text(&text),
            Format::Github | Format::Azure => session.out.exact(&output::plain(&text)),
        }
        Ok(if has_errors(&checked.findings) { Exit::Invalid } else { Exit::Success })
    }
}

impl Checked {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
