//! One run inside one transaction: load its state, put an input through the engine, write what follows.

use std::sync::Arc;

use forgeline_engine::{Effect, Fact, Input, RunSpec, RunState, Step, step};
use forgeline_model::{Event, RunId, Timestamp};
use serde::Serialize;
use sqlx::SqliteConnection;

use crate::{DeadLetter, Store, StoreError, batch::Batch, dlq, groups, memory::Loaded, project, writer::WriteTx};

/// How many facts a run has.
const FACTS: &str = "SELECT facts FROM run WHERE run_id = ?";

/// A run with an open write transaction.
pub(crate) struct RunTx<'a> {
    pub(crate) store: &'a Store,
    pub(crate) tx: WriteTx,
    pub(crate) spec: Arc<RunSpec>,
    pub(crate) state: RunState,
    pub(crate) now: Timestamp,
    /// What goes before all that follows from facts.
    pub(crate) writes: Batch,
    /// What is new since the transaction began. It is written at the end, as it stands then.
    pub(crate) news: News,
}

/// What follows from the inputs of one transaction.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) facts: Vec<Fact>,
    /// Those whose contract holds.
    pub(crate) events: Vec<Event>,
    /// With their keys.
    pub(crate) effects: Vec<(String, Effect)>,
    /// What is given up.
    pub(crate) letters: Vec<DeadLetter>,
    /// Of the task that was claimed.
    pub(crate) lease: Option<Term>,
}

/// By which a claim is known, and until when it holds.
#[derive(Clone, Copy)]
pub(crate) struct Term {
    pub(crate) epoch: i64,
    pub(crate) until: Timestamp,
}

impl Store {
    /// Begins a write transaction.
    pub(crate) async fn begin(&self) -> Result<WriteTx, StoreError> {
        self.writer.begin().await
    }

    /// Begins a write transaction on a run.
    pub(crate) async fn begin_run(&self, run: &RunId, now: Timestamp) -> Result<RunTx<'_>, StoreError> {
        let (tx, facts) = self
            .writer
            .begin_with(FACTS, |it| {
                it.bind(run.as_str());
            })
            .await?;
        self.resume_at(tx, run, facts, now).await
    }

    /// Goes on with a run inside a transaction.
    pub(crate) async fn resume(&self, mut tx: WriteTx, run: &RunId, now: Timestamp) -> Result<RunTx<'_>, StoreError> {
        let facts = sqlx::query_as(FACTS).bind(run.as_str()).fetch_optional(&mut *tx).await?;
        self.resume_at(tx, run, facts, now).await
    }

    /// Goes on with a run whose row, if there is one, counts this many facts.
    pub(crate) async fn resume_at(
        &self,
        mut tx: WriteTx,
        run: &RunId,
        facts: Option<(i64,)>,
        now: Timestamp,
    ) -> Result<RunTx<'_>, StoreError> {
        let (facts,) = facts.ok_or_else(|| StoreError::NoRun(run.clone()))?;
        let (spec, state) = match tx.known(run) {
            Some(known) if i64::try_from(known.state.facts) == Ok(facts) => (known.spec.clone(), known.state.clone()),
            Some(known) => (known.spec.clone(), fold(&mut tx, run).await?),
            None => (Arc::new(read_spec(&mut tx, run).await?), fold(&mut tx, run).await?),
        };
        Ok(RunTx { store: self, tx, spec, state, now, writes: Batch::default(), news: News::default() })
    }

    /// Reads a run's spec and state as they are now.
    pub(crate) async fn read_run(&self, run: &RunId) -> Result<(Arc<RunSpec>, RunState), StoreError> {
        let mut tx = self.reader.begin().await?;
        let spec = match self.memory.of(run) {
            Some(known) => known.spec.clone(),
            None => Arc::new(read_spec(&mut tx, run).await?),
        };
        Ok((spec, fold(&mut tx, run).await?))
    }
}

impl RunTx<'_> {
    /// Puts an input through the engine; what follows is written at the latest when it is committed.
    pub(crate) fn input(&mut self, input: &Input) -> Result<Step, StoreError> {
        let next = step(&self.spec, &self.state, input, self.now)?;
        if next.facts.is_empty() {
            return Ok(next);
        }
        for fact in &next.facts {
            self.state.apply(fact, self.now);
            self.news.facts.push(fact.clone());
            self.news.letters.extend(dlq::of_fact(&self.spec, fact));
        }
        for event in &next.events {
            match self.store.check_event(Some(&self.spec.id), Some(&self.spec.plan.contracts), event) {
                Ok(()) => self.news.events.push(event.clone()),
                Err(letter) => {
                    self.news.letters.push(DeadLetter { criticality: dlq::criticality(&self.spec), ..*letter });
                }
            }
        }
        let keyed = |effect: &Effect| (key(self.spec.id.as_str(), effect, self.state.facts), effect.clone());
        self.news.effects.extend(next.effects.iter().map(keyed));
        Ok(next)
    }

    /// Commits, and has the state remembered for the next transaction.
    pub(crate) async fn commit(mut self, what: &str) -> Result<(), StoreError> {
        if !self.news.letters.is_empty() || self.state.outcome().is_some() {
            return self.hand_back().await?.commit(what).await;
        }
        // Nothing has to be read any more: what is left to write goes to the database with the commit.
        project::news(&mut self);
        let Self { mut tx, spec, state, writes, .. } = self;
        tx.remember(Loaded { spec, state });
        tx.commit_with(what, writes).await
    }

    /// Writes what is to be written and gives the transaction back, uncommitted. A run that has ended makes room for the next
    /// one of its group.
    pub(crate) async fn hand_back(mut self) -> Result<WriteTx, StoreError> {
        project::news(&mut self);
        self.writes.perform(&mut self.tx).await?;
        for letter in &self.news.letters {
            dlq::open(self.store, &mut self.tx, letter, self.now).await?;
        }
        let (store, mut tx, now) = (self.store, self.tx, self.now);
        let group = self.state.outcome().and_then(|_| groups::key(&self.spec));
        tx.remember(Loaded { spec: self.spec, state: self.state });
        let next = match group {
            Some(group) => groups::next(&mut tx, &group).await?,
            None => None,
        };
        let Some(next) = next else { return Ok(tx) };
        let mut run = store.resume(tx, &next, now).await?;
        run.input(&Input::Start)?;
        Box::pin(run.hand_back()).await
    }
}

/// A run publishes and is indexed once; it reports each time that it asks to.
fn key(run: &str, effect: &Effect, facts: u64) -> String {
    match effect {
        Effect::Publish | Effect::Index => format!("{run} {}", effect.word()),
        Effect::Report => format!("{run} {} {facts}", effect.word()),
    }
}

async fn read_spec(tx: &mut SqliteConnection, run: &RunId) -> Result<RunSpec, StoreError> {
    let spec: Option<String> =
        sqlx::query_scalar("SELECT spec FROM run WHERE run_id = ?").bind(run.as_str()).fetch_optional(&mut *tx).await?;
    let spec = spec.ok_or_else(|| StoreError::NoRun(run.clone()))?;
    serde_json::from_str(&spec).map_err(StoreError::unreadable("run"))
}

async fn fold(tx: &mut SqliteConnection, run: &RunId) -> Result<RunState, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT fact, at FROM journal WHERE run_id = ? ORDER BY seq")
        .bind(run.as_str())
        .fetch_all(&mut *tx)
        .await?;
    let mut state = RunState::default();
    for (fact, at) in rows {
        let fact: Fact = serde_json::from_str(&fact).map_err(StoreError::unreadable("fact"))?;
        state.apply(&fact, Timestamp::from_millis(at));
    }
    Ok(state)
}

/// Our own types as JSON text.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own types serialise: string keys, no failing impls")
}
