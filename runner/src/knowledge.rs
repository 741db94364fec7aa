//! The parent's end of the knowledge process: `forgeline-knowledge`, the only one that opens an index.
//!
//! The process is started when first needed, started again when it died, and ended when nothing was asked for a while.
//! A run never fails for want of it: what cannot be asked is answered with the reason, as a value.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use forgeline_model::knowledge::{
    ForgetRequest, Forgotten, Found, IndexRequest, Indexed, Progress, Refusal, Request, Response, SearchRequest, Status,
};
use forgeline_pipe::{Child, PipeError, Spec};
use tokio::sync::Mutex;

/// File name of the executable, beside `forgeline`.
const EXECUTABLE: &str = "forgeline-knowledge";
/// Environment variable that names the executable instead.
const EXECUTABLE_VAR: &str = "FORGELINE_KNOWLEDGE";
/// What the process may know of the environment: where the library, the model and its own log filter are.
const VARIABLES: &[&str] =
    &["HOME", "XDG_CACHE_HOME", "ORT_DYLIB_PATH", "FORGELINE_MODEL_DIR", "LD_LIBRARY_PATH", "TMPDIR", "RUST_LOG"];
/// After this long without a question the process is ended, and its memory given back.
const IDLE: Duration = Duration::from_secs(120);
/// Longest wait for an answer: opening a large index and loading the model come before the first one.
const ANSWER: Duration = Duration::from_secs(120);
/// How long one step of indexing works before others have their turn, milliseconds.
const STEP_MS: u64 = 2_000;
/// Longest wait for such a step: it ends with the window it is in, and the last one also compacts.
const STEP: Duration = Duration::from_secs(600);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The knowledge process cannot be asked.
    #[error("knowledge is unavailable: {0}")]
    Unavailable(String),
    /// It was asked and said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Access to the knowledge process. Clones share the process.
#[derive(Debug, Clone)]
pub struct KnowledgeHandle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The executable, or why there is none.
    program: Result<PathBuf, String>,
    index_dir: PathBuf,
    idle: Duration,
    /// One question at a time; the rest wait here in turn.
    process: Mutex<Option<Child>>,
    /// Questions so far, to tell whether one came in while the process was idle.
    asked: AtomicU64,
}

impl KnowledgeHandle {
    /// For an index directory, with the executable that `FORGELINE_KNOWLEDGE` names or that lies beside this one.
    /// Nothing is started yet.
    pub fn new(index_dir: &Path) -> Self {
        Self::with(find_executable(), index_dir, IDLE)
    }

    /// For an index directory, with this executable.
    pub fn at(program: &Path, index_dir: &Path) -> Self {
        Self::with(Ok(program.to_owned()), index_dir, IDLE)
    }

    /// A handle that answers every question with this reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::with(Err(reason.into()), Path::new(""), IDLE)
    }

    fn with(program: Result<PathBuf, String>, index_dir: &Path, idle: Duration) -> Self {
        let index_dir = std::path::absolute(index_dir).unwrap_or_else(|_| index_dir.to_owned());
        let shared = Shared { program, index_dir, idle, process: Mutex::new(None), asked: AtomicU64::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// What the index holds and how it searches.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn status(&self) -> Result<Status, NoAnswer> {
        match self.ask(&Request::Status, ANSWER).await? {
            Response::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// Brings the index of a reference up to a commit, telling how far it has come. Questions of others are answered
    /// in between.
    ///
    /// # Errors
    /// See [`NoAnswer`]. What was indexed until then stays.
    pub async fn index(
        &self,
        request: IndexRequest,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Indexed, NoAnswer> {
        let git_dir = std::path::absolute(&request.git_dir).ok().and_then(|path| path.to_str().map(str::to_owned));
        let git_dir = git_dir.unwrap_or_else(|| request.git_dir.clone());
        let request = Request::Index(IndexRequest { git_dir, budget_ms: Some(STEP_MS), ..request });
        loop {
            match self.ask(&request, STEP).await? {
                Response::Indexed(indexed) => return Ok(indexed),
                Response::Progress(step) => progress(step),
                other => return Err(unexpected(&other)),
            }
        }
    }

    /// Finds chunks.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn search(&self, request: SearchRequest) -> Result<Found, NoAnswer> {
        match self.ask(&Request::Search(request), ANSWER).await? {
            Response::Found(found) => Ok(found),
            other => Err(unexpected(&other)),
        }
    }

    /// Leaves a reference or a repository out.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn forget(&self, request: ForgetRequest) -> Result<Forgotten, NoAnswer> {
        match self.ask(&Request::Forget(request), ANSWER).await? {
            Response::Forgotten(forgotten) => Ok(forgotten),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends the process, if there is one. The next question starts it again.
    pub async fn end(&self) {
        if let Some(mut child) = self.shared.process.lock().await.take() {
            child.kill().await;
        }
    }

    async fn ask(&self, request: &Request, timeout: Duration) -> Result<Response, NoAnswer> {
        let turn = self.shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let answer = self.shared.ask(request, timeout).await;
        self.end_when_idle(turn);
        match answer? {
            Response::Refused(refusal) => Err(NoAnswer::Refused(refusal)),
            answer => Ok(answer),
        }
    }

    /// Ends the process later, unless something is asked after this turn.
    fn end_when_idle(&self, turn: u64) {
        let shared = Arc::downgrade(&self.shared);
        let idle = self.shared.idle;
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            let Some(shared) = shared.upgrade() else { return };
            let mut process = shared.process.lock().await;
            if shared.asked.load(Ordering::SeqCst) == turn
                && let Some(mut child) = process.take()
            {
                tracing::debug!("the knowledge process is idle and is ended");
                child.kill().await;
            }
        });
    }
}

impl Shared {
    /// Every request may be asked twice, so a process that dies over one is started again once.
    async fn ask(&self, request: &Request, timeout: Duration) -> Result<Response, NoAnswer> {
        let unavailable = |reason: &dyn ToString| NoAnswer::Unavailable(reason.to_string());
        let program = self.program.as_ref().map_err(|reason| unavailable(reason))?;
        let mut process = self.process.lock().await;
        let mut is_second_try = false;
        loop {
            let mut child = match process.take().filter(Child::is_usable) {
                Some(child) => child,
                None => Child::spawn(&self.spec(program)).await.map_err(|error| unavailable(&describe(&error)))?,
            };
            match child.call(request, timeout).await {
                Ok(answer) => {
                    *process = Some(child);
                    return Ok(answer);
                }
                Err(error @ (PipeError::Crashed { .. } | PipeError::Gone)) if !is_second_try => {
                    tracing::warn!(%error, "the knowledge process died and is started again");
                    is_second_try = true;
                }
                Err(error) => return Err(unavailable(&describe(&error))),
            }
        }
    }

    fn spec(&self, program: &Path) -> Spec {
        let spec = Spec::new(program).arg("--dir").arg(&self.index_dir);
        let set = VARIABLES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        set.fold(spec, |spec, (name, value): (&str, OsString)| spec.env(name, value))
    }
}

fn find_executable() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(EXECUTABLE_VAR).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        let missing =
            || format!("`{EXECUTABLE_VAR}` names `{}`, which is no file; correct or unset it", path.display());
        return if path.is_file() { std::path::absolute(&path).map_err(|_| missing()) } else { Err(missing()) };
    }
    let own = std::env::current_exe().map_err(|error| format!("cannot tell where this program lies: {error}"))?;
    let name = format!("{EXECUTABLE}{}", std::env::consts::EXE_SUFFIX);
    let beside = own.with_file_name(name);
    if beside.is_file() {
        Ok(beside)
    } else {
        Err(format!("`{}` is not installed; build it with `cargo build -p {EXECUTABLE}`", beside.display()))
    }
}

/// The error with what caused it.
fn describe(error: &PipeError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn unexpected(answer: &Response) -> NoAnswer {
    let text: String = format!("{answer:?}").chars().take(80).collect();
    NoAnswer::Unavailable(format!("it answered something else, `{text}`; `{EXECUTABLE}` may be of another version"))
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, process::Command, time::Duration};

    use forgeline_model::knowledge::{SearchMode, SearchRequest};

    use super::{KnowledgeHandle, NoAnswer};

    const STATUS: &str = r#"{"answer":"status","mode":"keywords","model":"none","chunks":0,"refs":[]}"#;

    /// A stand-in for the executable: lines of a shell script.
    fn script(dir: &tempfile::TempDir, lines: &str) -> PathBuf {
        let path = dir.path().join("program");
        // Written by another process: a file that this one has open for writing while another test forks is "busy".
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 755 "$2""#;
        let status = Command::new("/bin/sh").args(["-c", write, "sh", lines]).arg(&path).status().expect("runs");
        assert!(status.success());
        path
    }

    #[tokio::test]
    async fn what_is_not_there_is_a_reason_and_no_failure() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let none = KnowledgeHandle::unavailable("it is switched off");
        let answer = none.search(SearchRequest::new("x")).await.expect_err("unavailable");
        assert_eq!(answer.to_string(), "knowledge is unavailable: it is switched off");
        let missing = KnowledgeHandle::at(&dir.path().join("missing"), dir.path());
        let answer = missing.status().await.expect_err("unavailable");
        assert!(matches!(&answer, NoAnswer::Unavailable(reason) if reason.contains("cannot start")), "{answer}");
    }

    #[tokio::test]
    async fn a_dead_process_is_started_again_once() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let once = dir.path().join("once");
        let body = format!(
            "read -r line\nif [ ! -e '{0}' ]; then : > '{0}'; exit 3; fi\necho '{STATUS}'\nread -r line",
            once.display()
        );
        let handle = KnowledgeHandle::at(&script(&dir, &body), dir.path());
        assert_eq!(handle.status().await.expect("the second one answers").mode, SearchMode::Keywords);
        assert_eq!(handle.status().await.expect("and so does the third").mode, SearchMode::Keywords);

        let always = KnowledgeHandle::at(&script(&dir, "echo broken >&2\nexit 3"), dir.path());
        let answer = always.status().await.expect_err("it always dies");
        assert!(answer.to_string().contains("exit code 3"), "{answer}");
    }

    #[tokio::test]
    async fn an_idle_process_is_ended_and_started_again() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let body = format!("while read -r line; do echo '{STATUS}'; done");
        let handle = KnowledgeHandle::with(Ok(script(&dir, &body)), dir.path(), Duration::ZERO);
        handle.status().await.expect("answers");
        while handle.shared.process.lock().await.is_some() {
            tokio::task::yield_now().await;
        }
        handle.status().await.expect("answers again");
    }

    #[tokio::test]
    async fn another_answer_than_asked_for_is_no_answer() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let body = format!("while read -r line; do echo '{STATUS}'; done");
        let handle = KnowledgeHandle::at(&script(&dir, &body), dir.path());
        let answer = handle.search(SearchRequest::new("x")).await.expect_err("a status is no hit");
        assert!(answer.to_string().contains("another version"), "{answer}");
    }
}
