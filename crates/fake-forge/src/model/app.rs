//! Programs that act in their own name, where they are installed, and the tokens of programs and people.

use std::collections::{BTreeMap, BTreeSet};

use super::people::Kind;
use super::{Id, Millis, World};
use crate::key::AppKey;

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Read,
    Write,
    Admin,
}

impl Access {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Admin].into_iter().find(|access| access.name() == text)
    }
}

/// Permissions by name, such as `issues`.
pub(crate) type Permissions = BTreeMap<String, Access>;

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) id: Id,
    pub(crate) slug: String,
    pub(crate) client_id: String,
    pub(crate) owner: Id,
    /// The account in whose name it writes.
    pub(crate) bot: Id,
    pub(crate) key: AppKey,
    pub(crate) permissions: Permissions,
    pub(crate) created: Millis,
}

/// Which repositories of an account an installation covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    Some(BTreeSet<Id>),
}

#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) id: Id,
    pub(crate) app: Id,
    pub(crate) account: Id,
    pub(crate) selection: Selection,
    pub(crate) permissions: Permissions,
    pub(crate) suspended: Option<Millis>,
    pub(crate) created: Millis,
}

/// Whose token it is.
#[derive(Debug, Clone)]
pub(crate) enum Holder {
    Person(Id),
    Installation { id: Id, selection: Selection, permissions: Permissions },
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) holder: Holder,
    pub(crate) expires: Option<Millis>,
}

impl World {
    pub(crate) fn create_app(&mut self, slug: &str, owner: Id, permissions: Permissions, key: AppKey) -> Id {
        let bot = self.ensure_user(&format!("{slug}[bot]"), Kind::Bot);
        let id = self.fresh();
        let client_id = format!("Iv23fake{id:08}");
        let created = self.now();
        let app = App { id, slug: slug.to_owned(), client_id, owner, bot, key, permissions, created };
        self.apps.insert(id, app);
        id
    }

    /// Installs an App for an account, with all the permissions that the App asks for.
    pub(crate) fn install(&mut self, app: Id, account: Id, selection: Selection) -> Id {
        let permissions = self.apps.get(&app).map(|app| app.permissions.clone()).unwrap_or_default();
        let id = self.fresh();
        let created = self.now();
        self.installations
            .insert(id, Installation { id, app, account, selection, permissions, suspended: None, created });
        self.tell(super::happening::Happening::Installed { installation: id });
        id
    }

    /// The installation of an App that covers a repository.
    pub(crate) fn installation_on(&self, app: Id, repository: Id) -> Option<&Installation> {
        self.installations.values().find(|found| found.app == app && self.covers(found.id, repository))
    }

    pub(crate) fn covers(&self, installation: Id, repository: Id) -> bool {
        let (Some(installation), Some(repository)) =
            (self.installations.get(&installation), self.repositories.get(&repository))
        else {
            return false;
        };
        installation.account == repository.owner && selected(&installation.selection, repository.id)
    }

    /// Issues a token; `prefix` is the dialect's own.
    pub(crate) fn issue_token(&mut self, prefix: &str, holder: Holder, expires: Option<Millis>) -> String {
        let id = self.fresh();
        let noise: String = std::iter::repeat_with(fastrand::alphanumeric).take(28).collect();
        let secret = format!("{prefix}{id:08}{noise}");
        self.tokens.insert(secret.clone(), Token { holder, expires });
        secret
    }

    /// The token with that text, unless it is over.
    pub(crate) fn token(&self, secret: &str) -> Option<&Token> {
        let token = self.tokens.get(secret)?;
        token.expires.is_none_or(|expires| expires > self.now()).then_some(token)
    }
}

pub(crate) fn selected(selection: &Selection, repository: Id) -> bool {
    match selection {
        Selection::All => true,
        Selection::Some(ids) => ids.contains(&repository),
    }
}
