//! Which rights a request needs, in GitHub's words.

use std::collections::BTreeMap;

/// What an installation or token may do, by what it concerns: `issues` → `write`.
pub(crate) type Permissions = BTreeMap<String, String>;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// Looking at anything that Forgeline looks at.
    Read,
    /// Opening issues and making labels.
    Issues,
    /// Comments, reactions, labels, closing: of an issue or a pull request, which shows only afterwards.
    Talk,
    /// Opening and editing pull requests.
    Pulls,
    /// Checks on commits.
    Checks,
    /// Fetching with Git.
    Fetch,
    /// Pushing with Git.
    Push,
}

impl Need {
    /// The rights to ask for, given what the installation has; empty `granted` means that it did not say.
    pub(crate) fn permissions(self, granted: &Permissions) -> Permissions {
        let wanted: &[(&str, &str)] = match self {
            Self::Read => &[("metadata", "read"), ("issues", "read"), ("pull_requests", "read"), ("contents", "read")],
            Self::Issues => &[("metadata", "read"), ("issues", "write")],
            Self::Talk => &[("metadata", "read"), ("issues", "write"), ("pull_requests", "write")],
            Self::Pulls => &[("metadata", "read"), ("contents", "read"), ("pull_requests", "write")],
            Self::Checks => &[("metadata", "read"), ("checks", "write")],
            Self::Fetch => &[("metadata", "read"), ("contents", "read")],
            Self::Push => &[("metadata", "read"), ("contents", "write"), ("workflows", "write")],
        };
        wanted
            .iter()
            .filter(|(what, level)| match (self, *what) {
                // A repository without issues is looked at all the same; a request that needs more is refused by itself.
                (Self::Read, _) => granted.is_empty() || granted.contains_key(*what),
                (Self::Push, "workflows") => granted.get("workflows").is_some_and(|has| has == level),
                _ => true,
            })
            .map(|(what, level)| ((*what).to_owned(), (*level).to_owned()))
            .collect()
    }

    /// The rights that are asked for and not granted, for people.
    pub(crate) fn lacking(self, granted: &Permissions) -> String {
        let rank = |level: Option<&str>| match level {
            Some("admin") => 3,
            Some("write") => 2,
            Some("read") => 1,
            _ => 0,
        };
        let wanted = self.permissions(granted);
        let short = |what: &str, level: &str| rank(granted.get(what).map(String::as_str)) < rank(Some(level));
        let all: Vec<_> = wanted
            .iter()
            .filter(|(what, level)| short(what, level))
            .map(|(what, level)| format!("{what}: {level}"))
            .collect();
        all.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Need, Permissions};

    fn permissions(pairs: &[(&str, &str)]) -> Permissions {
        pairs.iter().map(|(what, level)| ((*what).to_owned(), (*level).to_owned())).collect()
    }

    #[test]
    fn no_more_is_asked_for_than_the_request_needs() {
        let none = Permissions::new();
        for (need, asked) in [
            (
                Need::Read,
                &[("contents", "read"), ("issues", "read"), ("metadata", "read"), ("pull_requests", "read")][..],
            ),
            (Need::Issues, &[("issues", "write"), ("metadata", "read")]),
            (Need::Talk, &[("issues", "write"), ("metadata", "read"), ("pull_requests", "write")]),
            (Need::Pulls, &[("contents", "read"), ("metadata", "read"), ("pull_requests", "write")]),
            (Need::Checks, &[("checks", "write"), ("metadata", "read")]),
            (Need::Fetch, &[("contents", "read"), ("metadata", "read")]),
            (Need::Push, &[("contents", "write"), ("metadata", "read")]),
        ] {
            assert_eq!(need.permissions(&none), permissions(asked), "{need:?}");
        }
    }

    #[test]
    fn workflows_are_asked_for_where_they_are_granted() {
        let push = |granted: &[(&str, &str)]| Need::Push.permissions(&permissions(granted)).contains_key("workflows");
        assert!(push(&[("contents", "write"), ("workflows", "write")]));
        assert!(!push(&[("contents", "write")]));
    }

    #[test]
    fn reading_asks_for_what_is_granted_only() {
        let granted = permissions(&[("metadata", "read"), ("contents", "write")]);
        assert_eq!(Need::Read.permissions(&granted), permissions(&[("contents", "read"), ("metadata", "read")]));
    }

    #[test]
    fn what_is_lacking_is_named() {
        let granted = permissions(&[("metadata", "read"), ("issues", "read"), ("pull_requests", "write")]);
        assert_eq!(Need::Talk.lacking(&granted), "issues: write");
        assert_eq!(Need::Pulls.lacking(&granted), "contents: read");
    }
}
