//! SARIF 2.1.0 (OASIS), which forges show as code scanning.

use forgeline_model::Digest;
use serde_json::{Value, json};

use crate::{
    rules::{Finding, RULES, Report},
    settings::Level,
};

/// One run; accepted findings are in it as suppressed.
pub fn sarif(report: &Report) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.text},
                "defaultConfiguration": {"level": level(rule.level)},
            })
        })
        .collect();
    let results: Vec<Value> = report.introduced.iter().chain(&report.accepted).map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "forgeline contracts", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let fix = if finding.fix.is_empty() { String::new() } else { format!(" To fix: {}.", finding.fix) };
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": RULES.iter().position(|rule| rule.id == finding.rule),
        "level": level(finding.level),
        "message": {"text": format!("{}.{fix}", finding.message)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&finding.file)},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }}],
        "partialFingerprints": {"contractFinding/v1": Digest::of(&finding.key()).hex()},
        "properties": {
            "event": finding.event, "from": finding.from, "to": finding.to, "pointer": finding.pointer,
            "hurt": finding.hurt, "witness": finding.witness,
        },
    });
    if let Some(why) = &finding.accepted {
        result["suppressions"] = json!([{"kind": "external", "justification": why}]);
    }
    result
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "none",
        Level::Info => "note",
        Level::Warn => "warning",
        Level::Error => "error",
    }
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
