//! What the structure of `forgeline.yaml` does not show.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_engine::condition::Condition;
use forgeline_model::Diagnostic;

use super::{ContractsAt, FactoryConfig, Rule, targets::TargetGlob};
use crate::{
    codes, suggest,
    yaml::{Document, Kind},
};

/// Most rules of a factory's own: each is asked for every file.
const MAX_RULES: usize = 50;

/// What the condition of such a rule may name.
const RULE_NAMES: [&str; 5] = ["file", "change", "project", "blueprint", "run"];

/// Fields that belong to the operator.
const OPERATOR_KEYS: [&str; 17] = [
    "factories",
    "forges",
    "forge",
    "models",
    "model",
    "store",
    "stores",
    "endpoints",
    "endpoint",
    "secrets",
    "sandbox",
    "limits",
    "ceilings",
    "providers",
    "notify",
    "audit",
    "signing",
];

/// Fields of the operator's file, each with a finding that says where it belongs.
pub(crate) fn operator_keys(document: &Document) -> Vec<Diagnostic> {
    let Kind::Map(entries) = &document.root.kind else { return Vec::new() };
    let foreign = entries.iter().filter(|entry| OPERATOR_KEYS.contains(&entry.key.as_str()));
    foreign
        .map(|entry| {
            let message = format!("`{}` belongs to the operator, not to a repository", entry.key);
            let diagnostic = Diagnostic::error(codes::OPERATOR_KEY, message)
                .hint("move it to the operator's file (`--config operator.yaml`); `forgeline.yaml` can only narrow");
            document.at_place(entry.key_place, diagnostic)
        })
        .collect()
}

/// Ids, repositories and targets of a configuration.
pub(crate) fn check(config: &FactoryConfig, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, project) in config.projects.iter().enumerate() {
        if ids.insert(project.id.as_str(), index).is_some() {
            let message = format!("the project `{}` stands here a second time", project.id);
            found.push(
                document.at(&format!("/projects/{index}/id"), Diagnostic::error(codes::DUPLICATE_PROJECT, message)),
            );
        }
        for (place, repository) in project.repositories.iter().enumerate() {
            let pointer = format!("/projects/{index}/repositories/{place}");
            if let Some(other) = owners.insert(repository, project.id.as_str()) {
                let message = format!("`{repository}` already belongs to the project `{other}`");
                found.push(document.at(&pointer, Diagnostic::error(codes::DUPLICATE_PROJECT, message)));
            }
            found.extend(outside(config, repository).map(|diagnostic| document.at(&pointer, diagnostic)));
        }
    }
    found.extend(rules(&config.policy.rules, document));
    found.extend(config.contracts.iter().flat_map(|contracts| self::contracts(contracts, document)));
    for (index, route) in config.routes.iter().enumerate() {
        if route.is_empty() {
            let message = "this route says nothing of the work items that it takes";
            let hint = "add `area_path`, `label` or `type`";
            let empty = Diagnostic::error(codes::EMPTY_ROUTE, message).hint(hint);
            found.push(document.at(&format!("/routes/{index}"), empty));
        }
        let pointer = format!("/routes/{index}/repository");
        found.extend(outside(config, &route.repository).map(|diagnostic| document.at(&pointer, diagnostic)));
    }
    found
}

/// Ids and conditions of the factory's own rules for the write gate.
fn rules(rules: &[Rule], document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if rules.len() > MAX_RULES {
        let message = format!("there are {} rules, and at most {MAX_RULES} are asked", rules.len());
        found.push(document.at("/policy/rules", Diagnostic::error(codes::GATE_RULE, message)));
    }
    let mut ids = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        if !ids.insert(&rule.id) {
            let message = format!("the rule `{}` stands here a second time", rule.id);
            let place = format!("/policy/rules/{index}/id");
            found.push(document.at(&place, Diagnostic::error(codes::GATE_RULE, message)));
        }
        // What is no condition at all was told with the shape.
        let names = Condition::parse(&rule.when).map(|condition| condition.variables()).unwrap_or_default();
        for unknown in names.iter().filter(|name| !RULE_NAMES.contains(&name.as_str())) {
            let diagnostic = Diagnostic::error(codes::CONDITION_VARIABLE, format!("`{unknown}` is not defined here"))
                .hint(suggest::hint(unknown, RULE_NAMES));
            found.push(document.at(&format!("/policy/rules/{index}/when"), diagnostic));
        }
    }
    found
}

/// A registry is at a branch or at a commit.
fn contracts(contracts: &ContractsAt, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut refuse = |pointer: &str, message: String| {
        found.push(document.at(pointer, Diagnostic::error(codes::WRONG_FORM, message)));
    };
    if let Some(commit) = &contracts.commit {
        if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            refuse("/contracts/commit", format!("`{commit}` is not a commit; write all of its 40 hexadecimal digits"));
        }
        if contracts.branch.is_some() {
            let message = "`branch` says nothing beside `commit`; keep one of them";
            refuse("/contracts/branch", message.to_owned());
        }
    }
    found
}

fn outside(config: &FactoryConfig, repository: &str) -> Option<Diagnostic> {
    if config.targets.is_empty() {
        return None;
    }
    let takes = |text: &String| TargetGlob::parse(text).is_ok_and(|glob| glob.takes_name(repository));
    if config.targets.iter().any(takes) {
        return None;
    }
    let known: Vec<&str> = config.targets.iter().map(String::as_str).collect();
    let message = format!("`{repository}` is outside the targets of this factory");
    let hint = format!("targets are {}; add it there", suggest::list(&known));
    Some(Diagnostic::error(codes::OUTSIDE_TARGETS, message).hint(hint))
}
