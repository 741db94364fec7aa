//! The child's end.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::line::{self, Line};

/// Why a child stops answering before its input ends. Its parent sees a crash and this on standard error.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A request that is not of the agreed type.
    #[error("a request is not understood")]
    Request(#[source] serde_json::Error),
    /// A request that is longer than agreed.
    #[error("a request is longer than {0} bytes")]
    TooLong(usize),
    /// An answer that has no JSON form.
    #[error("an answer has no JSON form")]
    Answer(#[source] serde_json::Error),
    /// The pipe broke.
    #[error("the pipe to the parent process broke")]
    Pipe(#[from] std::io::Error),
}

/// Answers requests from standard input on standard output until the input ends.
///
/// Input is read by a thread of its own: when it ends while a request is being worked on, the parent is gone and the
/// process exits at once. Nothing else may write to standard output.
///
/// # Errors
/// See [`ServeError`]; end the process with a non-zero code then.
pub fn serve<R, A>(max_message_bytes: usize, mut handler: impl FnMut(R) -> A) -> Result<(), ServeError>
where
    R: DeserializeOwned,
    A: Serialize,
{
    let busy = Arc::new(AtomicBool::new(false));
    // One request at a time: the parent waits for the answer before it sends the next.
    let (requests, inbox) = mpsc::sync_channel(1);
    let is_busy = Arc::clone(&busy);
    std::thread::Builder::new()
        .name("requests".to_owned())
        .spawn(move || read_requests(max_message_bytes, &requests, &is_busy))?;
    let mut answer = Vec::new();
    for message in inbox {
        let request = serde_json::from_slice(&message?).map_err(ServeError::Request)?;
        answer.clear();
        serde_json::to_writer(&mut answer, &handler(request)).map_err(ServeError::Answer)?;
        answer.push(b'\n');
        busy.store(false, Ordering::SeqCst);
        let mut output = std::io::stdout().lock();
        output.write_all(&answer)?;
        output.flush()?;
    }
    Ok(())
}

fn read_requests(most: usize, requests: &mpsc::SyncSender<Result<Vec<u8>, ServeError>>, busy: &AtomicBool) {
    let mut input = std::io::BufReader::with_capacity(64 << 10, std::io::stdin());
    let mut buffer = Vec::new();
    loop {
        let message = match line::read_blocking(&mut input, most, &mut buffer) {
            Ok(Line::Whole) => Ok(std::mem::take(&mut buffer)),
            Ok(Line::TooLong) => Err(ServeError::TooLong(most)),
            Ok(Line::End) => break,
            Err(error) => Err(ServeError::Pipe(error)),
        };
        let is_last = message.is_err();
        busy.store(true, Ordering::SeqCst);
        if requests.send(message).is_err() || is_last {
            return;
        }
    }
    if busy.load(Ordering::SeqCst) {
        std::process::exit(0);
    }
}

/// [`serve`] for a handler that awaits. When the input ends, the work in progress is dropped.
///
/// End the process with [`std::process::exit`] afterwards: a runtime that shuts down waits for standard input.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve_async<R, A>(max_message_bytes: usize, handler: impl AsyncFnMut(R) -> A) -> Result<(), ServeError>
where
    R: DeserializeOwned,
    A: Serialize,
{
    serve_streams(tokio::io::stdin(), tokio::io::stdout(), max_message_bytes, handler).await
}

async fn serve_streams<R, A>(
    input: impl AsyncRead + Unpin + Send + 'static,
    mut output: impl AsyncWrite + Unpin,
    max_message_bytes: usize,
    mut handler: impl AsyncFnMut(R) -> A,
) -> Result<(), ServeError>
where
    R: DeserializeOwned,
    A: Serialize,
{
    // One request at a time: the parent waits for the answer before it sends the next.
    let (requests, mut inbox) = tokio::sync::mpsc::channel(1);
    let mut reader = tokio::spawn(read_messages(input, max_message_bytes, requests));
    while let Some(message) = inbox.recv().await {
        let request = serde_json::from_slice(&message?).map_err(ServeError::Request)?;
        let answer = tokio::select! {
            answer = handler(request) => answer,
            _ = &mut reader => return Ok(()),
        };
        let mut bytes = serde_json::to_vec(&answer).map_err(ServeError::Answer)?;
        bytes.push(b'\n');
        output.write_all(&bytes).await?;
        output.flush().await?;
    }
    Ok(())
}

async fn read_messages(
    input: impl AsyncRead + Unpin,
    most: usize,
    requests: tokio::sync::mpsc::Sender<Result<Vec<u8>, ServeError>>,
) {
    let mut input = tokio::io::BufReader::with_capacity(64 << 10, input);
    let mut buffer = Vec::new();
    loop {
        let message = match line::read(&mut input, most, &mut buffer).await {
            Ok(Line::Whole) => Ok(std::mem::take(&mut buffer)),
            Ok(Line::TooLong) => Err(ServeError::TooLong(most)),
            Ok(Line::End) => return,
            Err(error) => Err(ServeError::Pipe(error)),
        };
        let is_last = message.is_err();
        if requests.send(message).await.is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex, split};

    use super::{ServeError, serve_streams};

    /// Serves doubling; a negative number takes for ever.
    fn start() -> (DuplexStream, tokio::task::JoinHandle<Result<(), ServeError>>) {
        let (ours, theirs) = duplex(64);
        let (input, output) = split(theirs);
        let double = async |n: i64| if n < 0 { std::future::pending().await } else { 2 * n };
        (ours, tokio::spawn(serve_streams(input, output, 100, double)))
    }

    #[tokio::test]
    async fn requests_are_answered_until_the_input_ends() {
        let (mut pipe, served) = start();
        let mut lines = Vec::new();
        for n in 1..=3 {
            pipe.write_all(format!("{n}\n").as_bytes()).await.expect("open");
            let mut line = String::new();
            BufReader::new(&mut pipe).read_line(&mut line).await.expect("open");
            lines.push(line);
        }
        assert_eq!(lines, ["2\n", "4\n", "6\n"]);
        pipe.shutdown().await.expect("open");
        assert!(matches!(served.await.expect("no panic"), Ok(())));
    }

    #[tokio::test]
    async fn work_in_progress_is_dropped_when_the_input_ends() {
        let (mut pipe, served) = start();
        pipe.write_all(b"-1\n").await.expect("open");
        pipe.shutdown().await.expect("open");
        assert!(matches!(served.await.expect("no panic"), Ok(())));
    }

    #[tokio::test]
    async fn what_is_no_request_ends_the_service() {
        let (mut pipe, served) = start();
        pipe.write_all(b"one\n").await.expect("open");
        assert!(matches!(served.await.expect("no panic"), Err(ServeError::Request(_))));
        let (mut pipe, served) = start();
        pipe.write_all(&[b'1'; 60]).await.expect("open");
        pipe.write_all(&[b'1'; 60]).await.expect("open");
        assert!(matches!(served.await.expect("no panic"), Err(ServeError::TooLong(100))));
    }
}
