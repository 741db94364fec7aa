//! Where a factory's repository is, as the operator writes it. Pure.

use forgeline_forge::types::RepoId;
use forgeline_repo::Remote;

/// A factory repository of the operator's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// For people, and in runs: `owner/name` of one that is served, else its address.
    pub shown: String,
    /// Where it is.
    pub place: Place,
}

/// Where a factory's repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A repository of the local forge, or of a forge elsewhere that is served.
    Forge(RepoId),
    /// Any other Git repository.
    Git(Remote),
}

impl Source {
    /// Reads one. `served` are the web addresses of forges that are served, without the last slash:
    /// `https://github.com`, `https://dev.azure.com/acme`.
    ///
    /// # Errors
    /// What is wrong with it, and how to write it.
    pub fn parse(text: &str, served: &[String]) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with(['.', '/']) {
            let path = std::path::PathBuf::from(text);
            return match path.is_absolute() {
                true => Ok(Self { shown: text.to_owned(), place: Place::Git(Remote::Path(path)) }),
                false => Err(format!("`{text}` is a relative path; write the whole path, from `/` on")),
            };
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            let repo = text.parse::<RepoId>().map_err(|error| {
                format!("`{text}` is no repository: {error}; write `owner/name`, a Git URL or a path from `/` on")
            })?;
            return Ok(Self { shown: repo.to_string(), place: Place::Forge(repo) });
        };
        if !matches!(scheme, "https" | "http" | "ssh" | "file") {
            return Err(format!("`{scheme}://` cannot be fetched from; use `https`, `http`, `ssh` or `file`"));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.rsplit_once('@').is_some_and(|(user, _)| scheme != "ssh" || user.contains(':')) {
            return Err("the address of a factory holds a user or password; take it out".to_owned());
        }
        if let Some(repo) = served.iter().find_map(|base| inside(text, base)) {
            return Ok(Self { shown: repo.to_string(), place: Place::Forge(repo) });
        }
        let shown = text.trim_end_matches('/').to_owned();
        Ok(Self { place: Place::Git(Remote::Url(shown.clone())), shown })
    }
}

/// The repository that an address below a forge's own names. Azure DevOps writes `project/_git/name`.
fn inside(url: &str, base: &str) -> Option<RepoId> {
    let below = url.get(..base.len()).filter(|start| start.eq_ignore_ascii_case(base))?;
    let path = url[below.len()..].strip_prefix('/')?.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    path.replacen("/_git/", "/", 1).parse().ok()
}

#[cfg(test)]
mod tests {
    use forgeline_repo::Remote;

    use super::{Place, Source};

    #[test]
    fn a_factory_is_on_a_forge_or_anywhere_git_reaches() {
        let served = ["https://github.com".to_owned(), "https://dev.azure.com/acme".to_owned()];
        let read = |text: &str| Source::parse(text, &served);
        let forge = |name: &str| Place::Forge(name.parse().expect("a repository"));
        for (text, expected) in [
            ("acme/factory", forge("acme/factory")),
            ("https://github.com/acme/factory", forge("acme/factory")),
            ("https://GitHub.com/acme/factory.git", forge("acme/factory")),
            ("https://dev.azure.com/acme/Shop/_git/factory", forge("Shop/factory")),
            ("https://git.example/a/b/c.git", Place::Git(Remote::Url("https://git.example/a/b/c.git".into()))),
            (
                "https://github.com.evil.example/acme/f",
                Place::Git(Remote::Url("https://github.com.evil.example/acme/f".into())),
            ),
            ("/srv/factory", Place::Git(Remote::Path("/srv/factory".into()))),
        ] {
            assert_eq!(read(text).expect(text).place, expected, "{text}");
        }
        for wrong in
            ["factory", "../factory", "ext::sh -c x", "git://host/x", "https://me:pw@host/x", "https://me@host/x"]
        {
            let error = read(wrong).expect_err(wrong);
            assert!(!error.contains("pw"), "{error}");
        }
    }
}
