//! Provenance: for each run one in-toto statement, in the commit that it speaks of.
//!
//! [`Draft`] is what a run's record says; [`Draft::seal`] adds what is written and the gate's verdict, and gives the file
//! of the pull request. [`verify()`] reads it back on a plain clone, without state, network or forge.
//! `docs/provenance.md` documents the form.

mod envelope;
mod report;
mod seal;
mod statement;
mod verify;

use forgeline_model::{Digest, SafePath};

pub use envelope::{BadEnvelope, Envelope};
pub(crate) use seal::tree_without;
pub use seal::{Draft, Sealed};
pub use statement::{Statement, Subject};
pub use verify::{
    Change, FileReport, FileStatus, Origin, Scope, Signed, Standing, StatementReport, Verification, verify,
};

/// Folder of the statements in a repository.
pub const FOLDER: &str = ".forgeline/provenance";
/// How a statement's file ends.
const ENDING: &str = ".intoto.json";
/// The trailer that ties a commit to the statement that it brings.
pub(crate) const TRAILER: &str = "Forgeline-Provenance";
/// Address of the author and committer of Forgeline's own commits.
pub(crate) const ADDRESS: &str = "forgeline@localhost";

/// Where the statement of a run lies, from the run's branch: `forgeline/docs-page/7-returns` gives
/// `.forgeline/provenance/docs-page/7-returns.intoto.json`. A later run of the same subject replaces it.
pub fn path(branch: &str) -> SafePath {
    let subject = branch.strip_prefix("forgeline/").unwrap_or(branch);
    let plain = format!("{FOLDER}/{subject}{ENDING}").parse();
    // A name that some system reserves, such as `aux`, is no path.
    plain.unwrap_or_else(|_| {
        let name = Digest::of_bytes(branch.as_bytes()).short();
        format!("{FOLDER}/{name}{ENDING}").parse().expect("hex digits are a path")
    })
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn every_branch_has_a_place() {
        assert_eq!(path("forgeline/docs-page/7-x").as_str(), ".forgeline/provenance/docs-page/7-x.intoto.json");
        assert_eq!(path("forgeline/aux/7").as_str().len(), ".forgeline/provenance/.intoto.json".len() + 12);
    }
}
