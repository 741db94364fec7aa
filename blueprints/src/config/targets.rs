//! Which repositories a factory's globs take, and how well each fits.

use globset::{GlobBuilder, GlobMatcher};

/// Forges by which a glob can be narrowed.
pub const FORGES: [&str; 3] = ["github", "azure-devops", "local"];

/// How well a glob fits, the worst first: parts of the name (owner, name) without a wildcard, then letters outside of
/// wildcards, then whether it names the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fit {
    parts: usize,
    letters: usize,
    forge: bool,
}

impl Fit {
    /// Of a factory that takes whatever nobody else takes.
    pub const LEAST: Self = Self { parts: 0, letters: 0, forge: false };
}

/// A glob over `owner/name`, with or without a forge: `acme/*`, `github:acme/*`. Letter case does not matter.
#[derive(Debug, Clone)]
pub struct TargetGlob {
    forge: Option<&'static str>,
    names: GlobMatcher,
    fit: Fit,
}

impl TargetGlob {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (forge, names) = split(text);
        let forge = match forge {
            None => None,
            Some(named) => Some(FORGES.into_iter().find(|known| *known == named).ok_or_else(|| {
                format!("`{named}` is no forge; write one of `github`, `azure-devops`, `local` before the `:`")
            })?),
        };
        let built = GlobBuilder::new(names).literal_separator(true).case_insensitive(true).build();
        let built = built.map_err(|error| format!("`{text}` is not a glob: {}", error.kind()))?;
        let parts = names.split('/').filter(|part| !part.contains(['*', '?', '[', ']', '{', '}'])).count();
        let fit = Fit { parts, letters: letters(names), forge: forge.is_some() };
        Ok(Self { forge, names: built.compile_matcher(), fit })
    }

    /// How well it fits the repository of this name on this forge; none when it does not take it.
    pub fn takes(&self, forge: &str, repository: &str) -> Option<Fit> {
        let is_there = self.forge.is_none_or(|named| named == forge);
        (is_there && self.names.is_match(repository)).then_some(self.fit)
    }

    /// Whether it takes the repository of this name on any forge.
    pub fn takes_name(&self, repository: &str) -> bool {
        self.names.is_match(repository)
    }
}

/// The best of these globs for a repository, with its fit. Those that are no globs take nothing.
pub fn best<'a>(globs: &'a [String], forge: &str, repository: &str) -> Option<(Fit, &'a str)> {
    let fits = |text: &'a String| Some((TargetGlob::parse(text).ok()?.takes(forge, repository)?, text.as_str()));
    globs.iter().filter_map(fits).max_by_key(|(fit, _)| *fit)
}

/// The forge that a glob names, and the rest.
pub fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((forge, names)) => (Some(forge), names),
        None => (None, text),
    }
}

/// Letters outside of wildcards, classes and alternatives.
fn letters(glob: &str) -> usize {
    let mut depth = 0_usize;
    let mut count = 0;
    for c in glob.chars() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '*' | '?' | '/' => {}
            _ if depth == 0 => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{TargetGlob, best};

    #[test]
    fn the_more_is_fixed_the_better_it_fits() {
        let fit = |glob: &str| TargetGlob::parse(glob).expect("a glob").takes("github", "acme/shop");
        for (better, worse) in [
            ("acme/shop", "acme/*"),
            ("acme/shop", "github:acme/*"),
            ("acme/*", "*/*"),
            ("acme/*", "ac*/sh*p"),
            ("acme/sh*", "acme/*"),
            ("github:acme/*", "acme/*"),
            ("acme/shop", "acme/{shop,pay}"),
        ] {
            assert!(fit(better) > fit(worse), "{better} {worse}");
        }
        assert_eq!(fit("acme/*"), fit("*/shop"));
        assert_eq!(fit("ACME/Shop"), fit("acme/shop"));
    }

    #[test]
    fn a_star_ends_at_the_slash_and_a_forge_is_one_that_is_served() {
        let takes = |glob: &str, forge: &str, repo: &str| TargetGlob::parse(glob).expect("a glob").takes(forge, repo);
        assert!(takes("*", "github", "acme/shop").is_none());
        assert!(takes("acme/*", "github", "acme/shop").is_some());
        assert!(takes("github:acme/*", "local", "acme/shop").is_none());
        assert!(takes("local:acme/*", "local", "acme/shop").is_some());
        assert!(TargetGlob::parse("gitlab:acme/*").is_err());
        assert!(TargetGlob::parse("acme/[").is_err());
    }

    #[test]
    fn the_best_of_several_counts() {
        let globs = ["*/*".to_owned(), "acme/shop".to_owned(), "acme/*".to_owned()];
        assert_eq!(best(&globs, "local", "acme/shop").map(|it| it.1), Some("acme/shop"));
        assert_eq!(best(&globs, "local", "acme/pay").map(|it| it.1), Some("acme/*"));
        assert_eq!(best(&globs[2..], "local", "eve/x"), None);
    }
}
