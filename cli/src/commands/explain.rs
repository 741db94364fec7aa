//! `forgeline explain`: what a diagnostic code means.

pub mod catalogue;

use clap::Args;
use forgeline_registry::rules::RULES as CONTRACT_RULES;
use forgeline_runner::gate::RULES;
use serde_json::{Value, json};

use super::Session;
use crate::exit::{Exit, Failure};

/// Explain a diagnostic code, a rule of the write gate or a rule for contracts, or list all of them.
///
/// Example: `forgeline explain FL0118`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, `FL0118`, or the rule, `protected-path`; all of them when left out.
    pub code: Option<String>,
}

impl Explain {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match &self.code {
            None => list(session),
            Some(code) => one(session, code)?,
        }
        Ok(Exit::Success)
    }
}

fn list(session: &Session) {
    let all = all();
    let values: Vec<Value> = all.iter().map(|(code, title, _)| json!({"code": code, "title": title})).collect();
    session.out.print("codes", &values, || {
        let rows: Vec<Vec<String>> = all.iter().map(|(code, title, _)| vec![(*code).into(), (*title).into()]).collect();
        session.out.table(&["CODE", "MEANING"], &rows)
    });
}

/// Codes, then rules of the gate, then rules for contracts.
fn all() -> Vec<catalogue::Code> {
    let gate = RULES.iter().map(|rule| (rule.id, rule.title, rule.text));
    let contracts = CONTRACT_RULES.iter().map(|rule| (rule.id, rule.title, rule.text));
    catalogue::all().into_iter().chain(gate).chain(contracts).collect()
}

fn one(session: &Session, code: &str) -> anyhow::Result<()> {
    let Some((code, title, text)) = all().into_iter().find(|(known, ..)| known.eq_ignore_ascii_case(code)) else {
        anyhow::bail!(Failure::new(
            Exit::NotFound,
            format!("there is no code or rule `{code}`; `forgeline explain` lists all of them")
        ));
    };
    session.out.print("code", &json!({"code": code, "title": title, "explanation": text}), || {
        format!("{code}: {title}\n\n{text}\n")
    });
    Ok(())
}
