//! The runner's parts, wired once.

use std::{ops::Deref, sync::Arc};

use forgeline_agents::{AgentHost, HostError};
use forgeline_blueprints::config::operator::Ceilings;
use forgeline_forge::LocalForge;
use forgeline_store::{Store, StoreError};

use crate::{
    Clock, Escalation, Factories, Registries, Watch,
    agent_cache::AgentCache,
    knowledge::KnowledgeHandle,
    publish::{Opening, PublishError},
    signing::Signing,
    target::TargetError,
};

/// What a runner is made of.
pub struct Parts {
    /// State in flight.
    pub store: Store,
    /// Contracts in force.
    pub registries: Registries,
    /// Agents' child processes.
    pub host: AgentHost,
    /// The local forge.
    pub forge: LocalForge,
    /// The index.
    pub knowledge: KnowledgeHandle,
    /// The time.
    pub clock: Clock,
    /// Who looks on.
    pub watch: Watch,
    /// Most tasks of a run at once.
    pub parallel: usize,
    /// The operator's ceilings, for definitions that are read later.
    pub ceilings: Ceilings,
    /// Keys that sign what is written.
    pub signing: Signing,
    /// Whether effects are performed.
    pub effects: Effects,
}

/// Whether a run's effects (publish, report, index) are performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effects {
    /// They are.
    Performed,
    /// They are taken for performed, and nothing outside of the state changes.
    Rehearsed,
}

/// Carries out runs. Cheap to clone.
#[derive(Clone)]
pub struct Runner {
    parts: Arc<Parts>,
    /// Agents used so far.
    pub(crate) agents: AgentCache,
    /// Who is told of dead letters.
    pub(crate) escalation: Arc<Escalation>,
    /// Pull requests that are about to be opened.
    pub(crate) opening: Opening,
    /// The factories that the operator lists.
    pub(crate) factories: Arc<Factories>,
}

impl Runner {
    /// Of these parts. It tells nobody of dead letters; see [`Runner::telling`].
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            agents: AgentCache::default(),
            escalation: Arc::default(),
            opening: Opening::default(),
            factories: Arc::default(),
        }
    }

    /// The same runner, telling people of dead letters.
    #[must_use]
    pub fn telling(self, escalation: Escalation) -> Self {
        Self { escalation: Arc::new(escalation), ..self }
    }

    /// The same runner, with the factories of the operator's list.
    #[must_use]
    pub fn served_by(self, factories: Factories) -> Self {
        Self { factories: Arc::new(factories), ..self }
    }

    /// The factories of the operator's list.
    pub fn factories(&self) -> &Factories {
        &self.factories
    }
}

impl Deref for Runner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Why carrying out a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target repository could not be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Publishing failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The forge failed.
    #[error(transparent)]
    Forge(#[from] forgeline_forge::ForgeError),
    /// No agent process could be started.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The knowledge index failed.
    #[error("the knowledge index failed: {0}")]
    Knowledge(String),
    /// Something that cannot happen did.
    #[error("{0}; please report this as a bug")]
    Bug(String),
}

impl RunnerError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(_) | Self::Knowledge(_) | Self::Host(_) => true,
            Self::Target(error) => error.is_transient(),
            Self::Publish(error) => error.is_transient(),
            Self::Forge(error) => error.is_transient(),
            Self::Bug(_) => false,
        }
    }
}
