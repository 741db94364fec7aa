//! `forgeline explain`: what a diagnostic code means.

pub mod catalogue;

use clap::Args;
use serde_json::{Value, json};

use super::Session;
use crate::exit::{Exit, Failure};

/// Explain a diagnostic code, or list all of them.
///
/// Example: `forgeline explain FL0118`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code; all of them when left out.
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
    let all = catalogue::all();
    let values: Vec<Value> = all.iter().map(|(code, title, _)| json!({"code": code, "title": title})).collect();
    session.out.print("codes", &values, || {
        let rows: Vec<Vec<String>> = all.iter().map(|(code, title, _)| vec![(*code).into(), (*title).into()]).collect();
        session.out.table(&["CODE", "MEANING"], &rows)
    });
}

fn one(session: &Session, code: &str) -> anyhow::Result<()> {
    let Some((code, title, text)) = catalogue::all().into_iter().find(|(known, ..)| known.eq_ignore_ascii_case(code))
    else {
        anyhow::bail!(Failure::new(
            Exit::NotFound,
            format!("there is no code `{code}`; `forgeline explain` lists all of them")
        ));
    };
    session.out.print("code", &json!({"code": code, "title": title, "explanation": text}), || {
        format!("{code}: {title}\n\n{text}\n")
    });
    Ok(())
}
