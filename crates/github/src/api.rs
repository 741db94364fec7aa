//! Asking as somebody: credential, request, answer, and what was being done when it went wrong.

use std::sync::Arc;

use forgeline_forge::{
    remote::{RemoteError, Trouble},
    types::RepoId,
};
use forgeline_model::Timestamp;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Clock,
    auth::{Granted, Identity, Installation, Keeper},
    config::{Config, ConfigError},
    http::{Answer, Base, Client, Manner, Path, Request},
    limits::Priority,
    shapes::read,
};

/// Entries that a page has at most.
const PAGE: &str = "100";
/// Pages that are read at most, so that a server that always names another one ends too.
const MOST_PAGES: usize = 10_000;
/// Pages in a row without anything new after which a scan ends.
const MOST_REPEATS: u32 = 3;

pub(crate) type Result<T> = std::result::Result<T, RemoteError>;

/// What has a number and changes.
pub(crate) trait Changing {
    fn key(&self) -> u64;
    fn changed(&self) -> Timestamp;
}

/// GitHub's API as one installation or token sees it.
pub(crate) struct Api {
    client: Client,
    keeper: Keeper,
}

/// One verb's conversation with GitHub.
#[derive(Clone, Copy)]
pub(crate) struct Talk<'a> {
    api: &'a Api,
    who: Identity<'a>,
    doing: &'a str,
}

/// An answer of the GraphQL API.
#[derive(serde::Deserialize)]
struct Queried<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(serde::Deserialize)]
struct Complaint {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: String,
}

impl Api {
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn new(config: Config, clock: Arc<dyn Clock>) -> std::result::Result<Self, ConfigError> {
        let base = Base::new(config.base_url.as_deref())?;
        let client = Client::new(base, clock.clone())?;
        Ok(Self { client, keeper: Keeper::new(config.auth, config.limits, clock) })
    }

    pub(crate) fn base(&self) -> &Base {
        self.client.base()
    }

    /// The App's number; none with a token.
    pub(crate) fn app(&self) -> Option<u64> {
        self.keeper.app()
    }

    /// The one repository of a job's token, and the login under which it writes if GitHub does not tell.
    pub(crate) fn job(&self) -> Option<(&RepoId, &str)> {
        self.keeper.job()
    }

    pub(crate) fn remember(&self, repo: &RepoId, installation: &Installation) {
        self.keeper.remember(repo, installation);
    }

    /// `doing` says what is done, for people: `comment on acme/shop#7`.
    pub(crate) fn talk<'a>(&'a self, who: Identity<'a>, doing: &'a str) -> Talk<'a> {
        Talk { api: self, who, doing }
    }
}

impl Talk<'_> {
    /// The credential itself, for Git.
    pub(crate) async fn granted(&self) -> Result<Granted> {
        self.api.keeper.get(&self.api.client, self.who).await.map_err(|trouble| self.error(trouble))
    }

    pub(crate) fn error(&self, trouble: Trouble) -> RemoteError {
        RemoteError { doing: format!("GitHub, {}", self.doing), trouble }
    }

    pub(crate) fn path(&self, segments: &[&str]) -> Result<Path> {
        Path::new(segments).map_err(|trouble| self.error(trouble))
    }

    /// Reads one thing.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &Path) -> Result<T> {
        let answer = self.send(&self.reading(path, Manner::Read)).await?;
        read(&answer.body).map_err(|trouble| self.error(trouble))
    }

    /// Reads one thing as it is this moment; none when it is not there.
    pub(crate) async fn get_fresh<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>> {
        present(match self.send(&self.reading(path, Manner::ReadFresh)).await {
            Ok(answer) => read(&answer.body).map_err(|trouble| self.error(trouble)),
            Err(error) => Err(error),
        })
    }

    /// Reads one thing; none when it is not there.
    pub(crate) async fn find<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>> {
        present(self.get(path).await)
    }

    /// Reads all pages of a list.
    pub(crate) async fn pages<T: DeserializeOwned>(&self, path: Path) -> Result<Vec<T>> {
        self.pages_while(path, |_| true).await
    }

    /// Reads all pages of a list that is wrapped in something.
    pub(crate) async fn pages_of<P: DeserializeOwned, T>(&self, path: Path, unwrap: fn(P) -> Vec<T>) -> Result<Vec<T>> {
        let mut request = self.reading(&path.with("per_page", PAGE), Manner::Read);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = self.send(&request).await?;
            all.extend(unwrap(read(&answer.body).map_err(|trouble| self.error(trouble))?));
            match answer.next {
                Some(next) => request.url = next,
                None => return Ok(all),
            }
        }
        Err(self.error(Trouble::Unreadable("the list has no end".into())))
    }

    /// Reads a list up to the first entry that is not wanted.
    pub(crate) async fn pages_while<T: DeserializeOwned>(
        &self,
        path: Path,
        is_wanted: impl Fn(&T) -> bool + Send + Sync,
    ) -> Result<Vec<T>> {
        let mut request = self.reading(&path.with("per_page", PAGE), Manner::Read);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = self.send(&request).await?;
            let page: Vec<T> = read(&answer.body).map_err(|trouble| self.error(trouble))?;
            let length = page.len();
            let before = all.len();
            all.extend(page.into_iter().take_while(|one| is_wanted(one)));
            match answer.next {
                Some(next) if all.len() == before + length => request.url = next,
                _ => return Ok(all),
            }
        }
        Err(self.error(Trouble::Unreadable("the list has no end".into())))
    }

    /// Reads all that changed at `since` or later, in that order.
    ///
    /// What changes while pages are read moves to the end of the list, and all behind it moves up: a page number would
    /// then skip something. Each page is asked for by the time at which the one before it ended instead.
    pub(crate) async fn by_change<T: DeserializeOwned + Changing>(
        &self,
        list: &Path,
        mut since: Option<Timestamp>,
    ) -> Result<Vec<T>> {
        let mut all: std::collections::HashMap<u64, T> = std::collections::HashMap::new();
        let (mut page, mut repeats) = (1_u32, 0);
        while repeats < MOST_REPEATS {
            let mut path = list.clone().with("per_page", PAGE);
            if let Some(since) = since {
                path = path.with("since", &crate::shapes::whole_seconds(since));
            }
            if page > 1 {
                path = path.with("page", &page.to_string());
            }
            let answer = self.send(&self.reading(&path, Manner::Read)).await?;
            let batch: Vec<T> = read(&answer.body).map_err(|trouble| self.error(trouble))?;
            let Some(last) = batch.iter().map(Changing::changed).max() else { break };
            let mut is_new = false;
            for one in batch {
                let changed = one.changed();
                let before = all.insert(one.key(), one);
                is_new |= before.is_none_or(|before| before.changed() < changed);
            }
            repeats = if is_new { 0 } else { repeats + 1 };
            if answer.next.is_none() {
                break;
            }
            if since.is_none_or(|since| last.seconds() > since.seconds()) {
                (since, page) = (Some(last), 1);
            } else {
                page += 1;
            }
        }
        let mut all: Vec<T> = all.into_values().collect();
        all.sort_by_key(|one| (one.changed(), one.key()));
        Ok(all)
    }

    /// Asks the GraphQL API, which answers 200 also when it refuses.
    pub(crate) async fn query<T: DeserializeOwned>(&self, query: &str, variables: Value) -> Result<T> {
        let body = serde_json::json!({ "query": query, "variables": variables });
        let answer = self.send(&self.api.client.query(body)).await?;
        let queried: Queried<T> = read(&answer.body).map_err(|trouble| self.error(trouble))?;
        match (queried.data, queried.errors.into_iter().next()) {
            (Some(data), None) => Ok(data),
            (_, Some(Complaint { kind, message })) => Err(self.error(match kind.as_deref() {
                Some("NOT_FOUND") => Trouble::Missing(message),
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Trouble::Forbidden(message),
                Some("RATE_LIMITED") => Trouble::Unavailable { reason: message, perhaps_done: false },
                _ => Trouble::Refused(message),
            })),
            (None, None) => Err(self.error(Trouble::Unreadable("the answer has no data".into()))),
        }
    }

    /// Changes something.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &Path,
        body: Option<Value>,
        priority: Priority,
    ) -> Result<T> {
        let manner = if method == Method::POST { Manner::Create(priority) } else { Manner::Write(priority) };
        let answer = self.send(&self.api.client.request(method, path, body, manner)).await?;
        read(&answer.body).map_err(|trouble| done_all_the_same(self.error(trouble)))
    }

    fn reading(&self, path: &Path, manner: Manner) -> Request {
        self.api.client.request(Method::GET, path, None, manner)
    }

    async fn send(&self, request: &Request) -> Result<Answer> {
        self.try_send(request).await.map_err(|trouble| self.error(trouble))
    }

    async fn try_send(&self, request: &Request) -> std::result::Result<Answer, Trouble> {
        let (client, keeper) = (&self.api.client, &self.api.keeper);
        let granted = keeper.get(client, self.who).await?;
        let answer = client.send(&granted.credential, &granted.gate, request).await;
        let Err(Trouble::Unauthorized(said)) = answer else { return answer };
        // A refused credential did nothing, so this is no repetition.
        match keeper.renew(client, self.who, &granted.credential).await? {
            Some(granted) => client.send(&granted.credential, &granted.gate, request).await,
            None => Err(Trouble::Unauthorized(said)),
        }
    }
}

fn present<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(RemoteError { trouble: Trouble::Missing(_), .. }) => Ok(None),
        Err(error) => Err(error),
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
