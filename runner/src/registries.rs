//! Contracts by their digest: each run is held to those that its plan was made with.

use std::sync::{Arc, Mutex, RwLock};

use forgeline_engine::RunSpec;
use forgeline_model::{Digest, Event};
use forgeline_registry::{ContractViolation, Registry};

use crate::{
    Runner, RunnerError,
    contracts::{Kept, Pins},
};

/// Registries that are kept; one that makes room is loaded again from the store when a run needs it.
const MOST_KEPT: usize = 256;

/// The registries that this process has met. Clones share them.
#[derive(Clone)]
pub struct Registries {
    /// Registries that have a repository of their own.
    pub pins: Pins,
    own: Arc<RwLock<Arc<Registry>>>,
    known: Arc<Mutex<Kept<Digest, Arc<Registry>>>>,
}

impl Registries {
    /// With the registry that this process was started with.
    pub fn new(own: Arc<Registry>) -> Self {
        let known = Arc::new(Mutex::new(Kept::new(MOST_KEPT)));
        let registries = Self { pins: Pins::default(), own: Arc::new(RwLock::new(own.clone())), known };
        registries.add(own);
        registries
    }

    /// The process's own registry: what it was started with, or what has come into force since.
    pub fn own(&self) -> Arc<Registry> {
        self.own.read().expect("no panic while held").clone()
    }

    /// Puts another registry in the place of the process's own, from one event to the next. What is under way is held to
    /// the one that it began with.
    pub fn replace_own(&self, registry: Arc<Registry>) {
        self.add(registry.clone());
        *self.own.write().expect("no panic while held") = registry;
    }

    /// Remembers a registry.
    pub fn add(&self, registry: Arc<Registry>) {
        self.known.lock().expect("no panic while held").put(registry.digest(), registry);
    }

    /// The registry with this digest, if this process has met it.
    pub fn find(&self, digest: &Digest) -> Option<Arc<Registry>> {
        self.known.lock().expect("no panic while held").get(digest)
    }

    /// The registry with this digest; the process's own when it is not known. What Forgeline itself tells has the same
    /// contracts in each.
    pub fn get(&self, digest: &Digest) -> Arc<Registry> {
        self.find(digest).unwrap_or_else(|| self.own())
    }

    /// Whether an event keeps its contract in the registry with this digest, or in the process's own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, event: &Event, digest: Option<&Digest>) -> Result<(), ContractViolation> {
        let registry = digest.map_or_else(|| self.own(), |digest| self.get(digest));
        registry.validate_produced(&event.to_value())
    }
}

impl Runner {
    /// Makes sure that the contracts of a run are known, whatever has become of the repository that they came from.
    pub(crate) async fn load_contracts(&self, spec: &RunSpec) -> Result<(), RunnerError> {
        let digest = &spec.plan.contracts;
        if self.registries.find(digest).is_some() {
            return Ok(());
        }
        let Some(bundle) = self.store.contracts(digest).await? else { return Ok(()) };
        match Registry::of_bundle(&bundle) {
            Ok(registry) => self.registries.add(Arc::new(registry)),
            Err(faults) => {
                let first = faults.first().map_or_else(String::new, |fault| fault.message.clone());
                self.watch.warn(format!("the contracts of run `{}` cannot be loaded: {first}", spec.id));
            }
        }
        Ok(())
    }
}
