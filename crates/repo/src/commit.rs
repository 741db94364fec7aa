//! Writing and reading commits.

use forgeline_model::Timestamp;
use git2::{Buf, ObjectType, Signature, Time};
use serde::{Deserialize, Serialize};

use crate::{
    CommitId, Repo, RepoError, Trailer, TreeId,
    message::{parse_trailers, render},
};

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// For people to read.
    pub name: String,
    /// Address.
    pub email: String,
}

/// A commit to write. Equal values give equal ids, whenever and wherever they are written.
#[derive(Debug, Clone)]
pub struct NewCommit<'a> {
    /// What it holds.
    pub tree: TreeId,
    /// What it follows, in order.
    pub parents: &'a [CommitId],
    /// Author and committer.
    pub author: &'a Person,
    /// Both dates, in UTC; Git keeps whole seconds.
    pub at: Timestamp,
    /// Text, which may come from anybody.
    pub message: &'a str,
    /// What Forgeline says of it.
    pub trailers: &'a [Trailer],
}

/// A commit as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: CommitId,
    /// Its root tree.
    pub tree: TreeId,
    /// What it follows.
    pub parents: Vec<CommitId>,
    /// Who wrote the change; not a proof of identity.
    pub author: Person,
    /// Who put it there; another than the author after a rebase, a squash or an amend.
    pub committer: Person,
    /// Committer date.
    pub at: Timestamp,
    /// Text and trailers; replacement characters where it is not UTF-8.
    pub message: String,
}

impl CommitInfo {
    /// The first line.
    pub fn summary(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// Its trailers; see [`parse_trailers`].
    pub fn trailers(&self) -> Vec<Trailer> {
        parse_trailers(&self.message)
    }
}

impl Repo {
    /// Writes a commit object. No reference names it yet.
    ///
    /// # Errors
    /// The tree or a parent is not there, or nothing can be written.
    pub fn commit(&self, new: &NewCommit<'_>) -> Result<CommitId, RepoError> {
        let failed = || RepoError::git("write a commit");
        let odb = self.git.odb().map_err(failed())?;
        odb.write(ObjectType::Commit, &self.commit_bytes(new)?).map(CommitId::new).map_err(failed())
    }

    /// Writes a commit object with the signature, in text form, that `sign` makes of its bytes.
    ///
    /// # Errors
    /// The tree or a parent is not there, or nothing can be written.
    pub fn signed_commit(
        &self,
        new: &NewCommit<'_>,
        sign: impl FnOnce(&[u8]) -> String,
    ) -> Result<CommitId, RepoError> {
        let bytes = self.commit_bytes(new)?;
        let text = bytes.as_str().expect("names, message and trailers are texts");
        let written = self.git.commit_signed(text, sign(&bytes).trim_end(), None);
        written.map(CommitId::new).map_err(RepoError::git("write a signed commit"))
    }

    /// The commit object, unsigned.
    fn commit_bytes(&self, new: &NewCommit<'_>) -> Result<Buf, RepoError> {
        let failed = || RepoError::git("write a commit");
        let tree = self.find_tree(new.tree)?;
        let parents = new
            .parents
            .iter()
            .map(|id| self.git.find_commit(id.oid()).map_err(RepoError::lookup("commit", id)))
            .collect::<Result<Vec<_>, _>>()?;
        let time = Time::new(new.at.seconds(), 0);
        let who = Signature::new(&field(&new.author.name, "unknown"), &field(&new.author.email, "unknown"), &time)
            .map_err(failed())?;
        let message = render(new.message, new.trailers);
        let parents: Vec<_> = parents.iter().collect();
        self.git.commit_create_buffer(&who, &who, &message, &tree, &parents).map_err(failed())
    }

    /// What a commit says.
    ///
    /// # Errors
    /// It is not there.
    pub fn commit_info(&self, id: CommitId) -> Result<CommitInfo, RepoError> {
        let commit = self.git.find_commit(id.oid()).map_err(RepoError::lookup("commit", id))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let person = |who: Signature<'_>| Person { name: text(who.name_bytes()), email: text(who.email_bytes()) };
        Ok(CommitInfo {
            id,
            tree: TreeId::new(commit.tree_id()),
            parents: commit.parent_ids().map(CommitId::new).collect(),
            author: person(commit.author()),
            committer: person(commit.committer()),
            at: Timestamp::from_millis(commit.time().seconds().saturating_mul(1000)),
            message: text(commit.message_bytes()),
        })
    }
}

/// A name or address as a commit header can hold it.
fn field(text: &str, otherwise: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
    let clean = clean.trim_matches(|c: char| c.is_whitespace() || ".,:;\"'\\".contains(c));
    if clean.is_empty() { otherwise.to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use forgeline_model::Timestamp;

    use super::{NewCommit, Person};
    use crate::{Trailer, scratch::Scratch};

    #[test]
    fn the_same_commit_has_the_same_id_in_any_repository() {
        let write = |name: &str| {
            let scratch = Scratch::new();
            let base = scratch.commit(&[("a", "1")]);
            let new = NewCommit {
                tree: scratch.repo.tree_of(base).expect("tree"),
                parents: &[base],
                author: &Person { name: name.into(), email: "a@b\n>".into() },
                at: Timestamp::from_millis(1_714_231_800_250),
                message: "Add orders",
                trailers: &[Trailer::new("Forgeline-Run-Key", "k")],
            };
            let id = scratch.repo.commit(&new).expect("writes");
            scratch.git(&["fsck", "--strict"]);
            (id, scratch.repo.commit_info(id).expect("reads"))
        };
        let (one, info) = write("Ana");
        assert_eq!(one, write("Ana").0);
        assert_ne!(one, write("Eva").0);
        assert_eq!(info.author, Person { name: "Ana".into(), email: "a@b".into() });
        assert_eq!((info.summary(), info.at), ("Add orders", Timestamp::from_millis(1_714_231_800_000)));
        assert_eq!(info.trailers(), [Trailer::new("Forgeline-Run-Key", "k")]);
        assert_eq!(write("<\n").1.author.name, "unknown");
    }

    #[test]
    fn a_signed_commit_says_the_same_and_carries_the_signature() {
        let scratch = Scratch::new();
        let base = scratch.commit(&[("a", "1")]);
        let new = NewCommit {
            tree: scratch.repo.tree_of(base).expect("tree"),
            parents: &[base],
            author: &Person { name: "Ana".into(), email: "a@b".into() },
            at: Timestamp::from_millis(1_714_231_800_000),
            message: "Add orders",
            trailers: &[],
        };
        let plain = scratch.repo.commit(&new).expect("writes");
        let signed = scratch.repo.signed_commit(&new, |_| "BEGIN\nx\nEND\n".into()).expect("writes");
        assert_ne!(plain, signed);
        scratch.git(&["fsck", "--strict"]);
        let (plain, signed) = (scratch.repo.commit_info(plain), scratch.repo.commit_info(signed));
        let (plain, signed) = (plain.expect("reads"), signed.expect("reads"));
        assert_eq!((plain.message, plain.tree, plain.committer), (signed.message, signed.tree, signed.committer));
        let (signature, bytes) = scratch.repo.git.extract_signature(&signed.id.oid(), None).expect("signed");
        assert_eq!(&*signature, b"BEGIN\nx\nEND");
        assert!(bytes.as_str().expect("text").ends_with("Add orders\n"));
    }
}
