//! `forgeline gate replay`: is a recorded verdict what the rules say?

use forgeline_model::Digest;
use forgeline_runner::gate::{Replay, ReplayError, Verdict};
use serde_json::{Value, json};
use similar::TextDiff;

use crate::{
    commands::{Session, lookup::view_run},
    exit::{Exit, Failure},
};

pub(super) async fn perform(session: &Session, run: &str) -> anyhow::Result<Exit> {
    let runner = session.look().await?;
    let view = view_run(&runner.store, run).await?;
    let replay = match runner.replay(&view).await {
        Ok(replay) => replay,
        Err(ReplayError::Runner(error)) => return Err(error.into()),
        Err(nothing) => anyhow::bail!(Failure::new(Exit::NotFound, format!("{}: {nothing}", view.spec.id))),
    };
    let difference = if replay.is_same() { None } else { Some(difference(&replay)) };
    let document = json!({
        "run": view.spec.id,
        "same": difference.is_none(),
        "digest": Digest::of_bytes(replay.recorded.as_bytes()),
        "verdict": value(&replay.recomputed),
        "difference": difference,
    });
    session.out.print("replay", &document, || match &difference {
        None => format!("{}the recorded verdict is the same, byte for byte\n", rendered(&replay.recomputed)),
        Some(difference) => format!("the recorded verdict is not what the rules say:\n{difference}"),
    });
    Ok(if difference.is_none() { Exit::Success } else { Exit::Failed })
}

/// Both verdicts line by line: `-` is recorded, `+` is what the rules say.
fn difference(replay: &Replay) -> String {
    let lines = |document: &str| format!("{:#}\n", value(document));
    let (recorded, recomputed) = (lines(&replay.recorded), lines(&replay.recomputed));
    TextDiff::from_lines(&recorded, &recomputed).unified_diff().header("recorded", "recomputed").to_string()
}

fn rendered(document: &str) -> String {
    serde_json::from_str::<Verdict>(document).map(|verdict| verdict.render()).unwrap_or_default()
}

fn value(document: &str) -> Value {
    serde_json::from_str(document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use forgeline_runner::gate::Replay;

    #[test]
    fn a_difference_shows_both_sides() {
        let replay = Replay { recorded: r#"{"verdict":"allow"}"#.into(), recomputed: r#"{"verdict":"deny"}"#.into() };
        let shown = super::difference(&replay);
        assert!(shown.contains("-  \"verdict\": \"allow\"") && shown.contains("+  \"verdict\": \"deny\""), "{shown}");
    }
}
