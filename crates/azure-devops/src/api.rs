//! Asking: the other crate's clients on our transport, answers, and what was being done when it went wrong.

use std::{collections::BTreeMap, sync::Arc};

use azure_core::http::{RawResponse, Request, RetryOptions, Transport, Url};
use azure_devops_rust_api::{Credential, core, git, ims, security, wit};
use forgeline_forge::remote::{RemoteError, Trouble};
use forgeline_model::Timestamp;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Clock,
    config::{Config, ConfigError},
    http::{Base, Client, Courier, Manner, trouble_of},
    people::People,
    places::Places,
    shapes::{List, read},
    verbs::{areas::Areas, work_items::Kinds},
};

/// The version of the API, where the other crate has no request for something.
pub(crate) const VERSION: &str = "7.1-preview";
/// Pages that are read at most, so that a server that always names another one ends too.
pub(crate) const MOST_PAGES: usize = 10_000;

pub(crate) type Result<T> = std::result::Result<T, RemoteError>;

/// What the other crate sends, as an answer that can be read with our shapes.
macro_rules! sent {
    ($request:expr) => {
        $request.send().await.map(|answer| answer.into_raw_response())
    };
}
pub(crate) use sent;

/// An organization's API.
pub(crate) struct Api {
    client: Arc<Client>,
    base: Base,
    pub(crate) people: People,
    pub(crate) places: Places,
    pub(crate) kinds: Kinds,
    pub(crate) areas: Areas,
    pub(crate) work_items: BTreeMap<String, String>,
    /// The only project that is looked at.
    pub(crate) project: Option<String>,
}

/// One verb's conversation.
#[derive(Clone, Copy)]
pub(crate) struct Talk<'a> {
    pub(crate) api: &'a Api,
    doing: &'a str,
}

/// A success.
pub(crate) struct Answer {
    /// JSON, or empty.
    pub(crate) body: Vec<u8>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    /// The server's clock.
    pub(crate) at: Option<Timestamp>,
}

impl Api {
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn new(config: Config, clock: Arc<dyn Clock>) -> std::result::Result<Self, ConfigError> {
        let base = Base::new(config.base_url.as_deref(), &config.organization)?;
        let client = Arc::new(Client::new(config.auth, config.limits, clock)?);
        Ok(Self {
            client,
            base,
            people: People::default(),
            places: Places::default(),
            kinds: Kinds::default(),
            areas: Areas::default(),
            work_items: config.work_items,
            project: config.project,
        })
    }

    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.client.now()
    }

    pub(crate) async fn secret(&self) -> std::result::Result<String, Trouble> {
        self.client.secret().await
    }

    /// `doing` says what is done, for people: `comment on acme/shop#7`.
    pub(crate) fn talk<'a>(&'a self, doing: &'a str) -> Talk<'a> {
        Talk { api: self, doing }
    }
}

/// A client of the other crate that sends by our transport.
macro_rules! client {
    ($name:ident, $module:ident, $place:ident) => {
        pub(crate) fn $name(&self, manner: Manner) -> Result<$module::Client> {
            let endpoint = self.url(&self.api.base.$place)?;
            Ok($module::ClientBuilder::new(Credential::Unauthenticated)
                .endpoint(endpoint)
                .retry(RetryOptions::none())
                .transport(Transport::new(Arc::new(self.courier(manner))))
                .build())
        }
    };
}

impl Talk<'_> {
    client!(git, git, api);
    client!(wit, wit, api);
    client!(core, core, api);
    client!(security, security, api);
    client!(ims, ims, identities);

    pub(crate) fn organization(&self) -> &str {
        &self.api.base.organization
    }

    pub(crate) fn error(&self, trouble: Trouble) -> RemoteError {
        RemoteError { doing: format!("Azure DevOps, {}", self.doing), trouble }
    }

    fn courier(&self, manner: Manner) -> Courier {
        Courier { client: self.api.client.clone(), manner }
    }

    fn url(&self, text: &str) -> Result<Url> {
        Url::parse(text).map_err(|_| self.error(Trouble::Refused("the address cannot be used".to_owned())))
    }

    /// What came of a request.
    pub(crate) fn answer(&self, sent: azure_core::Result<RawResponse>) -> Result<Answer> {
        self.answer_or_status(sent).map_err(|(error, _)| error)
    }

    /// The same, with the status of the answer that refused.
    pub(crate) fn answer_or_status(
        &self,
        sent: azure_core::Result<RawResponse>,
    ) -> std::result::Result<Answer, (RemoteError, Option<u16>)> {
        let raw = sent.map_err(|error| {
            let (trouble, status) = trouble_of(&error);
            (self.error(trouble), status)
        })?;
        let (_, headers, body) = raw.deconstruct();
        let header = |name: &'static str| {
            headers.get_optional_str(&azure_core::http::headers::HeaderName::from_static(name)).map(str::to_owned)
        };
        let next = header("x-ms-continuationtoken").filter(|token| !token.is_empty());
        let at = header("date").and_then(|text| date(&text));
        Ok(Answer { body: body.as_ref().to_vec(), next, at })
    }

    /// Reads an answer.
    pub(crate) fn read<T: DeserializeOwned>(&self, sent: azure_core::Result<RawResponse>) -> Result<T> {
        self.shape(&self.answer(sent)?)
    }

    pub(crate) fn shape<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T> {
        read(&answer.body).map_err(|trouble| self.error(trouble))
    }

    /// Reads the answer of a write: whoever cannot read it must look whether it was done.
    pub(crate) fn written<T: DeserializeOwned>(&self, sent: azure_core::Result<RawResponse>) -> Result<T> {
        let answer = self.answer(sent)?;
        self.shape(&answer).map_err(done_all_the_same)
    }

    /// Reads the answer, none when it is not there.
    pub(crate) fn find<T: DeserializeOwned>(&self, sent: azure_core::Result<RawResponse>) -> Result<Option<T>> {
        match self.read(sent) {
            Ok(found) => Ok(Some(found)),
            Err(RemoteError { trouble: Trouble::Missing(_), .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list.
    pub(crate) fn list<T: DeserializeOwned>(&self, sent: azure_core::Result<RawResponse>) -> Result<Vec<T>> {
        self.read::<List<T>>(sent).map(|list| list.value)
    }

    /// Sends what the other crate has no request for. `path` follows the organization; what people wrote is no part of it.
    pub(crate) async fn raw(
        &self,
        manner: Manner,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<azure_core::Result<RawResponse>> {
        use azure_core::http::{HttpClient as _, Method as TheirMethod};
        let base = &self.api.base;
        let mut url = self.url(&format!("{}/{}/{path}", base.api, base.organization))?;
        url.query_pairs_mut().append_pair("api-version", VERSION);
        let method = match method {
            Method::POST => TheirMethod::Post,
            Method::PATCH => TheirMethod::Patch,
            Method::PUT => TheirMethod::Put,
            _ => TheirMethod::Get,
        };
        let mut request = Request::new(url, method);
        if let Some(body) = body {
            request.insert_header("content-type", "application/json");
            request.set_body(azure_core::Bytes::from(body.to_string()));
        }
        let answer = match self.courier(manner).execute_request(&request).await {
            Ok(answer) => answer.try_into_raw_response().await,
            Err(error) => Err(error),
        };
        Ok(answer)
    }
}

/// What went wrong after something was changed: whoever tries again must look first.
pub(crate) fn done_all_the_same(error: RemoteError) -> RemoteError {
    let reason = match &error.trouble {
        Trouble::Unavailable { reason, .. } => reason.clone(),
        other => other.to_string(),
    };
    RemoteError { doing: error.doing, trouble: Trouble::Unavailable { reason, perhaps_done: true } }
}

/// A point in time as HTTP writes it.
fn date(text: &str) -> Option<Timestamp> {
    let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_millis(parsed.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn the_servers_clock_is_read() {
        assert_eq!(date("Tue, 14 Nov 2023 22:13:20 GMT").map(|at| at.millis()), Some(1_700_000_000_000));
        assert_eq!(date("yesterday"), None);
    }
}
