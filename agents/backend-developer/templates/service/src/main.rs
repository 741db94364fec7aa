//! Starts the service and ends it in good order.

use std::{io::IsTerminal as _, process::ExitCode};

use service::{app::App, config::Config, store};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter);
    if std::io::stdout().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).with_span_list(false).init();
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_env(|name| std::env::var(name).ok())?;
    let pool = store::open(&config.database).await?;
    let listener = TcpListener::bind((config.host, config.port)).await?;
    tracing::info!(address = %listener.local_addr()?, database = %config.database.display(), "listening");
    axum::serve(listener, App::new(pool.clone()).router()).with_graceful_shutdown(asked_to_stop()).await?;
    pool.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Ends when the process is told to: requests in flight are answered, new ones are not taken.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} },
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
