//! Contracts by their digest: each run is held to those that its plan was made with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use forgeline_engine::RunSpec;
use forgeline_model::{Digest, Event};
use forgeline_registry::{ContractViolation, Registry};

use crate::{Runner, RunnerError};

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

    /// Remembers a registry.
    pub fn add(&self, registry: Arc<Registry>) {
        self.known.lock().expect("no panic while held").insert(registry.digest(), registry);
    }

    /// The registry with this digest, if this process has met it.
    pub fn find(&self, digest: &Digest) -> Option<Arc<Registry>> {
        self.known.lock().expect("no panic while held").get(digest).cloned()
    }

    /// The registry with this digest; the process's own when it is not known. What Forgeline itself tells has the same
    /// contracts in each.
    pub fn get(&self, digest: &Digest) -> Arc<Registry> {
        self.find(digest).unwrap_or_else(|| self.own.clone())
    }

    /// Whether an event keeps its contract in the registry with this digest, or in the process's own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, event: &Event, digest: Option<&Digest>) -> Result<(), ContractViolation> {
        let registry = digest.map_or_else(|| self.own.clone(), |digest| self.get(digest));
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
