//! Definitions, contracts and the operator's file.

use forgeline_blueprints::Factory;
use forgeline_engine::spec::ContractsFrom;
use forgeline_model::{Diagnostic, diagnostic::has_errors};
use forgeline_registry::Registry;
use forgeline_runner::Runner;

use super::{Check, secrets};
use crate::{
    commands::{Session, projects::serving},
    definitions, factories,
    operator::Operator,
};

pub(super) fn check(session: &Session) -> Vec<Check> {
    let mut checks = vec![built_in()];
    match definitions::load(session) {
        Ok(in_force) if in_force.factory.config_document.is_none() && in_force.findings.is_empty() => {}
        Ok(in_force) => {
            checks.push(judge(
                "definitions",
                &in_force.findings,
                format!("those in {} are valid", in_force.source.origin),
                "`forgeline validate` shows each with its place",
            ));
            checks.extend(in_force.source.contracts.as_ref().map(contracts));
        }
        Err(error) => {
            checks.push(Check::failed("definitions", format!("{error:#}"), "`forgeline validate` shows more"))
        }
    }
    checks.extend(operator(session));
    checks
}

/// The registry's own repository, if it has one.
fn contracts(from: &ContractsFrom) -> Check {
    match &from.held_back {
        None => Check::ok("contracts", format!("those of {from} are in force")),
        Some(_) => Check::failed(
            "contracts",
            from.to_string(),
            "`forgeline contracts check` in that repository shows what is wrong; the next commit in order comes into force",
        ),
    }
}

/// The factories that the operator lists, and the repositories that nobody serves; nothing without such a list.
pub(super) async fn factories(session: &Session, runner: &Runner) -> Vec<Check> {
    if runner.factories().is_empty() {
        return Vec::new();
    }
    let name = "factories";
    let todo = "`forgeline projects serving` shows which factory serves which repository, and why";
    let Ok(fallback) = definitions::load(session) else { return Vec::new() };
    if let Err(error) = factories::check(runner, &fallback, true).await {
        return vec![Check::failed(name, format!("{error:#}"), todo)];
    }
    let listed = runner.factories().listed();
    let bad: Vec<String> = listed
        .iter()
        .filter_map(|it| Some(format!("{} cannot be read: {}", it.source.shown, it.found.as_ref().err()?)))
        .collect();
    if !bad.is_empty() {
        return vec![Check::failed(name, bad.join("; "), "correct `factories` in the operator's file")];
    }
    match serving::lines(runner, &fallback).await {
        Ok(lines) => {
            let served = lines.iter().filter(|line| line.is_served()).count();
            let detail = format!("{} are read and serve {served} of {} repositories", listed.len(), lines.len());
            vec![if served == lines.len() { Check::ok(name, detail) } else { Check::less(name, detail, todo) }]
        }
        Err(error) => vec![Check::failed(name, format!("{error:#}"), todo)],
    }
}

/// The operator's file, and each secret that it refers to.
fn operator(session: &Session) -> Vec<Check> {
    let variable = |name: &str| std::env::var(name).ok();
    match Operator::find(&session.global, variable) {
        Ok(Operator { found: None, .. }) => Vec::new(),
        Ok(Operator { found: Some((path, _)), file }) => {
            let fine = format!("`{}` is valid", path.display());
            let mut checks =
                vec![judge("operator file", &file.findings, fine, "`forgeline validate` shows each with its place")];
            checks.extend(file.secrets().iter().map(|(pointer, it)| secrets::check(pointer, it, variable)));
            checks
        }
        Err(error) => {
            vec![Check::failed("operator file", format!("{error:#}"), "correct `--config` or `FORGELINE_CONFIG`")]
        }
    }
}

fn built_in() -> Check {
    let mut findings = Factory::check_built_in();
    findings.extend(forgeline_registry::check_examples(&forgeline_registry::shipped(), Registry::built_in()));
    let detail = format!(
        "{} blueprints, {} agents, {} contracts",
        Factory::built_in().blueprints().len(),
        Factory::built_in().agents().len(),
        Registry::built_in().contracts().count()
    );
    judge("built in", &findings, detail, "this build is damaged; install it again")
}

fn judge(name: &'static str, findings: &[Diagnostic], fine: String, todo: &str) -> Check {
    if has_errors(findings) {
        let first = findings.iter().find(|it| it.severity == forgeline_model::Severity::Error);
        let message = first.map(|finding| finding.message.clone()).unwrap_or_default();
        return Check::failed(name, format!("{} findings, the first: {message}", findings.len()), todo);
    }
    Check::ok(name, fine)
}
