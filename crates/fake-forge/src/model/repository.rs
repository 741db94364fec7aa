//! Repositories and their labels.

use std::collections::BTreeMap;

use super::access::Level;
use super::happening::{Happening, RepositoryAction};
use super::{Actor, Id, Millis, Trouble, World};

#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) id: Id,
    pub(crate) owner: Id,
    pub(crate) name: String,
    /// Names under which it was known before, as `owner/name`.
    pub(crate) former: Vec<String>,
    pub(crate) private: bool,
    pub(crate) archived: bool,
    pub(crate) default_branch: String,
    /// What it is a fork of.
    pub(crate) parent: Option<Id>,
    pub(crate) levels: BTreeMap<Id, Level>,
    pub(crate) labels: BTreeMap<Id, Label>,
    /// Branches and their commits, as last looked at.
    pub(crate) branches: BTreeMap<String, String>,
    last_number: u64,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) pushed: Millis,
}

impl Repository {
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// Six hexadecimal digits.
    pub(crate) color: String,
    pub(crate) description: Option<String>,
}

impl World {
    pub(crate) fn create_repository(&mut self, owner: Id, name: &str, private: bool) -> Result<Id, Trouble> {
        if self.repositories.values().any(|found| found.owner == owner && found.name.eq_ignore_ascii_case(name)) {
            return Err(Trouble::Invalid(format!("the account has a repository `{name}` already")));
        }
        let id = self.fresh();
        self.depot.init(id)?;
        self.add_repository(id, owner, name, private, None);
        Ok(id)
    }

    /// A copy of a repository under another account; an existing one is used again.
    pub(crate) fn fork(&mut self, of: Id, owner: Id) -> Result<Id, Trouble> {
        if let Some(found) = self.repositories.values().find(|found| found.owner == owner && found.parent == Some(of)) {
            return Ok(found.id);
        }
        let (name, private) =
            self.repositories.get(&of).map(|found| (found.name.clone(), found.private)).unwrap_or_default();
        let id = self.fresh();
        self.depot.fork(of, id)?;
        self.add_repository(id, owner, &name, private, Some(of));
        let branches = self.depot.branches(id)?;
        if let Some(fork) = self.repositories.get_mut(&id) {
            fork.branches = branches;
        }
        Ok(id)
    }

    fn add_repository(&mut self, id: Id, owner: Id, name: &str, private: bool, parent: Option<Id>) {
        let now = self.now();
        let repository = Repository {
            id,
            owner,
            name: name.to_owned(),
            former: Vec::new(),
            private,
            archived: false,
            default_branch: "main".to_owned(),
            parent,
            levels: BTreeMap::new(),
            labels: BTreeMap::new(),
            branches: BTreeMap::new(),
            last_number: 0,
            created: now,
            updated: now,
            pushed: now,
        };
        self.repositories.insert(id, repository);
    }

    /// The repository that has this name now.
    pub(crate) fn repository_named(&self, owner: &str, name: &str) -> Option<&Repository> {
        let owner = self.user_named(owner)?.id;
        self.repositories.values().find(|found| found.owner == owner && found.name.eq_ignore_ascii_case(name))
    }

    /// The repository that had this name before it was renamed.
    pub(crate) fn repository_formerly(&self, owner: &str, name: &str) -> Option<&Repository> {
        let asked = format!("{owner}/{name}");
        let knew = |found: &&Repository| found.former.iter().any(|former| former.eq_ignore_ascii_case(&asked));
        self.repositories.values().find(knew)
    }

    /// `owner/name`.
    pub(crate) fn full_name(&self, repository: Id) -> String {
        let Some(repository) = self.repositories.get(&repository) else { return "?/?".to_owned() };
        let owner = self.users.get(&repository.owner).map_or("?", |owner| &owner.login);
        format!("{owner}/{}", repository.name)
    }

    pub(crate) fn rename(&mut self, actor: Actor, repository: Id, name: &str) {
        let former = self.full_name(repository);
        if let Some(found) = self.repositories.get_mut(&repository) {
            let from = std::mem::replace(&mut found.name, name.to_owned());
            found.former.push(former);
            self.tell(Happening::Repository { repository, actor, action: RepositoryAction::Renamed { from } });
        }
    }

    pub(crate) fn set_archived(&mut self, actor: Actor, repository: Id, archived: bool) {
        if let Some(found) = self.repositories.get_mut(&repository) {
            found.archived = archived;
            let action = if archived { RepositoryAction::Archived } else { RepositoryAction::Unarchived };
            self.tell(Happening::Repository { repository, actor, action });
        }
    }

    pub(crate) fn label_named(&self, repository: Id, name: &str) -> Option<&Label> {
        self.repositories.get(&repository)?.labels.values().find(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// The repository's label of that name, made if there is none.
    pub(crate) fn ensure_label(&mut self, repository: Id, name: &str, color: &str, description: Option<String>) -> Id {
        if let Some(label) = self.label_named(repository, name) {
            return label.id;
        }
        let id = self.fresh();
        if let Some(found) = self.repositories.get_mut(&repository) {
            found.labels.insert(id, Label { id, name: name.to_owned(), color: color.to_owned(), description });
        }
        id
    }
}
