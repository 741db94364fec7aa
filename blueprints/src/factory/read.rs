//! Files to definitions.

use std::sync::Arc;

use forgeline_model::{DefinitionRef, Diagnostic, FileSet};
use serde::de::DeserializeOwned;

use super::{Definition, Factory, Layer};
use crate::{
    agent::{self, Agent},
    blueprint::{self, Blueprint},
    codes, config,
    config::{FactoryConfig, operator::Ceilings},
    shape::{self, Object},
    yaml::Document,
};

/// What a kind of definition needs to be read.
trait Manifest: DeserializeOwned {
    const FOLDER: &'static str;
    const FILE: &'static str;
    const SHAPE: &'static Object;

    fn name_and_version(&self) -> (&str, &semver::Version);
}

impl Manifest for Blueprint {
    const FOLDER: &'static str = "blueprints";
    const FILE: &'static str = "blueprint.yaml";
    const SHAPE: &'static Object = &blueprint::SHAPE;

    fn name_and_version(&self) -> (&str, &semver::Version) {
        (&self.metadata.name, &self.metadata.version)
    }
}

impl Manifest for Agent {
    const FOLDER: &'static str = "agents";
    const FILE: &'static str = "agent.yaml";
    const SHAPE: &'static Object = &agent::SHAPE;

    fn name_and_version(&self) -> (&str, &semver::Version) {
        (&self.metadata.name, &self.metadata.version)
    }
}

/// Reads everything below a place.
pub(super) fn factory(files: &FileSet, built_in: Option<&'static Factory>) -> (Factory, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let (config, config_document) = settings(files, &mut found);
    let blueprints = layer(files, &mut found);
    let agents = layer(files, &mut found);
    let origin = files.origin.clone();
    (Factory { config, config_document, origin, blueprints, agents, built_in, ceilings: Ceilings::default() }, found)
}

fn settings(files: &FileSet, found: &mut Vec<Diagnostic>) -> (FactoryConfig, Option<Document>) {
    misnamed(files, config::FILE, found);
    let Some(bytes) = files.get(config::FILE) else { return (FactoryConfig::default(), None) };
    let document = match Document::parse(config::FILE, bytes) {
        Ok(document) => document,
        Err(faults) => {
            found.extend(faults);
            return (FactoryConfig::default(), None);
        }
    };
    let foreign = config::operator_keys(&document);
    let structural = shape::check(&document, &config::SHAPE);
    let told = |fault: &Diagnostic| foreign.iter().any(|foreign| foreign.span == fault.span);
    let structural: Vec<Diagnostic> = structural.into_iter().filter(|fault| !told(fault)).collect();
    let config = if structural.is_empty() { decode(&document, found) } else { None };
    found.extend(foreign);
    found.extend(structural);
    let config: FactoryConfig = config.unwrap_or_default();
    found.extend(config::check(&config, &document));
    (config, Some(document))
}

fn layer<T: Manifest>(files: &FileSet, found: &mut Vec<Diagnostic>) -> Layer<T> {
    let mut layer = Layer { own: Vec::new(), broken: Vec::new() };
    for folder in files.folders(T::FOLDER) {
        let path = format!("{}/{folder}", T::FOLDER);
        let manifest = format!("{path}/{}", T::FILE);
        misnamed(files, &manifest, found);
        let Some(bytes) = files.get(&manifest) else { continue };
        match definition::<T>(files, &path, &manifest, bytes, found) {
            Some(definition) => {
                same_name(&definition, &folder, found);
                layer.own.push(Arc::new(definition));
            }
            None => layer.broken.push(folder),
        }
    }
    layer
}

fn definition<T: Manifest>(
    files: &FileSet,
    folder: &str,
    file: &str,
    bytes: &[u8],
    found: &mut Vec<Diagnostic>,
) -> Option<Definition<T>> {
    let document = match Document::parse(file, bytes) {
        Ok(document) => document,
        Err(faults) => {
            found.extend(faults);
            return None;
        }
    };
    let structural = shape::check(&document, T::SHAPE);
    if !structural.is_empty() {
        found.extend(structural);
        return None;
    }
    let manifest: T = decode(&document, found)?;
    let own = files.below(folder);
    let (name, version) = manifest.name_and_version();
    let reference = DefinitionRef { name: name.to_owned(), version: version.clone(), digest: own.digest() };
    let origin = files.origin.clone();
    Some(Definition { reference, manifest, document, files: own, folder: folder.to_owned(), origin })
}

fn decode<T: DeserializeOwned>(document: &Document, found: &mut Vec<Diagnostic>) -> Option<T> {
    match serde_json::from_value(document.value()) {
        Ok(value) => Some(value),
        Err(error) => {
            let diagnostic =
                Diagnostic::error(codes::DISAGREEMENT, format!("cannot read `{}`: {error}", document.file));
            found.push(document.at("", diagnostic));
            None
        }
    }
}

fn same_name<T>(definition: &Definition<T>, folder: &str, found: &mut Vec<Diagnostic>) {
    let name = &definition.reference.name;
    if name != folder {
        let message = format!("the name `{name}` differs from the folder's, `{folder}`");
        let diagnostic = Diagnostic::error(codes::NAME_DIFFERS, message)
            .hint(format!("write `name: {folder}`, or rename the folder to `{name}`"));
        found.push(definition.document.at("/metadata/name", diagnostic));
    }
}

fn misnamed(files: &FileSet, manifest: &str, found: &mut Vec<Diagnostic>) {
    let other = manifest.replace(".yaml", ".yml");
    if files.get(&other).is_some() {
        let diagnostic = Diagnostic::warning(codes::MISNAMED_FILE, format!("`{other}` is not read"))
            .hint(format!("rename it to `{manifest}`"));
        found.push(diagnostic.in_file(other));
    }
}
