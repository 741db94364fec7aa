//! Contracts by their digest: each run is held to those that its plan was made with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use forgeline_model::{Digest, Event};
use forgeline_registry::{ContractViolation, Registry};

/// The registries that this process has met. Clones share them.
#[derive(Clone)]
pub struct Registries {
    own: Arc<Registry>,
    known: Arc<Mutex<HashMap<Digest, Arc<Registry>>>>,
}

impl Registries {
    /// With the registry that this process was started with.
    pub fn new(own: Arc<Registry>) -> Self {
        let registries = Self { own: own.clone(), known: Arc::default() };
        registries.add(own);
        registries
    }

    /// The registry that this process was started with.
    pub fn own(&self) -> &Registry {
        &self.own
    }

    /// Remembers the registry of a repository.
    pub fn add(&self, registry: Arc<Registry>) {
        self.known.lock().expect("no panic while held").insert(registry.digest(), registry);
    }

    /// The registry with this digest; the process's own when it is not known.
    pub fn get(&self, digest: &Digest) -> Arc<Registry> {
        let known = self.known.lock().expect("no panic while held").get(digest).cloned();
        known.unwrap_or_else(|| self.own.clone())
    }

    /// Whether an event keeps a contract of any registry that is known. Each agent's events were checked against their
    /// run's own before; this is the last look before the log.
    ///
    /// # Errors
    /// What the process's own registry says, when none accepts it.
    pub fn check(&self, event: &Event) -> Result<(), ContractViolation> {
        let event = event.to_value();
        let own = self.own.validate_produced(&event);
        if own.is_ok() {
            return own;
        }
        let all: Vec<Arc<Registry>> = self.known.lock().expect("no panic while held").values().cloned().collect();
        if all.iter().any(|registry| registry.validate_produced(&event).is_ok()) { Ok(()) } else { own }
    }
}
