//! What a person reads where a run and somebody else changed the same lines.

use std::fmt::Write as _;

use forgeline_engine::{
    RunSpec,
    fact::{Conflict, Publication},
};

use super::pull_request_title;

/// Most files that a sentence names.
const NAMED: usize = 3;

/// Message of the commit that merges a run's proposal with what people did on the branch, or on the base meanwhile.
pub fn merge_message(spec: &RunSpec, clashes: &[String]) -> String {
    let mut text =
        format!("Merge the result of {}\n\nOther changes to the same files are kept.\n", spec.plan.blueprint);
    if !clashes.is_empty() {
        text.push_str("\nThese could not be merged and stay as they were here:\n\n");
        list(&mut text, clashes);
    }
    text
}

/// Message of the commit that holds a run's version of files in conflict.
pub fn conflict_message(spec: &RunSpec, clashes: &[String], stays_on: &str) -> String {
    let mut text = format!(
        "{}\n\nThe version of {} of files that were changed on {stays_on} as well:\n\n",
        conflict_title(spec),
        spec.plan.blueprint
    );
    list(&mut text, clashes);
    text
}

/// Title of the pull request that shows both sides.
pub fn conflict_title(spec: &RunSpec) -> String {
    format!("Conflict: {}", pull_request_title(spec))
}

/// Text of the pull request that shows both sides: `into` is where the other version stands.
pub fn conflict_body(spec: &RunSpec, clashes: &[String], into: &str) -> String {
    let mut text = format!(
        "`{}` wants to change lines that were changed on `{into}` as well. Neither side is lost: what stands on `{into}` \
         stays, and this pull request has the other version as its change.\n\n",
        spec.plan.blueprint
    );
    for path in clashes {
        let _ = writeln!(text, "- `{path}`");
    }
    let _ = writeln!(
        text,
        "\nMerge it to take this version, change it first to take some of both, or close it to keep what is there.\n\n\
         `forgeline runs show {}` tells how it came about.",
        spec.id
    );
    text
}

/// The paragraph of the run's own pull request that points to the other one.
pub fn conflict_note(conflict: &Conflict) -> String {
    format!("**In conflict:** {}\n", stays(conflict))
}

/// What to add to the line that says how a run ended.
pub(super) fn conflict_clause(publication: &Publication) -> String {
    match &publication.conflict {
        None => String::new(),
        Some(conflict) if conflict.branch == publication.branch => {
            format!(
                "; in conflict: the base changed {} as well, so merging takes this run's version and closing keeps the other",
                named(&conflict.paths)
            )
        }
        Some(conflict) => format!("; in conflict: {}", stays(conflict)),
    }
}

fn stays(conflict: &Conflict) -> String {
    let place = match conflict.pull_request {
        Some(number) => format!("pull request #{number}"),
        None => format!("branch `{}`", conflict.branch),
    };
    format!("a person changed {} as well and their version stays, {place} shows both", named(&conflict.paths))
}

fn named(paths: &[String]) -> String {
    let names: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    match paths.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        rest => format!("{} and {rest} more", names.join(", ")),
    }
}

fn list(text: &mut String, paths: &[String]) {
    for path in paths {
        let _ = writeln!(text, "- {path}");
    }
}

#[cfg(test)]
mod tests {
    use forgeline_engine::fact::{Conflict, Publication, PullRequestRef};
    use serde_json::json;

    use super::{conflict_clause, conflict_note};

    #[track_caller]
    fn check(branch: &str, paths: &[&str], pull_request: Option<u64>, clause: &str) {
        let conflict = Conflict {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            branch: "b-conflict".into(),
            pull_request,
        };
        let publication = Publication {
            branch: branch.into(),
            commit: "1".repeat(40),
            tree: "2".repeat(40),
            pull_request: Some(PullRequestRef { number: 1, opened: true }),
            gate: json!(null),
            conflict: Some(conflict),
        };
        assert_eq!(conflict_clause(&publication), clause);
        let none = Publication { conflict: None, ..publication };
        assert_eq!(conflict_clause(&none), "");
    }

    #[test]
    fn a_conflict_says_whose_version_stands_and_where_both_are() {
        let clause = "; in conflict: a person changed `a` as well and their version stays, pull request #4 shows both";
        check("b", &["a"], Some(4), clause);
        let clause = "; in conflict: a person changed `a`, `b`, `c` and 1 more as well and their version stays, branch \
                      `b-conflict` shows both";
        check("b", &["a", "b", "c", "d"], None, clause);
        let clause = "; in conflict: the base changed `a` as well, so merging takes this run's version and closing keeps \
                      the other";
        check("b-conflict", &["a"], Some(4), clause);
    }

    #[test]
    fn the_runs_pull_request_points_to_the_other_one() {
        let conflict = Conflict { paths: vec!["a".into()], branch: "b-conflict".into(), pull_request: Some(4) };
        let expected =
            "**In conflict:** a person changed `a` as well and their version stays, pull request #4 shows both\n";
        assert_eq!(conflict_note(&conflict), expected);
    }
}
