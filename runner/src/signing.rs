//! Signatures of Forgeline's own: on provenance, and on commits.
//!
//! The operator names keys by reference; a key is read when it is used, so that it can be changed without a restart, and
//! is held no longer. Keys are ed25519 in OpenSSH's form, as `ssh-keygen -t ed25519` makes them: its signatures depend on
//! nothing but key and text, so a retry gives the same bytes.

use std::{fs, path::Path};

use forgeline_model::SecretRef;
use signature::{Signer, Verifier};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, Signature};

/// Namespace of Git's signatures, so that one cannot stand for anything else.
const GIT_NAMESPACE: &str = "git";

/// Longest key that is read, bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Which keys sign what; without a key nothing is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signing {
    /// Signs provenance.
    pub statements: Option<SecretRef>,
    /// Signs commits.
    pub commits: Option<SecretRef>,
}

/// A key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The reference leads nowhere.
    #[error("the signing key `{reference}` cannot be read: {reason}")]
    Unreadable {
        /// The reference, never the key.
        reference: String,
        /// Why not.
        reason: String,
    },
    /// What it leads to is no key that Forgeline signs with.
    #[error("`{0}` is no ed25519 key in OpenSSH's form without a passphrase; `ssh-keygen -t ed25519 -N ''` makes one")]
    NotAKey(String),
}

/// A private key, for as long as it takes to sign.
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Reads the key that a reference names.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn read(reference: &SecretRef) -> Result<Self, SigningError> {
        let (shown, read) = match reference {
            SecretRef::Env(name) => {
                let missing = |_| "the variable is not set, or is not UTF-8".to_owned();
                (format!("env:{name}"), std::env::var(name).map_err(missing))
            }
            SecretRef::File(path) => (format!("file:{}", path.display()), read_file(path)),
        };
        let text = read.map_err(|reason| SigningError::Unreadable { reference: shown.clone(), reason })?;
        let key = PrivateKey::from_openssh(text.as_bytes()).ok();
        let usable = key.filter(|key| !key.is_encrypted() && key.algorithm() == Algorithm::Ed25519);
        usable.map(Self).ok_or(SigningError::NotAKey(shown))
    }

    /// The key's name, `SHA256:…` as `ssh-keygen -l` shows it.
    pub fn id(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// The 64 bytes of an ed25519 signature.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let signature: Signature = Signer::sign(&self.0, bytes);
        signature.as_bytes().to_vec()
    }

    /// The signature that stands in a commit: SSHSIG in armour, as `ssh-keygen -Y sign -n git` makes it.
    pub fn sign_commit(&self, commit: &[u8]) -> String {
        let signed = self.0.sign(GIT_NAMESPACE, HashAlg::Sha512, commit);
        let armoured = signed.and_then(|signature| signature.to_pem(LineEnding::LF));
        armoured.expect("an ed25519 key without passphrase signs, and a signature has a text form")
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// A public key that somebody trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey(PublicKey);

/// The text is no public key.
#[derive(Debug, thiserror::Error)]
#[error("this is no ed25519 public key; expected a line that begins with `ssh-ed25519`")]
pub struct NotAPublicKey;

impl TrustedKey {
    /// The key of an OpenSSH public key line, as in a `.pub` file.
    ///
    /// # Errors
    /// It is none, or of another kind.
    pub fn parse(line: &str) -> Result<Self, NotAPublicKey> {
        let key = PublicKey::from_openssh(line.trim()).map_err(|_| NotAPublicKey)?;
        if key.algorithm() == Algorithm::Ed25519 { Ok(Self(key)) } else { Err(NotAPublicKey) }
    }

    /// The key's name, `SHA256:…`.
    pub fn id(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// Whether the signature was made with this key over these bytes.
    pub fn accepts(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::new(Algorithm::Ed25519, signature)
            .is_ok_and(|signature| Verifier::verify(&self.0, bytes, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use forgeline_model::SecretRef;

    use super::{SigningError, SigningKey, TrustedKey};

    /// A key as `ssh-keygen` makes it: the reference to it, and its public line.
    fn key(folder: &tempfile::TempDir, kind: &[&str]) -> (SecretRef, String) {
        let path = folder.path().join("key");
        let made = Command::new("ssh-keygen").args(["-q", "-C", "", "-f"]).arg(&path).args(kind).status();
        assert!(made.expect("ssh-keygen starts").success());
        let line = fs::read_to_string(path.with_extension("pub")).expect("a public key");
        (SecretRef::File(path), line)
    }

    #[test]
    fn a_signature_is_the_same_every_time_and_fits_one_key_and_one_text() {
        let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (reference, line) = key(&folder, &["-t", "ed25519", "-N", ""]);
        let (_, stranger) = key(&other, &["-t", "ed25519", "-N", ""]);
        let signer = SigningKey::read(&reference).expect("a key");
        let (trusted, stranger) =
            (TrustedKey::parse(&line).expect("a key"), TrustedKey::parse(&stranger).expect("one"));
        let signature = signer.sign(b"text");
        assert_eq!(signature, signer.sign(b"text"));
        assert_eq!(signer.id(), trusted.id());
        assert!(trusted.accepts(b"text", &signature));
        assert!(!trusted.accepts(b"texts", &signature) && !stranger.accepts(b"text", &signature));
        assert!(!trusted.accepts(b"text", &signature[1..]) && !trusted.accepts(b"text", b""));
        assert_eq!(signer.sign_commit(b"tree"), signer.sign_commit(b"tree"));
    }

    #[test]
    fn what_cannot_sign_is_refused_and_never_shown() {
        for kind in [&["-t", "ed25519", "-N", "a passphrase"][..], &["-t", "rsa", "-N", ""]] {
            let folder = tempfile::tempdir().expect("a folder");
            let (reference, line) = key(&folder, kind);
            let error = SigningKey::read(&reference).err().expect("no key to sign with");
            assert!(matches!(error, SigningError::NotAKey(_)), "{error}");
            assert_eq!(TrustedKey::parse(&line).is_ok(), kind.contains(&"ed25519"));
        }
        let gone = SecretRef::File("/nonexistent/key".into());
        assert!(matches!(SigningKey::read(&gone), Err(SigningError::Unreadable { .. })));
        assert!(TrustedKey::parse("not a key").is_err());
    }
}
