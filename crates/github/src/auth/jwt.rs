//! The token by which an App says who it is: a JWT, signed with RS256.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use forgeline_forge::remote::Trouble;
use forgeline_model::Timestamp;
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::json;

/// The token says it was made this long ago, seconds: GitHub's clock may be behind ours.
const BACKDATED: i64 = 60;
/// How long it is taken, seconds; GitHub allows ten minutes.
const LIFETIME: i64 = 9 * 60;

/// A token for this App, taken for nine minutes.
pub(super) fn sign(app_id: u64, pem: &str, now: Timestamp) -> Result<String, Trouble> {
    let key = key(pem)?;
    let claims =
        json!({ "iat": now.seconds() - BACKDATED, "exp": now.seconds() + LIFETIME, "iss": app_id.to_string() });
    let signed = format!("{}.{}", part(br#"{"alg":"RS256","typ":"JWT"}"#), part(claims.to_string().as_bytes()));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| refused("it cannot sign"))?;
    Ok(format!("{signed}.{}", part(&signature)))
}

fn key(pem: &str) -> Result<KeyPair, Trouble> {
    // In a variable of the environment line ends are often written as `\n`.
    let pem = pem.replace("\\n", "\n");
    let der =
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| refused("it is no PEM file with a private key"))?;
    let parsed = match &der {
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(refused("it is no RSA key")),
    };
    parsed.map_err(|_| refused("it is no RSA key of 2048 bits or more"))
}

/// The key's own content is in no error.
fn refused(why: &str) -> Trouble {
    Trouble::Unauthorized(format!("the App's private key cannot be used: {why}; generate one in the App's settings"))
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use forgeline_model::Timestamp;
    use ring::{
        rsa::KeyPair,
        signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
    };
    use serde_json::{Value, json};

    use super::{key, sign};

    /// A key that was made for these tests and opens nothing.
    fn pem() -> String {
        let body = include_str!("../../tests/key-that-opens-nothing.b64");
        format!("-----BEGIN RSA {0}-----\n{body}-----END RSA {0}-----\n", "PRIVATE KEY")
    }

    #[test]
    fn the_token_says_who_and_how_long_and_is_signed() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let token = sign(4711, &pem(), now).expect("a token");
        let parts: Vec<_> = token.split('.').collect();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
        let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)).expect("JSON");
        assert_eq!(json(parts[0]), json!({ "alg": "RS256", "typ": "JWT" }));
        assert_eq!(json(parts[1]), json!({ "iss": "4711", "iat": 1_699_999_940, "exp": 1_700_000_540 }));
        let pair: KeyPair = key(&pem()).expect("a key");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public());
        public.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &decode(parts[2])).expect("the signature holds");
    }

    #[test]
    fn a_key_with_written_line_ends_is_taken_and_a_broken_one_is_not_repeated() {
        sign(1, &pem().replace('\n', "\\n"), Timestamp::from_millis(0)).expect("a token");
        let broken = pem().replace("MII", "hunter2");
        for bad in ["", "hunter2", broken.as_str()] {
            let error = sign(1, bad, Timestamp::from_millis(0)).expect_err("it is refused").to_string();
            assert!(!error.contains("hunter2") && error.contains("generate one"), "{error}");
        }
    }
}
