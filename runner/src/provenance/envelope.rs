//! The envelope of a statement: DSSE v1, with a signature when there is a key.
//! <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>

use base64::{Engine as _, engine::general_purpose::STANDARD};
use forgeline_model::canonical;
use serde::{Deserialize, Serialize};

use super::Statement;
use crate::signing::{SigningKey, TrustedKey};

/// What the payload is.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A statement with its signatures, as it lies in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The statement's canonical JSON, in base64.
    payload: String,
    payload_type: String,
    /// None: it is unsigned.
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    /// Name of the key, `SHA256:…` as `ssh-keygen -l` shows it.
    keyid: String,
    /// Ed25519, in base64.
    sig: String,
}

/// The file is no statement of Forgeline's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no provenance of Forgeline's: {0}")]
pub struct BadEnvelope(String);

impl Envelope {
    /// Wraps a statement, and signs it if there is a key.
    pub fn seal(statement: &Statement, key: Option<&SigningKey>) -> Self {
        let payload = canonical::to_string(statement);
        let sign = |key: &SigningKey| Signature {
            keyid: key.id(),
            sig: STANDARD.encode(key.sign(&signed_bytes(PAYLOAD_TYPE, payload.as_bytes()))),
        };
        let signatures = key.map(sign).into_iter().collect();
        Self { payload: STANDARD.encode(&payload), payload_type: PAYLOAD_TYPE.to_owned(), signatures }
    }

    /// The file: canonical JSON and a line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        format!("{}\n", canonical::to_string(self)).into_bytes()
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It is no envelope, or of something else.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadEnvelope> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(|error| BadEnvelope(error.to_string()))?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(BadEnvelope(format!("its payload is `{}`, not `{PAYLOAD_TYPE}`", envelope.payload_type)));
        }
        Ok(envelope)
    }

    /// The statement inside.
    ///
    /// # Errors
    /// The payload is none.
    pub fn statement(&self) -> Result<Statement, BadEnvelope> {
        let statement: Statement =
            serde_json::from_slice(&self.payload()?).map_err(|error| BadEnvelope(error.to_string()))?;
        statement.check_types().map_err(BadEnvelope)?;
        Ok(statement)
    }

    /// Names of the keys that signed it, as they say; empty when it is unsigned.
    pub fn signers(&self) -> Vec<&str> {
        self.signatures.iter().map(|signature| signature.keyid.as_str()).collect()
    }

    /// Whether one of the signatures is of this key, over this payload.
    pub fn is_signed_by(&self, key: &TrustedKey) -> bool {
        let Ok(payload) = self.payload() else { return false };
        let signed = signed_bytes(&self.payload_type, &payload);
        self.signatures
            .iter()
            .filter_map(|signature| STANDARD.decode(&signature.sig).ok())
            .any(|signature| key.accepts(&signed, &signature))
    }

    fn payload(&self) -> Result<Vec<u8>, BadEnvelope> {
        STANDARD.decode(&self.payload).map_err(|error| BadEnvelope(format!("its payload is not base64: {error}")))
    }
}

/// What is signed: DSSE's pre-authentication encoding, so that a signature stands for one type of payload only.
fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Envelope, signed_bytes};

    #[test]
    fn the_signed_bytes_are_those_of_the_protocol() {
        // The example of the protocol's own page.
        let bytes = signed_bytes("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn what_is_something_else_is_refused() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"payload":"e30=","payloadType":"text/plain","signatures":[]}"#,
            r#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{}]}"#,
        ] {
            assert!(Envelope::parse(text.as_bytes()).is_err(), "{text}");
        }
        for payload in ["e30=", "!", "bm8="] {
            let text =
                format!(r#"{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":[]}}"#);
            assert!(Envelope::parse(text.as_bytes()).expect("an envelope").statement().is_err(), "{payload}");
        }
    }
}
