//! `forgeline.yaml`: what a factory's repository says about projects, targets, roles and policy. It can only narrow.

mod check;
pub mod operator;
mod routes;
mod shape;
pub mod targets;

use std::collections::BTreeMap;

pub use forgeline_model::Criticality;
use forgeline_model::{LetterSeverity, ProjectId, Usd};
use serde::{Deserialize, Serialize};

use crate::period::Period;

pub(crate) use check::{check, operator_keys};
pub use routes::{ItemPlace, Route};
pub use shape::{OPERATOR_SHAPE, SHAPE};

/// Path of the file in a factory's repository.
pub const FILE: &str = "forgeline.yaml";
/// Roles that a person can have in a repository, the weakest first.
pub const ROLES: [&str; 5] = ["guest", "reader", "editor", "maintainer", "admin"];

/// The factory's own settings; all of them may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FactoryConfig {
    /// Globs of the repositories that it may write to, see [`targets`]; its own when empty.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Globs of repositories that keep work items only: their items are served, and nothing is written to them.
    #[serde(default)]
    pub trackers: Vec<String>,
    /// Projects.
    #[serde(default)]
    pub projects: Vec<Project>,
    /// Where work items without a repository of their own go.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// Roles by action: who may run, approve, ….
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<String>>,
    /// Bounds of the write gate.
    #[serde(default)]
    pub policy: Policy,
    /// Where the contracts come from; the factory's own `schema-registry/` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<ContractsAt>,
    /// Feature flags.
    #[serde(default)]
    pub flags: BTreeMap<String, bool>,
}

/// A registry of contracts with a repository of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContractsAt {
    /// `owner/name` on the forge, or the path of a repository on this machine.
    pub repository: String,
    /// Folder of the registry in it; its root when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Branch whose newest commit in order counts; the default branch when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Commit that counts for good, 40 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl ContractsAt {
    /// Whether the repository is named by its place on this machine.
    pub fn is_path(&self) -> bool {
        crate::form::is_path(&self.repository)
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// `owner/name` of its repositories.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// Users and teams that answer for it.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Who wants to know.
    #[serde(default)]
    pub stakeholders: Vec<String>,
    /// How bad a failure is.
    #[serde(default)]
    pub criticality: Criticality,
    /// Date, `2026-03-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub goals: Vec<String>,
    /// What may go wrong.
    #[serde(default)]
    pub risks: Vec<String>,
    /// What it may spend.
    #[serde(default)]
    pub budget: ProjectBudget,
}

/// What a project may spend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectBudget {
    /// US dollars a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_day: Option<Usd>,
    /// Model tokens a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<u64>,
}

/// Bounds of the write gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What happens to a proposal that touches these globs.
    #[serde(default)]
    pub protected: BTreeMap<String, Protection>,
    /// Most open pull requests of Forgeline in a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_open_prs: Option<u32>,
    /// Whether pull requests are opened as drafts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
    /// Who is asked to review a pull request when it is opened: logins, and teams as `organization/team`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<String>,
    /// Roles that must approve before anything is published; nobody when left out.
    #[serde(default)]
    pub approval: Vec<String>,
    /// Who is told of dead letters; [`EscalationRule::standard`] when left out, nobody when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Vec<EscalationRule>>,
    /// How many runs may begin.
    #[serde(default)]
    pub limits: Limits,
    /// Text that the first line of files must hold, by glob.
    #[serde(default)]
    pub licence_header: BTreeMap<String, String>,
    /// Rules of the factory's own.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Label of a work item by how far the work on it is.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// State of a work item by how far the work on it is.
    #[serde(default)]
    pub states: BTreeMap<String, String>,
}

/// How far the work on an item is, as `policy.labels` and `policy.states` name it.
pub const STANDINGS: [&str; 5] = ["working", "waiting", "proposed", "failed", "merged"];

/// Dead letters that people are told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EscalationRule {
    /// Projects at least as critical.
    pub criticality: Criticality,
    /// Letters at least as severe.
    pub severity: LetterSeverity,
    /// Letters of these agents; of all when empty.
    pub agents: Vec<String>,
    /// Letters of these kinds of error; of all when empty.
    pub kinds: Vec<String>,
    /// How many open letters of one cause it takes.
    pub count: usize,
    /// In which time.
    pub within: Period,
    /// Channels, as the operator names them; all when empty.
    pub to: Vec<String>,
}

impl Default for EscalationRule {
    fn default() -> Self {
        Self {
            criticality: Criticality::Low,
            severity: LetterSeverity::Info,
            agents: Vec::new(),
            kinds: Vec::new(),
            count: 1,
            within: Period::HOUR,
            to: Vec::new(),
        }
    }
}

impl EscalationRule {
    /// What holds where nobody says otherwise: what cannot wait is told at once, an error when it is the third in an hour.
    pub fn standard() -> Vec<Self> {
        vec![
            Self { severity: LetterSeverity::Critical, ..Self::default() },
            Self { severity: LetterSeverity::Error, count: 3, ..Self::default() },
        ]
    }
}

/// Most runs that a person may start in an hour.
pub const MOST_RUNS_PER_ACTOR: u32 = 30;
/// Most runs that may begin in a project in an hour, whoever or whatever starts them.
pub const MOST_RUNS_PER_PROJECT: u32 = 60;
/// Most open pull requests of Forgeline in a repository, unless the factory says otherwise.
pub const MOST_OPEN_PULL_REQUESTS: u32 = 10;

/// How many runs may begin in any hour. A factory can lower the bounds, not raise them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// By one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_per_actor_per_hour: Option<u32>,
    /// In one project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_per_project_per_hour: Option<u32>,
}

impl Limits {
    /// Most runs by one person in an hour.
    pub fn runs_per_actor(&self) -> u32 {
        self.runs_per_actor_per_hour.map_or(MOST_RUNS_PER_ACTOR, |most| most.min(MOST_RUNS_PER_ACTOR))
    }

    /// Most runs in one project in an hour.
    pub fn runs_per_project(&self) -> u32 {
        self.runs_per_project_per_hour.map_or(MOST_RUNS_PER_PROJECT, |most| most.min(MOST_RUNS_PER_PROJECT))
    }
}

/// A rule of the factory's own for the write gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// CEL condition over `file`, `change`, `project`, `blueprint` and `run`.
    pub when: String,
    /// What happens where it holds.
    pub verdict: RuleVerdict,
    /// Why, and what to do.
    pub message: String,
}

/// What happens where a rule's condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleVerdict {
    /// Nothing is written.
    Block,
    /// The pull request is labelled for a person.
    NeedsHuman,
}

/// What happens to a proposal that touches a protected path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Nothing is written.
    Block,
    /// The pull request is labelled for a person.
    NeedsHuman,
    /// It is written; only for paths that are protected by default.
    Allow,
}

impl FactoryConfig {
    /// A project by id.
    pub fn project(&self, id: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.id.as_str() == id)
    }

    /// The project that a repository belongs to.
    pub fn project_of(&self, repository: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.repositories.iter().any(|mine| mine == repository))
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn a_factory_lowers_the_bounds_and_does_not_raise_them() {
        let bounds = |actor, project| {
            let limits = Limits { runs_per_actor_per_hour: actor, runs_per_project_per_hour: project };
            (limits.runs_per_actor(), limits.runs_per_project())
        };
        assert_eq!(bounds(None, None), (30, 60));
        assert_eq!(bounds(Some(1), Some(59)), (1, 59));
        assert_eq!(bounds(Some(31), Some(1000)), (30, 60));
    }
}
