//! A loaded registry: contracts by name and version, and the verdict on an event.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use forgeline_model::{ContractBundle, Diagnostic, Digest, FileSet};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use semver::Version;
use serde_json::Value;

use crate::{
    ContractViolation, Manifest, Settings, Status, Violation,
    held::{Held, Reader},
    load,
    schema::{self, Limits},
    shipped,
    violation::MAX_LISTED,
};

/// Bounds of an event, looked at before anything else is: how long validation takes depends on them.
const EVENT: Limits = Limits { bytes: 1 << 20, nodes: 100_000, depth: 64 };

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

/// One published version. Its validators are built once.
#[derive(Debug, Clone)]
pub struct ContractVersion {
    schema: Value,
    digest: Digest,
    held: Held,
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

    /// Whether this event may be told: known type, exactly a published version, not retired, and the fields of its
    /// schema's write view and no others.
    pub fn validate_produced(&self, event: &Value) -> Result<(), ContractViolation> {
        let (contract, wire) = self.contract_of(event)?;
        if contract.manifest.status == Status::Retired {
            return Err(ContractViolation::Retired { event_type: contract.name.clone() });
        }
        let found = contract.version(wire);
        let (version, one) = found.ok_or_else(|| contract.unknown_version(wire))?;
        contract.verdict(version, one.check_produced(event))
    }

    /// Whether this event may be acted on, by the read view: unknown fields are passed over, defaults stand in. A minor
    /// version that is newer than ours is read with our newest of that major, which is what forward compatibility
    /// promises.
    pub fn validate_consumed(&self, event: &Value) -> Result<(), ContractViolation> {
        self.reader_of(event).map(drop)
    }

    /// The event as a consumer sees it: validated like [`Self::validate_consumed`], and what the producer left out
    /// filled in with the defaults of its schema.
    pub fn consume(&self, mut event: Value) -> Result<Value, ContractViolation> {
        if let Some(defaults) = &self.reader_of(&event)?.defaults {
            defaults.fill(&mut event);
        }
        Ok(event)
    }

    /// What this event is read with, after it was found to fit.
    fn reader_of(&self, event: &Value) -> Result<&Reader, ContractViolation> {
        let (contract, wire) = self.contract_of(event)?;
        let found = contract.version(wire).or_else(|| contract.newest_before(wire));
        let (version, one) = found.ok_or_else(|| contract.unknown_version(wire))?;
        let reader = one.held.read(&one.schema);
        contract.verdict(version, violations(&reader.validator, event))?;
        Ok(reader)
    }

    fn contract_of<'a>(&self, event: &'a Value) -> Result<(&Contract, &'a str), ContractViolation> {
        schema::measure(event, EVENT).map_err(|what| ContractViolation::TooLarge { message: what })?;
        let text = |name: &str| {
            event
                .get(name)
                .and_then(Value::as_str)
                .ok_or_else(|| ContractViolation::NotAnEvent { message: format!("it has no text field `{name}`") })
        };
        let (event_type, wire) = (text("event_type")?, text("version")?);
        Ok((self.named(event_type)?, wire))
    }

    pub(crate) fn named(&self, event_type: &str) -> Result<&Contract, ContractViolation> {
        self.contracts.get(event_type).ok_or_else(|| ContractViolation::UnknownType {
            event_type: shorten(event_type),
            similar: self.similar(event_type),
        })
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

    pub(crate) fn unknown_version(&self, wire: &str) -> ContractViolation {
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
    pub(crate) fn new(schema: Value, digest: Digest, held: Held) -> Self {
        Self { schema, digest, held }
    }

    /// The bundled schema.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Digest of the bundled schema in canonical form, as in its lock.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What keeps a producer from writing an event of this version, at most twenty findings, values hidden.
    pub fn check_produced(&self, event: &Value) -> Vec<Violation> {
        violations(self.held.written(&self.schema), event)
    }

    /// What keeps a consumer of this version from reading an event, at most twenty findings, values hidden.
    pub fn check_consumed(&self, event: &Value) -> Vec<Violation> {
        violations(&self.held.read(&self.schema).validator, event)
    }
}

fn violations(validator: &Validator, event: &Value) -> Vec<Violation> {
    if validator.is_valid(event) {
        return Vec::new();
    }
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(event).take(MAX_LISTED).collect();
    let (undeclared, others): (Vec<_>, Vec<_>) = errors.iter().partition(|error| is_undeclared(error));
    // Where a part of a schema fails, the fields that it declares count as undeclared too; only the cause is told.
    let caused = |error: &ValidationError<'_>| {
        let place = error.instance_path().as_str();
        let below =
            |other: &str| other.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        others.iter().any(|other| below(other.instance_path().as_str()))
    };
    let real = undeclared.into_iter().filter(|error| !caused(error));
    others.iter().copied().chain(real).map(Violation::masked).collect()
}

fn is_undeclared(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::UnevaluatedProperties { .. })
}

fn parse_wire(wire: &str) -> Option<(u64, u64)> {
    let (major, minor) = wire.split_once('.')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?;
    Some((number(major)?, number(minor)?))
}

pub(crate) fn wire_form(version: &Version) -> String {
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
