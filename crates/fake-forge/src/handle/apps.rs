//! Apps, and where their webhooks go.

use std::collections::BTreeSet;

use super::{FakeForge, actor, repository};
use crate::key;
use crate::model::app::{Access, Holder, Permissions, Selection};
use crate::model::clock::real_now;
use crate::model::people::Kind;
use crate::server::deliveries::{DeliveryFaults, Hook};

/// An App and its private key.
#[derive(Clone)]
pub struct AppHandle {
    /// The App's id.
    pub id: u64,
    /// The App's client id, which may stand in for the id in a JWT.
    pub client_id: String,
    /// The private key as PEM (PKCS #1).
    pub private_key_pem: String,
    /// The login of the account in whose name the App writes.
    pub bot: String,
}

impl std::fmt::Debug for AppHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppHandle").field("id", &self.id).field("bot", &self.bot).finish_non_exhaustive()
    }
}

/// Permissions out of pairs such as `("issues", "write")`.
fn permissions(pairs: &[(&str, &str)]) -> Permissions {
    let pair = |(name, access): &(&str, &str)| {
        let known =
            Access::parse(access).unwrap_or_else(|| panic!("`{access}` is no access; write read, write or admin"));
        ((*name).to_owned(), known)
    };
    pairs.iter().map(pair).collect()
}

impl FakeForge {
    /// Registers an App that asks for these permissions, as name and `read`, `write` or `admin`.
    ///
    /// # Panics
    /// If an access has another name.
    pub fn app(&self, slug: &str, asks_for: &[(&str, &str)]) -> AppHandle {
        let nth = self.shared.lock().world.apps.len();
        let key = key::nth(nth);
        let private_key_pem = key.pem();
        let permissions = permissions(asks_for);
        self.act(|state| {
            let owner = state.world.ensure_user(&format!("{slug}-owner"), Kind::Person);
            let id = state.world.create_app(slug, owner, permissions, key);
            let client_id = state.world.apps.get(&id).map(|app| app.client_id.clone()).unwrap_or_default();
            AppHandle { id, client_id, private_key_pem, bot: format!("{slug}[bot]") }
        })
    }

    /// Installs an App for an account, in some of its repositories (`owner/name`) or in all; returns the installation.
    pub fn install(&self, app: &AppHandle, account: &str, repositories: Option<&[&str]>) -> u64 {
        self.act(|state| {
            let account = state.world.ensure_user(account, Kind::Organization);
            let chosen =
                |full: &[&str]| full.iter().map(|full| repository(&state.world, full)).collect::<BTreeSet<_>>();
            let selection = repositories.map_or(Selection::All, |full| Selection::Some(chosen(full)));
            state.world.install(app.id, account, selection)
        })
    }

    /// Suspends an installation: its tokens are worth nothing until it is resumed.
    pub fn suspend(&self, installation: u64, suspended: bool) {
        self.act(|state| {
            let now = state.world.now();
            if let Some(found) = state.world.installations.get_mut(&installation) {
                found.suspended = suspended.then_some(now);
            }
        });
    }

    /// A JWT of the App, valid for nine minutes by the machine's clock.
    ///
    /// # Panics
    /// If there is no such App.
    #[must_use]
    pub fn jwt(&self, app: &AppHandle) -> String {
        let now = real_now().div_euclid(1000);
        self.jwt_with(app, &serde_json::json!({ "iss": app.id.to_string(), "iat": now - 60, "exp": now + 540 }))
    }

    /// A JWT with claims of the test's own.
    ///
    /// # Panics
    /// If there is no such App.
    #[must_use]
    pub fn jwt_with(&self, app: &AppHandle, claims: &serde_json::Value) -> String {
        let key = self.shared.lock().world.apps.get(&app.id).map(|app| app.key.clone());
        key.expect("the App is registered").sign(claims)
    }

    /// A token of an installation, good for an hour, for some of its repositories and permissions or for all.
    ///
    /// # Panics
    /// If there is no such installation.
    pub fn installation_token(
        &self,
        installation: u64,
        repositories: Option<&[&str]>,
        only: Option<&[(&str, &str)]>,
    ) -> String {
        self.act(|state| {
            let found = state.world.installations.get(&installation).expect("the App is installed there");
            let chosen =
                |full: &[&str]| full.iter().map(|full| repository(&state.world, full)).collect::<BTreeSet<_>>();
            let selection = repositories.map_or_else(|| found.selection.clone(), |full| Selection::Some(chosen(full)));
            let permissions = only.map_or_else(|| found.permissions.clone(), permissions);
            let expires = state.world.now() + 60 * 60 * 1000;
            state.world.issue_token(
                "ghs_",
                Holder::Installation { id: installation, selection, permissions },
                Some(expires),
            )
        })
    }

    /// From now on webhooks go to this `http://` address, signed with the secret.
    pub fn deliver_to(&self, url: &str, secret: &str) {
        let hook = Hook { url: url.to_owned(), secret: secret.to_owned() };
        self.act(|state| state.deliveries.hook = Some(hook));
    }

    /// From now on deliveries get lost, doubled and reordered.
    pub fn delivery_faults(&self, faults: DeliveryFaults) {
        self.act(|state| state.deliveries.set_faults(faults));
    }

    /// Sends a delivery again, as the button on GitHub's page does; false if there is no such delivery.
    pub fn redeliver(&self, delivery: u64) -> bool {
        self.act(|state| {
            let (id, now) = (state.world.fresh(), state.world.now());
            state.deliveries.again(delivery, id, now).is_some()
        })
    }

    /// The id of a person, who is made if new.
    #[must_use]
    pub fn id_of(&self, login: &str) -> u64 {
        self.act(|state| {
            state.world.user_named(login).map(|user| user.id).unwrap_or_else(|| actor(&mut state.world, login).user)
        })
    }
}
