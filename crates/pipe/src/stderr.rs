//! What a child writes to its standard error: logged line by line, the end of it kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, BufReader},
    process::ChildStderr,
    task::JoinHandle,
};

/// How much of it is kept, bytes: a panic with its message fits.
const TAIL_BYTES: usize = 4 << 10;
/// How long to wait for the rest of it once the process group is dead.
const GRACE: Duration = Duration::from_millis(500);

/// Reads in the background until the child closes it.
pub(crate) struct Stderr {
    tail: Arc<Mutex<VecDeque<u8>>>,
    reader: JoinHandle<()>,
}

impl Stderr {
    pub(crate) fn read(stream: ChildStderr, program: String) -> Self {
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let reader = tokio::spawn(collect(stream, Arc::clone(&tail), program));
        Self { tail, reader }
    }

    /// The end of it, after the child has died.
    pub(crate) async fn tail(&mut self) -> String {
        if tokio::time::timeout(GRACE, &mut self.reader).await.is_err() {
            self.reader.abort();
        }
        let tail = self.tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bytes: Vec<u8> = tail.iter().copied().collect();
        printable(&bytes)
    }
}

async fn collect(stream: ChildStderr, tail: Arc<Mutex<VecDeque<u8>>>, program: String) {
    let mut stream = BufReader::new(stream);
    let mut chunk = vec![0; 4 << 10];
    while let Ok(read) = stream.read(&mut chunk).await {
        if read == 0 {
            break;
        }
        tracing::debug!(%program, text = %printable(&chunk[..read]), "child process wrote");
        let mut tail = tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tail.extend(&chunk[..read]);
        let excess = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..excess);
    }
}

/// Text without terminal controls, line breaks kept.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
