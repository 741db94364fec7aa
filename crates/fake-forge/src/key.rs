//! The keys of Apps: RSA, 2048 bits, as forges hand them out.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::{EncodeRsaPrivateKey as _, LineEnding};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _, Verifier as _};
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::Value;

/// A pair of keys; the private half is for the App's owner only.
#[derive(Clone)]
pub(crate) struct AppKey(RsaPrivateKey);

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey")
    }
}

/// Making a key takes a while, so the n-th App of each forge in a process has the n-th key of this row.
static ROW: Mutex<Vec<AppKey>> = Mutex::new(Vec::new());

/// The n-th key of this process.
pub(crate) fn nth(n: usize) -> AppKey {
    let mut row = ROW.lock().unwrap_or_else(PoisonError::into_inner);
    while row.len() <= n {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("2048 bits are a size that RSA knows");
        row.push(AppKey(key));
    }
    row[n].clone()
}

impl AppKey {
    /// The private half, in the form that GitHub offers for download (PKCS #1).
    pub(crate) fn pem(&self) -> String {
        self.0.to_pkcs1_pem(LineEnding::LF).map(|pem| pem.to_string()).expect("a key that was just made has a PEM form")
    }

    /// A JWT with these claims, signed with RS256.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&serde_json::json!({"alg": "RS256", "typ": "JWT"})), part(claims));
        let signature = SigningKey::<Sha256>::new(self.0.clone()).sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Whether this key signed the JWT with RS256.
    pub(crate) fn signed(&self, jwt: &str) -> bool {
        let Some((message, signature)) = jwt.rsplit_once('.') else { return false };
        let header = message.split('.').next().and_then(decode);
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let Ok(signature) = Signature::try_from(signature.as_slice()) else { return false };
        let key = VerifyingKey::<Sha256>::new(RsaPublicKey::from(&self.0));
        header.is_some_and(|header| header["alg"] == "RS256") && key.verify(message.as_bytes(), &signature).is_ok()
    }
}

/// The claims of a JWT, not yet believed.
pub(crate) fn claims(jwt: &str) -> Option<Value> {
    let mut parts = jwt.split('.');
    let claims = parts.nth(1).and_then(decode)?;
    (parts.next().is_some() && parts.next().is_none()).then_some(claims)
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
