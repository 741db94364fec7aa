//! Where the API, the identities and the repositories are, and which addresses may be given a credential.

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::shown;
use crate::config::ConfigError;

/// All but letters, digits and what RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Azure DevOps Services.
const SERVICES: &str = "https://dev.azure.com";
/// Where their identities are.
const IDENTITIES: &str = "https://vssps.dev.azure.com";
/// Where their tokens are made.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Where an organization is. Addresses have no slash at their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) api: String,
    pub(crate) identities: String,
    pub(crate) organization: String,
}

impl Base {
    /// # Errors
    /// [`ConfigError::Address`] and [`ConfigError::Organization`].
    pub(crate) fn new(base_url: Option<&str>, organization: &str) -> Result<Self, ConfigError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let named = !organization.is_empty() && organization.len() <= 100 && organization.bytes().all(allowed);
        if !named || organization.starts_with('.') {
            return Err(ConfigError::Organization(shown(organization, 100)));
        }
        let api = address(base_url.unwrap_or(SERVICES))?;
        let identities = if api == SERVICES { IDENTITIES.to_owned() } else { api.clone() };
        Ok(Self { api, identities, organization: organization.to_owned() })
    }

    /// What Git fetches from and pushes to, by names.
    pub(crate) fn git(&self, project: &str, repository: &str) -> String {
        let escaped = |name: &str| utf8_percent_encode(name, ESCAPED).to_string();
        format!("{}/{}/{}/_git/{}", self.api, self.organization, escaped(project), escaped(repository))
    }
}

/// Where tokens of a directory are made.
///
/// # Errors
/// [`ConfigError::Address`].
pub(crate) fn authority(authority: Option<&str>, tenant: &str) -> Result<String, ConfigError> {
    let named = tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if !named || tenant.is_empty() {
        return Err(ConfigError::Address(shown(tenant, 100)));
    }
    Ok(format!("{}/{tenant}/oauth2/v2.0/token", address(authority.unwrap_or(AUTHORITY))?))
}

/// An address that may be given a credential, without a slash at its end.
fn address(text: &str) -> Result<String, ConfigError> {
    let refuse = || ConfigError::Address(without_user(text));
    if text.contains(['?', '#', '@']) || text.chars().any(char::is_whitespace) {
        return Err(refuse());
    }
    let uri: Uri = text.parse().map_err(|_| refuse())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(refuse()) };
    if scheme != "https" && !(scheme == "http" && is_this_machine(authority.host())) {
        return Err(refuse());
    }
    Ok(format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/')))
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
    use super::{Base, authority};
    use crate::config::ConfigError;

    #[test]
    fn addresses_of_services_and_servers() {
        let base = Base::new(None, "acme").expect("valid");
        assert_eq!(base.git("My p", "r/?"), "https://dev.azure.com/acme/My%20p/_git/r%2F%3F");
        assert_eq!(base.identities, "https://vssps.dev.azure.com");
        let base = Base::new(Some("https://tfs.acme.example/tfs/"), "DefaultCollection").expect("valid");
        assert_eq!(base.git("p", "r"), "https://tfs.acme.example/tfs/DefaultCollection/p/_git/r");
        assert_eq!(base.identities, base.api);
        let login = authority(None, "acme.example").expect("valid");
        assert_eq!(login, "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token");
    }

    #[test]
    fn no_credential_leaves_in_the_clear_or_under_a_wrong_name() {
        for bad in ["http://tfs.acme.example", "https://me:hunter2@x.example", "tfs", "https://x.example/?a", "ftp://x"]
        {
            let refused = Base::new(Some(bad), "acme").expect_err("refused");
            assert!(matches!(&refused, ConfigError::Address(said) if !said.contains("hunter2")), "{refused}");
        }
        Base::new(Some("http://127.0.0.1:8080"), "acme").expect("this machine");
        for bad in ["", "a/b", "..", "a b", "a?b"] {
            assert!(matches!(Base::new(None, bad), Err(ConfigError::Organization(_))), "{bad}");
            assert!(authority(None, bad).is_err() || bad == "..", "{bad}");
        }
    }
}
