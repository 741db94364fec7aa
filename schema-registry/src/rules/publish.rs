//! Publishing what the rules let pass.

use forgeline_model::{Diagnostic, FileSet};
use jiff::civil::Date;

use super::{Finding, Published, Report, check, owners};
use crate::{load, release, settings::Level};

/// Why nothing was published.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// Rules of level error found something that no exception covers.
    Findings(Vec<Finding>),
    /// The files cannot be read.
    Invalid(Vec<Diagnostic>),
}

/// The files that publish each head that has no version yet, and the owners' block in CODEOWNERS where that file is
/// among `files`. Refuses when the change has findings of level error.
pub fn publish(
    files: &FileSet,
    base: Option<&FileSet>,
    folder: &str,
    today: Date,
    published: &Published,
) -> Result<FileSet, Refused> {
    let Report { introduced, .. } = check(files, base, folder, today, published);
    // The block is written here.
    let stops = |it: &Finding| it.level == Level::Error && it.rule != "codeowners-drift";
    let findings: Vec<Finding> = introduced.into_iter().filter(stops).collect();
    if !findings.is_empty() {
        return Err(Refused::Findings(findings));
    }
    let mut new = release(files).map_err(Refused::Invalid)?;
    if let (Some(bytes), (Some(sources), _)) = (files.get(owners::FILE), load::read(files)) {
        let text = String::from_utf8_lossy(bytes);
        let rewritten = owners::rewritten(&text, &sources, folder);
        if rewritten != text {
            new.insert(owners::FILE, rewritten);
        }
    }
    Ok(new)
}
