//! Users of the local forge.

use clap::Subcommand;
use forgeline_forge::types::{Login, Role};
use serde_json::json;

use super::{Desk, On, Session};
use crate::{exit::Exit, output::table};

/// Users and their roles.
#[derive(Debug, Subcommand)]
pub enum UserVerb {
    /// Add a user.
    Add {
        /// Name.
        login: Login,
        #[command(flatten)]
        on: On,
    },
    /// Give a user a role in a repository: guest, reader, editor, maintainer or admin.
    Role {
        /// Name.
        login: Login,
        /// Role.
        role: Role,
        #[command(flatten)]
        on: On,
    },
    /// List the users of a repository with their roles.
    List {
        #[command(flatten)]
        on: On,
    },
}

impl UserVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Add { login, on } => {
                let desk = Desk::open(session, &on).await?;
                desk.forge().add_user(&login, desk.now).await?;
                session.out.print("user", &json!({"login": login}), || format!("added {login}\n"));
                Ok(Exit::Success)
            }
            Self::Role { login, role, on } => {
                let desk = Desk::open(session, &on).await?;
                let repo = desk.repo(&on).await?;
                desk.forge().set_role(&repo, &login, role, &desk.actor, desk.now).await?;
                let told = json!({"login": login, "role": role, "repository": repo});
                session.out.print("user", &told, || format!("{login} is {role} of {repo}\n"));
                Ok(Exit::Success)
            }
            Self::List { on } => {
                let desk = Desk::open(session, &on).await?;
                let repo = desk.repo(&on).await?;
                let roles = desk.forge().roles(&repo).await?;
                session.out.print("users", &roles, || {
                    let rows: Vec<Vec<String>> =
                        roles.iter().map(|(user, role)| vec![user.login.to_string(), role.to_string()]).collect();
                    table(&["USER", "ROLE"], &rows)
                });
                Ok(Exit::Success)
            }
        }
    }
}
