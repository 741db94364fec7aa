//! Reading a registry's files, with everything that is wrong with them in one pass.

pub(crate) mod layout;
mod source;

use std::collections::BTreeMap;

use forgeline_model::{Diagnostic, Digest, FileSet};
use serde_json::Value;

use self::source::Reader;
pub(crate) use self::source::Source;
use crate::{
    Contract, ContractVersion, Registry, Settings, codes,
    held::Held,
    history,
    materialise::{Fragments, materialise},
    parallel,
    schema::{Fault, Limits},
    settings::ContentModel,
};

/// The sources of a registry: what its files say, before they are held against each other.
pub(crate) struct Sources {
    pub(crate) settings: Settings,
    pub(crate) fragments: Vec<Source>,
    pub(crate) events: Vec<Source>,
}

impl Sources {
    /// The published versions of the fragments.
    pub(crate) fn published_fragments(&self) -> Fragments {
        self.fragments.iter().map(|source| (source.name.clone(), source.versions.clone())).collect()
    }

    /// The same, and the heads that are about to be published: an event may come together with the fragment it uses.
    pub(crate) fn coming_fragments(&self) -> Fragments {
        let mut all = self.published_fragments();
        for source in &self.fragments {
            if !source.versions.contains_key(&source.head_version)
                && let Ok(schema) = bundled_head(source, &all)
            {
                all.entry(source.name.clone()).or_default().insert(source.head_version.clone(), schema);
            }
        }
        all
    }
}

/// Reads the files; the findings are about single files only. No settings, no sources.
pub(crate) fn read(files: &FileSet) -> (Option<Sources>, Vec<Diagnostic>) {
    let mut reader = Reader { files, found: Vec::new() };
    let settings = reader.settings();
    let fragments = reader.fragments();
    let events = reader.events();
    reader.exceptions();
    (settings.map(|settings| Sources { settings, fragments, events }), reader.found)
}

/// Loads a registry. Validators are built here, so that a schema that does not build is found; only those of versions
/// that are in the binary too wait until they are used.
pub(crate) fn load(files: &FileSet) -> Result<Registry, Vec<Diagnostic>> {
    let (sources, mut found) = read(files);
    let Some(sources) = sources else { return Err(found) };
    let published = sources.published_fragments();
    let limits = sources.settings.limits();
    let model = sources.settings.content_model;
    found.extend(duplicates(&sources.events));
    let all: Vec<&Source> = sources.fragments.iter().chain(&sources.events).collect();
    found.extend(parallel::map(&all, |source| history::check(source, &published, limits)).into_iter().flatten());
    let mut contracts = |all: &[Source]| -> BTreeMap<String, Contract> {
        let built = parallel::map(all, |source| contract(source, model, limits));
        let taken = built.into_iter().map(|(contract, faults)| {
            found.extend(faults);
            (contract.name.clone(), contract)
        });
        taken.collect()
    };
    let fragments = contracts(&sources.fragments);
    let events = contracts(&sources.events);
    if found.is_empty() { Ok(Registry::new(sources.settings, fragments, events, files)) } else { Err(found) }
}

fn duplicates(events: &[Source]) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for source in events {
        if let Some(other) = first.insert(&source.name, &source.folder) {
            let message = format!("event `{}` is also defined in `{other}`", source.name);
            found.push(
                Diagnostic::error(codes::DUPLICATE_EVENT, message)
                    .hint("rename one of them")
                    .in_file(format!("{}/event.yaml", source.folder)),
            );
        }
    }
    found
}

fn contract(source: &Source, model: ContentModel, limits: Limits) -> (Contract, Vec<Diagnostic>) {
    let (mut versions, mut found) = (BTreeMap::new(), Vec::new());
    for (version, schema) in &source.versions {
        let path = format!("{}/versions/{version}", source.folder);
        let digest = Digest::of(schema);
        let held = if history::built_in(&path) == Some(digest) {
            Held::lazy(model)
        } else {
            Held::built(schema, model, limits).unwrap_or_else(|fault| {
                found.push(unusable(&fault, &format!("{path}.json")));
                Held::lazy(model)
            })
        };
        versions.insert(version.clone(), ContractVersion::new(schema.clone(), digest, held));
    }
    let (name, domain, manifest) = (source.name.clone(), source.domain.clone(), source.manifest.clone());
    (Contract { name, domain, manifest, versions }, found)
}

/// The head as a version, if it can be one.
pub(crate) fn head_as_version(source: &Source, fragments: &Fragments, limits: Limits) -> Result<Value, Fault> {
    let schema = bundled_head(source, fragments)?;
    Held::built(&schema, ContentModel::Views, limits)?;
    Ok(schema)
}

/// The head with its fragments, not yet known to build.
pub(crate) fn bundled_head(source: &Source, fragments: &Fragments) -> Result<Value, Fault> {
    materialise(&source.head, &source.folder, fragments).map_err(Fault::Reference)
}

/// The finding about a schema that cannot be used.
pub(crate) fn unusable(fault: &Fault, file: &str) -> Diagnostic {
    let code = match fault {
        Fault::TooLarge(_) => codes::SCHEMA_TOO_LARGE,
        Fault::Reference(_) => codes::REFERENCE,
        Fault::Invalid(_) => codes::SCHEMA_INVALID,
    };
    Diagnostic::error(code, fault.to_string()).in_file(file)
}
