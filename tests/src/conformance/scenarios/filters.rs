//! What narrows a trigger: tags, skip markers, drafts, labels, authors, size; and the check that each blueprint has.

use super::changes::waits;
use crate::conformance::{
    factory::{blueprint, place, settings, writes},
    scene::Scene,
    stage::Can,
    table::{Scenario, scenario},
};

/// A file below `src` of a branch, and its pull request.
fn proposes(scene: &Scene<'_>, branch: &str) -> u64 {
    let path = format!("src/{branch}.rs");
    scene.pushes("ana", branch, &[(&path, Some("// A\n"))]);
    scene.proposes("ana", branch, "Something")
}

pub(in crate::conformance) const FILTERS: &[Scenario] = &[
    scenario("a commit with a skip marker starts nothing, and the next one does", |scene| {
        waits(scene, "acme/skip-push", "{push: {paths: [\"src/**\"]}}");
        scene.pushes_saying("ana", "main", "src/a.rs", "Tidy [skip ci]");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "the marker is obeyed");
        scene.pushes("ana", "main", &[("src/b.rs", Some("// B\n"))]);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "without it a run");
    }),
    scenario("a command overrides a skip marker, and why tells of it", |scene| {
        let own = blueprint("follow", "on: [{pull_request: {}}, {command: run}]", &writes("a", "1", ""));
        scene.own_repository("acme/skip-command", false, &[(&place("follow"), Some(&own))]);
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something ***NO_CI***");
        scene.looks();
        scene.says("ana", pull, "/forgeline why");
        scene.looks();
        scene.must(scene.said(pull).contains("no skip marker"), "why tells of the marker");
        scene.says("ana", pull, "/forgeline run follow");
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "a word is a word");
    }),
    scenario("a draft starts nothing where drafts do not count, until it is ready", |scene| {
        waits(scene, "acme/no-drafts", "{pull_request: {draft: false}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes_draft("ana", "topic", "Something");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "a draft");
        scene.is_ready("ana", pull);
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "ready");
    }),
    scenario("a label lets a pull request start a run", |scene| {
        waits(scene, "acme/labels", "{pull_request: {labels: {any: [go]}}}");
        let pull = proposes(scene, "topic");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "no label");
        scene.labels("ana", pull, "go");
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "the label");
    })
    .needs(&[Can::TellWhoLabels]),
    scenario("a label that must not be there keeps a pull request from starting a run until it is gone", |scene| {
        waits(scene, "acme/no-labels", "{pull_request: {labels: {none: [wip]}}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something");
        scene.labels("ana", pull, "wip");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "work goes on");
    }),
    scenario("who opened a pull request decides where authors are named", |scene| {
        waits(scene, "acme/authors", "{pull_request: {authors: [\"b*\"], not_authors: [\"bo*\"]}}");
        for (who, branch) in [("ana", "one"), ("bo", "two"), ("ben", "three")] {
            let path = format!("src/{branch}.rs");
            scene.pushes(who, branch, &[(&path, Some("// A\n"))]);
            scene.proposes(who, branch, "Something");
        }
        scene.looks();
        scene.must(scene.pulls("open").len() == 4, "only ben's");
    }),
    scenario("a pull request that changes too much starts nothing", |scene| {
        waits(scene, "acme/size", "{pull_request: {max_files: 1, max_lines: 2}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("1\n2\n3\n"))]);
        scene.proposes("ana", "topic", "Long");
        scene.pushes("ana", "other", &[("src/b.rs", Some("1\n")), ("src/c.rs", Some("1\n"))]);
        scene.proposes("ana", "other", "Wide");
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "neither");
        scene.pushes("ana", "small", &[("src/d.rs", Some("1\n2\n"))]);
        scene.proposes("ana", "small", "Small");
        scene.looks();
        scene.must(scene.pulls("open").len() == 4, "the small one");
    }),
    scenario("a pull request that is merged starts what waits for that, and one that is closed does not", |scene| {
        waits(scene, "acme/merged", "{pull_request: {actions: [merged]}}");
        let (one, two) = (proposes(scene, "one"), proposes(scene, "two"));
        scene.looks();
        scene.closes("ana", one);
        scene.looks();
        scene.must(scene.pulls("open") == [two], "closed");
        scene.merges("bo", two);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "merged");
    }),
    scenario("a pull request that is closed starts what waits for that", |scene| {
        waits(scene, "acme/closed", "{pull_request: {actions: [closed]}}");
        let pull = proposes(scene, "topic");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "opened");
        scene.closes("ana", pull);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "closed");
    }),
    scenario("a tag that nobody waits for starts nothing, and another one a run", |scene| {
        waits(scene, "acme/tags", "{push: {tags: [\"v*\"]}}");
        scene.tags("ana", "nightly", "main");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "another tag");
        scene.pushes("ana", "main", &[("src/a.rs", Some("// A\n"))]);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "a branch");
        scene.tags("ana", "v1", "main");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the tag");
    }),
    scenario("a tag that moves starts once more, by the right of who moved it", |scene| {
        waits(scene, "acme/moved-tags", "{push: {tags: [\"v*\"]}}");
        scene.pushes_saying("ana", "main", "README.md", "Words [skip forgeline]");
        scene.tags("ana", "v1", "main");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "a marker");
        scene.pushes("ben", "main", &[("src/a.rs", Some("// A\n"))]);
        scene.tags("ben", "v1", "main");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the tag that moved");
    })
    .needs(&[Can::TellWhoMovesTags]),
    scenario("an issue starts only what waits for its author and label", |scene| {
        waits(scene, "acme/issues", "{work_item: {states: [open], authors: [\"ana*\"], labels: {none: [wip]}}}");
        scene.issue("ben", "Returns", "Within 30 days.");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "another author");
        scene.issue("ana", "Returns", "Within 30 days.");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "ana's");
    }),
];

const POLICY: &str = "policy:\n  labels: {working: \"bot: at work\", waiting: \"bot: asks\", proposed: \"bot: look\", failed: \"bot: \
                      failed\", merged: \"bot: done\"}\n  states: {merged: closed}\n";

pub(in crate::conformance) const STANDINGS: &[Scenario] = &[
    scenario("a work item has the label of how far it is, and is closed by the merge", |scene| {
        scene.own_repository("acme/standings", false, &[("forgeline.yaml", Some(&settings(POLICY)))]);
        let issue = super::commands::one(scene, "ana", super::RUN);
        scene.must(scene.labels_of(issue) == ["bot: look"], "there is something to look at");
        scene.merges("bo", scene.pull());
        scene.looks();
        scene.must(scene.labels_of(issue) == ["bot: done"], "it is done");
        scene.must(scene.state(issue) == "closed", "and closed");
    }),
    scenario("a work item whose run asks or fails has the label of that", |scene| {
        scene.own_repository("acme/standings-bad", false, &[("forgeline.yaml", Some(&settings(POLICY)))]);
        let issue = super::commands::one(scene, "ana", "/forgeline run ask");
        scene.must(scene.labels_of(issue) == ["bot: asks"], "it asks");
        scene.says("bo", issue, "/forgeline reject ok no");
        scene.looks();
        scene.must(scene.labels_of(issue) == ["bot: failed"], "it was refused");
    }),
];

/// A blueprint whose check is required.
fn required(scene: &Scene<'_>, repo: &str, filters: &str) {
    waits(scene, repo, &format!("{{pull_request: {{check: required, {filters}}}}}"));
}

fn must_end(scene: &Scene<'_>, pull: u64, end: &str) {
    let checks = scene.checks(pull);
    let expected = format!("forgeline/follow: {end}, 0 marks");
    scene.must(checks == [expected.as_str()], &format!("`{expected}`, not {checks:?}"));
}

pub(in crate::conformance) const CHECKS: &[Scenario] = &[
    scenario("a run has one check on the pull request that started it and one on its own", |scene| {
        waits(scene, "acme/checks", "{pull_request: {}}");
        let pull = proposes(scene, "topic");
        scene.looks();
        must_end(scene, pull, "success");
        let own = scene.pulls("open").into_iter().find(|it| *it != pull).unwrap_or_default();
        must_end(scene, own, "success");
    }),
    scenario("a check that fails says so on the pull request", |scene| {
        let own = blueprint("follow", "on: [{pull_request: {}}]", &writes("a", "no json", ""));
        scene.own_repository("acme/bad-checks", false, &[(&place("follow"), Some(&own))]);
        let pull = proposes(scene, "topic");
        scene.looks();
        must_end(scene, pull, "failure");
    }),
    scenario("a check waits for a person while an approval is asked for, and ends when it is given", |scene| {
        let ask = "  - {id: ok, needs: [a], approval: {roles: [maintainer]}}\n";
        let stages = writes("a", "1", "") + ask + &writes("b", "2", ", needs: [ok]");
        let own = blueprint("follow", "on: [{pull_request: {}}]", &stages);
        scene.own_repository("acme/asking-checks", false, &[(&place("follow"), Some(&own))]);
        let pull = proposes(scene, "topic");
        scene.looks();
        must_end(scene, pull, "action_required");
        scene.says("bo", pull, &scene.line(pull, "/forgeline approve ok "));
        scene.looks();
        must_end(scene, pull, "success");
    }),
    scenario("a required check whose paths are not touched lets the pull request pass", |scene| {
        required(scene, "acme/pass-paths", "paths: [\"docs/**\"]");
        let pull = proposes(scene, "topic");
        scene.looks();
        must_end(scene, pull, "skipped");
    }),
    scenario("a required check of a draft is skipped, and made when it is ready", |scene| {
        required(scene, "acme/pass-drafts", "draft: false");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes_draft("ana", "topic", "Something");
        scene.looks();
        must_end(scene, pull, "skipped");
        scene.is_ready("ana", pull);
        scene.looks();
        must_end(scene, pull, "success");
    }),
    scenario("a required check of a pull request with a skip marker lets it pass", |scene| {
        required(scene, "acme/pass-skips", "paths: [\"src/**\"]");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something [skip forgeline]");
        scene.looks();
        must_end(scene, pull, "skipped");
    }),
    scenario("a required check of a pull request that is held or too large lets it pass", |scene| {
        required(scene, "acme/pass-held", "max_lines: 1");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("1\n2\n"))]);
        let pull = scene.proposes("ana", "topic", "Long");
        let held = proposes(scene, "held");
        scene.labels("ana", held, "forgeline/hold");
        scene.looks();
        must_end(scene, pull, "skipped");
        must_end(scene, held, "skipped");
    }),
    scenario("a required check of an outsider's pull request waits for a maintainer", |scene| {
        required(scene, "acme/pass-forks", "paths: [\"src/**\"]");
        scene.forks("eve", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("eve", "eve:topic", "Something");
        scene.looks();
        must_end(scene, pull, "action_required");
        scene.says("bo", pull, &format!("/forgeline ok-to-test {}", scene.commit(pull)));
        scene.looks();
        must_end(scene, pull, "success");
    })
    .needs(&[Can::Fork]),
    scenario("a required check of an outsider's pull request is not passed by a skip marker", |scene| {
        required(scene, "acme/pass-marked-forks", "paths: [\"src/**\"]");
        scene.forks("eve", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("eve", "eve:topic", "Something [skip forgeline]");
        scene.looks();
        must_end(scene, pull, "action_required");
    })
    .needs(&[Can::Fork]),
    scenario("an editor does not let an outsider's revision run", |scene| {
        let own = blueprint("follow", "on: [{command: run}]", &writes("a", "1", ""));
        scene.own_repository("acme/foreign", false, &[(&place("follow"), Some(&own))]);
        scene.forks("eve", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("eve", "eve:topic", "Something");
        scene.says("ana", pull, "/forgeline run follow");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "a maintainer must");
    })
    .needs(&[Can::Fork]),
    scenario("an approval dies when the base moves, and a new one is asked for", |scene| {
        scene.own_repository("acme/old-base", false, &[]);
        let issue = super::commands::one(scene, "ana", "/forgeline run ask");
        let line = scene.line(issue, "/forgeline approve ok ");
        scene.pushes("bo", "main", &[("NEWS.md", Some("# News\n"))]);
        scene.says("bo", issue, &line);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "it was for another base");
        scene.says("ana", issue, "/forgeline cancel\n/forgeline run ask");
        scene.looks();
        scene.says("bo", issue, &scene.line(issue, "/forgeline approve ok "));
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the new line counts");
    }),
];
