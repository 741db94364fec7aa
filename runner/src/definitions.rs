//! Which definitions are in force, and where they come from.

mod names;

use std::{path::Path, sync::Arc};

use forgeline_blueprints::{Factory, codes, config::operator::Ceilings};
use forgeline_engine::spec::Definitions;
use forgeline_model::{Diagnostic, FileSet};
use forgeline_registry::Registry;
use forgeline_repo::{CommitId, Repo, RepoError};

/// What a factory repository keeps.
pub const PLACES: [&str; 4] = ["forgeline.yaml", "blueprints", "agents", "schema-registry"];

/// What is said of an entry that cannot be read.
pub fn left_out(path: &str, reason: &str) -> Diagnostic {
    let fault = Diagnostic::error(codes::LEFT_OUT, format!("`{path}` cannot be read as a definition: {reason}"));
    fault.hint("rename it, or take it out of the folders of definitions").in_file(path)
}

/// Definitions and contracts in force.
#[derive(Clone)]
pub struct InForce {
    /// Blueprints, agents and settings; built-in ones are the last resort.
    pub factory: Factory,
    /// Contracts.
    pub registry: Arc<Registry>,
    /// Where they come from.
    pub source: Definitions,
    /// Everything that was found while reading, warnings too.
    pub findings: Vec<Diagnostic>,
}

impl InForce {
    /// The definitions inside the binary.
    pub fn built_in() -> Self {
        Self {
            factory: Factory::built_in().clone(),
            registry: Arc::new(Registry::built_in().clone()),
            source: Definitions { origin: "built in".into(), commit: None, dirty: false },
            findings: Vec::new(),
        }
    }

    /// The definitions of a repository at a commit; none when it keeps no `forgeline.yaml`.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn of_commit(git_dir: &Path, commit: CommitId, shown: &str) -> Result<Option<Self>, RepoError> {
        let (mut files, skipped) = Repo::open(git_dir)?.read_files_and_skipped(commit, &PLACES)?;
        if files.get(PLACES[0]).is_none() {
            return Ok(None);
        }
        files.origin = format!("{shown}@{}", commit.short());
        let source = Definitions { origin: shown.to_owned(), commit: Some(commit.to_string()), dirty: false };
        let mut own = Self::of_files(&files, source);
        own.findings.extend(skipped.iter().map(|it| left_out(&it.path, it.reason)));
        Ok(Some(own))
    }

    /// The same, held to the operator's ceilings.
    #[must_use]
    pub fn within(mut self, ceilings: &Ceilings) -> Self {
        self.factory.ceilings = ceilings.clone();
        self
    }

    /// The definitions among these files; what is wrong with them is in `findings`.
    pub fn of_files(files: &FileSet, source: Definitions) -> Self {
        let (factory, mut findings) = Factory::load(files);
        let own = files.below("schema-registry");
        let registry = if own.is_empty() {
            Registry::built_in().clone()
        } else {
            match Registry::load(&forgeline_registry::with_shipped(&own)) {
                Ok(registry) => registry,
                Err(faults) => {
                    findings.extend(faults);
                    Registry::built_in().clone()
                }
            }
        };
        findings.extend(factory.check_contracts(&registry));
        findings.extend(names::unknown(&factory));
        Self { factory, registry: Arc::new(registry), source, findings }
    }
}
