//! A notice to a web service, signed as Standard Webhooks says (<https://www.standardwebhooks.com>).
//!
//! `webhook-id` is the notice's identity, `webhook-timestamp` the seconds since the Unix epoch when it was sent, and
//! `webhook-signature` is `v1,` and the Base64 form of HMAC-SHA256 over `id.timestamp.body` with the raw body. A receiver
//! refuses old timestamps, and identities that it has seen.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use forgeline_model::{Secret, Timestamp};
use forgeline_store::Notice;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{NotSent, channel::WebhookChannel};
use crate::{outbound::Outbound, secret};

/// Marks a secret whose rest is the Base64 form of the key.
const ENCODED: &str = "whsec_";

pub(super) async fn send(channel: &WebhookChannel, notice: &Notice, now: Timestamp) -> Result<(), NotSent> {
    // Unset today may be set tomorrow.
    let secret = secret::read(&channel.secret).map_err(NotSent::now)?;
    let outbound = Outbound::new([channel.url.as_str()]).map_err(NotSent::ever)?;
    let seconds = now.seconds().to_string();
    let signature = sign(&secret, &notice.key, &seconds, notice.body.as_bytes())?;
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", notice.key.as_str()),
        ("webhook-timestamp", seconds.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    let answer = outbound.post(&channel.url, &headers, notice.body.clone().into_bytes()).await;
    match answer {
        Ok(200..300) => Ok(()),
        // Too many, too early, a time-out: the receiver asks for patience.
        Ok(status @ (408 | 425 | 429 | 500..)) => Err(NotSent::now(format!("the receiver answered {status}"))),
        Ok(status @ 300..400) => Err(NotSent::ever(format!(
            "the receiver answered {status}; redirects are not followed, name the address that it leads to"
        ))),
        Ok(status) => Err(NotSent::ever(format!("the receiver answered {status}"))),
        Err(error) if error.is_transient() => Err(NotSent::now(error)),
        Err(error) => Err(NotSent::ever(error)),
    }
}

fn sign(secret: &Secret<String>, id: &str, seconds: &str, body: &[u8]) -> Result<String, NotSent> {
    let key = match secret.expose().strip_prefix(ENCODED) {
        Some(encoded) => BASE64_STANDARD
            .decode(encoded)
            .map_err(|_| NotSent::now("the secret begins with `whsec_`, but the rest is not Base64"))?,
        None => secret.expose().as_bytes().to_vec(),
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length is taken");
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Ok(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use forgeline_model::Secret;

    use super::sign;

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // The example of the specification.
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body).expect("signs");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let other = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331", body).expect("signs");
        assert_ne!(signed, other, "the time is signed");
        assert!(sign(&Secret::new("whsec_?".to_owned()), "a", "1", body).is_err());
    }
}
