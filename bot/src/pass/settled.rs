//! What has been dealt with, as the bot's own comments on a forge tell when nothing else is known any more. Pure.

use forgeline_forge::OwnComment;
use forgeline_runner::report;

/// What a reply says when a run follows: see [`reply::started`](crate::reply::started).
const STARTED: [&str; 2] = ["**Started**", "**Joined**"];
/// Words of runs that go on.
const UNDER_WAY: [&str; 6] = ["new", "queued", "working", "waiting", "paused", "publishing"];

/// Whether an item, or a comment on it, needs nobody any more.
///
/// A comment does when there is no reply to it, or when a run was started and no end was told since. An item does when there is
/// no word of the bot on it, or a run on it is under way.
pub(super) fn is_settled(comment: Option<u64>, own: &[OwnComment<'_>]) -> bool {
    let mut stories = own.iter().filter(|it| it.key.starts_with("status:"));
    match comment {
        None => !own.is_empty() && !stories.any(|story| is_under_way(story.body)),
        Some(id) => {
            let key = format!("reply:{id}");
            let Some(reply) = own.iter().find(|it| it.key == key) else { return false };
            let has_run = STARTED.iter().any(|word| reply.body.contains(word));
            !has_run || stories.any(|story| story.updated_at >= reply.created_at && !is_under_way(story.body))
        }
    }
}

/// Whether the story of a run has no end yet.
fn is_under_way(story: &str) -> bool {
    let first = report::ends_told(story).into_iter().next();
    first.map_or(story.contains(STARTED[0]), |(_, word)| UNDER_WAY.contains(&word))
}

#[cfg(test)]
mod tests {
    use forgeline_forge::OwnComment;
    use forgeline_model::Timestamp;

    use super::is_settled;

    const RUN: &str = "`run_0123456789abcdef`";

    #[track_caller]
    fn check(comment: Option<u64>, own: &[(&str, &str, i64, i64)], expected: bool) {
        let at = Timestamp::from_millis;
        let own: Vec<OwnComment<'_>> = own
            .iter()
            .map(|(key, body, created, updated)| OwnComment {
                key,
                body,
                created_at: at(*created),
                updated_at: at(*updated),
            })
            .collect();
        assert_eq!(is_settled(comment, &own), expected, "{own:?}");
    }

    #[test]
    fn a_comment_is_settled_by_its_reply_and_the_end_of_its_run() {
        let started = format!("**Started** `docs-page@1.0.0` as {RUN}: 1 stage.");
        let (ended, works) =
            (format!("**docs-page** · {RUN} (published)\n\nopened"), format!("**x** · {RUN} (working)"));
        check(Some(7), &[], false);
        check(Some(7), &[("reply:8", "help", 5, 5)], false);
        check(Some(7), &[("reply:7", "help", 5, 5)], true);
        check(Some(7), &[("reply:7", &started, 5, 5)], false);
        check(Some(7), &[("reply:7", &started, 5, 5), ("status:docs-page", &works, 6, 6)], false);
        check(Some(7), &[("reply:7", &started, 5, 5), ("status:docs-page", &ended, 3, 6)], true);
        // The end of an earlier run.
        check(Some(7), &[("reply:7", &started, 5, 5), ("status:docs-page", &ended, 3, 4)], false);
    }

    #[test]
    fn an_item_is_settled_when_something_was_said_and_nothing_is_under_way() {
        let started = format!("**Started** `docs-page@1.0.0` as {RUN}: 1 stage.");
        let ended = format!("**docs-page** · {RUN} (no-change)\n\nno change: `x`");
        check(None, &[], false);
        check(None, &[("status:docs-page", &started, 5, 5)], false);
        check(None, &[("status:docs-page", &ended, 5, 5)], true);
        check(None, &[("status:docs-page", "a form to fill in", 5, 5)], true);
        check(None, &[("status:a", &ended, 5, 5), ("status:b", &started, 5, 5)], false);
    }
}
