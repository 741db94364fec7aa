//! The parts, wired: state directory, contracts, forge, agents' host, index.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use forgeline_agents::host::AgentHost;
use forgeline_forge::LocalForge;
use forgeline_model::{Digest, Event};
use forgeline_registry::Registry;
use forgeline_runner::{Clock, Registries, Runner, Watch, knowledge::KnowledgeHandle};
use forgeline_store::Store;

use crate::args::Global;

/// Tasks of a run at once.
const PARALLEL: usize = 4;

/// Where state lies: the flag or `FORGELINE_STATE_DIR`, else `$XDG_STATE_HOME/forgeline`.
pub fn state_dir(global: &Global) -> PathBuf {
    if let Some(named) = &global.state_dir {
        return named.clone();
    }
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| ".".into()));
    let base = std::env::var_os("XDG_STATE_HOME").map_or_else(|| home().join(".local/state"), PathBuf::from);
    base.join("forgeline")
}

/// Opens the state and wires the runner, with contracts of the factory in force.
pub async fn open(state: &Path, registry: Arc<Registry>, watch: Watch) -> anyhow::Result<Runner> {
    let registries = Registries::new(registry);
    let check = {
        let registries = registries.clone();
        Arc::new(move |event: &Event, contracts: Option<&Digest>| {
            registries.check(event, contracts).map_err(|violation| violation.to_string())
        })
    };
    let store = Store::open(state, check).await?;
    let program = std::env::current_exe().context("the path of this program is not known")?;
    Ok(Runner::new(forgeline_runner::Parts {
        forge: LocalForge::new(store.clone()),
        store,
        registries,
        host: AgentHost::new(program),
        knowledge: KnowledgeHandle::new(&state.join("knowledge").join("default").join("private")),
        clock: Clock::system(),
        watch,
        parallel: PARALLEL,
    }))
}
