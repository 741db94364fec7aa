//! A factory's folder.

use std::path::Path;

use forgeline_blueprints::{
    Factory,
    versions::{self, VersionLock},
};
use forgeline_engine::spec::Definitions;
use forgeline_model::Diagnostic;
use forgeline_registry::Registry;
use forgeline_repo::Repo;

use super::Checked;
use crate::{
    commands::{Session, wording::count},
    definitions::{self, InForce},
    exit::{Exit, Failure},
};

/// Where a factory keeps the digests of what it has published.
const LOCK: &str = "blueprints/published.json";
/// Folder of contracts.
const CONTRACTS: &str = "schema-registry";

/// All definitions, contracts, examples and version locks.
pub(super) fn check(session: &Session, folder: &Path) -> anyhow::Result<Checked> {
    let read = definitions::read_folder(folder, &folder.display().to_string())?;
    let files = read.files;
    if files.is_empty() && read.findings.is_empty() {
        anyhow::bail!(Failure::new(
            Exit::NotFound,
            format!(
                "`{}` has neither `forgeline.yaml` nor `blueprints/`, `agents/` or `schema-registry/`; `forgeline init` begins a factory",
                folder.display()
            )
        ));
    }
    let source = Definitions { origin: folder.display().to_string(), commit: None, dirty: true, contracts: None };
    let in_force =
        InForce::of_files(&files, source).with_contracts(|wanted| definitions::contracts(session, folder, wanted));
    let mut findings = read.findings;
    findings.extend(in_force.findings.iter().cloned());
    let own = files.below(CONTRACTS);
    if !own.is_empty() && !findings.iter().any(|finding| finding.code.starts_with("FL03")) {
        findings
            .extend(forgeline_registry::check_examples(&forgeline_registry::with_shipped(&own), &in_force.registry));
    }
    findings.iter_mut().for_each(name_contract_files);
    findings.extend(versions(folder, files.get(LOCK), &in_force.factory));
    Ok(Checked { what: summary(&in_force.factory, &in_force.registry, &folder.display().to_string()), findings })
}

/// The definitions inside the binary.
pub(super) fn check_built_in() -> Checked {
    let (factory, registry) = (Factory::built_in(), Registry::built_in());
    let mut findings = Factory::check_built_in();
    findings.extend(forgeline_registry::check_examples(&forgeline_registry::shipped(), registry));
    Checked { what: summary(factory, registry, "the binary (there is no `forgeline.yaml` here or above)"), findings }
}

fn summary(factory: &Factory, registry: &Registry, place: &str) -> String {
    format!(
        "{}, {} and {} in {place}",
        count(factory.own_blueprints().len(), "blueprint"),
        count(factory.own_agents().len(), "agent"),
        count(registry.contracts().count(), "contract")
    )
}

/// The registry names its files from its own folder; a reader wants them from the factory's.
fn name_contract_files(finding: &mut Diagnostic) {
    if let Some(span) = &mut finding.span
        && finding.code.starts_with("FL03")
        && !span.file.starts_with(CONTRACTS)
    {
        span.file = format!("{CONTRACTS}/{}", span.file);
    }
}

/// Published versions that changed: by the factory's own lock, and by its default branch.
fn versions(folder: &Path, lock: Option<&[u8]>, factory: &Factory) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    match lock.map(|bytes| VersionLock::parse(&String::from_utf8_lossy(bytes))) {
        None => {}
        Some(Ok(lock)) => findings.extend(versions::check(factory, &lock)),
        Some(Err(fault)) => findings.push(
            Diagnostic::error(forgeline_blueprints::codes::NOT_YAML, format!("`{LOCK}` is {fault}"))
                .in_file(LOCK)
                .hint("restore the file from Git"),
        ),
    }
    if let Some(published) = on_default_branch(folder) {
        for finding in versions::check(factory, &VersionLock::of(&published)) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// The definitions at the tip of the default branch, if the folder is the root of a repository.
fn on_default_branch(folder: &Path) -> Option<Factory> {
    let repo = Repo::open(folder).ok()?;
    if repo.root().canonicalize().ok()? != folder.canonicalize().ok()? {
        return None;
    }
    let tip = ["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/heads/main", "refs/heads/master"]
        .iter()
        .find_map(|name| repo.resolve(name).ok().flatten())?;
    let published = InForce::of_commit(repo.git_dir(), tip, "the default branch").ok()??;
    Some(published.factory)
}
