//! The alert rules: what Prometheus itself says of them.

use std::{path::PathBuf, process::Command};

/// Runs `promtool` on a file below `docs/alerts`.
#[track_caller]
fn promtool(args: &[&str], file: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/alerts");
    let output = Command::new("promtool").args(args).arg(file).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| {
        panic!("`promtool` cannot be started: {error}; run `make setup-test`, or `apt-get install prometheus`")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "promtool {args:?} {file}:\n{said}");
}

#[test]
fn the_rules_are_well_formed() {
    promtool(&["check", "rules", "--lint-fatal"], "forgeline.rules.yml");
}

#[test]
fn each_alert_fires_when_it_should_and_not_before() {
    promtool(&["test", "rules"], "forgeline.rules.test.yml");
}
