//! Ctrl-C and SIGTERM: the first asks to stop at the next checkpoint, the second exits at once.

use forgeline_runner::Stop;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Something that becomes true at the first signal.
pub fn stop() -> Stop {
    let (ask, stop) = watch::channel(false);
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return std::future::pending().await;
        };
        for first in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if first {
                eprintln!("stopping at the next checkpoint; again to stop at once");
                let _ = ask.send(true);
            } else {
                std::process::exit(130);
            }
        }
    });
    stop
}
