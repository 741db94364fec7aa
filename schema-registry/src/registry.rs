//! A loaded registry: contracts by name and version, and the verdict on an event.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, OnceLock},
};

use forgeline_model::{ContractBundle, Diagnostic, Digest, FileSet};
use jsonschema::Validator;
use semver::Version;
use serde_json::Value;

use crate::{
    ContractViolation, Manifest, Settings, Status, Violation, load,
    schema::{self, Limits},
    shipped,
    violation::MAX_LISTED,
};

/// Contracts in force. Built once, shared, never changed.
#[derive(Debug, Clone)]
pub struct Registry {
    settings: Settings,
    fragments: BTreeMap<String, Contract>,
    contracts: BTreeMap<String, Contract>,
    bundle: Arc<ContractBundle>,
}

/// One event's contract with all its published versions.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Event type, `VisionDocumentCreated`.
    pub name: String,
    /// Domain, `vision`; empty for a shared fragment.
    pub domain: String,
    /// What `event.yaml` says.
    pub manifest: Manifest,
    /// Published versions.
    pub versions: BTreeMap<Version, ContractVersion>,
}

/// One published version. Its validator is built once.
#[derive(Debug, Clone)]
pub struct ContractVersion {
    schema: Value,
    digest: Digest,
    validator: OnceLock<Validator>,
}

static BUILT_IN: LazyLock<Registry> =
    LazyLock::new(|| load::load(&shipped()).expect("the built-in contracts load: a test does it"));

impl Registry {
    /// Loads a registry's files; everything that is wrong with them at once.
    pub fn load(files: &FileSet) -> Result<Self, Vec<Diagnostic>> {
        load::load(files)
    }

    /// The contracts inside the binary; validators are built when first used.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    pub(crate) fn new(
        settings: Settings,
        fragments: BTreeMap<String, Contract>,
        contracts: BTreeMap<String, Contract>,
        files: &FileSet,
    ) -> Self {
        let digest = digest(&contracts);
        // What loads is text: its files are JSON, YAML and Markdown.
        let files = files.iter().map(|(path, bytes)| (path.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
        let bundle = Arc::new(ContractBundle { digest, files: files.collect() });
        Self { settings, fragments, contracts, bundle }
    }

    /// Loads what [`Self::bundle`] gave.
    pub fn of_bundle(bundle: &ContractBundle) -> Result<Self, Vec<Diagnostic>> {
        let mut files = FileSet::new("kept with a run");
        for (path, text) in &bundle.files {
            files.insert(path, text.as_bytes());
        }
        load::load(&files)
    }

    /// Its files, to be kept with what is held to them.
    pub fn bundle(&self) -> &Arc<ContractBundle> {
        &self.bundle
    }

    /// What `registry.yaml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The digest of all contracts in force: names, versions and schemas, and nothing else.
    pub fn digest(&self) -> Digest {
        self.bundle.digest
    }

    /// All contracts in name order.
    pub fn contracts(&self) -> impl Iterator<Item = &Contract> {
        self.contracts.values()
    }

    pub(crate) fn fragments(&self) -> impl Iterator<Item = &Contract> {
        self.fragments.values()
    }

    /// Each contract's versions as they stand on the wire, `major.minor`, oldest first.
    pub fn versions(&self) -> BTreeMap<String, Vec<String>> {
        self.contracts().map(|contract| (contract.name.clone(), contract.wire_versions())).collect()
    }

    /// A contract by name.
    pub fn show(&self, event_type: &str) -> Option<&Contract> {
        self.contracts.get(event_type)
    }

    /// Whether this event may be told: known type, exactly a published version, not retired, fields as its schema says.
    pub fn validate_produced(&self, event: &Value) -> Result<(), ContractViolation> {
        let (contract, wire) = self.contract_of(event)?;
        if contract.manifest.status == Status::Retired {
            return Err(ContractViolation::Retired { event_type: contract.name.clone() });
        }
        let found = contract.version(wire);
        let (version, one) = found.ok_or_else(|| contract.unknown_version(wire))?;
        contract.verdict(version, one.check(event))
    }

    /// Whether this event may be acted on. A minor version that is newer than ours is read with our newest of that
    /// major, which is what forward compatibility promises.
    pub fn validate_consumed(&self, event: &Value) -> Result<(), ContractViolation> {
        let (contract, wire) = self.contract_of(event)?;
        let found = contract.version(wire).or_else(|| contract.newest_before(wire));
        let (version, one) = found.ok_or_else(|| contract.unknown_version(wire))?;
        contract.verdict(version, one.check(event))
    }

    fn contract_of<'a>(&self, event: &'a Value) -> Result<(&Contract, &'a str), ContractViolation> {
        let text = |name: &str| {
            event
                .get(name)
                .and_then(Value::as_str)
                .ok_or_else(|| ContractViolation::NotAnEvent { message: format!("it has no text field `{name}`") })
        };
        let (event_type, wire) = (text("event_type")?, text("version")?);
        let contract = self.contracts.get(event_type).ok_or_else(|| ContractViolation::UnknownType {
            event_type: shorten(event_type),
            similar: self.similar(event_type),
        })?;
        Ok((contract, wire))
    }

    fn similar(&self, name: &str) -> Option<String> {
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let wanted = plain(name);
        self.contracts.keys().find(|known| plain(known) == wanted).cloned()
    }
}

impl Contract {
    /// The newest patch of a `major.minor`, with its full version.
    pub fn version(&self, wire: &str) -> Option<(&Version, &ContractVersion)> {
        let (major, minor) = parse_wire(wire)?;
        self.versions.iter().rfind(|(version, _)| (version.major, version.minor) == (major, minor))
    }

    /// Versions as they stand on the wire, oldest first.
    pub fn wire_versions(&self) -> Vec<String> {
        let mut all: Vec<String> = self.versions.keys().map(wire_form).collect();
        all.dedup();
        all
    }

    fn newest_before(&self, wire: &str) -> Option<(&Version, &ContractVersion)> {
        let (major, minor) = parse_wire(wire)?;
        self.versions.iter().rfind(|(version, _)| version.major == major && version.minor < minor)
    }

    fn unknown_version(&self, wire: &str) -> ContractViolation {
        ContractViolation::UnknownVersion {
            event_type: self.name.clone(),
            version: shorten(wire),
            published: self.wire_versions(),
        }
    }

    fn verdict(&self, version: &Version, violations: Vec<Violation>) -> Result<(), ContractViolation> {
        if violations.is_empty() {
            return Ok(());
        }
        Err(ContractViolation::Invalid { event_type: self.name.clone(), version: wire_form(version), violations })
    }
}

impl ContractVersion {
    pub(crate) fn new(schema: Value, digest: Digest, validator: OnceLock<Validator>) -> Self {
        Self { schema, digest, validator }
    }

    /// The bundled schema.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Digest of the bundled schema in canonical form, as in its lock.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What an event has against this version, at most twenty findings, values hidden.
    pub fn check(&self, event: &Value) -> Vec<Violation> {
        let validator = self.validator.get_or_init(|| {
            schema::compile(&self.schema, Limits::default())
                .expect("built when loaded, or built in, and a test builds those")
        });
        if validator.is_valid(event) {
            return Vec::new();
        }
        validator.iter_errors(event).take(MAX_LISTED).map(|error| Violation::masked(&error)).collect()
    }
}

fn parse_wire(wire: &str) -> Option<(u64, u64)> {
    let (major, minor) = wire.split_once('.')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?;
    Some((number(major)?, number(minor)?))
}

fn wire_form(version: &Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

fn digest(contracts: &BTreeMap<String, Contract>) -> Digest {
    let versions = contracts.values().flat_map(|contract| {
        contract.versions.iter().map(|(version, one)| (format!("{}@{version}", contract.name), one.digest))
    });
    Digest::of(&versions.collect::<BTreeMap<String, Digest>>())
}

/// Text from outside, cut for a message.
fn shorten(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}
