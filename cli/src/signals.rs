//! Ctrl-C and SIGTERM: the first asks to stop at the next checkpoint, the second exits at once.

use std::time::Duration;

use forgeline_runner::Stop;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{commands::Session, output};

/// How long a job may take from the first signal to its end: systems end it the hard way soon after.
const PATIENCE_OF_JOBS: Duration = Duration::from_millis(4_000);

/// Something that becomes true at the first signal; from now on none is lost. In a job the program ends soon after it, wherever
/// it stands: what it was doing is done again by whoever goes on.
pub fn stop(session: &Session) -> Stop {
    let patience = session.ci.as_ref().map(|_| PATIENCE_OF_JOBS);
    let (ask, stop) = watch::channel(false);
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            // What nobody can ask for never comes; the sender must live on for that.
            let _ask = ask;
            return std::future::pending().await;
        };
        for first in [true, false] {
            let out_of_patience = async {
                match patience {
                    Some(patience) if !first => tokio::time::sleep(patience).await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = out_of_patience => output::note(
                    "stopped between two checkpoints; nothing is lost: the same command goes on from the last one, with the same state directory",
                ),
            }
            if first {
                output::note("stopping at the next checkpoint; again to stop at once");
                let _ = ask.send(true);
            } else {
                std::process::exit(130);
            }
        }
    });
    stop
}
