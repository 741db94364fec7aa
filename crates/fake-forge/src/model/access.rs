//! What a person may do in a repository.

use std::fmt;
use std::str::FromStr;

use super::{Id, World};

/// A person's level in a repository; a higher one includes the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Sees only what is public.
    None,
    /// Sees the repository and comments.
    Read,
    /// Also labels, closes and assigns.
    Triage,
    /// Also pushes and merges.
    Write,
    /// Also settings that are not dangerous.
    Maintain,
    /// Everything.
    Admin,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 6] = [Self::None, Self::Read, Self::Triage, Self::Write, Self::Maintain, Self::Admin];

    /// The level's name in small letters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|level| level.name() == text);
        found.ok_or_else(|| format!("`{text}` is no level; write none, read, triage, write, maintain or admin"))
    }
}

impl World {
    /// The level that was granted, or that comes with owning the repository.
    pub(crate) fn granted(&self, user: Id, repository: Id) -> Level {
        let Some(repository) = self.repositories.get(&repository) else { return Level::None };
        if repository.owner == user {
            return Level::Admin;
        }
        repository.levels.get(&user).copied().unwrap_or(Level::None)
    }

    /// The same, where everybody can read what is public.
    pub(crate) fn level(&self, user: Id, repository: Id) -> Level {
        let public = self.repositories.get(&repository).is_some_and(|found| !found.private);
        self.granted(user, repository).max(if public { Level::Read } else { Level::None })
    }
}
