//! Who Forgeline is for each request: a personal access token, a job's token, or a service principal's token of the hour.

use std::fmt;

use base64::Engine as _;
use bytes::Bytes;
use forgeline_forge::remote::Trouble;
use forgeline_model::Timestamp;
use http::{HeaderMap, HeaderValue, Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    SecretSource,
    config::{Auth, ConfigError},
    http::{Wire, authority},
};

/// What a token of Entra is for: Azure DevOps.
const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";
/// A token that ends sooner than this is not used any more, milliseconds: a clone or a push may take minutes.
const SPARE: u64 = 10 * 60_000;
/// How long a token is kept whose end is not said, milliseconds.
const UNSAID: u64 = 15 * 60_000;

/// The right to ask. It prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) header: HeaderValue,
    /// For Git.
    pub(crate) secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

enum Source {
    Token(SecretSource),
    Job(SecretSource),
    Principal { address: String, client_id: String, client_secret: SecretSource },
}

struct Minted {
    credential: Credential,
    until: Timestamp,
}

/// Makes and keeps credentials.
pub(crate) struct Keeper {
    source: Source,
    minted: Mutex<Option<Minted>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Token {
    access_token: String,
    expires_in: Option<u64>,
    error_description: String,
}

impl Keeper {
    /// # Errors
    /// [`ConfigError::Address`] when there can be no such directory.
    pub(crate) fn new(auth: Auth) -> Result<Self, ConfigError> {
        let source = match auth {
            Auth::Token(token) => Source::Token(token),
            Auth::Job(token) => Source::Job(token),
            Auth::Principal { tenant, client_id, client_secret, authority: place } => {
                Source::Principal { address: authority(place.as_deref(), &tenant)?, client_id, client_secret }
            }
        };
        Ok(Self { source, minted: Mutex::default() })
    }

    /// The credential, from memory or new.
    pub(crate) async fn get(&self, wire: &Wire, now: Timestamp) -> Result<Credential, Trouble> {
        let (address, client_id, client_secret) = match &self.source {
            Source::Token(token) => return basic(&read(token)?),
            Source::Job(token) => return bearer(&read(token)?),
            Source::Principal { address, client_id, client_secret } => (address, client_id, client_secret),
        };
        // Who comes while it is made waits for it instead of making another.
        let mut minted = self.minted.lock().await;
        if let Some(kept) = minted.as_ref().filter(|kept| kept.until > now.plus_millis(SPARE)) {
            return Ok(kept.credential.clone());
        }
        let token = mint(wire, address, client_id, &read(client_secret)?).await?;
        let credential = bearer(&token.access_token)?;
        let lasts = token.expires_in.map_or(UNSAID + SPARE, |seconds| seconds.saturating_mul(1000));
        *minted = Some(Minted { credential: credential.clone(), until: now.plus_millis(lasts) });
        Ok(credential)
    }

    /// Another credential than the one that was refused; none when there is no other.
    pub(crate) async fn renew(
        &self,
        wire: &Wire,
        now: Timestamp,
        refused: &Credential,
    ) -> Result<Option<Credential>, Trouble> {
        {
            let mut minted = self.minted.lock().await;
            if minted.as_ref().is_some_and(|kept| kept.credential == *refused) {
                *minted = None;
            }
        }
        let credential = self.get(wire, now).await?;
        Ok((credential != *refused).then_some(credential))
    }
}

async fn mint(wire: &Wire, address: &str, client_id: &str, secret: &str) -> Result<Token, Trouble> {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
        escaped(client_id),
        escaped(secret),
        escaped(SCOPE)
    );
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let unavailable = |reason: String| Trouble::Unavailable { reason, perhaps_done: false };
    let raw = wire
        .once(&Method::POST, address, &headers, &Bytes::from(body))
        .await
        .map_err(|failure| unavailable(format!("no token is made: {}", failure.reason())))?;
    let token: Token = serde_json::from_slice(&raw.body).unwrap_or_default();
    match raw.status.as_u16() {
        200 if !token.access_token.is_empty() => Ok(token),
        429 | 500..=599 => Err(unavailable(format!("no token is made: the directory answers {}", raw.status))),
        _ => {
            let said: String = token.error_description.lines().next().unwrap_or_default().chars().take(200).collect();
            Err(Trouble::Unauthorized(format!("the directory makes no token: {} {said}", raw.status)))
        }
    }
}

fn basic(token: &str) -> Result<Credential, Trouble> {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!(":{token}"));
    credential(&format!("Basic {pair}"), token)
}

fn bearer(token: &str) -> Result<Credential, Trouble> {
    credential(&format!("Bearer {token}"), token)
}

fn credential(text: &str, secret: &str) -> Result<Credential, Trouble> {
    let bad = || Trouble::Unauthorized("the secret holds characters that no token has".into());
    let mut header = HeaderValue::from_str(text).map_err(|_| bad())?;
    header.set_sensitive(true);
    Ok(Credential { header, secret: secret.to_owned() })
}

fn read(source: &SecretSource) -> Result<String, Trouble> {
    let secret = source.read().map_err(Trouble::Unauthorized)?;
    match secret.expose().trim() {
        "" => Err(Trouble::Unauthorized("the secret is empty".into())),
        secret => Ok(secret.to_owned()),
    }
}
