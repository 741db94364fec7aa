//! `forgeline agents`: who does the work.

use std::fmt::Write as _;

use clap::Subcommand;
use forgeline_blueprints::{agent::Agent, factory::Definition, scaffold, suggest};
use serde_json::{Value, json};

use super::{Session, blueprints::mention_errors, init::files};
use crate::{
    definitions,
    exit::{Exit, Failure},
};

/// Look at agents, or start a new one.
///
/// Example: `forgeline agents show docs-writer`
#[derive(Debug, Subcommand)]
pub enum Agents {
    /// List agents: the factory's own, then the built-in ones.
    List,
    /// Show an agent's manifest and its files.
    Show {
        /// Its name.
        name: String,
    },
    /// Write a new agent with one template.
    New(files::New),
}

impl Agents {
    pub fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::List => {
                let in_force = definitions::load(session)?;
                mention_errors(&in_force);
                list(session, &in_force.factory.agents().into_iter().map(AsRef::as_ref).collect::<Vec<_>>());
                Ok(Exit::Success)
            }
            Self::Show { name } => {
                let in_force = definitions::load(session)?;
                mention_errors(&in_force);
                let all = in_force.factory.agents();
                let found = all.iter().find(|agent| agent.reference.name == name).ok_or_else(|| {
                    let known = all.iter().map(|agent| agent.reference.name.as_str());
                    Failure::new(Exit::NotFound, format!("there is no agent `{name}`; {}", suggest::hint(&name, known)))
                })?;
                show(session, found);
                Ok(Exit::Success)
            }
            Self::New(new) => {
                let name = &new.name;
                let wanted = scaffold::agent(name).map_err(|fault| Failure::new(Exit::Usage, fault))?;
                let next = format!("`forgeline validate` checks it; a stage with `uses: {name}@^0.1` puts it to work");
                files::write_new(session, &new, &wanted, &next)
            }
        }
    }
}

fn list(session: &Session, all: &[&Definition<Agent>]) {
    let values: Vec<Value> = all
        .iter()
        .map(|one| {
            json!({
                "name": one.reference.name, "version": one.reference.version, "digest": one.reference.digest,
                "origin": one.origin, "group": one.manifest.metadata.group, "title": one.manifest.metadata.title,
                "skills": skills(&one.manifest), "output": one.manifest.output.artifact_type,
            })
        })
        .collect();
    session.out.print("agents", &values, || {
        let row = |one: &&Definition<Agent>| {
            vec![
                one.reference.name.clone(),
                one.reference.version.to_string(),
                one.origin.clone(),
                skills(&one.manifest).join(", "),
                one.manifest.output.artifact_type.clone(),
                one.manifest.metadata.title.clone(),
            ]
        };
        session
            .out
            .table(&["NAME", "VERSION", "FROM", "SKILLS", "OUTPUT", "TITLE"], &all.iter().map(row).collect::<Vec<_>>())
    });
}

fn show(session: &Session, one: &Definition<Agent>) {
    let files: Vec<&str> = one.files.iter().map(|(path, _)| path).collect();
    let value = json!({
        "name": one.reference.name, "version": one.reference.version, "digest": one.reference.digest,
        "origin": one.origin, "folder": one.folder, "manifest": one.document.value(), "files": files,
    });
    session.out.print("agent", &value, || {
        let mut text = format!(
            "# {} from {}, {}\n\n{}\n\n# files in {}\n",
            one.reference,
            one.origin,
            one.reference.digest,
            one.document.source.trim_end(),
            one.folder
        );
        for (path, bytes) in one.files.iter() {
            let _ = writeln!(text, "{path} ({} bytes)", bytes.len());
        }
        text
    });
}

/// `id (kind)` of each skill; the first one that this build performs does the work.
fn skills(agent: &Agent) -> Vec<String> {
    agent.skills.iter().map(|skill| format!("{} ({})", skill.id, skill.work.kind())).collect()
}
