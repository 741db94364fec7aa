//! The factory's own rules: conditions in CEL.

use forgeline_engine::{
    condition::Condition,
    spec::{PolicyRule, PolicyVerdict},
};
use serde_json::{Value, json};

use super::{
    GateFile, GateInput, RuleOutcome,
    verdict::{Answers, Decision, counted},
};

/// `policy`: what the factory's own rules say about each file, or about the whole change.
pub(super) fn rules(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let rules = &input.policy.rules;
    let change = change(input);
    for rule in rules {
        let condition = match Condition::parse(&rule.when) {
            Ok(condition) => condition,
            // The linter refuses such a line before a run starts; a record from elsewhere may still hold one.
            Err(error) => {
                answers.by_policy(Decision::Deny, None, undecided(rule, &error.to_string()), rule.place.as_ref());
                continue;
            }
        };
        let mut ask = |subject: Option<&GateFile<'_>>| {
            let mut context = input.context.clone();
            if let Value::Object(roots) = &mut context {
                roots.insert("change".into(), change.clone());
                roots.extend(subject.map(|file| ("file".to_owned(), file_view(input, file))));
            }
            let path = subject.map(|file| file.path);
            match condition.evaluate(&context) {
                Ok(false) => {}
                Ok(true) => {
                    let verdict = match rule.verdict {
                        PolicyVerdict::Block => Decision::Deny,
                        PolicyVerdict::NeedsHuman => Decision::NeedsHuman,
                    };
                    answers.by_policy(verdict, path, format!("{}: {}", rule.id, rule.message), rule.place.as_ref());
                }
                Err(error) => answers.by_policy(Decision::Deny, path, undecided(rule, &error), rule.place.as_ref()),
            }
        };
        if condition.variables().contains("file") {
            input.files.iter().for_each(|file| ask(Some(file)));
        } else {
            ask(None);
        }
    }
    answers.or_passed(match rules.len() {
        0 => "the factory has no rules of its own".to_owned(),
        n => format!("{} of the factory asked", counted(n, "rule")),
    })
}

fn undecided(rule: &PolicyRule, error: &str) -> String {
    format!("{}: it blocks what it cannot decide: {error}", rule.id)
}

/// `file` in a condition.
fn file_view(input: &GateInput<'_>, file: &GateFile<'_>) -> Value {
    let content = String::from_utf8_lossy(file.content);
    json!({
        "path": file.path, "type": file.artifact_type, "stage": file.stage, "bytes": file.content.len(),
        "lines": content.lines().count(), "content": content, "change": change_word(input, file),
    })
}

/// `change` in a condition.
fn change(input: &GateInput<'_>) -> Value {
    let paths = |word: &str| -> Vec<&str> {
        input.files.iter().filter(|file| change_word(input, file) == word).map(|file| file.path).collect()
    };
    json!({
        "files": input.files.len(),
        "bytes": input.files.iter().map(|file| file.content.len()).sum::<usize>(),
        "created": paths("create"), "updated": paths("update"), "unchanged": paths("none"),
    })
}

/// What writing this file does to the base.
fn change_word(input: &GateInput<'_>, file: &GateFile<'_>) -> &'static str {
    match input.base.entry(file.path) {
        _ if file.unchanged => "none",
        Some(_) => "update",
        None => "create",
    }
}
