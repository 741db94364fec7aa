//! What is answered in a thread after a revision.

use forgeline_engine::spec::ThreadNote;
use forgeline_model::markdown::{code, sentence};

/// What became of what a thread is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Its file is another one now.
    Changed {
        /// The commit, 40 hex digits.
        commit: String,
        /// Whether its lines are among what changed.
        there: bool,
    },
    /// The new attempt writes the file as it was.
    Same,
    /// No stage of the run writes the file.
    NotOurs,
    /// The new attempt gives what was there.
    Nothing {
        /// Why that is so.
        reason: String,
    },
    /// Nothing was written.
    Refused {
        /// Why.
        reason: String,
    },
}

/// The answer, Markdown.
pub fn text(thread: &ThreadNote, fate: &Fate) -> String {
    let path = code(&thread.path);
    match fate {
        Fate::Changed { commit, there: true } => match lines(thread) {
            Some(lines) => format!("**Met in {}.** {} of {path} changed.", short(commit), capital(&lines)),
            None => format!("**Met in {}.** {path} changed.", short(commit)),
        },
        Fate::Changed { commit, there: false } => {
            let lines = lines(thread).unwrap_or_default();
            format!(
                "**Changed in {}.** {path} is another one now, though not in {lines}. Is that what you meant?",
                short(commit)
            )
        }
        Fate::Same => format!(
            "**Not changed.** The new attempt writes {path} as it was. Say in other words what is to be different, or commit \
             it yourself: what people commit is kept."
        ),
        Fate::NotOurs => format!(
            "**Not changed.** No stage of the run writes {path}. Commit the change yourself: what people commit is kept."
        ),
        Fate::Nothing { reason } => {
            format!("**Not changed.** The new attempt gives what was there already: {}", sentence(reason))
        }
        Fate::Refused { reason } => format!("**Not changed.** Nothing was written: {}", sentence(reason)),
    }
}

fn short(commit: &str) -> String {
    code(commit.get(..12).unwrap_or(commit))
}

fn lines(thread: &ThreadNote) -> Option<String> {
    let last = thread.line?;
    Some(match thread.start_line {
        Some(first) if first < last => format!("lines {first} to {last}"),
        _ => format!("line {last}"),
    })
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// Whether a unified patch takes away or replaces one of these lines, as they were numbered before it, or adds something right
/// behind one.
pub fn touches(patch: &str, (first, last): (u32, u32)) -> bool {
    let mut at = 0;
    let mut in_hunk = false;
    for line in patch.lines() {
        if let Some(hunk) = line.strip_prefix("@@ -") {
            let start = hunk.split([',', ' ']).next().and_then(|number| number.parse().ok());
            let is_empty = hunk.split(' ').next().is_some_and(|old| old.ends_with(",0"));
            // Of nothing, the number is that of the line before.
            at = start.map_or(0, |start: u32| if is_empty { start + 1 } else { start });
            in_hunk = true;
        } else if in_hunk {
            let is_there = |line: u32| (first..=last).contains(&line);
            match line.as_bytes().first() {
                Some(b'-') if is_there(at) => return true,
                Some(b'+') if at > 0 && is_there(at - 1) => return true,
                Some(b'+' | b'\\') => {}
                _ => at += 1,
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use forgeline_engine::spec::ThreadNote;
    use insta::assert_snapshot;

    use super::{Fate, text, touches};

    fn on(line: Option<u32>, start_line: Option<u32>) -> ThreadNote {
        ThreadNote {
            id: 7,
            path: "docs/returns.md".into(),
            line,
            start_line,
            quote: String::new(),
            comments: Vec::new(),
        }
    }

    #[test]
    fn a_thread_hears_what_became_of_it() {
        let changed = |there| Fate::Changed { commit: "0123456789abcdef".into(), there };
        let all = [
            text(&on(Some(3), None), &changed(true)),
            text(&on(Some(5), Some(3)), &changed(true)),
            text(&on(None, None), &changed(true)),
            text(&on(Some(3), None), &changed(false)),
            text(&on(Some(3), None), &Fate::Same),
            text(&on(Some(3), None), &Fate::NotOurs),
            text(&on(Some(3), None), &Fate::Nothing { reason: "`main` holds exactly this".into() }),
            text(&on(Some(3), None), &Fate::Refused { reason: "the write gate refused it: paths".into() }),
        ];
        assert_snapshot!(all.join("\n"), @r"
        **Met in `0123456789ab`.** Line 3 of `docs/returns.md` changed.
        **Met in `0123456789ab`.** Lines 3 to 5 of `docs/returns.md` changed.
        **Met in `0123456789ab`.** `docs/returns.md` changed.
        **Changed in `0123456789ab`.** `docs/returns.md` is another one now, though not in line 3. Is that what you meant?
        **Not changed.** The new attempt writes `docs/returns.md` as it was. Say in other words what is to be different, or commit it yourself: what people commit is kept.
        **Not changed.** No stage of the run writes `docs/returns.md`. Commit the change yourself: what people commit is kept.
        **Not changed.** The new attempt gives what was there already: `main` holds exactly this
        **Not changed.** Nothing was written: the write gate refused it: paths
        ");
    }

    #[test]
    fn a_patch_touches_the_lines_that_it_replaces_or_follows() {
        let patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n one\n-two\n+zwei\n three\n four\n five\n\
                     @@ -10,2 +10,3 @@\n ten\n+more\n eleven\n";
        for (lines, expected) in
            [((2, 2), true), ((1, 3), true), ((3, 5), false), ((10, 10), true), ((11, 11), false), ((7, 8), false)]
        {
            assert_eq!(touches(patch, lines), expected, "{lines:?}");
        }
        assert!(touches("@@ -1,0 +2 @@\n+more\n", (1, 1)), "added behind the first line");
        assert!(!touches("@@ -0,0 +1,2 @@\n+a\n+b\n", (1, 1)), "a new file had no lines");
    }
}
