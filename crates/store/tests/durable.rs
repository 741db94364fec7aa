//! The guarantees of the seven transactions, on real databases.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use forgeline_engine::{BotEffect, Effect, Input, Outcome, RunSpec, RunState, TaskOutput, fact::TaskId};
use forgeline_model::{
    ContractBundle, Digest, Event, RunId, Timestamp,
    task::{FailureClass, Proposal, ProposedEvent, TaskFailure, Usage},
};
use forgeline_store::{
    Decided, Decision, Delivery, Lease, LetterFilter, NewRun, Received, Ruling, Settlement, Store, StoreError,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const LEASE_MS: u64 = 30_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A store whose contract refuses events of type `Bad`.
async fn open(folder: &Path) -> Store {
    let check = |event: &Event, _: Option<&Digest>| match event.event_type.as_str() {
        "Bad" => Err("`Bad` is not allowed".to_owned()),
        _ => Ok(()),
    };
    Store::open(folder, Arc::new(check)).await.expect("opens")
}

fn stage(id: &str, needs: &[&str]) -> Value {
    json!({
        "id": id, "agent": definition(), "needs": needs, "when": null, "with": null, "matrix": null,
        "max_parallel": 1, "produces": [], "emits": [], "retry": {"max_attempts": 2, "backoff_ms": [1000]},
        "timeout_ms": 1000, "pool": "default",
    })
}

fn definition() -> Value {
    json!({"name": "a", "version": "1.0.0", "digest": Digest::of_bytes(b"a")})
}

fn new_run(trigger: &str, stages: Vec<Value>) -> NewRun {
    let id = RunId::of_trigger(trigger);
    let spec = json!({
        "id": id, "key": forgeline_model::RunKey::of_trigger(trigger), "trigger_key": trigger,
        "trigger": {"kind": "cli", "actor": "ana", "detail": "run"},
        "source": {"trace_id": forgeline_model::TraceId::of_run(&id), "correlation_id": "c", "project_id": "shop"},
        "target": {"forge": "git", "repository": "/r", "base_branch": "main", "base": "0".repeat(40), "branch": "b"},
        "item": null,
        "plan": {
            "blueprint": definition(), "agents": [], "contracts": Digest::of_bytes(b"c"), "inputs": {},
            "stages": stages, "budget": {"usd": "2.00", "tokens": null, "wall_ms": 7_200_000}, "writes": [],
        },
        "definitions": {"origin": "test", "commit": null, "dirty": false},
        "policy": {"protected": [], "draft": false},
        "context": {}, "created_at": 0,
    });
    let spec: RunSpec = serde_json::from_value(spec).expect("a run spec");
    let contracts = Arc::new(ContractBundle { digest: Digest::of_bytes(b"c"), files: BTreeMap::new() });
    NewRun { spec, agents: Vec::new(), contracts }
}

fn output(name: &str) -> (TaskOutput, Proposal) {
    let proposal = Proposal { skill: name.into(), ..Proposal::default() };
    let output = TaskOutput {
        key: Digest::of_bytes(name.as_bytes()),
        parts: BTreeMap::new(),
        proposal: Digest::of(&proposal),
        artifacts: Vec::new(),
        outputs: Map::new(),
        findings: Vec::new(),
        checks_passed: 0,
        skill: "template".into(),
        usage: Usage::default(),
        reused: false,
        millis: 1,
    };
    (output, proposal)
}

async fn finish(store: &Store, lease: Lease, now: i64) -> Result<Option<Lease>, StoreError> {
    let (output, proposal) = output(lease.task.stage.as_str());
    let stored = store.keep(&proposal)?;
    Ok(store.finish(lease, output, &stored, Vec::new(), Some(LEASE_MS), at(now)).await?.next)
}

async fn claim(store: &Store, now: i64) -> Option<Lease> {
    store.claim(None, None, LEASE_MS, at(now)).await.expect("claims")
}

fn failure() -> TaskFailure {
    TaskFailure { class: FailureClass::Retryable, kind: "timeout".into(), message: "too slow".into() }
}

#[tokio::test]
async fn a_chain_goes_from_decision_to_settlement_and_the_journal_folds_to_its_state() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let new = new_run("t", vec![stage("a", &[]), stage("b", &["a"])]);
    let run = new.spec.id.clone();
    assert!(matches!(store.start(new, Vec::new(), at(1)).await.expect("decides"), Decided::Started(..)));
    let lease = claim(&store, 2).await.expect("a is ready");
    let next = finish(&store, lease, 3).await.expect("finishes").expect("b comes with it");
    assert_eq!(next.task.to_string(), "b");
    assert!(finish(&store, next, 4).await.expect("finishes").is_none());
    let effect = store.next_effect(&run, at(5)).await.expect("reads").expect("publish");
    assert!(store.next_effect(&run, at(5)).await.expect("reads").is_none(), "one performer at a time");
    let outcome = Outcome::NoChange { reason: "same".into() };
    let settled = Settlement::Confirmed(Some(Box::new(Input::Settled { outcome })));
    store.settle(&run, &effect, settled, at(6)).await.expect("settles");
    let view = store.run(&run).await.expect("reads");
    assert_eq!(view.state.outcome().map(Outcome::word), Some("no-change"));
    let journal = store.journal(&run).await.expect("reads");
    assert_eq!(RunState::fold(journal.iter().map(|(fact, at)| (fact, *at))), view.state);
    assert_eq!(store.runs(10).await.expect("reads")[0].state, "no-change");
}

#[tokio::test]
async fn the_same_trigger_joins_the_run_and_the_same_delivery_is_stored_once() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    for expected in ["started", "joined"] {
        let decided = store.start(new_run("t", vec![stage("a", &[])]), Vec::new(), at(1)).await.expect("decides");
        let word = if matches!(decided, Decided::Started(..)) { "started" } else { "joined" };
        assert_eq!(word, expected);
    }
    let delivery = Delivery { key: "local/1".into(), source: "local".into(), kind: "x".into(), body: b"{}".to_vec() };
    let received = store.receive(&[delivery.clone(), delivery], at(1)).await.expect("stores");
    assert_eq!(received, [Received::New, Received::Duplicate]);
    assert_eq!(store.pending(at(2)).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn a_lease_of_a_process_that_is_gone_is_taken_at_once_and_the_zombie_writes_nothing() {
    let folder = TempDir::new().expect("folder");
    let first = open(folder.path()).await;
    first.start(new_run("t", vec![stage("a", &[])]), Vec::new(), at(1)).await.expect("decides");
    let zombie = claim(&first, 2).await.expect("ready");
    let second = open(folder.path()).await;
    assert!(claim(&second, 3).await.is_none(), "the first lives and holds it");
    assert!(claim(&second, 2 + 30_001).await.is_some(), "the first did not renew it in time");
    let (output, proposal) = output("a");
    let stored = first.keep(&proposal).expect("keeps");
    let late = first.finish(zombie, output, &stored, Vec::new(), Some(LEASE_MS), at(40_000)).await;
    assert!(matches!(late, Err(StoreError::LeaseLost(_))), "{late:?}");
    drop(second);
    // Closing waits for the pool's threads, so that the lock file is really free.
    let third = open(folder.path()).await;
    let taken = claim(&third, 4).await.expect("its process is gone, whatever the clock says");
    assert_eq!(taken.attempt, 1, "a lost worker is not a failed attempt");
}

#[tokio::test]
async fn workers_that_race_get_each_task_once() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let stages = (0..20).map(|n| stage(&format!("s{n}"), &[])).collect();
    store.start(new_run("t", stages), Vec::new(), at(1)).await.expect("decides");
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        workers.spawn(async move {
            let mut done = Vec::new();
            while let Some(lease) = claim(&store, 2).await {
                let mut next = Some(lease);
                while let Some(lease) = next {
                    done.push(lease.task.to_string());
                    next = finish(&store, lease, 3).await.expect("held");
                }
            }
            done
        });
    }
    let mut all: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    all.sort();
    let before = all.len();
    all.dedup();
    assert_eq!((before, all.len()), (20, 20));
}

#[tokio::test]
async fn a_failed_attempt_waits_and_the_last_one_is_a_dead_letter() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let new = new_run("t", vec![stage("a", &[])]);
    let run = new.spec.id.clone();
    store.start(new, Vec::new(), at(1)).await.expect("decides");
    let lease = claim(&store, 2).await.expect("ready");
    store.fail(lease, failure(), at(3)).await.expect("records");
    assert!(claim(&store, 4).await.is_none(), "it waits");
    let due = store.next_ready_at(&run).await.expect("reads").expect("it comes again");
    let again = store.claim(None, None, LEASE_MS, due).await.expect("claims").expect("due");
    assert_eq!(again.attempt, 2);
    store.fail(again, failure(), due).await.expect("records");
    let letters = store.dead_letters(&LetterFilter::default()).await.expect("reads");
    assert_eq!((letters.len(), letters[0].letter.error_kind.as_str()), (1, "timeout"));
    assert_eq!(letters[0].letter.reason, "too slow");
}

#[tokio::test]
async fn an_event_that_breaks_its_contract_goes_to_the_dead_letters_and_never_to_the_log() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    store.start(new_run("t", vec![stage("a", &[])]), Vec::new(), at(1)).await.expect("decides");
    let lease = claim(&store, 2).await.expect("ready");
    let (output, proposal) = output("a");
    let stored = store.keep(&proposal).expect("keeps");
    let event =
        |event_type: &str| ProposedEvent { event_type: event_type.into(), version: "1.0".into(), fields: Map::new() };
    store
        .finish(lease, output, &stored, vec![event("Good"), event("Bad")], Some(LEASE_MS), at(3))
        .await
        .expect("finishes");
    let told: Vec<String> =
        store.events_after(0, 100).await.expect("reads").into_iter().map(|row| row.event.event_type).collect();
    assert_eq!(told, ["RunStarted", "StageCompleted", "Good", "DeadLettered"]);
    assert_eq!(store.dead_letters(&LetterFilter::default()).await.expect("reads")[0].letter.error_kind, "contract");
}

#[tokio::test]
async fn an_effect_whose_performer_is_gone_is_performed_again() {
    let folder = TempDir::new().expect("folder");
    let first = open(folder.path()).await;
    let new = new_run("t", vec![stage("a", &[])]);
    let run = new.spec.id.clone();
    first.start(new, Vec::new(), at(1)).await.expect("decides");
    let lease = claim(&first, 2).await.expect("ready");
    finish(&first, lease, 3).await.expect("finishes");
    first.next_effect(&run, at(4)).await.expect("reads").expect("publish");
    let second = open(folder.path()).await;
    assert!(second.next_effect(&run, at(5)).await.expect("reads").is_none(), "the first lives");
    drop(first);
    let again = second.next_effect(&run, at(5)).await.expect("reads").expect("the first is gone");
    assert_eq!((again.effect, again.attempts), (Effect::Publish, 2));
}

fn say(text: &str) -> BotEffect {
    let (repository, key) = ("acme/shop".to_owned(), "reply:1".to_owned());
    BotEffect::Say { repository, number: 7, thread: None, key, text: text.into() }
}

#[tokio::test]
async fn a_ruling_is_durable_as_a_whole_and_tells_what_came_of_its_parts() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let delivery = Delivery { key: "d".into(), source: "local".into(), kind: "x".into(), body: Vec::new() };
    store.receive(&[delivery], at(1)).await.expect("receives");
    let seq = store.pending(at(1)).await.expect("reads")[0].seq;
    let ended = new_run("ended", vec![]);
    let gone = ended.spec.id.clone();
    store.start(ended, Vec::new(), at(1)).await.expect("starts");
    store
        .input(&gone, &Input::Settled { outcome: Outcome::Cancelled { by: "ana".into() } }, at(2))
        .await
        .expect("ends");
    let ruling = Ruling {
        runs: vec![new_run("t", vec![stage("a", &[])]), new_run("t", vec![stage("a", &[])])],
        inputs: vec![(gone, Input::Cancel { by: "ana".into() })],
        inbox: Some(seq),
        ..Ruling::default()
    };
    // A run that there is not makes the whole ruling fail: nothing of it may be left.
    let mut broken = ruling.clone();
    broken.inputs.push((RunId::of_trigger("nowhere"), Input::Tick));
    store.decide(broken, |_| vec![say("never")], at(3)).await.expect_err("there is no such run");
    assert_eq!((store.runs(10).await.expect("reads").len(), store.pending(at(3)).await.expect("reads").len()), (1, 1));
    let ruled =
        store.decide(ruling, |ruled| vec![say(if ruled.inputs[0].is_err() { "too late" } else { "cancelled" })], at(3));
    let ruled = ruled.await.expect("decides");
    assert!(matches!(ruled.runs[..], [Decided::Started(..), Decided::Joined(..)]), "{ruled:?}");
    assert!(store.pending(at(3)).await.expect("reads").is_empty(), "what asked is done");
    let effect = store.next_bot_effect(at(3)).await.expect("reads").expect("the answer");
    assert_eq!(effect.effect, say("too late"));
}

#[tokio::test]
async fn a_later_answer_takes_the_place_of_an_earlier_one_even_while_that_is_given() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let decide = async |text: &'static str| {
        store.decide(Ruling::default(), |_| vec![say(text)], at(1)).await.expect("decides");
    };
    decide("one").await;
    let first = store.next_bot_effect(at(1)).await.expect("reads").expect("one");
    decide("two").await;
    store.settle_bot(&first, Settlement::Confirmed(None), at(2)).await.expect("settles");
    let second = store.next_bot_effect(at(2)).await.expect("reads").expect("two is still to be said");
    assert_eq!((&second.effect, second.attempts), (&say("two"), 1));
    let again = Settlement::Again { at: at(9), error: "down".into() };
    store.settle_bot(&second, again, at(3)).await.expect("settles");
    assert!(store.next_bot_effect(at(8)).await.expect("reads").is_none(), "not before its time");
    let third = store.next_bot_effect(at(9)).await.expect("reads").expect("again");
    store.settle_bot(&third, Settlement::Confirmed(None), at(9)).await.expect("settles");
    assert!(store.next_bot_effect(at(99)).await.expect("reads").is_none());
}

#[tokio::test]
async fn what_is_older_than_a_runs_own_report_is_not_said_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await;
    let (this, other) = (RunId::of_trigger("this"), RunId::of_trigger("other"));
    for (of, is_left) in [(&other, true), (&this, false)] {
        let ruling = Ruling { effects: vec![say(&format!("started `{of}`"))], ..Ruling::default() };
        store.decide(ruling, |_| Vec::new(), at(1)).await.expect("decides");
        store.supersede(&say(""), &this).await.expect("writes");
        assert_eq!(store.next_bot_effect(at(1)).await.expect("reads").is_some(), is_left, "{of}");
    }
}

#[tokio::test]
async fn the_contracts_of_a_run_are_kept_with_it() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let mut new = new_run("t", vec![]);
    let bundle = ContractBundle { files: BTreeMap::from([("a".into(), "1".into())]), ..(*new.contracts).clone() };
    new.contracts = Arc::new(bundle.clone());
    store.start(new, Vec::new(), at(1)).await.expect("starts");
    assert_eq!(store.contracts(&bundle.digest).await.expect("reads"), Some(bundle));
    assert_eq!(store.contracts(&Digest::of_bytes(b"other")).await.expect("reads"), None);
}

#[tokio::test]
async fn a_cancelled_run_whose_worker_died_ends_instead_of_failing_every_look() {
    let folder = TempDir::new().expect("folder");
    let first = open(folder.path()).await;
    let new = new_run("t", vec![stage("a", &[]), stage("b", &[])]);
    let run = new.spec.id.clone();
    first.start(new, Vec::new(), at(1)).await.expect("decides");
    claim(&first, 2).await.expect("ready");
    first.input(&run, &Input::Cancel { by: "ana".into() }, at(3)).await.expect("cancels");
    assert!(claim(&first, 4).await.is_none(), "nothing new starts in a cancelled run");
    drop(first);
    let second = open(folder.path()).await;
    assert!(claim(&second, 5).await.is_none());
    let view = second.run(&run).await.expect("reads");
    assert_eq!(view.state.outcome().map(Outcome::word), Some("cancelled"));
    assert!(claim(&second, 6).await.is_none());
}

#[tokio::test]
async fn many_first_starts_at_once_make_one_store() {
    let folder = TempDir::new().expect("folder");
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let folder = folder.path().to_owned();
        starts.spawn(async move { open(&folder).await.runs(1).await.expect("reads").len() });
    }
    assert_eq!(starts.join_all().await, [0; 8]);
}

#[tokio::test]
async fn results_and_decisions_are_found_again_and_damage_is_told() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    store.start(new_run("t", vec![stage("a", &[])]), Vec::new(), at(1)).await.expect("decides");
    let lease = claim(&store, 2).await.expect("ready");
    assert_eq!(lease.task, TaskId { stage: "a".parse().expect("id"), item: None });
    finish(&store, lease, 3).await.expect("finishes");
    let (output, proposal) = output("a");
    assert_eq!(store.result(&output.key).await.expect("reads"), Some(proposal));
    assert_eq!(store.result(&Digest::of_bytes(b"other")).await.expect("reads"), None);
    let decision = Decision {
        subject: "acme/shop#7".into(),
        rule: "trigger.label".into(),
        verdict: "ignore".into(),
        detail: json!({"expected": "generate", "actual": "bug"}),
    };
    let ruling = Ruling { decisions: vec![decision.clone()], ..Ruling::default() };
    store.decide(ruling, |_| Vec::new(), at(4)).await.expect("records");
    assert_eq!(store.decisions("shop#7").await.expect("reads")[0].decision, decision);
    store.close().await;
    drop(store);
    std::fs::write(folder.path().join("forgeline.db"), b"this is no database, but long enough to be one")
        .expect("writes");
    let damaged = Store::open(folder.path(), Arc::new(|_: &Event, _: Option<&Digest>| Ok(()))).await;
    assert!(damaged.is_err());
}

#[tokio::test]
async fn a_ready_task_is_found_behind_many_that_others_work_at() {
    let folder = TempDir::new().expect("folder");
    let (busy, idle) = (open(folder.path()).await, open(folder.path()).await);
    let ids: Vec<String> = (0..150).map(|n| format!("s{n:03}")).collect();
    let new = new_run("many", ids.iter().map(|id| stage(id, &[])).collect());
    busy.start(new, Vec::new(), at(1)).await.expect("decides");
    for _ in 0..149 {
        claim(&busy, 2).await.expect("ready");
    }
    let last = claim(&idle, 3).await.expect("one is left");
    assert_eq!(last.task.to_string(), "s149");
    assert!(claim(&idle, 3).await.is_none());
}

#[tokio::test]
async fn damage_is_looked_for_after_a_death_and_not_each_time() {
    let folder = TempDir::new().expect("folder");
    open(folder.path()).await.close().await;
    let database = folder.path().join("forgeline.db");
    let sound = std::fs::read(&database).expect("reads");
    let mut damaged = sound.clone();
    // The head of a page that opening does not read.
    let middle = sound.len() / 4096 / 2 * 4096;
    damaged[middle..middle + 64].fill(0xff);
    std::fs::write(&database, damaged).expect("writes");
    let check: forgeline_store::EventCheck = Arc::new(|_: &Event, _: Option<&Digest>| Ok(()));
    let opened = |check: forgeline_store::EventCheck| Store::open(folder.path(), check);
    assert!(opened(check.clone()).await.is_ok(), "it was sound a moment ago, and nobody died since");
    std::fs::write(folder.path().join("instances/0123.lock"), "").expect("a dead one's");
    let found = opened(check.clone()).await.err().expect("damage");
    assert!(matches!(found, StoreError::Damaged { .. } | StoreError::Database(_)), "{found}");
    std::fs::write(&database, sound).expect("writes");
    assert!(opened(check).await.is_ok());
}
