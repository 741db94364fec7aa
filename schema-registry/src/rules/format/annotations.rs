//! Lines that a pipeline turns into marks beside the code.

use crate::{
    rules::{Finding, Report},
    settings::Level,
};

/// Workflow commands of GitHub Actions.
pub fn github(report: &Report) -> String {
    let line = |finding: &Finding| {
        let word = match finding.level {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Info | Level::Off => "notice",
        };
        let text = |it: &str| it.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |it: &str| text(it).replace(':', "%3A").replace(',', "%2C");
        format!(
            "::{word} file={},line={},col={},title={}::{}\n",
            property(&finding.file),
            finding.line,
            finding.column,
            property(finding.rule),
            text(&sentence(finding)),
        )
    };
    report.introduced.iter().map(line).collect()
}

/// Logging commands of Azure Pipelines, which know errors and warnings only.
pub fn azure(report: &Report) -> String {
    let line = |finding: &Finding| {
        let word = if finding.level == Level::Error { "error" } else { "warning" };
        let text = |it: &str| it.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |it: &str| text(it).replace(']', "%5D").replace(';', "%3B");
        format!(
            "##vso[task.logissue type={word};sourcepath={};linenumber={};columnnumber={};code={}]{}\n",
            property(&finding.file),
            finding.line,
            finding.column,
            finding.rule,
            text(&sentence(finding)),
        )
    };
    report.introduced.iter().filter(|finding| finding.level >= Level::Warn).map(line).collect()
}

fn sentence(finding: &Finding) -> String {
    let fix = if finding.fix.is_empty() { String::new() } else { format!("; {}", finding.fix) };
    let event = if finding.event.is_empty() { String::new() } else { format!("{}: ", finding.event) };
    format!("{event}{}{fix}", finding.message)
}
