//! What to do next about a run. Pure.

use forgeline_engine::{Outcome, RunSpec, spec::Forge};
use forgeline_store::RunView;

/// Commands and hints for where a run stands; empty when there is nothing to do.
pub fn steps(view: &RunView) -> Vec<String> {
    let spec = &view.spec;
    match view.state.outcome() {
        None => vec![format!("{} goes on from where it stands", again(spec))],
        Some(Outcome::Published(publication)) => match (&publication.pull_request, spec.target.forge) {
            (Some(it), _) => vec![
                format!(
                    "`forgeline local pr show {} --repo {} --diff` shows the change",
                    it.number, spec.target.repository
                ),
                format!("`forgeline local pr merge {} --repo {}` takes it", it.number, spec.target.repository),
            ],
            (None, Forge::Git | Forge::Local) => vec![format!(
                "`git -C {} diff {}...{}` shows the change",
                spec.target.repository, spec.target.base_branch, publication.branch
            )],
        },
        Some(Outcome::NoChange { .. }) => Vec::new(),
        Some(Outcome::Refused { gate: Some(_), .. }) => vec![
            "the verdict below names each file and rule".to_owned(),
            format!("correct the blueprint or the agent, then {} tries anew", again(spec)),
        ],
        Some(Outcome::Refused { gate: None, .. }) => vec![format!("{} asks again", again(spec))],
        Some(Outcome::Failed { kind, .. }) => failed(spec, kind),
        Some(Outcome::Cancelled { .. }) => vec![format!("{} starts a further attempt", again(spec))],
    }
}

fn failed(spec: &RunSpec, kind: &str) -> Vec<String> {
    let cause = match kind {
        "template" => {
            "the agent's template is wrong for this input: correct the template or the work item, `forgeline validate` checks both"
        }
        "validation" => "what the agent wrote does not pass its checks: the notes above name file and check",
        "contract" => {
            "an event does not keep its contract: `forgeline dlq list` has it, `forgeline contracts show <name>` what it must be"
        }
        "timeout" => "the attempt took too long: raise the stage's `timeout` or make its work smaller",
        "crash" => "the agent's process ended on its own: look at the template that it was rendering",
        "limit" => "the agent wanted more memory, files or bytes than a task may have: make its output smaller",
        "lost" => "the worker's process was ended from outside: look for what ends it, for example too little memory",
        _ => "`forgeline doctor` checks what Forgeline needs on this machine",
    };
    vec![cause.to_owned(), format!("then {} tries anew; finished stages are not done again", again(spec))]
}

/// How the same thing is asked again.
fn again(spec: &RunSpec) -> String {
    match spec.trigger.kind.as_str() {
        "cli" => format!("the same `forgeline run {}` command", spec.plan.blueprint.name),
        "command" => format!("the comment `/forgeline run {}`", spec.plan.blueprint.name),
        _ => "`forgeline bot once`".to_owned(),
    }
}
