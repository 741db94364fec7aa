//! An agent with its templates compiled.

use std::collections::BTreeMap;

use forgeline_blueprints::{
    agent::{Agent, Skill, Work},
    text::Templates,
};
use forgeline_model::task::{AgentBundle, TaskFailure};

use crate::failure::{of_text, terminal};

/// The file that describes an agent.
const MANIFEST: &str = "agent.yaml";
/// Largest manifest, bytes.
const MAX_MANIFEST_BYTES: usize = 1 << 20;

/// An agent ready for tasks.
#[derive(Debug)]
pub struct LoadedAgent {
    pub(crate) manifest: Agent,
    pub(crate) templates: Templates,
    pub(crate) files: BTreeMap<String, String>,
}

impl LoadedAgent {
    /// Reads the manifest, checks and compiles the templates.
    ///
    /// # Errors
    /// A terminal failure of kind `template` or `limit` with the place of the fault.
    pub fn load(bundle: &AgentBundle) -> Result<Self, TaskFailure> {
        let text = bundle
            .files
            .get(MANIFEST)
            .ok_or_else(|| terminal("template", format!("agent `{}` has no `{MANIFEST}`", bundle.agent.name)))?;
        if text.len() > MAX_MANIFEST_BYTES {
            return Err(terminal("limit", format!("`{MANIFEST}` is larger than {MAX_MANIFEST_BYTES} bytes")));
        }
        let manifest = serde_yaml::from_str::<serde_json::Value>(text)
            .map_err(|error| error.to_string())
            .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()))
            .map_err(|error| terminal("template", format!("`{MANIFEST}` of `{}`: {error}", bundle.agent.name)))?;
        let templates: BTreeMap<String, String> = bundle
            .files
            .iter()
            .filter(|(path, _)| path.ends_with(".hbs") && !path.starts_with("prompts/"))
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        let templates = Templates::load(&templates).map_err(|error| of_text(MANIFEST, &error))?;
        Ok(Self { manifest, templates, files: bundle.files.clone() })
    }

    /// The skill that does the work, and why that one.
    pub(crate) fn plan(&self) -> Result<(&Work, String), TaskFailure> {
        let skills = &self.manifest.skills;
        let passed = |skill: &Skill| format!("`{}` ({}) is not available in this build", skill.id, skill.work.kind());
        let Some(skill) = self.manifest.skill() else {
            let why: Vec<String> = skills.iter().map(passed).collect();
            let why = if why.is_empty() { "it has none".to_owned() } else { why.join("; ") };
            return Err(terminal(
                "template",
                format!("agent `{}` has no skill that can run: {why}", self.manifest.metadata.name),
            ));
        };
        let before: Vec<String> = skills.iter().take_while(|other| other.id != skill.id).map(passed).collect();
        let why = if before.is_empty() { "first of its agent".to_owned() } else { before.join("; ") };
        Ok((&skill.work, format!("{} ({}): {why}", skill.id, skill.work.kind())))
    }
}
