//! Agents that this process has used, by digest.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use forgeline_blueprints::{
    agent::{Agent, KnowledgeRequest, Work},
    yaml::Document,
};
use forgeline_model::{Digest, task::AgentBundle};
use serde_json::Value;

use crate::{Runner, RunnerError, task::narrow};

/// An agent's files, and what its manifest asks the host for.
#[derive(Debug)]
pub(crate) struct CachedAgent {
    pub(crate) bundle: AgentBundle,
    pub(crate) knowledge: Option<KnowledgeRequest>,
    /// Whether it judges contracts that a pull request changes.
    pub(crate) reviews_contracts: bool,
    /// Names that its files use.
    pub(crate) names: BTreeSet<String>,
}

/// By digest; definitions never change under their digest.
#[derive(Debug, Clone, Default)]
pub(crate) struct AgentCache(Arc<Mutex<HashMap<Digest, Arc<CachedAgent>>>>);

impl Runner {
    /// An agent by digest, read from the store the first time.
    pub(crate) async fn agent(&self, digest: &Digest) -> Result<Arc<CachedAgent>, RunnerError> {
        if let Some(known) = self.agents.0.lock().expect("no panic while held").get(digest) {
            return Ok(known.clone());
        }
        let bundle = self.store.agent(digest).await?;
        let manifest = manifest(&bundle);
        let names = narrow::names(&bundle, &manifest);
        let agent: Option<Agent> = serde_json::from_value(manifest).ok();
        let reviews_contracts =
            agent.as_ref().and_then(Agent::skill).is_some_and(|skill| matches!(skill.work, Work::ContractReview));
        let knowledge = agent.and_then(|agent| agent.context.knowledge);
        let agent = Arc::new(CachedAgent { bundle, knowledge, reviews_contracts, names });
        self.agents.0.lock().expect("no panic while held").insert(*digest, agent.clone());
        Ok(agent)
    }
}

/// The manifest; one that cannot be read is the child process's to complain about.
fn manifest(bundle: &AgentBundle) -> Value {
    let text = bundle.files.get("agent.yaml").map_or("", String::as_str);
    Document::parse("agent.yaml", text.as_bytes()).map_or(Value::Null, |document| document.value())
}
