//! The parent's end.

use std::{process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Serialize, de::DeserializeOwned};
use tempfile::TempDir;
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    process::{ChildStdin, ChildStdout},
};

use crate::{
    Direction, Exit, PipeError, Spec, folder,
    line::{self, Line},
    spawn,
    stderr::{self, Stderr},
};

/// Read at once from the pipe, bytes: what a pipe holds on Linux.
const READ_BYTES: usize = 64 << 10;
/// Shown of what is no answer, bytes.
const EXCERPT_BYTES: usize = 120;

/// A running child process. Dropping it kills its process group and removes its directory.
pub struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    stderr: Stderr,
    max_message_bytes: usize,
    state: State,
    request: Vec<u8>,
    answer: Vec<u8>,
    _directory: Option<TempDir>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// A request is out. A call that finds the child so was preceded by one that was given up halfway.
    Asked,
    Dead,
}

impl Child {
    /// Starts it.
    ///
    /// # Errors
    /// [`PipeError::Spawn`].
    pub async fn spawn(spec: &Spec) -> Result<Self, PipeError> {
        let program = spec.program.display().to_string();
        let failed = |source| PipeError::Spawn { program: program.clone(), source };
        let fresh = match &spec.directory {
            Some(_) => None,
            None => Some(folder::fresh().map_err(failed)?),
        };
        let directory = match (&spec.directory, &fresh) {
            (Some(directory), _) => directory.clone(),
            (None, Some(fresh)) => fresh.path().to_owned(),
            (None, None) => unreachable!("a directory is given or made"),
        };
        let mut process = spawn::start(spec, directory).await.map_err(failed)?;
        let (Some(input), Some(output), Some(errors)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            return Err(failed(std::io::Error::other("its standard streams are not pipes")));
        };
        let group = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self {
            process,
            group,
            input,
            output: BufReader::with_capacity(READ_BYTES, output),
            stderr: Stderr::read(errors, program.clone()),
            max_message_bytes: spec.max_message_bytes,
            state: State::Idle,
            request: Vec::new(),
            answer: Vec::new(),
            _directory: fresh,
        })
    }

    /// Its process id, while it lives.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Whether a call can be tried.
    pub fn is_usable(&self) -> bool {
        self.state == State::Idle
    }

    /// Sends a request and waits for its answer.
    ///
    /// A call that is dropped halfway leaves the child unusable: its answer could not be told from the next one's.
    ///
    /// # Errors
    /// See [`PipeError`]; the child is dead afterwards unless the request itself could not be sent.
    pub async fn call<A: DeserializeOwned>(
        &mut self,
        request: &impl Serialize,
        timeout: Duration,
    ) -> Result<A, PipeError> {
        if self.state != State::Idle {
            self.kill().await;
            return Err(PipeError::Gone);
        }
        self.encode(request)?;
        self.state = State::Asked;
        let outcome = match tokio::time::timeout(timeout, self.exchange()).await {
            Err(_) => Err(PipeError::Timeout { after_ms: timeout.as_millis() }),
            Ok(Ok(Some(Line::Whole))) => serde_json::from_slice(&self.answer).map_err(|error| PipeError::Garbage {
                reason: error.to_string(),
                excerpt: stderr::printable(&self.answer[..self.answer.len().min(EXCERPT_BYTES)]),
            }),
            Ok(Ok(Some(Line::TooLong))) => {
                Err(PipeError::Oversized { direction: Direction::Answer, most: self.max_message_bytes })
            }
            Ok(Ok(Some(Line::End) | None) | Err(_)) => return Err(self.crashed().await),
        };
        match outcome {
            Ok(answer) => {
                self.state = State::Idle;
                Ok(answer)
            }
            Err(error) => {
                self.kill().await;
                Err(error)
            }
        }
    }

    /// Kills the process group and waits until the process is gone.
    pub async fn kill(&mut self) {
        self.end().await;
    }

    fn encode(&mut self, request: &impl Serialize) -> Result<(), PipeError> {
        self.request.clear();
        serde_json::to_writer(&mut self.request, request).map_err(PipeError::Encode)?;
        if self.request.len() > self.max_message_bytes {
            return Err(PipeError::Oversized { direction: Direction::Request, most: self.max_message_bytes });
        }
        self.request.push(b'\n');
        Ok(())
    }

    /// Writes and reads at the same time: a child may start to answer before it has read the whole request, and both
    /// would wait for the other for ever. None when the child does not read any more.
    async fn exchange(&mut self) -> std::io::Result<Option<Line>> {
        let (input, request) = (&mut self.input, &self.request);
        let write = async move {
            input.write_all(request).await?;
            input.flush().await
        };
        let read = line::read(&mut self.output, self.max_message_bytes, &mut self.answer);
        tokio::pin!(write, read);
        tokio::select! {
            biased;
            written = &mut write => match written {
                Ok(()) => read.await.map(Some),
                Err(_) => Ok(None),
            },
            line = &mut read => match line? {
                Line::Whole => write.await.map(|()| Some(Line::Whole)),
                line @ (Line::End | Line::TooLong) => Ok(Some(line)),
            },
        }
    }

    /// The child closed its output. It is ending; if it only closed the pipe, it is ended.
    async fn crashed(&mut self) -> PipeError {
        let by_itself = tokio::time::timeout(Duration::from_millis(500), self.process.wait()).await;
        let status = match by_itself {
            Ok(status) => status.ok(),
            Err(_) => None,
        };
        let killed = self.end().await;
        let stderr = self.stderr.tail().await;
        PipeError::Crashed { exit: status.or(killed).map_or(Exit::Unknown, Exit::from), stderr }
    }

    async fn end(&mut self) -> Option<ExitStatus> {
        self.state = State::Dead;
        self.kill_group();
        // Fails when the process is gone already; what counts is that `wait` has reaped it.
        let _ = self.process.start_kill();
        self.process.wait().await.ok()
    }

    fn kill_group(&mut self) {
        if let Some(group) = self.group.take() {
            // No such group means that all of it is gone.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill_group();
    }
}

impl std::fmt::Debug for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child").field("id", &self.id()).field("state", &self.state).finish_non_exhaustive()
    }
}
