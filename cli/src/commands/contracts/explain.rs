//! `forgeline contracts explain`: what a rule asks for.

use clap::Args;
use forgeline_registry::rules::{RULES, rule};
use serde_json::{Value, json};

use crate::{
    commands::Session,
    exit::{Exit, Failure},
};

/// Explain a rule of `contracts check`, or list all of them.
///
/// Example: `forgeline contracts explain required-added`
#[derive(Debug, Args)]
pub struct Explain {
    /// The rule's id; all of them when left out.
    rule: Option<String>,
}

impl Explain {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let Some(id) = self.rule else {
            list(session);
            return Ok(Exit::Success);
        };
        let found = rule(&id).ok_or_else(|| {
            let hint = forgeline_blueprints::suggest::hint(&id, RULES.iter().map(|rule| rule.id));
            Failure::new(Exit::NotFound, format!("there is no rule `{id}`; {hint}"))
        })?;
        let value = json!({"id": found.id, "level": found.level, "title": found.title, "explanation": found.text});
        session.out.print("rule", &value, || {
            format!("{} ({}): {}\n\n{}\n", found.id, found.level.word(), found.title, found.text)
        });
        Ok(Exit::Success)
    }
}

fn list(session: &Session) {
    let value =
        |rule: &forgeline_registry::rules::Rule| json!({"id": rule.id, "level": rule.level, "title": rule.title});
    let values: Vec<Value> = RULES.iter().map(value).collect();
    session.out.print("rules", &values, || {
        let row = |rule: &forgeline_registry::rules::Rule| {
            vec![rule.id.to_owned(), rule.level.word().to_owned(), rule.title.to_owned()]
        };
        session.out.table(&["RULE", "LEVEL", "MEANING"], &RULES.iter().map(row).collect::<Vec<_>>())
    });
}
