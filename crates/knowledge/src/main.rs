//! `forgeline-knowledge`: the process that has the knowledge index open. Spoken to over standard input and output by
//! `forgeline`; not meant to be used by hand.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use forgeline_knowledge::{LibrarySource, Service, Setup, model_dir};
use forgeline_model::knowledge::Request;

/// Longest message, bytes: a hundred hits with their texts are far below it.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

const USAGE: &str = "usage: forgeline-knowledge --dir INDEX_DIRECTORY\n\
    Answers one JSON request a line on standard input until it ends. Log: standard error, `RUST_LOG`.";

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let dir = match arguments.as_slice() {
        [flag, dir] if flag == "--dir" => std::path::absolute(PathBuf::from(dir)).context("the index directory")?,
        _ => bail!("{USAGE}"),
    };
    let setup = Setup { dir, model: model_dir(), library: LibrarySource::from_env(|name| std::env::var_os(name)) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let mut service = Service::new(setup);
    let served = runtime.block_on(forgeline_pipe::serve_async(MAX_MESSAGE_BYTES, async |request: Request| {
        service.answer(request).await
    }));
    // The parent is gone: what a worker thread still does can be done again.
    runtime.shutdown_background();
    Ok(served?)
}
