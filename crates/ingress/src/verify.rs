//! Whether somebody who knows the secret sent it. Comparisons take the same time whatever differs, and all secrets are tried
//! whichever fits.

use forgeline_model::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// How GitHub's signature begins.
const PREFIX: &str = "sha256=";

/// Whether `signature`, as in `X-Hub-Signature-256`, is that of `body` under one of these secrets.
///
/// A secret without a character signs nothing.
pub fn signature(secrets: &[Secret<String>], body: &[u8], signature: &str) -> bool {
    let Some(said) = signature.strip_prefix(PREFIX).and_then(unhex) else { return false };
    secrets.iter().filter(|secret| !secret.expose().is_empty()).fold(false, |found, secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length is taken");
        mac.update(body);
        let fits: bool = mac.finalize().into_bytes().as_slice().ct_eq(&said).into();
        found | fits
    })
}

/// Whether `said` is one of these secrets.
pub fn secret(secrets: &[Secret<String>], said: &str) -> bool {
    // Digests have one length, so that the time says nothing of the secret's.
    let said = Sha256::digest(said.as_bytes());
    secrets.iter().filter(|secret| !secret.expose().is_empty()).fold(false, |found, secret| {
        let fits: bool = Sha256::digest(secret.expose().as_bytes()).as_slice().ct_eq(said.as_slice()).into();
        found | fits
    })
}

/// 32 bytes from 64 hexadecimal digits.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use forgeline_model::Secret;

    use super::{secret, signature};

    fn secrets(all: &[&str]) -> Vec<Secret<String>> {
        all.iter().map(|it| Secret::new((*it).to_owned())).collect()
    }

    /// The example of GitHub's documentation.
    const SAID: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const BODY: &[u8] = b"Hello, World!";
    const KEY: &str = "It's a Secret to Everybody";

    #[test]
    fn a_signature_fits_either_secret_and_nothing_else() {
        for all in [&[KEY][..], &["newer", KEY], &[KEY, "older"]] {
            assert!(signature(&secrets(all), BODY, SAID), "{all:?}");
        }
        let upper = format!("sha256={}", SAID["sha256=".len()..].to_uppercase());
        assert!(signature(&secrets(&[KEY]), BODY, &upper));
        for (all, body, said) in [
            (&[KEY][..], &b"Hello, World?"[..], SAID),
            (&["other"], BODY, SAID),
            (&[], BODY, SAID),
            (&[KEY], BODY, ""),
            (&[KEY], BODY, "sha256="),
            (&[KEY], BODY, &SAID[7..]),
            (&[KEY], BODY, &SAID[..70]),
            (&[KEY], BODY, &SAID.replace("sha256", "sha1")),
            (&[KEY], BODY, &SAID.replace('7', "é")),
        ] {
            assert!(!signature(&secrets(all), body, said), "{all:?} {said}");
        }
        let of_nothing = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        assert!(!signature(&secrets(&[""]), b"", of_nothing), "an empty secret signs nothing");
    }

    #[test]
    fn a_secret_fits_wholly() {
        for (all, said, expected) in [
            (&["one"][..], "one", true),
            (&["two", "one"], "one", true),
            (&["one"], "one ", false),
            (&["one"], "on", false),
            (&[""], "", false),
            (&[], "", false),
        ] {
            assert_eq!(secret(&secrets(all), said), expected, "{all:?} {said}");
        }
    }
}
