//! Each format of one report.

use serde_json::json;

use super::{azure, github, human, json as document, junit, sarif};
use crate::rules::{Finding, Report};

fn report() -> Report {
    let mut finding = Finding::new("required-added", "OrderPlaced", "a,b/schema.json", "`x` is <required>: 100%\nnow")
        .between(&"1.0.0", &"1.1.0")
        .at("/required")
        .fix("leave it")
        .hurts(&["producer till".to_owned()]);
    (finding.line, finding.column) = (3, 5);
    finding.witness = Some(json!({"text": "ä".repeat(300)}));
    let mut old = Finding::new("owners-missing", "", "events/x/event.yaml", "no \u{1b} owner");
    old.accepted = Some("base".to_owned());
    Report { introduced: vec![finding], accepted: vec![old] }
}

#[test]
fn people_see_place_hurt_witness_and_help() {
    let text = human(&report());
    assert!(text.starts_with("error[required-added] OrderPlaced 1.0.0 → 1.1.0: `x` is <required>"), "{text}");
    for part in
        ["--> a,b/schema.json:3:5 at /required", "hurts: producer till", "help: leave it", "1 error, 0 warnings"]
    {
        assert!(text.contains(part), "{text}");
    }
    let witness = report().introduced[0].witness_text().expect("a witness");
    assert!(witness.len() <= 404 && witness.ends_with('…'), "{witness}");
    assert_eq!(document(&report())["introduced"][0]["line"], 3);
}

#[test]
fn forges_get_their_own_escapes() {
    assert_eq!(
        github(&report()),
        "::error file=a%2Cb/schema.json,line=3,col=5,title=required-added::OrderPlaced: `x` is <required>: 100%25%0Anow; leave it\n"
    );
    assert_eq!(
        azure(&report()),
        "##vso[task.logissue type=error;sourcepath=a,b/schema.json;linenumber=3;columnnumber=5;code=required-added]OrderPlaced: `x` is <required>: 100%AZP25%0Anow; leave it\n"
    );
}

#[test]
fn pipelines_get_xml_and_sarif() {
    let xml = junit(&report());
    assert!(xml.contains("failures=\"1\"") && xml.contains("`x` is &lt;required&gt;: 100%&#10;now"), "{xml}");
    assert!(junit(&Report::default()).contains("tests=\"1\" failures=\"0\""));
    let sarif = sarif(&report());
    assert_eq!(sarif["version"], "2.1.0");
    let results = &sarif["runs"][0]["results"];
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%2Cb/schema.json");
    assert_eq!(results[1]["suppressions"][0]["justification"], "base");
    let index = results[0]["ruleIndex"].as_u64().and_then(|at| usize::try_from(at).ok()).expect("an index");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][index]["id"], "required-added");
}
