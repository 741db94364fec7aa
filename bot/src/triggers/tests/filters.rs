//! Filters: one case for each, and that a filter only ever takes away.

use forgeline_blueprints::blueprint::PullRequestAction;

use super::{
    Change, Happening, ItemFacts, Occurrence, Proposed, Pushed, blueprint, change, decide, item, opened, outcome,
};
use crate::triggers::Skip;

fn pull_request(on: &str, proposed: Proposed) -> String {
    let definition = blueprint("checks", &format!("\n  - pull_request: {on}\n"));
    let is_end = proposed.action.is_end();
    let open = ItemFacts { kind: "pull request".into(), state: "open".into(), is_closed: is_end, ..item() };
    let occurrence = Occurrence { what: Happening::PullRequest(proposed), item: Some(open) };
    outcome(&decide(&occurrence, [definition.as_ref()])[0])
}

fn base() -> Proposed {
    opened(change("main", &["src/a.rs"]))
}

fn pushed(on: &str, pushed: Pushed) -> String {
    let definition = blueprint("checks", &format!("\n  - push: {on}\n"));
    outcome(&decide(&Occurrence { what: Happening::Push(pushed), item: None }, [definition.as_ref()])[0])
}

fn tag(tag: &str) -> Pushed {
    Pushed::Tag { tag: tag.into(), author: "ana".into(), skip: None }
}

const STARTS: &str = "starts by trigger.pull_request at line 5";

#[test]
fn drafts_labels_authors_and_size_narrow_a_pull_request() {
    let draft = || Proposed { is_draft: true, ..base() };
    let labelled = |labels: &[&str]| Proposed { labels: labels.iter().map(ToString::to_string).collect(), ..base() };
    let by = |author: &str| opened(Change { author: author.into(), ..change("main", &["src/a.rs"]) });
    for (on, proposed, expected) in [
        ("{draft: any}", draft(), STARTS),
        ("{draft: false}", draft(), "trigger.pull_request: draft expected no draft, actual a draft"),
        ("{draft: true}", base(), "trigger.pull_request: draft expected a draft, actual no draft"),
        ("{draft: true}", draft(), STARTS),
        ("{labels: {any: [go, \"ready*\"]}}", labelled(&["Ready-now"]), STARTS),
        (
            "{labels: {any: [go, \"ready*\"]}}",
            labelled(&[]),
            "trigger.pull_request: labels expected go or ready*, actual no label",
        ),
        ("{labels: {all: [a, b]}}", labelled(&["a"]), "trigger.pull_request: labels expected all of a, b, actual a"),
        (
            "{labels: {none: [wip]}}",
            labelled(&["WIP"]),
            "trigger.pull_request: labels expected none of wip, actual WIP",
        ),
        ("{authors: [\"an*\"]}", base(), STARTS),
        ("{authors: [bo]}", base(), "trigger.pull_request: author expected bo, actual ana"),
        (
            "{not_authors: [\"*[bot]\"]}",
            by("renovate[bot]"),
            "trigger.pull_request: author expected not *[bot], actual renovate[bot]",
        ),
        ("{max_files: 1, max_lines: 10}", base(), STARTS),
        ("{max_lines: 9}", base(), "trigger.pull_request: size expected at most 9 lines, actual 10 lines"),
        (
            "{max_files: 1}",
            opened(change("main", &["a", "b"])),
            "trigger.pull_request: size expected at most 1 files, actual 2 files",
        ),
    ] {
        assert_eq!(pull_request(on, proposed), expected, "{on}");
    }
}

#[test]
fn what_happens_to_a_pull_request_is_told_apart() {
    let on = |action| Proposed { action, ..base() };
    assert_eq!(pull_request("{}", on(PullRequestAction::Updated)), STARTS);
    assert_eq!(
        pull_request("{}", on(PullRequestAction::Merged)),
        "trigger.pull_request: action expected opened or updated, actual merged"
    );
    assert_eq!(pull_request("{actions: [merged]}", on(PullRequestAction::Merged)), STARTS);
    assert_eq!(pull_request("{actions: [closed]}", on(PullRequestAction::Closed)), STARTS);
    assert_eq!(
        pull_request("{actions: [closed]}", on(PullRequestAction::Opened)),
        "trigger.pull_request: action expected closed, actual opened"
    );
    assert_eq!(pull_request("{draft: false}", on(PullRequestAction::Ready)), STARTS);
}

#[test]
fn a_skip_marker_keeps_everything_from_starting() {
    let skip = Skip::find("Fix [skip forgeline]", None);
    let proposed = opened(Change { skip: skip.clone(), ..change("main", &["a"]) });
    let expected = "skip expected no skip marker, actual `[skip forgeline]` in the commit's message";
    assert_eq!(pull_request("{}", proposed), format!("trigger.pull_request: {expected}"));
    let branch = Pushed::Branch(Change { skip: skip.clone(), ..change("main", &["a"]) });
    assert_eq!(pushed("{}", branch), format!("trigger.push: {expected}"));
    let marked = Pushed::Tag { tag: "v1".into(), author: "ana".into(), skip };
    assert_eq!(pushed("{tags: [\"v*\"]}", marked), format!("trigger.push: {expected}"));
}

#[test]
fn tags_and_branches_are_told_apart() {
    let main = || Pushed::Branch(change("main", &["a"]));
    let starts = "starts by trigger.push at line 5";
    assert_eq!(pushed("{tags: [\"v*\"]}", tag("v1.0")), starts);
    assert_eq!(pushed("{tags: [\"v*\"]}", tag("x")), "trigger.push: tag expected v*, actual the tag x");
    assert_eq!(pushed("{tags: [\"v*\"]}", main()), "trigger.push: branch expected the tag v*, actual main");
    assert_eq!(pushed("{}", tag("v1")), "trigger.push: tag expected a branch, actual the tag v1");
    let both = "{tags: [\"v*\"], branches: [main]}";
    assert_eq!((pushed(both, tag("v1")), pushed(both, main())), (starts.into(), starts.into()));
    assert_eq!(
        pushed("{tags: [\"v*\"], not_authors: [ana]}", tag("v1")),
        "trigger.push: author expected not ana, actual ana"
    );
}

#[test]
fn types_states_labels_and_authors_narrow_a_work_item() {
    let check = |on: &str| {
        let definition = blueprint("checks", &format!("\n  - work_item: {on}\n"));
        let occurrence = Occurrence { what: Happening::ItemChanged, item: Some(item()) };
        outcome(&decide(&occurrence, [definition.as_ref()])[0])
    };
    let starts = "starts by trigger.work_item at line 5";
    for (on, expected) in [
        ("{states: [New, approved]}", starts),
        ("{states: [New, Done]}", "trigger.work_item: state expected New or Done, actual Approved"),
        ("{types: [Bug]}", "trigger.work_item: type expected Bug, actual User Story"),
        ("{labels: {any: [generate]}, authors: [ana]}", starts),
        ("{labels: {none: [generate]}}", "trigger.work_item: labels expected none of generate, actual generate"),
        ("{authors: [bo]}", "trigger.work_item: author expected bo, actual ana"),
    ] {
        assert_eq!(check(on), expected, "{on}");
    }
}

/// Each filter alone, and each pair: what a pair lets through, each of the two lets through.
#[test]
fn a_filter_only_ever_takes_away() {
    let filters = [
        "paths: [\"src/**\"]",
        "branches: [main, \"release/*\"]",
        "draft: false",
        "draft: true",
        "labels: {any: [a]}",
        "labels: {none: [a]}",
        "authors: [ana]",
        "not_authors: [ana]",
        "max_files: 1",
        "max_lines: 10",
    ];
    let mut occurrences = Vec::new();
    for branch in ["main", "release/1", "topic"] {
        for paths in [&["src/a"][..], &["docs/a", "src/b"], &["docs/a"]] {
            for (is_draft, label) in [(false, "a"), (true, "a"), (false, "b")] {
                for (author, lines) in [("ana", 10), ("bo", 11)] {
                    let change = Change { author: author.into(), lines, ..change(branch, paths) };
                    let labels = vec![label.to_owned()];
                    occurrences.push(Proposed { is_draft, labels, ..opened(change) });
                }
            }
        }
    }
    let key = |filter: &str| filter.split(':').next().unwrap_or_default().to_owned();
    let starts = |on: &str| -> Vec<bool> {
        let on = format!("\n  - pull_request: {{{on}}}\n");
        let definition = blueprint("checks", &on);
        let open = || ItemFacts { kind: "pull request".into(), ..item() };
        let asked = occurrences.iter().map(|proposed| {
            let occurrence = Occurrence { what: Happening::PullRequest(proposed.clone()), item: Some(open()) };
            decide(&occurrence, [definition.as_ref()])[0].starts
        });
        asked.collect()
    };
    let alone: Vec<Vec<bool>> = filters.iter().map(|filter| starts(filter)).collect();
    for (i, one) in filters.iter().enumerate() {
        assert!(alone[i].contains(&true) && alone[i].contains(&false), "`{one}` tells apart");
        for (j, other) in filters.iter().enumerate().skip(i + 1) {
            if key(one) == key(other) {
                continue;
            }
            let both = starts(&format!("{one}, {other}"));
            // `branches` takes the place of the default branch, so the pair is compared where that is met.
            for (at, is_both) in both.iter().enumerate() {
                let widens = [one, other].iter().any(|it| it.starts_with("branches"));
                let expected = alone[i][at] && alone[j][at];
                assert!(*is_both == expected || (widens && *is_both), "`{one}` and `{other}` on {:?}", occurrences[at]);
            }
        }
    }
}
