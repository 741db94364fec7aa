//! `forgeline.yaml`: what a factory's repository says about projects, targets, roles and policy. It can only narrow.

mod check;
pub mod operator;
mod shape;

use std::collections::BTreeMap;

use forgeline_model::{ProjectId, Usd};
use serde::{Deserialize, Serialize};

pub(crate) use check::{check, operator_keys};
pub use shape::{OPERATOR_SHAPE, SHAPE};

/// Path of the file in a factory's repository.
pub const FILE: &str = "forgeline.yaml";
/// Roles that a person can have in a repository, the weakest first.
pub const ROLES: [&str; 5] = ["guest", "reader", "editor", "maintainer", "admin"];

/// The factory's own settings; all of them may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FactoryConfig {
    /// Globs of the repositories that it may write to; its own when empty.
    #[serde(default)]
    pub targets: Vec<String>,
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
    /// Feature flags.
    #[serde(default)]
    pub flags: BTreeMap<String, bool>,
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

/// How bad a failure of a project is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criticality {
    /// Nobody is woken.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Owners are told at once.
    High,
    /// Everybody is told at once.
    Critical,
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

/// Where work items of an area go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Area path, `Shop\Orders`.
    pub area_path: String,
    /// `owner/name`.
    pub repository: String,
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
    /// Roles that must approve before anything is published; nobody when left out.
    #[serde(default)]
    pub approval: Vec<String>,
    /// Text that the first line of files must hold, by glob.
    #[serde(default)]
    pub licence_header: BTreeMap<String, String>,
    /// Rules of the factory's own.
    #[serde(default)]
    pub rules: Vec<Rule>,
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
