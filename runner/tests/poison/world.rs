//! A runner whose agents' process is this program, and a run with one stage for each name.

use std::{fs, path::Path, process::Command, sync::Arc};

use forgeline_agents::AgentHost;
use forgeline_engine::spec::{Definitions, Forge, Trigger};
use forgeline_forge::LocalForge;
use forgeline_model::{Digest, Event, FileSet, RunId};
use forgeline_registry::Registry;
use forgeline_runner::{
    Clock, Effects, InForce, Parts, Registries, Runner, Watch,
    knowledge::KnowledgeHandle,
    prepare::{Request, prepare},
    signing::Signing,
};
use forgeline_store::Store;
use serde_json::json;

use crate::rogue;

pub(crate) async fn runner(folder: &Path) -> Runner {
    let registry = Registry::built_in();
    let check = |event: &Event, _: Option<&Digest>| {
        registry.validate_produced(&event.to_value()).map_err(|violation| violation.to_string())
    };
    let store = Store::open(&folder.join("state"), Arc::new(check)).await.expect("opens");
    let program = std::env::current_exe().expect("the path of this program");
    Runner::new(Parts {
        forge: LocalForge::new(store.clone()),
        store,
        registries: Registries::new(Arc::new(registry.clone())),
        host: AgentHost::with_arguments(program, [rogue::SUBCOMMAND.to_owned()]),
        knowledge: KnowledgeHandle::unavailable("nothing is looked up"),
        clock: Clock::system(),
        watch: Watch::nobody(),
        parallel: 4,
        ceilings: Default::default(),
        signing: Signing::default(),
        effects: Effects::Performed,
    })
}

/// Stores a run of stages with these names, none of which needs another.
pub(crate) async fn run(runner: &Runner, folder: &Path, names: &[&str]) -> RunId {
    let repository = folder.join("repository");
    let base = repository_with_one_commit(&repository);
    let in_force = definitions(names);
    let request = Request {
        factory: &in_force.factory,
        definitions: in_force.source.clone(),
        registry: &in_force.registry,
        blueprint: "poison",
        inputs: json!({}),
        max_usd: None,
        item: None,
        item_spec: None,
        item_repository: None,
        pull_request: None,
        project: "default".parse().expect("a project id"),
        forge: Forge::Git,
        repository: repository.display().to_string(),
        base_branch: "main".into(),
        base,
        trigger: Trigger { kind: "cli".into(), actor: "ana".into(), detail: "run".into(), chain_depth: 0 },
        trigger_key: "poison".into(),
        event: None,
        again: None,
    };
    let new = prepare(request, runner.clock.now()).unwrap_or_else(|faults| panic!("{faults:?}"));
    runner.store.start(new, Vec::new(), runner.clock.now()).await.expect("decides").run().clone()
}

fn definitions(names: &[&str]) -> InForce {
    let agent = "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {name: rogue, version: 1.0.0}\n\
                 skills: [{id: nothing, kind: template, templates: [], outputs: {said: nothing}}]\noutput: {type: Nothing}\n";
    let stage = |name: &&str| {
        format!("  - {{id: {name}, uses: rogue@^1, timeout: 500ms, retries: {{max_attempts: 5, backoff: [10ms]}}}}\n")
    };
    let stages: String = names.iter().map(stage).collect();
    let blueprint = format!(
        "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: poison, version: 1.0.0}}\non: [{{command: run}}]\n\
         fail_fast: false\nstages:\n{stages}"
    );
    let mut files = FileSet::new("poison");
    files.insert("agents/rogue/agent.yaml", agent);
    files.insert("blueprints/poison/blueprint.yaml", blueprint);
    let source = Definitions { origin: "test".into(), commit: None, dirty: false, contracts: None };
    let in_force = InForce::of_files(&files, source);
    assert!(in_force.findings.is_empty(), "{:?}", in_force.findings);
    in_force
}

fn repository_with_one_commit(folder: &Path) -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.org"])
            .args(args)
            .current_dir(folder)
            .output()
            .expect("git starts");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    fs::create_dir_all(folder).expect("a folder");
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["commit", "--quiet", "--allow-empty", "-m", "first"]);
    git(&["rev-parse", "HEAD"])
}
