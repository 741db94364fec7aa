//! Users, organisations and bots.

use super::{Id, Millis, World};

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Person,
    Organization,
    Bot,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: Id,
    pub(crate) login: String,
    pub(crate) kind: Kind,
    pub(crate) created: Millis,
}

impl World {
    /// The account of that name, made if there is none. Names are compared without case.
    pub(crate) fn ensure_user(&mut self, login: &str, kind: Kind) -> Id {
        if let Some(user) = self.user_named(login) {
            return user.id;
        }
        let id = self.fresh();
        self.users.insert(id, User { id, login: login.to_owned(), kind, created: self.now() });
        id
    }

    pub(crate) fn user_named(&self, login: &str) -> Option<&User> {
        self.users.values().find(|user| user.login.eq_ignore_ascii_case(login))
    }
}
