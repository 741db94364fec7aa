//! Who is who: logins of the mirror and identities of Azure DevOps, which have none.
//!
//! What is remembered can be lost: a login that was never seen since the start is found again through what is written in its
//! repository.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::Method;
use tokio::sync::OnceCell;

use crate::{
    api::{Result, Talk},
    http::Manner,
    names,
    shapes::{ConnectionData, IdentityRef},
};

/// Most people that are remembered.
const MOST: usize = 100_000;
/// How the descriptors of programs begin: builds, services, service principals.
const PROGRAMS: [&str; 3] = ["svc.", "s2s.", "aadsp."];

/// Forgeline itself.
#[derive(Debug, Clone)]
struct Me {
    id: String,
    login: String,
}

/// Who is known.
#[derive(Default)]
pub(crate) struct People {
    me: OnceCell<Me>,
    /// Ids by login.
    ids: Mutex<HashMap<String, String>>,
}

impl People {
    /// The login under which Forgeline writes.
    pub(crate) async fn me(&self, talk: Talk<'_>) -> Result<String> {
        Ok(self.own(talk).await?.login.clone())
    }

    async fn own(&self, talk: Talk<'_>) -> Result<&Me> {
        self.me
            .get_or_try_init(|| async {
                let sent = talk.raw(Manner::Read, Method::GET, "_apis/connectionData", None).await?;
                let data: ConnectionData = talk.read(sent)?;
                let user = data.authenticated_user;
                let name = user.account().or(user.provider_display_name.as_deref()).unwrap_or_default().to_owned();
                let is_program = user.subject_descriptor.as_deref().is_some_and(is_program);
                let login = names::login(&name, &user.id, is_program);
                self.remember(&login, &user.id);
                Ok(Me { login, id: user.id })
            })
            .await
    }

    /// The login of somebody; empty when nobody is named.
    pub(crate) async fn login(&self, talk: Talk<'_>, who: Option<&IdentityRef>) -> Result<String> {
        let Some((who, id)) = who.and_then(|who| Some((who, who.id.as_deref()?))) else { return Ok(String::new()) };
        let me = self.own(talk).await?;
        // Under which name Forgeline is shown does not matter.
        if me.id.eq_ignore_ascii_case(id) {
            return Ok(me.login.clone());
        }
        let name = who.unique_name.as_deref().unwrap_or_default();
        let is_build = name.starts_with("Build\\") || name.starts_with("AgentPool\\");
        let login = names::login(name, id, is_build || who.descriptor.as_deref().is_some_and(is_program));
        self.remember(&login, id);
        Ok(login)
    }

    /// The id behind a login that was seen.
    pub(crate) fn id_of(&self, login: &str) -> Option<String> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(&login.to_ascii_lowercase()).cloned()
    }

    fn remember(&self, login: &str, id: &str) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() >= MOST {
            ids.clear();
        }
        ids.insert(login.to_ascii_lowercase(), id.to_owned());
    }
}

fn is_program(descriptor: &str) -> bool {
    PROGRAMS.iter().any(|kind| descriptor.starts_with(kind))
}
