//! Published versions never change: the lock of name, version and digest.

use std::collections::BTreeMap;

use forgeline_model::{DefinitionRef, Diagnostic, Digest};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    codes,
    factory::{Definition, Factory},
};

/// What has been published: digests by name and version. Kept as `published.json`, or derived from the definitions at
/// the protected base.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VersionLock {
    schema_version: u32,
    blueprints: Versions,
    agents: Versions,
}

type Versions = BTreeMap<String, BTreeMap<Version, Digest>>;

/// A version that the lock holds with another digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it is now.
    pub now: DefinitionRef,
    /// As it was published.
    pub published: Digest,
}

impl VersionLock {
    /// Reads `published.json`.
    ///
    /// # Errors
    /// The file is not of this form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = serde_json::from_str(text).map_err(|error| format!("not a version lock: {error}"))?;
        if lock.schema_version != 1 {
            return Err(format!("version lock of schema version {}, expected 1", lock.schema_version));
        }
        Ok(lock)
    }

    /// The text of `published.json`.
    pub fn print(&self) -> String {
        let text = serde_json::to_string_pretty(&Self { schema_version: 1, ..self.clone() });
        text.expect("maps of texts serialise") + "\n"
    }

    /// What a factory's own definitions publish.
    pub fn of(factory: &Factory) -> Self {
        let mut lock = Self { schema_version: 1, ..Self::default() };
        lock.add(factory);
        lock
    }

    /// Adds versions that are new; what is there stays. Returns versions that are there with another digest.
    pub fn add(&mut self, factory: &Factory) -> Vec<Changed> {
        let mut changed = insert(&mut self.blueprints, factory.own_blueprints().iter().map(|own| &own.reference));
        changed.extend(insert(&mut self.agents, factory.own_agents().iter().map(|own| &own.reference)));
        changed
    }

    /// Forgets every version of a definition that has not been released.
    pub fn forget(&mut self, name: &str) {
        self.blueprints.remove(name);
        self.agents.remove(name);
    }

    /// Whether this version of a blueprint or agent is in the lock.
    pub fn holds(&self, reference: &DefinitionRef) -> bool {
        [&self.blueprints, &self.agents].into_iter().any(|versions| {
            versions.get(&reference.name).and_then(|all| all.get(&reference.version)) == Some(&reference.digest)
        })
    }
}

/// Definitions whose version was published with other files.
pub fn check(current: &Factory, published: &VersionLock) -> Vec<Diagnostic> {
    let blueprints = current.own_blueprints().iter().filter_map(|own| judge(own, &published.blueprints));
    let agents = current.own_agents().iter().filter_map(|own| judge(own, &published.agents));
    blueprints.chain(agents).collect()
}

fn judge<T>(own: &Definition<T>, published: &Versions) -> Option<Diagnostic> {
    let DefinitionRef { name, version, digest } = &own.reference;
    let versions = published.get(name)?;
    let before = versions.get(version).filter(|before| *before != digest)?;
    let newest = versions.keys().max().unwrap_or(version);
    let next = Version::new(newest.major, newest.minor, newest.patch + 1);
    let message = format!("`{name}` changed after its version {version} was published");
    let hint = format!(
        "write `version: {next}`, or more for an addition or a break (published {}, now {})",
        before.short(),
        digest.short()
    );
    Some(own.document.at("/metadata/version", Diagnostic::error(codes::CHANGED_VERSION, message).hint(hint)))
}

fn insert<'a>(versions: &mut Versions, own: impl Iterator<Item = &'a DefinitionRef>) -> Vec<Changed> {
    let mut changed = Vec::new();
    for now in own {
        let published = *versions.entry(now.name.clone()).or_default().entry(now.version.clone()).or_insert(now.digest);
        if published != now.digest {
            changed.push(Changed { now: now.clone(), published });
        }
    }
    changed
}
