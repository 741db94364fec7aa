//! Findings in the forms that people and pipelines read. Pure.

use std::{collections::BTreeMap, fmt::Write as _};

use forgeline_model::{Diagnostic, Severity};
use serde_json::{Value, json};

use super::{Checked, Format};
use crate::{
    ci::{Mark, System},
    commands::{explain::catalogue, wording::count},
};

/// All findings with a summary where the form has room for one.
pub(super) fn print(format: Format, checked: &Checked) -> String {
    match format {
        Format::Human => human(checked),
        Format::Json => {
            let document = json!({
                "schemaVersion": 1,
                "validation": {
                    "checked": checked.what,
                    "errors": checked.count(Severity::Error),
                    "warnings": checked.count(Severity::Warning),
                    "findings": checked.findings,
                },
            });
            format!("{document:#}\n")
        }
        Format::Sarif => format!("{:#}\n", sarif(&checked.findings)),
        Format::Github => marks(System::GitHub, checked),
        Format::Azure => marks(System::Azure, checked),
    }
}

fn marks(system: System, checked: &Checked) -> String {
    checked.findings.iter().map(|finding| system.mark(&Mark::from(finding))).collect()
}

fn human(checked: &Checked) -> String {
    let mut text = String::new();
    for finding in &checked.findings {
        let _ = writeln!(text, "{}", finding.render());
    }
    let (errors, warnings) = (checked.count(Severity::Error), checked.count(Severity::Warning));
    let word = if errors == 0 { "valid" } else { "not valid" };
    let _ = writeln!(text, "{word}: {}; {}, {}", checked.what, count(errors, "error"), count(warnings, "warning"));
    if let Some(first) = checked.findings.first() {
        let _ = writeln!(text, "`forgeline explain {}` tells more", first.code);
    }
    text
}

fn sarif(findings: &[Diagnostic]) -> Value {
    let titles: BTreeMap<&str, &str> = catalogue::all().into_iter().map(|(code, title, _)| (code, title)).collect();
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code, "shortDescription": {"text": titles.get(code).copied().unwrap_or("finding")}}))
        .collect();
    let results: Vec<Value> = findings.iter().map(sarif_result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "forgeline", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "results": results,
        }],
    })
}

fn sarif_result(finding: &Diagnostic) -> Value {
    let level = match finding.severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut result = json!({"ruleId": finding.code, "level": level, "message": {"text": message(finding)}});
    if let Some(span) = &finding.span {
        result["locations"] = json!([{
            "physicalLocation": {
                "artifactLocation": {"uri": span.file},
                "region": {"startLine": span.line, "startColumn": span.column, "endColumn": span.column + span.length},
            },
        }]);
    }
    result
}

fn message(finding: &Diagnostic) -> String {
    match &finding.hint {
        Some(hint) => format!("{}; {hint}", finding.message),
        None => finding.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use forgeline_model::{Diagnostic, diagnostic::Span};

    use super::sarif;

    fn finding() -> Diagnostic {
        let span = Span { file: "a,b.yaml".into(), line: 3, column: 5, length: 2 };
        Diagnostic::error("FL0107", "field `x` is not 100% known").at(span, "a\nb\n  - xy\n").hint("write\n`y`")
    }

    #[test]
    fn sarif_names_the_rule_once_and_the_region() {
        let document = sarif(&[finding(), finding()]);
        let run = &document["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(1));
        assert_eq!(run["results"][1]["locations"][0]["physicalLocation"]["region"]["endColumn"], 7);
    }
}
