//! The fake as Azure DevOps.

use super::{FakeForge, item};
use crate::azure;
use crate::model::people::Kind;

impl FakeForge {
    /// The organization below the address; a repository `owner/name` is the repository `name` of the project `owner`.
    pub const ORGANIZATION: &'static str = azure::ORGANIZATION;

    /// The base address of the API, without the organization and without a slash at its end.
    #[must_use]
    pub fn azure_url(&self) -> String {
        self.shared.base()
    }

    /// The id of a work item or pull request, which counts over the whole organization.
    #[must_use]
    pub fn azure_id(&self, full: &str, number: u64) -> u64 {
        item(&self.shared.lock().world, full, number)
    }

    /// The number, in its repository of the model, of the work item or pull request with this id.
    ///
    /// # Panics
    /// If the repository has no such item.
    #[must_use]
    pub fn azure_number(&self, full: &str, id: u64) -> u64 {
        let state = self.shared.lock();
        let here = super::repository(&state.world, full);
        let found = state.world.items.get(&id).filter(|item| item.repository == here);
        found.unwrap_or_else(|| panic!("`{full}` has no item with the id {id}")).number
    }

    /// Somebody wrote this comment in the editor of Markdown, not of rich text.
    pub fn azure_is_markdown(&self, comment: u64) {
        self.act(|state| state.world.markdown.insert(comment));
    }

    /// Moves a work item to an area path of its project, `acme\\Orders`; an area that is not there yet is made.
    ///
    /// # Panics
    /// If the area path does not begin with the project's name.
    pub fn azure_area(&self, full: &str, number: u64, area: &str) {
        self.act(|state| {
            let item = item(&state.world, full, number);
            let here = super::repository(&state.world, full);
            let owner = state.world.repositories.get(&here).map_or(0, |it| it.owner);
            let project = full.split('/').next().unwrap_or_default();
            let mut path = String::new();
            for part in area.split('\\') {
                path = if path.is_empty() { part.to_owned() } else { format!("{path}\\{part}") };
                state.world.areas.insert((owner, path.clone()));
            }
            assert!(area.split('\\').next() == Some(project), "an area path begins with its project, `{project}`");
            state.world.set_area(item, area).expect("it was made");
        });
    }

    /// Gives a work item another type.
    ///
    /// # Panics
    /// If the project has no such type.
    pub fn azure_type(&self, full: &str, number: u64, kind: &str) {
        assert!(azure::TYPES.contains(&kind), "a project has the types {:?}", azure::TYPES);
        self.act(|state| {
            let item = item(&state.world, full, number);
            state.world.type_of.insert(item, kind.to_owned());
            state.world.touch(item);
        });
    }

    /// All subscriptions to service hooks, with what Azure DevOps shows to nobody.
    #[must_use]
    pub fn azure_subscriptions(&self) -> Vec<serde_json::Value> {
        self.shared.lock().world.subscriptions.values().cloned().collect()
    }

    /// Switches all subscriptions off, as Azure DevOps does after too many errors.
    pub fn azure_switches_hooks_off(&self) {
        self.act(|state| {
            for subscription in state.world.subscriptions.values_mut() {
                subscription["status"] = "disabledBySystem".into();
            }
        });
    }

    /// The reactions to a comment, or the likes.
    ///
    /// # Panics
    /// If there is no such repository.
    #[must_use]
    pub fn azure_reactions(&self, full: &str, comment: u64) -> Vec<String> {
        let state = self.shared.lock();
        let here = super::repository(&state.world, full);
        let is_here = state.world.comments.get(&comment).is_some_and(|it| it.repository == here);
        let on = crate::model::item::Subject::Comment(comment);
        let all = state.world.reactions.values().filter(|it| is_here && it.on == on);
        all.map(|it| it.content.clone()).collect()
    }

    /// The id of an account, as Azure DevOps writes ids.
    #[must_use]
    pub fn azure_identity(&self, login: &str) -> String {
        azure::identity_id(self.user(login))
    }

    /// A program that gets tokens for its secret: its id and that secret.
    pub fn azure_principal(&self, login: &str) -> (String, String) {
        self.act(|state| {
            let user = state.world.ensure_user(login, Kind::Bot);
            let client = format!("00000000-0000-4000-8000-{user:012}");
            let secret: String = std::iter::repeat_with(fastrand::alphanumeric).take(34).collect();
            state.world.principals.insert(client.clone(), (secret.clone(), user));
            (client, secret)
        })
    }

    /// Answers a comment on a pull request in its thread, and returns the answer's id.
    pub fn answer_in_thread(&self, login: &str, full: &str, number: u64, comment: u64, body: &str) -> u64 {
        self.act(|state| {
            let (who, item) = (super::actor(&mut state.world, login), item(&state.world, full, number));
            let world = &mut state.world;
            let (id, now) = (world.fresh(), world.now());
            let repository = world.items.get(&item).map_or(0, |it| it.repository);
            let answer = crate::model::review::ReviewComment {
                id,
                repository,
                item,
                review: 0,
                author: who.user,
                body: body.to_owned(),
                path: String::new(),
                line: None,
                start_line: None,
                commit: String::new(),
                answers: Some(comment),
                created: now,
                updated: now,
            };
            world.review_comments.insert(id, answer);
            id
        })
    }

    /// From now on it is a server of some age: it takes hidden comments out of what is written on work items, and does not say
    /// what is Markdown.
    pub fn azure_is_old(&self) {
        self.act(|state| state.world.is_old = true);
    }

    /// Entries of a page that ends with a token.
    pub fn azure_pages(&self, entries: usize) {
        self.act(|state| state.world.page = entries.max(1));
    }

    /// What a `GET` of this path below the organization would show to the owner of everything.
    ///
    /// # Panics
    /// If the path is not served or what it names is not there.
    #[must_use]
    pub fn azure_peek(&self, path: &str) -> serde_json::Value {
        let mut state = self.shared.lock();
        azure::peek(&mut state, &self.shared.base(), &format!("/{}/{path}", azure::ORGANIZATION))
    }
}
