//! What to start, and the thread that starts it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::Stdio,
    sync::{LazyLock, mpsc},
};

use tokio::process::Command;

use crate::MAX_MESSAGE_BYTES;

/// What to start and with what.
#[derive(Debug, Clone)]
pub struct Spec {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) max_message_bytes: usize,
}

impl Spec {
    /// A program with no argument and no environment, in a fresh directory that is removed with the child.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
            max_message_bytes: MAX_MESSAGE_BYTES,
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With one more environment variable. The child has these and no other.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// In this directory instead of a fresh one.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// With this bound on a message, both ways.
    #[must_use]
    pub fn max_message_bytes(mut self, most: usize) -> Self {
        self.max_message_bytes = most;
        self
    }
}

/// Starts the program in this directory, in the current runtime.
///
/// On Linux a child may ask to be killed when its parent dies, and the kernel takes the *thread* that started it for
/// the parent. So all children are started by one thread that lives as long as the process.
pub(crate) async fn start(spec: &Spec, directory: PathBuf) -> std::io::Result<tokio::process::Child> {
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.arguments)
        .env_clear()
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let (answer, started) = tokio::sync::oneshot::channel();
    let order = Order { command, runtime: tokio::runtime::Handle::current(), answer };
    let gone = || std::io::Error::other("the thread that starts processes is gone");
    STARTER.send(order).map_err(|_| gone())?;
    started.await.map_err(|_| gone())?
}

struct Order {
    command: Command,
    runtime: tokio::runtime::Handle,
    answer: tokio::sync::oneshot::Sender<std::io::Result<tokio::process::Child>>,
}

static STARTER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (orders, inbox) = mpsc::channel::<Order>();
    let run = move || {
        for mut order in inbox {
            let _runtime = order.runtime.enter();
            // Nobody waits any more: dropping the child kills it.
            drop(order.answer.send(order.command.spawn()));
        }
    };
    // Without the thread the channel is closed, and `start` says so.
    if let Err(error) = std::thread::Builder::new().name("pipe-starter".to_owned()).spawn(run) {
        tracing::error!(%error, "cannot start the thread that starts processes");
    }
    orders
});
