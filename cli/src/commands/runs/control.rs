//! `forgeline runs cancel`, `pause` and `resume`.

use clap::Args;
use forgeline_engine::Input;
use forgeline_store::StoreError;
use serde_json::json;

use crate::{
    commands::{Session, lookup::view_run},
    exit::{Exit, Failure},
    rehearsal::DryRun,
    request,
};

/// Which run, and whether in earnest.
#[derive(Debug, Args)]
pub struct Which {
    /// The run.
    run: String,
    #[command(flatten)]
    how: DryRun,
}

/// What is done to it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Control {
    /// Nothing more is started but what cleans up.
    Cancel,
    /// It ends at once.
    Terminate,
    /// Nothing more is started for now.
    Pause,
    /// It goes on.
    Resume,
}

impl Control {
    fn input(self) -> Input {
        let by = request::user();
        match self {
            Self::Cancel => Input::Cancel { by },
            Self::Terminate => Input::Terminate { by },
            Self::Pause => Input::Pause { by },
            Self::Resume => Input::Resume { by },
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            Self::Cancel => "stops at its next checkpoint and cleans up; nothing more is written for it",
            Self::Terminate => "ends now, without cleaning up; nothing more is written for it",
            Self::Pause => "starts nothing more; what is at work ends first",
            Self::Resume => "goes on; `forgeline bot once` or the command that started it carries it out",
        }
    }
}

pub(super) async fn perform(session: &Session, which: &Which, control: Control) -> anyhow::Result<Exit> {
    let session = &session.to_change(which.how).await?;
    let runner = session.look().await?;
    let view = view_run(&runner.store, &which.run).await?;
    let (id, input, now) = (&view.spec.id, control.input(), runner.clock.now());
    let refuse =
        |why: String| Failure::new(Exit::Failed, format!("run `{id}`: {why}; there is nothing to {}", control.word()));
    match runner.store.input(id, &input, now).await {
        Ok(_) => {}
        Err(StoreError::Illegal(illegal)) => anyhow::bail!(refuse(illegal.to_string())),
        Err(error) => return Err(error.into()),
    }
    session.out.print(control.word(), &json!({"run": id}), || format!("run {id} {}\n", control.consequence()));
    Ok(Exit::Success)
}
