//! The definitions at one place, over the built-in ones.

mod read;

use std::sync::{Arc, LazyLock};

use forgeline_model::{DefinitionRef, Diagnostic, FileSet, diagnostic::has_errors};
use forgeline_registry::Registry;
use semver::Version;

use crate::{
    agent::Agent,
    agent_use::AgentUse,
    blueprint::Blueprint,
    config::{FactoryConfig, operator::Ceilings},
    lint,
    yaml::Document,
};

/// A blueprint or agent with its files.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition<T> {
    /// Name, version and digest of its files.
    pub reference: DefinitionRef,
    /// The manifest.
    pub manifest: T,
    /// The manifest's text and places.
    pub document: Document,
    /// All files of its folder, the manifest too.
    pub files: FileSet,
    /// Folder in the place that it comes from, `agents/vision-architect`.
    pub folder: String,
    /// Where it comes from, for people.
    pub origin: String,
}

/// One kind of definition: the factory's own and the built-in ones.
#[derive(Debug, Clone)]
pub(crate) struct Layer<T> {
    /// Definitions that could be read, in name order.
    pub(crate) own: Vec<Arc<Definition<T>>>,
    /// Names of definitions that could not be read; they hide built-in ones all the same.
    pub(crate) broken: Vec<String>,
}

impl<T> Default for Layer<T> {
    fn default() -> Self {
        Self { own: Vec::new(), broken: Vec::new() }
    }
}

/// The definitions at one place: `forgeline.yaml`, `blueprints/*/blueprint.yaml`, `agents/*/agent.yaml`.
///
/// A name is looked up there first; a built-in definition is the last resort.
#[derive(Debug, Clone, Default)]
pub struct Factory {
    /// `forgeline.yaml`; the default when there is none.
    pub config: FactoryConfig,
    /// The text and places of `forgeline.yaml`.
    pub config_document: Option<Document>,
    /// Where the factory's own definitions come from, for people.
    pub origin: String,
    /// The operator's ceilings, which plans are held to.
    pub ceilings: Ceilings,
    blueprints: Layer<Blueprint>,
    agents: Layer<Agent>,
    built_in: Option<&'static Factory>,
}

/// Why an agent cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentMiss {
    /// Nobody has this name.
    Unknown {
        /// Names that exist.
        known: Vec<String>,
    },
    /// The name exists, the version does not.
    OutsideRange {
        /// Versions that exist.
        versions: Vec<Version>,
    },
    /// The factory's own agent of this name has errors.
    Broken,
    /// Agents of other repositories are not available in this build.
    Remote,
}

static BUILT_IN: LazyLock<Factory> = LazyLock::new(|| read::factory(&crate::shipped(), None).0);

impl Factory {
    /// Reads the definitions of a place; what is not there is looked up among the built-in ones.
    ///
    /// Returns everything that could be read, and all findings in one pass, in the order of the files. What needs
    /// the contracts is found by [`Self::check_contracts`].
    pub fn load(files: &FileSet) -> (Self, Vec<Diagnostic>) {
        let (factory, mut found) = read::factory(files, Some(&BUILT_IN));
        found.extend(lint::factory(&factory));
        (factory, sorted(found))
    }

    /// The built-in definitions alone.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The built-in definitions, with everything that is wrong with them; a release has no findings.
    pub fn check_built_in() -> Vec<Diagnostic> {
        let (factory, mut found) = read::factory(&crate::shipped(), None);
        found.extend(lint::factory(&factory));
        sorted(found)
    }

    /// What is wrong with the factory's own definitions in the light of the registry: events that have no contract,
    /// and inputs that are no JSON Schema.
    pub fn check_contracts(&self, registry: &Registry) -> Vec<Diagnostic> {
        sorted(lint::contracts(self, registry))
    }

    /// Blueprints, the factory's own first, each name once.
    pub fn blueprints(&self) -> Vec<&Arc<Definition<Blueprint>>> {
        all(&self.blueprints, self.built_in.map(|built_in| &built_in.blueprints))
    }

    /// Agents, the factory's own first, each name once.
    pub fn agents(&self) -> Vec<&Arc<Definition<Agent>>> {
        all(&self.agents, self.built_in.map(|built_in| &built_in.agents))
    }

    /// The factory's own blueprints.
    pub fn own_blueprints(&self) -> &[Arc<Definition<Blueprint>>] {
        &self.blueprints.own
    }

    /// The factory's own agents.
    pub fn own_agents(&self) -> &[Arc<Definition<Agent>>] {
        &self.agents.own
    }

    /// A blueprint by name.
    pub fn blueprint(&self, name: &str) -> Option<&Arc<Definition<Blueprint>>> {
        self.blueprints().into_iter().find(|blueprint| blueprint.reference.name == name)
    }

    /// Whether the factory has a blueprint of this name that could not be read.
    pub fn is_broken_blueprint(&self, name: &str) -> bool {
        self.blueprints.broken.iter().any(|broken| broken == name)
    }

    /// An agent by name, whatever its version.
    pub fn agent(&self, name: &str) -> Option<&Arc<Definition<Agent>>> {
        self.agents().into_iter().find(|agent| agent.reference.name == name)
    }

    /// The agent that a stage means: the factory's own if its version is in the range, else the built-in one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn resolve(&self, uses: &AgentUse) -> Result<&Arc<Definition<Agent>>, AgentMiss> {
        let AgentUse::Named { name, .. } = uses else { return Err(AgentMiss::Remote) };
        if self.agents.broken.contains(name) {
            return Err(AgentMiss::Broken);
        }
        let below = self.built_in.into_iter().flat_map(|built_in| &built_in.agents.own);
        let named: Vec<_> = self.agents.own.iter().chain(below).filter(|agent| &agent.reference.name == name).collect();
        if named.is_empty() {
            let known = self.agents().iter().map(|agent| agent.reference.name.clone()).collect();
            return Err(AgentMiss::Unknown { known });
        }
        let fitting = named.iter().find(|agent| uses.accepts(&agent.reference.name, &agent.reference.version));
        fitting.copied().ok_or_else(|| AgentMiss::OutsideRange {
            versions: named.iter().map(|agent| agent.reference.version.clone()).collect(),
        })
    }
}

/// Whether findings stop the work.
pub fn is_usable(found: &[Diagnostic]) -> bool {
    !has_errors(found)
}

fn all<'a, T>(own: &'a Layer<T>, below: Option<&'a Layer<T>>) -> Vec<&'a Arc<Definition<T>>> {
    let hidden = |name: &String| own.broken.contains(name) || own.own.iter().any(|mine| &mine.reference.name == name);
    let below = below.into_iter().flat_map(|layer| &layer.own).filter(|other| !hidden(&other.reference.name));
    own.own.iter().chain(below).collect()
}

fn sorted(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by(|a, b| (&a.span, &a.code, &a.message).cmp(&(&b.span, &b.code, &b.message)));
    found.dedup();
    found
}
