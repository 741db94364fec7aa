//! Which definitions are in force, and where they come from.

mod names;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use forgeline_blueprints::{
    Factory, codes,
    config::{ContractsAt, operator::Ceilings},
};
use forgeline_engine::spec::Definitions;
use forgeline_model::{Diagnostic, FileSet};
use forgeline_registry::Registry;
use forgeline_repo::{CommitId, Repo, RepoError};

use crate::contracts::{self, NoContracts, Pinned};

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
    /// The folder on this machine that they were read from; none when they come from a commit or the binary.
    pub folder: Option<PathBuf>,
    /// Everything that was found while reading, warnings too.
    pub findings: Vec<Diagnostic>,
    /// What was found in the files themselves, whatever the contracts are.
    of_files: Vec<Diagnostic>,
}

impl InForce {
    /// The definitions inside the binary.
    pub fn built_in() -> Self {
        Self {
            factory: Factory::built_in().clone(),
            registry: Arc::new(Registry::built_in().clone()),
            source: Definitions { origin: "built in".into(), commit: None, dirty: false, contracts: None },
            folder: None,
            findings: Vec::new(),
            of_files: Vec::new(),
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
        let source =
            Definitions { origin: shown.to_owned(), commit: Some(commit.to_string()), dirty: false, contracts: None };
        let mut own = Self::of_files(&files, source);
        own.add_findings(skipped.iter().map(|it| left_out(&it.path, it.reason)));
        Ok(Some(own))
    }

    /// The same, held to the operator's ceilings.
    #[must_use]
    pub fn within(mut self, ceilings: &Ceilings) -> Self {
        self.factory.ceilings = ceilings.clone();
        self
    }

    /// The definitions among these files; what is wrong with them is in `findings`.
    ///
    /// When they take their contracts from another repository, nothing can start before [`Self::with_contracts`].
    pub fn of_files(files: &FileSet, source: Definitions) -> Self {
        let (factory, mut of_files) = Factory::load(files);
        let own = files.below("schema-registry");
        if let Some(wanted) = &factory.config.contracts {
            let two = "the factory keeps a folder `schema-registry/`, and names another repository for its contracts";
            of_files.extend((!own.is_empty()).then(|| Diagnostic::error(codes::TWO_REGISTRIES, two)));
            let unread = vec![contracts::unread(wanted, "nobody has looked there")];
            let registry = Arc::new(Registry::built_in().clone());
            return Self { factory, registry, source, folder: None, findings: Vec::new(), of_files }
                .held_to(Err(unread));
        }
        let registry = if own.is_empty() {
            Registry::built_in().clone()
        } else {
            match Registry::load(&forgeline_registry::with_shipped(&own)) {
                Ok(registry) => registry,
                Err(faults) => {
                    of_files.extend(faults);
                    Registry::built_in().clone()
                }
            }
        };
        let mut in_force =
            Self { factory, registry: Arc::new(registry), source, folder: None, findings: Vec::new(), of_files };
        in_force.judge(Vec::new());
        in_force
    }

    /// The same with the contracts of the repository that `forgeline.yaml` names, if it names one.
    #[must_use]
    pub fn with_contracts(self, find: impl FnOnce(&ContractsAt) -> Result<Pinned, NoContracts>) -> Self {
        match self.factory.config.contracts.as_ref().map(find) {
            Some(found) => self.held_to(found),
            None => self,
        }
    }

    /// Adds what was found outside the files that were read.
    pub fn add_findings(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        let more: Vec<Diagnostic> = more.into_iter().collect();
        self.of_files.extend(more.iter().cloned());
        self.findings.extend(more);
    }

    fn held_to(mut self, found: Result<Pinned, NoContracts>) -> Self {
        match found {
            Ok(pinned) => {
                self.registry = pinned.registry;
                self.source.contracts = Some(pinned.from);
                self.judge(pinned.findings);
            }
            // Without the contracts there is nothing to say about what names them.
            Err(faults) => self.findings = [self.of_files.clone(), faults].concat(),
        }
        self
    }

    fn judge(&mut self, of_contracts: Vec<Diagnostic>) {
        self.findings = self.of_files.clone();
        self.findings.extend(of_contracts);
        self.findings.extend(self.factory.check_contracts(&self.registry));
        self.findings.extend(names::unknown(&self.factory));
    }
}
