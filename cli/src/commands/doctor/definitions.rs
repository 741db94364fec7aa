//! Definitions, contracts and the operator's file.

use forgeline_blueprints::Factory;
use forgeline_model::{Diagnostic, diagnostic::has_errors};
use forgeline_registry::Registry;
use forgeline_runner::secret;

use super::Check;
use crate::{commands::Session, definitions, operator::Operator};

pub(super) fn check(session: &Session) -> Vec<Check> {
    let mut checks = vec![built_in()];
    match definitions::load(&session.global) {
        Ok(in_force) if in_force.factory.config_document.is_none() && in_force.findings.is_empty() => {}
        Ok(in_force) => checks.push(judge(
            "definitions",
            &in_force.findings,
            format!("those in {} are valid", in_force.source.origin),
            "`forgeline validate` shows each with its place",
        )),
        Err(error) => {
            checks.push(Check::failed("definitions", format!("{error:#}"), "`forgeline validate` shows more"))
        }
    }
    if let Some(file) = &session.global.config {
        checks.push(match crate::commands::config::operator::check(file) {
            Ok(findings) => judge(
                "operator file",
                &findings,
                format!("`{}` is valid", file.display()),
                "`forgeline config show` shows each with its place",
            ),
            Err(error) => {
                Check::failed("operator file", format!("{error:#}"), "correct `--config` or `FORGELINE_CONFIG`")
            }
        });
        checks.extend(secrets(session));
    }
    checks
}

/// Whether each secret that the operator's file refers to can be read; nothing when it refers to none.
fn secrets(session: &Session) -> Option<Check> {
    let name = "secrets";
    let operator = Operator::read(&session.global).ok()?;
    let all = operator.secrets();
    let missing = all.iter().find_map(|(of, reference)| Some((of, secret::read(reference).err()?)));
    match missing {
        Some((of, error)) => Some(Check::failed(name, format!("`{of}`: {error}"), "set it, or correct the reference")),
        None if all.is_empty() => None,
        None => Some(Check::ok(name, format!("all {} that the operator file refers to can be read", all.len()))),
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
