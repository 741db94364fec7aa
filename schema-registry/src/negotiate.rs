//! Which version a producer should write when its consumers are not all of the same one.

use semver::Version;

use crate::{CompatibilityMode, Contract, ContractViolation, Registry, Status, registry::wire_form};

impl Registry {
    /// The newest published version, `major.minor`, that consumers of each of these versions can read, by what the
    /// contract's mode promises. Without consumers it is the newest one.
    pub fn negotiate(&self, event_type: &str, wanted: &[&str]) -> Result<String, ContractViolation> {
        let contract = self.named(event_type)?;
        if contract.manifest.status == Status::Retired {
            return Err(ContractViolation::Retired { event_type: contract.name.clone() });
        }
        let published = contract.newest_patches();
        let place = |wire: &&str| {
            let found =
                contract.version(wire).and_then(|(version, _)| published.iter().position(|one| *one == version));
            found.ok_or_else(|| contract.unknown_version(wire))
        };
        let readers = wanted.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
        let mode = contract.manifest.mode.unwrap_or(self.settings().mode);
        let all_read = |written: usize| readers.iter().all(|reader| reads(mode, &published, *reader, written));
        match (0..published.len()).rev().find(|written| all_read(*written)) {
            Some(at) => Ok(wire_form(published[at])),
            None => Err(ContractViolation::NoCommonVersion {
                event_type: contract.name.clone(),
                wanted: wanted.iter().map(|wire| (*wire).to_owned()).collect(),
                published: contract.wire_versions(),
            }),
        }
    }
}

impl Contract {
    /// The newest patch of each `major.minor`, oldest first.
    fn newest_patches(&self) -> Vec<&Version> {
        let mut newest: Vec<&Version> = Vec::new();
        for version in self.versions.keys() {
            match newest.last_mut() {
                Some(last) if (last.major, last.minor) == (version.major, version.minor) => *last = version,
                _ => newest.push(version),
            }
        }
        newest
    }
}

/// Whether the mode promises that consumers of one version read another. Without transitivity it speaks of neighbours.
fn reads(mode: CompatibilityMode, published: &[&Version], reader: usize, written: usize) -> bool {
    use CompatibilityMode::{Backward, BackwardTransitive, Forward, ForwardTransitive, Full, FullTransitive};
    if reader == written {
        return true;
    }
    let near = reader.abs_diff(written) == 1;
    let promised = if written < reader {
        matches!(mode, BackwardTransitive | FullTransitive) || (near && matches!(mode, Backward | Full))
    } else {
        matches!(mode, ForwardTransitive | FullTransitive) || (near && matches!(mode, Forward | Full))
    };
    promised && published[reader].major == published[written].major
}
