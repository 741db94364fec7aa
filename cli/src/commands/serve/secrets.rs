//! The secrets of webhooks: the one in force and the one before it, read when they are needed.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use forgeline_blueprints::config::operator::Forges;
use forgeline_ingress::{Source, Unreadable};
use forgeline_model::{Secret, SecretRef};
use forgeline_runner::secret;

/// How long a secret that was read holds: a rotated one is taken within this time, and a file is not read at each request.
const FRESH: Duration = Duration::from_secs(1);

/// Where each source's secrets are found.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    github: Vec<SecretRef>,
    azure_devops: Vec<SecretRef>,
}

type Read = Result<Arc<[Secret<String>]>, Unreadable>;

impl Secrets {
    /// As the operator names them.
    pub(super) fn of(forges: &Forges) -> Self {
        let both = |now: &Option<SecretRef>, before: &Option<SecretRef>| now.iter().chain(before).cloned().collect();
        let (github, azure) = (&forges.github, &forges.azure_devops);
        Self {
            github: both(&github.webhook_secret, &github.webhook_secret_previous),
            azure_devops: both(&azure.hook_secret, &azure.hook_secret_previous),
        }
    }

    fn of_source(&self, source: Source) -> &[SecretRef] {
        match source {
            Source::GitHub => &self.github,
            Source::AzureDevOps => &self.azure_devops,
        }
    }

    /// Sources that have a secret.
    pub(super) fn sources(&self) -> impl Iterator<Item = Source> {
        Source::ALL.into_iter().filter(|source| !self.of_source(*source).is_empty())
    }

    /// Whether each can be read.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for reference in Source::ALL.into_iter().flat_map(|source| self.of_source(source)) {
            secret::read(reference)?;
        }
        Ok(())
    }

    /// Reads them, at most once a second.
    pub(super) fn reader(&self) -> forgeline_ingress::Secrets {
        let secrets = self.clone();
        let known: Mutex<[Option<(Instant, Read)>; 2]> = Mutex::default();
        Arc::new(move |source| {
            let slot = match source {
                Source::GitHub => 0,
                Source::AzureDevOps => 1,
            };
            let mut known = known.lock().expect("no panic while held");
            match &known[slot] {
                Some((at, read)) if at.elapsed() < FRESH => read.clone(),
                _ => {
                    let read = secrets.read(source);
                    known[slot] = Some((Instant::now(), read.clone()));
                    read
                }
            }
        })
    }

    /// One that cannot be read is told; the other one suffices.
    fn read(&self, source: Source) -> Read {
        let named = self.of_source(source);
        let mut found = Vec::new();
        for reference in named {
            match secret::read(reference) {
                Ok(secret) => found.push(secret),
                Err(error) => tracing::error!("a webhook secret of {source} cannot be read: {error}"),
            }
        }
        if found.is_empty() && !named.is_empty() { Err(Unreadable) } else { Ok(found.into()) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use forgeline_blueprints::config::operator::{Forges, GitHub};
    use forgeline_ingress::{Source, Unreadable};

    use super::Secrets;

    #[test]
    fn either_secret_suffices_and_none_that_is_named_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| format!("file:{}", folder.path().join(name).display()).parse().ok();
        let forges = Forges {
            github: GitHub { webhook_secret: file("new"), webhook_secret_previous: file("old"), ..GitHub::default() },
            ..Forges::default()
        };
        let secrets = Secrets::of(&forges);
        let read = |source| -> Result<Vec<String>, Unreadable> {
            Ok(secrets.read(source)?.iter().map(|secret| secret.expose().clone()).collect())
        };
        assert_eq!(read(Source::GitHub), Err(Unreadable));
        assert!(secrets.check().is_err());
        fs::write(folder.path().join("old"), "one\n").expect("writes");
        assert_eq!(read(Source::GitHub), Ok(vec!["one".to_owned()]));
        fs::write(folder.path().join("new"), "two\n").expect("writes");
        assert_eq!(read(Source::GitHub), Ok(vec!["two".to_owned(), "one".to_owned()]));
        assert!(secrets.check().is_ok());
        assert_eq!(read(Source::AzureDevOps), Ok(Vec::new()));
        assert_eq!(secrets.sources().collect::<Vec<_>>(), [Source::GitHub]);
    }
}
