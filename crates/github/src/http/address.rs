//! Where the API and the repositories are, and which addresses may be given a credential.

use http::Uri;

use super::shown;
use crate::config::ConfigError;

/// github.com.
const API: &str = "https://api.github.com";
const GIT: &str = "https://github.com";
/// What hosts of GitHub Enterprise Cloud with data residency end in; their API is at `api.<name>.ghe.com`.
const RESIDENCY: &str = ".ghe.com";

/// Where GitHub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Scheme, host and port.
    origin: String,
    /// What all paths of the API start with: empty, or `/api/v3`.
    prefix: String,
    /// Where repositories are.
    git: String,
}

impl Base {
    /// # Errors
    /// [`ConfigError::Address`].
    pub(crate) fn new(base_url: Option<&str>) -> Result<Self, ConfigError> {
        let text = base_url.unwrap_or(API);
        let refuse = || ConfigError::Address(without_user(text));
        if text.contains(['?', '#', '@']) || text.chars().any(char::is_whitespace) {
            return Err(refuse());
        }
        let uri: Uri = text.parse().map_err(|_| refuse())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(refuse()) };
        if scheme != "https" && !(scheme == "http" && is_this_machine(authority.host())) {
            return Err(refuse());
        }
        let origin = format!("{scheme}://{authority}");
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let git = match authority.as_str().strip_prefix("api.") {
            Some("github.com") => GIT.to_owned(),
            Some(host) if host.ends_with(RESIDENCY) => format!("{scheme}://{host}"),
            _ => origin.clone(),
        };
        Ok(Self { origin, prefix, git })
    }

    /// The address of a path of the API.
    pub(crate) fn api(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.prefix)
    }

    /// The address of the GraphQL API: beside version 3 of the other one on a server of one's own.
    pub(crate) fn graphql(&self) -> String {
        format!("{}{}/graphql", self.origin, self.prefix.strip_suffix("/v3").unwrap_or(&self.prefix))
    }

    /// What Git fetches from and pushes to.
    pub(crate) fn git(&self, owner: &str, name: &str) -> String {
        format!("{}/{owner}/{name}.git", self.git)
    }

    /// An address that an answer names, if it is on the same host; no other is ever given a credential.
    pub(crate) fn same_host(&self, target: &str) -> Option<String> {
        if target.starts_with('/') && !target.starts_with("//") {
            return Some(format!("{}{target}", self.origin));
        }
        let uri: Uri = target.parse().ok()?;
        let ours: Uri = self.origin.parse().ok()?;
        let authority = uri.authority()?;
        let port = |uri: &Uri| {
            uri.port_u16().or(match uri.scheme_str() {
                Some("https") => Some(443),
                Some("http") => Some(80),
                _ => None,
            })
        };
        let same = uri.scheme() == ours.scheme()
            && !authority.as_str().contains('@')
            && uri.host().map(str::to_ascii_lowercase) == ours.host().map(str::to_ascii_lowercase)
            && port(&uri) == port(&ours);
        same.then(|| target.to_owned())
    }
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// For an error: without what may be a password.
fn without_user(text: &str) -> String {
    shown(text.rsplit('@').next().unwrap_or(text), 120)
}

#[cfg(test)]
mod tests {
    use super::Base;

    fn base(url: Option<&str>) -> Base {
        Base::new(url).expect("an address")
    }

    #[test]
    fn the_api_and_git_are_found_from_one_address() {
        let graphql = |url| base(url).graphql();
        assert_eq!(graphql(None), "https://api.github.com/graphql");
        assert_eq!(graphql(Some("https://git.acme.example/api/v3")), "https://git.acme.example/api/graphql");
        for (url, api, git) in [
            (None, "https://api.github.com/user", "https://github.com/acme/shop.git"),
            (
                Some("https://git.acme.example/api/v3"),
                "https://git.acme.example/api/v3/user",
                "https://git.acme.example/acme/shop.git",
            ),
            (
                Some("https://git.acme.example/api/v3/"),
                "https://git.acme.example/api/v3/user",
                "https://git.acme.example/acme/shop.git",
            ),
            (Some("https://api.acme.ghe.com"), "https://api.acme.ghe.com/user", "https://acme.ghe.com/acme/shop.git"),
            (Some("http://127.0.0.1:8080"), "http://127.0.0.1:8080/user", "http://127.0.0.1:8080/acme/shop.git"),
            (Some("http://[::1]:8080/x"), "http://[::1]:8080/x/user", "http://[::1]:8080/acme/shop.git"),
        ] {
            let base = base(url);
            assert_eq!((base.api("/user").as_str(), base.git("acme", "shop").as_str()), (api, git), "{url:?}");
        }
    }

    #[test]
    fn other_addresses_are_refused_without_their_password() {
        for url in [
            "http://git.acme.example/api/v3",
            "http://127.0.0.1.acme.example",
            "https://me:hunter2@git.acme.example/api/v3",
            "https://git.acme.example/api/v3?x=1",
            "https://git.acme.example/#a",
            "ftp://127.0.0.1",
            "git.acme.example",
            "",
        ] {
            let error = Base::new(Some(url)).expect_err(url).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_the_same_host_is_followed() {
        let base = base(Some("https://git.acme.example/api/v3"));
        for (target, followed) in [
            ("/api/v3/repositories/1", true),
            ("https://git.acme.example/api/v3/repositories/1", true),
            ("https://GIT.acme.example:443/api/v3/repositories/1", true),
            ("http://git.acme.example/api/v3/repositories/1", false),
            ("https://git.acme.example:8443/api/v3", false),
            ("https://git.acme.example.evil.example/", false),
            ("https://git.acme.example@evil.example/", false),
            ("//evil.example/api/v3", false),
            ("api/v3", false),
        ] {
            assert_eq!(base.same_host(target).is_some(), followed, "{target}");
        }
    }
}
