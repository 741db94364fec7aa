//! People and what they may do.

use serde::Serialize;

use super::Login;

words! {
    /// What a person may do on a repository; a later one may do all that an earlier one may.
    Role, "role" {
        /// Anybody, on a public repository.
        Guest = "guest",
        /// Read a private repository, open issues, comment.
        Reader = "reader",
        /// Write: push, label, close, merge.
        Editor = "editor",
        /// Change policies.
        Maintainer = "maintainer",
        /// Everything; the owner of a repository is one.
        Admin = "admin",
    }
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Number that never changes, also when the name does.
    pub id: u64,
    /// Name.
    pub login: Login,
}
