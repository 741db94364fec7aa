//! Runs that the bot's own comments tell of: those that ended without a commit.

use forgeline_engine::Outcome;
use forgeline_forge::{LocalForge, types::RepoId};
use forgeline_model::{RunId, Timestamp};
use forgeline_runner::report;
use forgeline_store::EndedRun;

use super::spec::{Known, spec};
use crate::pass::{Bot, PassError};

/// Runs with their ends, in the comments on all items of this repository.
pub(super) async fn ended(bot: &Bot, repo: &RepoId) -> Result<Vec<EndedRun>, PassError> {
    let forge = &bot.runner().forge;
    let mut found = Vec::new();
    let issues = forge.issues(repo, None, None).await?.into_iter().map(|it| it.number);
    for number in issues {
        for comment in forge.comments(repo, number).await? {
            let Some(blueprint) = comment.marker.as_deref().and_then(|marker| marker.strip_prefix("status:")) else {
                continue;
            };
            // Anybody can type a marker; only the bot's own word counts.
            if comment.author != LocalForge::bot() {
                continue;
            }
            for (run, word) in report::ends_told(&comment.body) {
                found.extend(of_word(repo, number, blueprint, run, word, comment.updated_at));
            }
        }
    }
    Ok(found)
}

fn of_word(repo: &RepoId, number: u64, blueprint: &str, run: RunId, word: &str, at: Timestamp) -> Option<EndedRun> {
    let reason = "known from the comment on its item".to_owned();
    let outcome = match word {
        "no-change" => Outcome::NoChange { reason },
        "refused" => Outcome::Refused { reason, gate: None },
        "failed" => Outcome::Failed { task: None, kind: "rebuilt".into(), message: reason },
        "cancelled" => Outcome::Cancelled { by: reason },
        // A published one has a commit, or lost it; what has not ended starts again.
        _ => return None,
    };
    let known = Known {
        run,
        blueprint: &format!("{blueprint}@0.0.0"),
        digest: None,
        repository: repo.to_string(),
        item: Some(number.to_string()),
        item_repository: None,
        branch: String::new(),
        at,
    };
    Some(EndedRun { spec: spec(&known)?, outcome, at })
}
