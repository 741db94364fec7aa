//! Ctrl-C and SIGTERM: the first asks to stop at the next checkpoint, the second exits at once.

use forgeline_runner::Stop;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::output;

/// Something that becomes true at the first signal; from now on none is lost.
pub fn stop() -> Stop {
    let (ask, stop) = watch::channel(false);
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            // What nobody can ask for never comes; the sender must live on for that.
            let _ask = ask;
            return std::future::pending().await;
        };
        for first in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
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
