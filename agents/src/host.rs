//! The parent's side: tasks in child processes.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

use forgeline_model::{
    RunId,
    task::{AgentBundle, TaskOutcome, TaskRequest, ToAgent},
};
use forgeline_pipe::{Child, PipeError, Spec};
use tracing::Instrument as _;

use crate::{
    child::{MEMORY_VARIABLE, SUBCOMMAND},
    failure::{self, of_pipe},
    pool::{Pool, Worker},
    protocol::FromAgent,
};

/// No child could be started: a matter of this machine, not of the task.
#[derive(Debug, thiserror::Error)]
#[error("cannot start an agent process")]
pub struct HostError(#[from] PipeError);

/// Starts agents' processes and keeps them for their run's next task. Clones share the processes.
#[derive(Debug, Clone)]
pub struct AgentHost {
    program: PathBuf,
    arguments: Vec<String>,
    waiting: Pool,
}

impl AgentHost {
    /// A host whose children are `program __agent`, which must call [`crate::child::main`].
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self::with_arguments(program, [SUBCOMMAND.to_owned()])
    }

    /// A host whose children are this program with these arguments.
    pub fn with_arguments(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = String>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect(), waiting: Pool::default() }
    }

    /// A place to do a run's tasks, one after the other; take one for each task that runs at the same time.
    pub fn session(&self, run: &RunId) -> Session {
        Session { host: self.clone(), run: run.clone(), worker: None }
    }

    /// Ends the processes that wait for this run. Call it when the run has ended.
    pub fn close(&self, run: &RunId) {
        self.waiting.close(run);
    }

    async fn start(&self, memory_bytes: u64) -> Result<Worker, PipeError> {
        let spec = Spec::new(&self.program).env(MEMORY_VARIABLE, memory_bytes.to_string());
        let spec = self.arguments.iter().fold(spec, Spec::arg);
        let child = Child::spawn(&spec).await?;
        tracing::debug!(pid = child.id(), "agent process started");
        Ok(Worker { child, agents: BTreeSet::new(), memory_bytes })
    }
}

/// One process of a run. Dropping it leaves the process to the run's next session.
#[derive(Debug)]
pub struct Session {
    host: AgentHost,
    run: RunId,
    worker: Option<Worker>,
}

impl Session {
    /// Does one attempt of a task. A child that crashes, hangs, talks nonsense or takes too much ends the attempt with
    /// a failure of kind `crash`, `timeout` or `limit`, and the next attempt gets a new one.
    ///
    /// # Errors
    /// [`HostError`] when no process can be started.
    pub async fn perform(&mut self, bundle: &AgentBundle, request: &TaskRequest) -> Result<TaskOutcome, HostError> {
        let span = tracing::info_span!(
            "task",
            trace_id = %request.trace_id, run = %request.run, stage = %request.stage, agent = %request.agent,
            item = request.item.as_deref(), attempt = request.attempt,
        );
        self.attempt(bundle, request).instrument(span).await
    }

    /// Id of the process, while there is one.
    pub fn process_id(&self) -> Option<u32> {
        self.worker.as_ref().and_then(|worker| worker.child.id())
    }

    async fn attempt(&mut self, bundle: &AgentBundle, request: &TaskRequest) -> Result<TaskOutcome, HostError> {
        let memory_bytes = request.limits.memory_bytes;
        let deadline = Instant::now() + Duration::from_millis(request.limits.timeout_ms);
        if self.worker.as_ref().is_none_or(|worker| worker.memory_bytes != memory_bytes) {
            self.leave();
            self.worker = self.host.waiting.take(&self.run, memory_bytes);
        }
        // The worker is put back only after an answer: an attempt that is dropped halfway takes its process along.
        let mut worker = match self.worker.take().filter(|worker| worker.child.is_usable()) {
            Some(worker) => worker,
            None => self.host.start(memory_bytes).await?,
        };
        match exchange(&mut worker, bundle, request, deadline).await {
            Ok(outcome) => {
                self.worker = Some(worker);
                Ok(outcome)
            }
            Err(error) => {
                let failure = of_pipe(error, memory_bytes)?;
                tracing::debug!(kind = %failure.kind, "agent process lost");
                Ok(TaskOutcome::Failed(failure))
            }
        }
    }

    fn leave(&mut self) {
        if let Some(worker) = self.worker.take().filter(|worker| worker.child.is_usable()) {
            self.host.waiting.give_back(&self.run, worker);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave();
    }
}

async fn exchange(
    worker: &mut Worker,
    bundle: &AgentBundle,
    request: &TaskRequest,
    deadline: Instant,
) -> Result<TaskOutcome, PipeError> {
    let left = || deadline.saturating_duration_since(Instant::now());
    if !worker.agents.contains(&bundle.agent.digest) {
        match worker.child.call(&ToAgent::Load(bundle.clone()), left()).await? {
            FromAgent::Loaded => worker.agents.insert(bundle.agent.digest),
            FromAgent::Refused(failure) => return Ok(TaskOutcome::Failed(failure)),
            FromAgent::Ended(_) => return Ok(confused()),
        };
    }
    match worker.child.call(&ToAgent::Run(Box::new(request.clone())), left()).await? {
        FromAgent::Ended(outcome) => Ok(*outcome),
        FromAgent::Loaded | FromAgent::Refused(_) => Ok(confused()),
    }
}

fn confused() -> TaskOutcome {
    TaskOutcome::Failed(failure::retryable("crash", "the agent process answered another question"))
}
