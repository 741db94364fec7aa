//! The parts, wired: state directory, contracts, forge, agents' host, index.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use forgeline_agents::host::AgentHost;
use forgeline_blueprints::config::operator::OperatorFile;
use forgeline_forge::LocalForge;
use forgeline_model::{Digest, Event};
use forgeline_registry::Registry;
use forgeline_runner::{Clock, Effects, Registries, Runner, Watch, knowledge::KnowledgeHandle, signing::Signing};
use forgeline_store::Store;

use crate::{args::Global, ci::Ci, commands::Session, factories, forges, operator::Operator, telemetry::LogFormat};

/// Tasks of a run at once when nobody says.
pub const PARALLEL: u32 = 4;
/// Environment variable that names the knowledge process's executable.
pub const KNOWLEDGE_VARIABLE: &str = "FORGELINE_KNOWLEDGE";

/// Where state lies: the flag or `FORGELINE_STATE_DIR`, else the operator's word, else the job's own folder, else
/// `$XDG_STATE_HOME/forgeline`.
pub fn state_dir(global: &Global, operator: &Operator, ci: Option<&Ci>) -> PathBuf {
    if let Some(named) = global.state_dir.as_ref().or(operator.file.config.state_dir.as_ref()) {
        return named.clone();
    }
    if let Some(folder) = ci.and_then(|ci| ci.scratch.as_ref()) {
        return folder.join("forgeline-state");
    }
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| ".".into()));
    let base = std::env::var_os("XDG_STATE_HOME").map_or_else(|| home().join(".local/state"), PathBuf::from);
    base.join("forgeline")
}

/// Form of log lines: the flag or `FORGELINE_LOG_FORMAT`, else the operator's word, else for people.
pub fn log_format(global: &Global, operator: &Operator) -> LogFormat {
    let said = || match operator.file.config.log_format.as_deref() {
        Some("json") => LogFormat::Json,
        _ => LogFormat::Human,
    };
    global.log_format.unwrap_or_else(said)
}

/// Opens the session's state and wires the runner, with contracts of the factory in force.
pub async fn open(session: &Session, registry: Arc<Registry>, watch: Watch) -> anyhow::Result<Runner> {
    open_in(session, &session.state, registry, watch).await
}

/// The same with another state directory.
pub async fn open_in(session: &Session, state: &Path, registry: Arc<Registry>, watch: Watch) -> anyhow::Result<Runner> {
    wire(session, state, registry, watch, Effects::Performed).await
}

/// For a dry run: tasks are performed on the copy of the state, and effects are not.
pub async fn rehearse(session: &Session, registry: Arc<Registry>, watch: Watch) -> anyhow::Result<Runner> {
    wire(session, &session.state, registry, watch, Effects::Rehearsed).await
}

async fn wire(
    session: &Session,
    state: &Path,
    registry: Arc<Registry>,
    watch: Watch,
    effects: Effects,
) -> anyhow::Result<Runner> {
    let registries = Registries::new(registry);
    let check = {
        let registries = registries.clone();
        Arc::new(move |event: &Event, contracts: Option<&Digest>| {
            registries.check(event, contracts).map_err(|violation| violation.to_string())
        })
    };
    let store = Store::open(state, check).await?;
    let operator = &session.operator.file;
    let program = std::env::current_exe().context("the path of this program is not known")?;
    let forge = forges::beside(LocalForge::new(store.clone()), operator, session.ci.as_deref())?;
    let forge = match session.since {
        Some(since) => forge.reaching_back(forgeline_bot::pass::reach(since)),
        None => forge,
    };
    let factories = factories::of(&session.operator)?;
    Ok(Runner::new(forgeline_runner::Parts {
        forge: if effects == Effects::Rehearsed || session.is_rehearsal() { forge.rehearsing() } else { forge },
        store,
        registries,
        host: AgentHost::new(program),
        knowledge: knowledge(session, state),
        clock: Clock::system(),
        watch,
        parallel: operator.config.limits.tasks.unwrap_or(PARALLEL) as usize,
        ceilings: operator.ceilings(),
        signing: signing(operator),
        effects,
    })
    .served_by(factories))
}

/// The index of a state directory. A dry run has none: indexing takes long and shows nothing of what would change.
fn knowledge(session: &Session, state: &Path) -> KnowledgeHandle {
    if session.is_rehearsal() {
        return KnowledgeHandle::unavailable("a dry run does without the index");
    }
    let folder = state.join("knowledge").join("default").join("private");
    match &session.operator.file.config.knowledge.program {
        Some(program) if std::env::var_os(KNOWLEDGE_VARIABLE).is_none() => KnowledgeHandle::at(program, &folder),
        _ => KnowledgeHandle::new(&folder),
    }
}

/// The keys that the operator names.
fn signing(operator: &OperatorFile) -> Signing {
    let named = &operator.config.signing;
    let reference = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    Signing { statements: reference(&named.key), commits: reference(&named.commit_key) }
}
