//! Specs for the tests of this crate.

use std::collections::BTreeMap;

use forgeline_model::{
    DefinitionRef, Digest, RunId, RunKey, Timestamp, TraceId,
    event::EventSource,
    task::{FailureClass, TaskFailure, Usage},
};
use serde_json::{Map, Value, json};

use crate::{
    Fact, Input, RunSpec, RunState, TaskId, TaskOutput,
    plan::{ApprovalRule, Budget, DEFAULT_PRIORITY, Matrix, OnFailure, Plan, PlannedStage, RetryPolicy, RunOn, Work},
    spec::{Definitions, Forge, Target, Trigger, WritePolicy},
    step::{Illegal, step},
};

/// A stage `id` that needs `needs`.
pub(crate) fn stage(id: &str, needs: &[&str]) -> PlannedStage {
    PlannedStage {
        id: id.parse().expect("stage id"),
        work: Work::Agent { agent: definition("agent") },
        needs: needs.iter().map(|need| need.parse().expect("stage id")).collect(),
        run_on: RunOn::Success,
        compensates: None,
        allow_failure: false,
        when: None,
        with: Value::Null,
        matrix: None,
        max_parallel: 1,
        on_item_failure: OnFailure::FailFast,
        produces: Vec::new(),
        emits: Vec::new(),
        retry: RetryPolicy::default(),
        timeout_ms: 1_000,
        stage_timeout_ms: None,
        reserve: Usage::default(),
        pool: "default".into(),
    }
}

/// A stage that asks maintainers.
pub(crate) fn approval(id: &str, needs: &[&str], min: u32) -> PlannedStage {
    let approval = ApprovalRule { roles: vec!["maintainer".into()], min, expires_ms: Some(60_000) };
    PlannedStage { work: Work::Approval { approval }, ..stage(id, needs) }
}

/// The same with a matrix over `over`.
pub(crate) fn matrix(mut stage: PlannedStage, over: Value, max_parallel: u32) -> PlannedStage {
    stage.matrix = Some(Matrix { variable: "it".into(), over });
    stage.max_parallel = max_parallel;
    stage
}

fn definition(name: &str) -> DefinitionRef {
    DefinitionRef { name: name.into(), version: semver::Version::new(1, 0, 0), digest: Digest::of_bytes(b"x") }
}

/// A spec of these stages.
pub(crate) fn spec(stages: Vec<PlannedStage>) -> RunSpec {
    let id = RunId::of_trigger("test");
    RunSpec {
        key: RunKey::of_trigger("test"),
        trigger_key: "test".into(),
        trigger: Trigger { kind: "cli".into(), actor: "ana".into(), detail: "run".into(), chain_depth: 0 },
        source: EventSource {
            trace_id: TraceId::of_run(&id),
            correlation_id: "item-7".into(),
            project_id: "shop".parse().expect("project id"),
        },
        target: Target {
            forge: Forge::Local,
            repository: "acme/shop".into(),
            base_branch: "main".into(),
            base: "0".repeat(40),
            branch: "forgeline/test/7-x".into(),
        },
        item: None,
        item_repository: None,
        pull_request: None,
        plan: Plan {
            blueprint: definition("test"),
            agents: Vec::new(),
            contracts: Digest::of_bytes(b"y"),
            inputs: json!({}),
            stages,
            budget: Budget::default(),
            writes: Vec::new(),
            on_failure: OnFailure::FailFast,
            priority: DEFAULT_PRIORITY,
        },
        definitions: Definitions { origin: "test".into(), commit: None, dirty: false, contracts: None },
        policy: WritePolicy::default(),
        context: json!({"inputs": {"list": ["x", "y", "y"], "go": false}}),
        concurrency: None,
        again: None,
        created_at: Timestamp::from_millis(0),
        id,
    }
}

/// `code` or `code[item]`.
pub(crate) fn task(name: &str) -> TaskId {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((stage, item)) => TaskId { stage: stage.parse().expect("stage id"), item: Some(item.into()) },
        None => TaskId { stage: name.parse().expect("stage id"), item: None },
    }
}

/// A result without artifacts, with this output value.
pub(crate) fn output(outputs: Value) -> TaskOutput {
    let outputs = outputs.as_object().cloned().unwrap_or_else(Map::new);
    TaskOutput {
        key: Digest::of_bytes(b"k"),
        parts: BTreeMap::new(),
        proposal: Digest::of_bytes(b"p"),
        artifacts: Vec::new(),
        outputs,
        findings: Vec::new(),
        checks_passed: 0,
        skill: "template".into(),
        reused: false,
        usage: Usage::default(),
        millis: 1,
    }
}

/// A failure of this class and kind.
pub(crate) fn failure(class: FailureClass, kind: &str) -> TaskFailure {
    TaskFailure { class, kind: kind.into(), message: "because".into() }
}

/// A run that takes inputs one by one, at a clock of its own.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) spec: RunSpec,
    pub(crate) state: RunState,
    pub(crate) journal: Vec<(Fact, Timestamp)>,
    pub(crate) now: Timestamp,
}

impl World {
    /// A started run.
    pub(crate) fn start(stages: Vec<PlannedStage>) -> Self {
        Self::of(stages, |_| {})
    }

    /// A started run whose spec is changed before.
    pub(crate) fn of(stages: Vec<PlannedStage>, change: impl FnOnce(&mut RunSpec)) -> Self {
        let mut world = Self::unstarted(stages);
        change(&mut world.spec);
        world.put(Input::Start);
        world
    }

    /// A run that was decided and not begun.
    pub(crate) fn unstarted(stages: Vec<PlannedStage>) -> Self {
        let now = Timestamp::from_millis(1_000);
        Self { spec: spec(stages), state: RunState::default(), journal: Vec::new(), now }
    }

    /// Puts an input in; the names of the facts that follow.
    #[track_caller]
    pub(crate) fn put(&mut self, input: Input) -> Vec<String> {
        self.offer(&input).expect("the input fits the state")
    }

    /// The same for one that may not fit.
    pub(crate) fn offer(&mut self, input: &Input) -> Result<Vec<String>, Illegal> {
        let next = step(&self.spec, &self.state, input, self.now)?;
        for fact in &next.facts {
            self.state.apply(fact, self.now);
            self.journal.push((fact.clone(), self.now));
        }
        let refolded = RunState::fold(self.journal.iter().map(|(fact, at)| (fact, *at)));
        assert_eq!(refolded, self.state, "the fold of the journal is the state");
        assert_eq!(usize::try_from(self.state.facts), Ok(self.journal.len()), "each fact is counted");
        Ok(next.facts.iter().map(show).collect())
    }

    /// Claims a task and gives its result.
    #[track_caller]
    pub(crate) fn perform(&mut self, name: &str, outputs: Value) -> Vec<String> {
        self.put(Input::Claim { task: task(name) });
        self.put(Input::Done { task: task(name), output: output(outputs), events: Vec::new() })
    }

    /// Claims a task and lets it fail.
    #[track_caller]
    pub(crate) fn fail(&mut self, name: &str, class: FailureClass, kind: &str) -> Vec<String> {
        self.put(Input::Claim { task: task(name) });
        self.put(Input::Failed { task: task(name), failure: failure(class, kind) })
    }
}

fn show(fact: &Fact) -> String {
    match fact {
        Fact::Queued { .. } => "queued".into(),
        Fact::Started => "started".into(),
        Fact::StageOpened { stage, .. } => format!("open {stage}"),
        Fact::StageSkipped { stage, .. } => format!("skip {stage}"),
        Fact::TaskReady { task, .. } => format!("ready {task}"),
        Fact::TaskStarted { task, attempt } => format!("start {task} #{attempt}"),
        Fact::TaskDone { task, .. } => format!("done {task}"),
        Fact::TaskFailed { task, last, .. } => format!("fail {task}{}", if *last { " for good" } else { "" }),
        Fact::ApprovalRequested { stage, .. } => format!("ask {stage}"),
        Fact::Approved { stage, approval } => format!("approved {stage} by {}", approval.name),
        Fact::TaskParked { task, .. } => format!("park {task}"),
        Fact::TaskLost { task } => format!("lost {task}"),
        Fact::TaskDropped { task, .. } => format!("drop {task}"),
        Fact::Paused { .. } => "pause".into(),
        Fact::Resumed { .. } => "resume".into(),
        Fact::RanOut { .. } => "ran out".into(),
        Fact::CancelRequested { .. } => "cancel".into(),
        Fact::Publishing => "publishing".into(),
        Fact::Finished { outcome } => format!("finished {}", outcome.word()),
    }
}
