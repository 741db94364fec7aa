//! The chain of decisions: it holds, and whoever changes it is found out.

use std::fs;

use serde_json::Value;

use super::factory::Notes;

/// A machine where some things were decided, with checkpoints after each pass.
fn decided() -> Notes {
    let notes = Notes::new("");
    let file = notes.world.path("audit.ndjson").display().to_string();
    notes.operator_also(&format!("audit: {{checkpoint: \"{file}\", key: \"env:MAIL_PASSWORD\"}}\n"));
    notes.dies();
    notes.dies();
    notes
}

#[test]
fn the_chain_holds_and_is_handed_out() {
    let notes = decided();
    let said = notes.ok(&["--json", "audit", "verify"]).json();
    let rows = said["audit"]["rows"].as_u64().expect("a number");
    assert!(rows > 4 && said["audit"]["broken"].is_null(), "{said}");
    assert!(said["audit"]["checkpoints"].as_u64() > Some(1), "{said}");
    let lines = notes.ok(&["audit", "export", "--format", "ndjson"]).out;
    let all: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("a document a line")).collect();
    assert_eq!(all.len() as u64, rows);
    assert_eq!(all.last().expect("a row")["hash"], said["audit"]["head"][1]);
    assert_eq!(notes.ok(&["audit", "export", "--since", "2999-01-01"]).out, "");
    assert_eq!(notes.run(&["audit", "export", "--since", "soon"]).code, 2);
    let checkpoint = notes.ok(&["audit", "checkpoint"]).out;
    assert!(checkpoint.contains("\"mac\""), "{checkpoint}");
    notes.ok(&["bot", "once"]);
    let file = notes.world.path("audit.ndjson");
    let before = fs::read_to_string(&file).expect("reads");
    notes.ok(&["bot", "once"]);
    assert_eq!(fs::read_to_string(&file).expect("reads"), before, "nothing was decided, nothing is added");
}

#[test]
fn an_edit_a_gap_a_cut_and_a_rewrite_are_found() {
    for (change, expected) in [
        ("UPDATE decision SET verdict = 'allow' WHERE id = 3", "decision 3 does not follow"),
        ("UPDATE decision SET detail = '{}' WHERE id = 2", "decision 2 does not follow"),
        ("UPDATE decision SET hash = NULL WHERE id = 3", "decision 3 does not follow"),
        ("DELETE FROM decision WHERE id = 3", "decision 3 is missing"),
        ("DELETE FROM decision WHERE id < 3", "decisions 1 to 2 are missing"),
        ("DELETE FROM decision WHERE id > 3", "the end was cut off"),
    ] {
        let notes = decided();
        notes.ok(&["audit", "verify"]);
        notes.sql(change);
        let said = notes.run(&["audit", "verify"]);
        assert_eq!(said.code, 1, "{change}: {}{}", said.out, said.err);
        assert!(said.out.contains(expected), "{change}: {}", said.out);
    }
}

#[test]
fn a_checkpoint_of_another_history_is_found_and_one_that_was_forged_is_refused() {
    let (one, other) = (decided(), decided());
    let theirs = other.world.path("audit.ndjson").display().to_string();
    let said = one.run(&["audit", "verify", "--checkpoint", &theirs]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("written anew") || said.out.contains("cut off"), "{}", said.out);
    let text = fs::read_to_string(&theirs).expect("reads");
    fs::write(&theirs, text.replacen("\"row\":", "\"row\":1", 1)).expect("writes");
    let said = one.run(&["audit", "verify", "--checkpoint", &theirs]);
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    assert!(said.err.contains("does not fit the key"), "{}", said.err);
}
