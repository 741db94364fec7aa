//! Hits of a search, as text. Pure.

use std::fmt::Write as _;

use forgeline_model::knowledge::{Found, Hit, Origin, SearchMode};

use crate::commands::wording::{one_line, printable, short};

/// Lines of a hit that are shown.
const LINES: usize = 4;

/// All hits, best first, or a plain word that there is none.
pub fn text(found: &Found) -> String {
    let mut text = String::new();
    if found.mode == SearchMode::Keywords {
        text.push_str("searched by words only, not by meaning\n\n");
    }
    if found.hits.is_empty() {
        text.push_str("no answer in what is indexed; `forgeline knowledge status` shows what that is\n");
        return text;
    }
    for hit in &found.hits {
        text.push_str(&one(hit));
    }
    text
}

fn one(hit: &Hit) -> String {
    let (first, last) = hit.lines;
    let mut text = format!(
        "{:.3}  {}:{first}-{last}@{}  ({} {})",
        hit.score,
        printable(&hit.path),
        short(&hit.commit),
        hit.repo,
        hit.ref_name
    );
    match hit.origin {
        Origin::Source => {}
        Origin::Generated => text.push_str("  [generated]"),
        Origin::Run => text.push_str("  [run, not merged]"),
    }
    if hit.is_stale() {
        match hit.behind {
            Some(behind) => {
                let _ = write!(text, "  [stale, {behind} commits behind]");
            }
            None => text.push_str("  [stale]"),
        }
    }
    if hit.copies > 0 {
        let _ = write!(text, "  [{} copies]", hit.copies);
    }
    text.push('\n');
    if !hit.breadcrumb.is_empty() {
        let _ = writeln!(text, "       {}", one_line(&hit.breadcrumb, 110));
    }
    for line in hit.text.lines().filter(|line| !line.trim().is_empty()).take(LINES) {
        let _ = writeln!(text, "       | {}", one_line(line, 110));
    }
    text
}

#[cfg(test)]
mod tests {
    use forgeline_model::knowledge::{Found, Hit, Origin, SearchMode};

    use super::text;

    #[test]
    fn a_hit_says_where_and_whether_it_is_stale() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let hit = Hit {
            repo: "acme/shop".into(),
            ref_name: "main".into(),
            path: "src/retry.rs".into(),
            lines: (3, 9),
            commit: commit.into(),
            head: Some("f".repeat(40)),
            behind: Some(2),
            origin: Origin::Generated,
            score: 0.5,
            language: "rust".into(),
            symbols: Vec::new(),
            breadcrumb: "fn wait".into(),
            text: "fn wait() {\n\n    sleep()\n}".into(),
            copies: 0,
        };
        let found = Found { hits: vec![hit], mode: SearchMode::Keywords, notes: Vec::new() };
        assert_eq!(
            text(&found),
            "searched by words only, not by meaning\n\n0.500  src/retry.rs:3-9@0123456789ab  (acme/shop main)  [generated]  \
             [stale, 2 commits behind]\n       fn wait\n       | fn wait() {\n       |     sleep()\n       | }\n"
        );
        let none = Found { hits: Vec::new(), mode: SearchMode::Hybrid, notes: Vec::new() };
        assert!(text(&none).starts_with("no answer in what is indexed"));
    }
}
