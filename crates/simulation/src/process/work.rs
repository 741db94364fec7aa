//! A task: its key, its result if there is one already, else a paid call, then the lease's end.

use forgeline_engine::{TaskId, TaskOutput, context, fact::ArtifactRef};
use forgeline_model::{
    Digest, Timestamp, Usd,
    task::{FailureClass, TaskFailure, Usage},
};
use serde_json::{Map, Value, json};

use crate::{
    model::{Call, Fate},
    store::{Lease, NotTaken, ProcessId, RunRow},
    switches::Bug,
    world::World,
};

/// A worker with its lease.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) lease: Lease,
    at: At,
}

#[derive(Debug)]
enum At {
    Claimed,
    /// There was no result under this key at this step.
    Looked {
        key: Digest,
        step: u64,
    },
    Answered {
        key: Digest,
        answer: Answer,
        call: Option<usize>,
    },
}

#[derive(Debug)]
enum Answer {
    Done(Box<TaskOutput>),
    Failed(TaskFailure),
    Parked(Timestamp),
}

impl Work {
    pub(crate) fn of(lease: Lease) -> Self {
        Self { lease, at: At::Claimed }
    }

    pub(crate) fn paid_call(&self) -> Option<usize> {
        match &self.at {
            At::Answered { call, .. } => *call,
            At::Claimed | At::Looked { .. } => None,
        }
    }

    pub(crate) fn advance(self, world: &mut World, process: ProcessId) -> Option<Self> {
        let Self { lease, at } = self;
        let at = match at {
            At::Claimed => look(world, &lease),
            At::Looked { key, step } => call(world, &lease, key, step),
            At::Answered { key, answer, call } => return end(world, lease, (key, answer, call), process),
        };
        Some(Self { lease, at })
    }
}

/// Everything that the result of a task depends on.
fn key_of(row: &RunRow, task: &TaskId) -> Digest {
    let stage = row.spec.plan.stage(&task.stage).expect("a claimed task is in the plan");
    let item = row.state.task(task).and_then(|task| task.item.as_ref());
    let mut context = context::for_task(&row.spec, &row.state, stage, item);
    context["stage"] = json!([row.spec.plan.blueprint.name, stage.id]);
    Digest::of(&context)
}

/// The key under which a worker looks; a planted bug looks elsewhere.
fn used_key(world: &World, lease: &Lease, key: Digest) -> Digest {
    let is_further_attempt = world.store.runs[&lease.run].spec.again.is_some();
    match world.store.bug {
        Some(Bug::RetryForgets) if is_further_attempt => Digest::of(&json!([key, lease.run])),
        _ => key,
    }
}

fn look(world: &mut World, lease: &Lease) -> At {
    let key = key_of(&world.store.runs[&lease.run], &lease.task);
    let step = world.step;
    match world.store.results.get(&used_key(world, lease, key)) {
        Some(known) => {
            let output = TaskOutput { usage: Usage::default(), reused: true, ..known.clone() };
            world.note("result reused", || format!("{} finds its result", lease.task));
            At::Answered { key, answer: Answer::Done(Box::new(output)), call: None }
        }
        None => At::Looked { key, step },
    }
}

/// Asks the model; what it takes it is paid for, whatever comes of it.
fn call(world: &mut World, lease: &Lease, key: Digest, looked_at: u64) -> At {
    if let Some(until) = world.model.quota_until.filter(|until| *until > world.now) {
        world.note("parked", || format!("{} is parked until {until}", lease.task));
        return At::Answered { key, answer: Answer::Parked(until), call: None };
    }
    if world.dice.chance(4) {
        world.model.quota_until = Some(world.now.plus_millis(world.dice.between(1, 90) * 60_000));
    }
    let row = &world.store.runs[&lease.run];
    let reserve = row.spec.plan.stage(&lease.task.stage).map(|stage| stage.reserve).unwrap_or_default();
    // Estimates are wrong now and then.
    let over = if world.dice.chance(5) { 200_000 } else { 0 };
    let usd = Usd::from_micros(world.dice.between(0, reserve.usd.micros()) + over);
    let cost = Usage { usd, tokens: world.dice.between(0, reserve.tokens) };
    let place = world.model.calls.len();
    let (run, task) = (lease.run.clone(), lease.task.clone());
    world.model.calls.push(Call { run, task, key, looked_at, cost, fate: Fate::Held });
    world.note("model called", || format!("{} pays {} USD", lease.task, cost.usd));
    let fail = |class, kind: &str| {
        Answer::Failed(TaskFailure { class, kind: kind.into(), message: "the model's answer was of no use".into() })
    };
    let answer = match world.dice.between(0, 99) {
        0..12 => fail(FailureClass::Retryable, "model"),
        12..16 => fail(FailureClass::Retryable, forgeline_engine::step::CRASH),
        16..20 => fail(FailureClass::Terminal, "contract"),
        _ => Answer::Done(Box::new(output(lease, key, place, cost))),
    };
    At::Answered { key, answer, call: Some(place) }
}

/// Another answer for each call.
fn output(lease: &Lease, key: Digest, call: usize, usage: Usage) -> TaskOutput {
    let proposal = Digest::of_bytes(format!("{key} {call}").as_bytes());
    let path = format!("out/{}", lease.task);
    TaskOutput {
        key,
        parts: std::collections::BTreeMap::new(),
        proposal,
        artifacts: vec![ArtifactRef { path, artifact_type: "code".into(), digest: proposal }],
        outputs: Map::from_iter([("call".to_owned(), Value::from(call))]),
        findings: Vec::new(),
        checks_passed: 1,
        skill: "model".into(),
        reused: false,
        usage,
        millis: 1,
    }
}

fn end(
    world: &mut World,
    lease: Lease,
    (key, answer, call): (Digest, Answer, Option<usize>),
    process: ProcessId,
) -> Option<Work> {
    let now = world.clock_of(process);
    let used = used_key(world, &lease, key);
    let next = match answer {
        Answer::Done(output) => {
            let next = world.store.finish(&lease, *output, used, process, now);
            if next.is_ok()
                && let Some(call) = call
            {
                world.model.calls[call].fate = Fate::Recorded;
                world.model.recorded_at.entry(key).or_insert(world.step);
            }
            world.note("task finished", || format!("{} finishes: {}", lease.task, outcome(&next)));
            next
        }
        Answer::Failed(failure) => {
            let ended = world.store.fail(&lease, failure, process, now);
            world.note("task failed", || format!("{} fails: {}", lease.task, outcome(&ended)));
            ended.map(|()| None)
        }
        Answer::Parked(until) => world.store.park(&lease, until, process, now).map(|()| None),
    };
    world.model.lose(call);
    if next.is_err() {
        world.store.seen.count("lease lost");
    }
    next.ok().flatten().map(Work::of)
}

fn outcome<T>(result: &Result<T, NotTaken>) -> &'static str {
    match result {
        Ok(_) => "taken",
        Err(NotTaken) => "its lease is somebody else's",
    }
}
