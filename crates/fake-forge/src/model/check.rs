//! Checks and statuses of commits.

use super::happening::{CheckAction, Happening};
use super::{Actor, Id, Millis, World};

#[derive(Debug, Clone, Default)]
pub(crate) struct CheckRun {
    pub(crate) id: Id,
    pub(crate) suite: Id,
    pub(crate) repository: Id,
    pub(crate) app: Id,
    pub(crate) name: String,
    pub(crate) commit: String,
    /// `queued`, `in_progress` or `completed`.
    pub(crate) state: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) external_id: String,
    pub(crate) details: Option<String>,
    pub(crate) started: Option<Millis>,
    pub(crate) completed: Option<Millis>,
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) buttons: Vec<Button>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Annotation {
    pub(crate) path: String,
    pub(crate) start_line: u64,
    pub(crate) end_line: u64,
    #[serde(default)]
    pub(crate) start_column: Option<u64>,
    #[serde(default)]
    pub(crate) end_column: Option<u64>,
    pub(crate) annotation_level: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) raw_details: Option<String>,
}

/// Something that a reader of the check can press.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) identifier: String,
}

#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) id: Id,
    pub(crate) repository: Id,
    pub(crate) commit: String,
    pub(crate) creator: Id,
    pub(crate) context: String,
    /// `error`, `failure`, `pending` or `success`.
    pub(crate) state: String,
    pub(crate) description: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) created: Millis,
}

impl World {
    /// Adds a check; its id and suite are chosen here.
    pub(crate) fn create_check(&mut self, actor: Actor, mut check: CheckRun) -> Id {
        let key = (check.repository, check.app, check.commit.clone());
        let suite = self.suites.get(&key).copied();
        check.suite = suite.unwrap_or_else(|| self.fresh());
        self.suites.insert(key, check.suite);
        check.id = self.fresh();
        let (id, completed) = (check.id, check.state == "completed");
        self.checks.insert(id, check);
        self.tell(Happening::Check { check: id, actor, action: CheckAction::Created });
        if completed {
            self.tell(Happening::Check { check: id, actor, action: CheckAction::Completed });
        }
        id
    }

    /// Puts the changed check in the place of the old one.
    pub(crate) fn update_check(&mut self, actor: Actor, check: CheckRun) {
        let id = check.id;
        let completed = check.state == "completed";
        let before = self.checks.insert(id, check);
        if completed && before.is_none_or(|before| before.state != "completed") {
            self.tell(Happening::Check { check: id, actor, action: CheckAction::Completed });
        }
    }

    /// Somebody asks for a check again, or presses one of its buttons.
    pub(crate) fn press(&mut self, actor: Actor, check: Id, button: Option<String>) {
        let action = button.map_or(CheckAction::Rerequested, CheckAction::Requested);
        self.tell(Happening::Check { check, actor, action });
    }

    pub(crate) fn create_status(&mut self, actor: Actor, mut status: Status) -> Id {
        status.id = self.fresh();
        status.created = self.now();
        status.creator = actor.user;
        let id = status.id;
        self.statuses.insert(id, status);
        self.tell(Happening::Status { status: id, actor });
        id
    }
}
