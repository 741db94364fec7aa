//! `forgeline contracts list` and `show`: the contracts in force.

use forgeline_blueprints::codes;
use forgeline_registry::{Contract, ContractVersion};
use semver::Version;
use serde_json::{Value, json};

use crate::{
    commands::Session,
    definitions::{self, InForce},
    exit::{Exit, Failure},
    output,
};

/// The definitions in force, with a note for each fault of the contracts.
fn in_force(session: &Session) -> anyhow::Result<InForce> {
    let in_force = definitions::load(session)?;
    // The built-in ones would be shown as if they were those that somebody asked for.
    if in_force.findings.iter().any(|finding| finding.code == codes::CONTRACTS_UNREAD) {
        definitions::check(&in_force)?;
    }
    for finding in in_force.findings.iter().filter(|finding| finding.code.starts_with("FL03")) {
        output::note(&finding.render());
    }
    Ok(in_force)
}

/// All contracts.
pub(super) fn list(session: &Session) -> anyhow::Result<Exit> {
    let in_force = in_force(session)?;
    let contracts: Vec<&Contract> = in_force.registry.contracts().collect();
    let values: Vec<Value> = contracts
        .iter()
        .map(|contract| {
            json!({
                "name": contract.name, "domain": contract.domain, "title": contract.manifest.title,
                "status": contract.manifest.status, "versions": contract.wire_versions(),
                "owners": contract.manifest.owners,
            })
        })
        .collect();
    session.out.print("contracts", &values, || {
        let row = |contract: &&Contract| {
            vec![
                contract.name.clone(),
                contract.wire_versions().join(" "),
                contract.domain.clone(),
                word(&contract.manifest.status),
                contract.manifest.title.clone(),
            ]
        };
        session
            .out
            .table(&["NAME", "VERSIONS", "DOMAIN", "STATUS", "TITLE"], &contracts.iter().map(row).collect::<Vec<_>>())
    });
    Ok(Exit::Success)
}

/// One contract, `Name` or `Name@1.0`.
pub(super) fn show(session: &Session, contract: &str) -> anyhow::Result<Exit> {
    let in_force = in_force(session)?;
    let (contract, version, one) = find(&in_force, contract)?;
    let folder = format!("events/{}/{}", contract.domain, contract.name);
    let example = example(&session_examples(session)?, &folder, version);
    print(session, contract, version, one, example);
    Ok(Exit::Success)
}

/// The schema of one contract, `Name@1.0`.
pub(super) fn schema(session: &Session, contract: &str) -> anyhow::Result<Value> {
    let in_force = in_force(session)?;
    let (_, _, one) = find(&in_force, contract)?;
    Ok(one.schema().clone())
}

fn find<'a>(in_force: &'a InForce, named: &str) -> Result<(&'a Contract, &'a Version, &'a ContractVersion), Failure> {
    let (name, wire) = named.split_once('@').map_or((named, None), |(name, wire)| (name, Some(wire)));
    let known: Vec<&str> = in_force.registry.contracts().map(|contract| contract.name.as_str()).collect();
    let contract = in_force.registry.show(name).ok_or_else(|| unknown(name, &known))?;
    let (version, one) = pick(contract, wire)?;
    Ok((contract, version, one))
}

fn print(session: &Session, contract: &Contract, version: &Version, one: &ContractVersion, example: Option<Value>) {
    let manifest = &contract.manifest;
    let value = json!({
        "name": contract.name, "version": version, "domain": contract.domain, "title": manifest.title,
        "status": manifest.status, "owners": manifest.owners, "producers": manifest.producers,
        "consumers": manifest.consumers, "digest": one.digest(), "schema": one.schema(), "example": example,
    });
    session.out.print("contract", &value, || {
        let mut text = format!(
            "{}@{version}  {}\n{}\n\nowners     {}\nproducers  {}\nconsumers  {}\nversions   {}\ndigest     {}\n\nschema\n{}",
            contract.name,
            word(&manifest.status),
            manifest.title,
            manifest.owners.join(", "),
            manifest.producers.join(", "),
            manifest.consumers.join(", "),
            contract.versions.keys().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            one.digest(),
            forgeline_blueprints::schema::print(one.schema()),
        );
        if let Some(example) = &example {
            text.push_str(&format!("\nexample\n{}", forgeline_blueprints::schema::print(example)));
        }
        text
    });
}

fn pick<'a>(contract: &'a Contract, wire: Option<&str>) -> Result<(&'a Version, &'a ContractVersion), Failure> {
    let found = match wire {
        None => contract.versions.iter().next_back(),
        Some(wire) => {
            let exact = wire.parse::<Version>().ok().and_then(|version| contract.versions.get_key_value(&version));
            exact.or_else(|| contract.version(wire))
        }
    };
    found.ok_or_else(|| {
        let known = contract.wire_versions();
        let known =
            if known.is_empty() { "none is published".to_owned() } else { format!("published: {}", known.join(", ")) };
        let wanted = wire.map_or_else(String::new, |wire| format!("@{wire}"));
        Failure::new(Exit::NotFound, format!("there is no contract version `{}{wanted}`; {known}", contract.name))
    })
}

fn unknown(name: &str, known: &[&str]) -> Failure {
    let hint = forgeline_blueprints::suggest::hint(name, known.iter().copied());
    Failure::new(Exit::NotFound, format!("there is no contract `{name}`; {hint}"))
}

/// The registry's files, for their examples: the factory's own over the shipped ones.
fn session_examples(session: &Session) -> anyhow::Result<forgeline_model::FileSet> {
    let own = definitions::folder(&session.global)?;
    Ok(match own {
        Some(folder) => {
            forgeline_registry::with_shipped(&definitions::read_folder(&folder, "")?.files.below("schema-registry"))
        }
        None => forgeline_registry::shipped(),
    })
}

/// The first valid example of a version.
fn example(files: &forgeline_model::FileSet, folder: &str, version: &Version) -> Option<Value> {
    let valid = files.below(&format!("{folder}/examples/{version}/valid"));
    let (_, bytes) = valid.iter().next()?;
    serde_json::from_slice(bytes).ok()
}

fn word(status: &forgeline_registry::Status) -> String {
    serde_json::to_value(status).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
