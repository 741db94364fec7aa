//! `forgeline contracts check`: all rules over a registry.

use clap::{Args, ValueEnum};
use forgeline_registry::{
    release,
    rules::format::{azure, github, human, json, junit, sarif},
};

use super::place::Against;
use crate::{commands::Session, exit::Exit, output};

/// Judge changes of contracts by all rules.
///
/// Ends with 0 when no rule of level error has found something new, with 1 otherwise.
///
/// Examples: `forgeline contracts check --base main`, `forgeline contracts check --format sarif > contracts.sarif`
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    against: Against,
    /// Form of the findings.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Form of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With place, who is hurt, witness and fix.
    Human,
    /// One JSON document, as `--json`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Annotations of Azure Pipelines.
    Azure,
}

impl Check {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let place = self.against.which.read(session)?;
        let ground = place.ground(self.against.base.as_deref())?;
        let report = place.check(&ground, &place.definitions(session)?);
        let mut out = session.out;
        match self.format {
            _ if out.json => out.print("check", &json(&report), String::new),
            Format::Json => {
                out.json = true;
                out.print("check", &json(&report), String::new);
            }
            Format::Human => {
                out.text(&human(&report));
                if release(&place.files).is_ok_and(|new| !new.is_empty()) && !report.has_errors() {
                    output::note("note: a head has no version yet; `forgeline contracts release` publishes it");
                }
                if let Some(first) = report.introduced.first() {
                    output::note(&format!("`forgeline contracts explain {}` tells more", first.rule));
                }
            }
            Format::Sarif => out.exact(&format!("{:#}\n", sarif(&report))),
            Format::Junit => out.exact(&junit(&report)),
            Format::Github => out.exact(&output::plain(&github(&report))),
            Format::Azure => out.exact(&output::plain(&azure(&report))),
        }
        Ok(if report.has_errors() { Exit::Failed } else { Exit::Success })
    }
}
