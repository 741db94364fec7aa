//! What checks say, as people read it.

use forgeline_engine::{
    Outcome,
    fact::{Publication, PullRequestRef},
    spec::Forge,
};
use forgeline_forge::types::Conclusion;
use forgeline_model::{DefinitionRef, Digest, Timestamp};
use serde_json::json;

use super::{Whose, cannot_start, needs_voucher, not_now, of_publication, of_review, skipped, taken_back};
use crate::testing::docs_page;

fn blueprint() -> DefinitionRef {
    DefinitionRef { name: "review".into(), version: "1.0.0".parse().expect("a version"), digest: Digest::of(&1) }
}

#[test]
fn each_end_is_somebodys() {
    let failed = |kind: &str| Outcome::Failed { task: None, kind: kind.into(), message: String::new() };
    for (outcome, whose) in [
        (failed("input"), Some(Whose::Author)),
        (failed("validation"), Some(Whose::Blueprint)),
        (failed("timeout"), Some(Whose::Blueprint)),
        (failed("model"), Some(Whose::Model)),
        (failed("publish"), Some(Whose::Forge)),
        (failed("crash"), Some(Whose::Forgeline)),
        (failed("something new"), Some(Whose::Forgeline)),
        (Outcome::Refused { reason: String::new(), gate: Some(json!({})) }, Some(Whose::Blueprint)),
        (Outcome::Refused { reason: String::new(), gate: None }, Some(Whose::Person)),
        (Outcome::Cancelled { by: "ana".into() }, Some(Whose::Person)),
        (Outcome::NoChange { reason: String::new() }, None),
    ] {
        assert_eq!(Whose::of(&outcome), whose, "{outcome:?}");
    }
}

#[test]
fn a_check_that_does_not_run_says_why_and_what_to_do() {
    let texts = [
        skipped(&blueprint(), ("paths", "src/**", "docs/@ana <b>x</b>.md")),
        needs_voucher(&blueprint(), "`run` needs the right to write here.", &"a".repeat(40)),
        not_now(&blueprint(), "**Not now.**"),
        cannot_start(&blueprint(), &["`name` is missing".into(), "@ana <i>".into()]),
        taken_back(&blueprint(), &"b".repeat(40)),
    ];
    insta::assert_snapshot!("checks", texts.join("\n\n-----\n\n"));
}

#[test]
fn a_review_that_is_bad_is_the_authors() {
    assert_eq!(of_review("fine", false), "fine");
    assert!(of_review("2 errors", true).contains("the author's"));
}

#[test]
fn the_check_of_a_published_run_tells_the_gate_and_hides_credentials() {
    let spec = docs_page((Forge::Local, "acme/shop"), 1, &"1".repeat(40), "k".into(), Timestamp::from_millis(0)).spec;
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLQ");
    let publication = |verdict: &str| Publication {
        branch: "forgeline/docs-page/1-page".into(),
        commit: "2".repeat(40),
        tree: "3".repeat(40),
        pull_request: Some(PullRequestRef { number: 2, opened: true }),
        gate: json!({"schemaVersion": 1, "verdict": verdict, "base": "4", "rules": [
            {"rule": "protected-paths", "verdict": verdict, "subject": ".github/a.yml", "reason": format!("holds {key}")},
        ]}),
        conflict: None,
    };
    let said = |verdict: &str| {
        let publication = publication(verdict);
        of_publication(&spec, &Outcome::Published(publication.clone()), &publication)
    };
    let good = said("allow");
    assert_eq!((good.conclusion, good.annotations.len()), (Some(Conclusion::Success), 0));
    let bad = said("needs-human");
    assert_eq!((bad.conclusion, bad.annotations.len()), (Some(Conclusion::Neutral), 1));
    let all = format!("{bad:?}");
    assert!(!all.contains(&key) && all.contains("taken out"), "{all}");
}
