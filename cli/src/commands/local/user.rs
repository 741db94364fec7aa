//! Users of the local forge.

use clap::Subcommand;
use forgeline_forge::types::{Login, Role};
use serde_json::json;

use super::{Change, Desk, On, Session};
use crate::{exit::Exit, output::table};

/// Users and their roles.
#[derive(Debug, Subcommand)]
pub enum UserVerb {
    /// Add a user.
    Add {
        /// Name.
        login: Login,
        #[command(flatten)]
        change: Change,
    },
    /// Give a user a role in a repository: guest, reader, editor, maintainer or admin.
    Role {
        /// Name.
        login: Login,
        /// Role.
        role: Role,
        #[command(flatten)]
        change: Change,
    },
    /// List the users of a repository with their roles.
    List(On),
}

impl UserVerb {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        match self {
            Self::Add { login, change } => {
                let desk = Desk::change(session, change).await?;
                desk.forge().add_user(&login, desk.now).await?;
                desk.session.out.print("user", &json!({"login": login}), || format!("added {login}\n"));
                Ok(Exit::Success)
            }
            Self::Role { login, role, change } => {
                let desk = Desk::change(session, change).await?;
                let repo = desk.repo().await?;
                desk.forge().set_role(&repo, &login, role, &desk.actor, desk.now).await?;
                let told = json!({"login": login, "role": role, "repository": repo});
                desk.session.out.print("user", &told, || format!("{login} is {role} of {repo}\n"));
                Ok(Exit::Success)
            }
            Self::List(on) => {
                let desk = Desk::look(session, on).await?;
                let repo = desk.repo().await?;
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
