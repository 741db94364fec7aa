//! What starts a run when files change: pushes and people's pull requests; the shipped review of contracts.

use crate::conformance::{
    factory::{blueprint, place, writes},
    scene::Scene,
    stage::Can,
    table::{Scenario, scenario},
};

const SCHEMA: &str = "schema-registry/events/shop/OrderPlaced/schema.json";
const BROKEN: &str = "{\"type\": \"object\"\n";

pub(in crate::conformance) const PUSHES: &[Scenario] = &[
    scenario("a push to the default branch starts what waits for its paths", |scene| {
        waits(scene, "acme/push-paths", "{push: {paths: [\"src/**\"]}}");
        scene.pushes("ana", "main", &[("docs/a.md", Some("A\n"))]);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing below src");
        scene.pushes("ana", "main", &[("src/a.rs", Some("// A\n"))]);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "something below src");
    }),
    scenario("a push to another branch starts only what waits for that branch", |scene| {
        waits(scene, "acme/push-branches", "{push: {branches: [\"release/*\"]}}");
        scene.pushes("ana", "main", &[("src/a.rs", Some("// A\n"))]);
        scene.pushes("ana", "topic", &[("src/b.rs", Some("// B\n"))]);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "neither is a release");
        scene.pushes("ana", "release/1", &[("src/c.rs", Some("// C\n"))]);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "a release");
    }),
    scenario("a merge is a push and starts what waits for its paths", |scene| {
        waits(scene, "acme/push-merge", "{push: {paths: [\"src/**\"]}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something");
        scene.looks();
        scene.merges("bo", pull);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the merge brought it");
    }),
    scenario("a tag starts what waits for tags", |scene| {
        waits(scene, "acme/push-tags", "{push: {tags: [\"v*\"]}}");
        scene.tags("ana", "v1.0", "main");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "a run of the tag");
    }),
];

pub(in crate::conformance) const PROPOSALS: &[Scenario] = &[
    scenario("a pull request starts a run for each of its heads", |scene| {
        waits(scene, "acme/heads", "{pull_request: {paths: [\"src/**\"]}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something");
        scene.looks();
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// B\n"))]);
        scene.looks();
        scene.closes("ana", pull);
        scene.looks();
        scene.reopens("ana", pull);
        scene.looks();
    }),
    scenario("a run that a pull request started tells there how it ended", |scene| {
        waits(scene, "acme/told", "{pull_request: {}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something");
        scene.looks();
        scene.must(scene.said(pull).contains("published"), "the end is told");
    }),
    scenario("a pull request whose paths nobody waits for starts nothing", |scene| {
        waits(scene, "acme/paths", "{pull_request: {paths: [\"src/**\"]}}");
        scene.pushes("ana", "topic", &[("docs/a.md", Some("A\n"))]);
        scene.proposes("ana", "topic", "Something");
        scene.looks();
    }),
    scenario("a held pull request starts nothing", |scene| {
        waits(scene, "acme/held", "{pull_request: {}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something");
        scene.labels("ana", pull, "forgeline/hold");
        scene.looks();
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// B\n"))]);
        scene.looks();
    }),
    scenario("a draft starts a run and so does its next head", |scene| {
        waits(scene, "acme/drafts", "{pull_request: {}}");
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes_draft("ana", "topic", "Something");
        scene.looks();
        scene.is_ready("ana", pull);
        scene.looks();
    }),
    scenario("a pull request from a fork of somebody who may not write starts nothing", |scene| {
        waits(scene, "acme/forks", "{pull_request: {}}");
        scene.forks("eve", "topic", &[("src/a.rs", Some("// A\n"))]);
        scene.proposes("eve", "eve:topic", "Something");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "only the fork's");
    })
    .needs(&[Can::Fork]),
    scenario("a pull request from an editor's fork starts a run", |scene| {
        waits(scene, "acme/own-forks", "{pull_request: {}}");
        scene.forks("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        scene.proposes("ana", "ana:topic", "Something");
        scene.looks();
    })
    .needs(&[Can::Fork]),
    scenario("a maintainer lets one revision of an outsider run", |scene| {
        waits(scene, "acme/trusted", "{pull_request: {}}");
        scene.forks("eve", "topic", &[("src/a.rs", Some("// A\n"))]);
        let pull = scene.proposes("eve", "eve:topic", "Something");
        scene.looks();
        scene.says("bo", pull, &format!("/forgeline ok-to-test {}", scene.commit(pull)));
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "a run of that revision");
    })
    .needs(&[Can::Fork]),
    scenario("Forgeline's own pull request starts nothing", |scene| {
        waits(scene, "acme/own", "{pull_request: {}}");
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", issue, super::RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "no run of the pull request");
    }),
    scenario("definitions that a pull request brings are data until they are merged", |scene| {
        scene.own_repository("acme/definitions", false, &[]);
        let own = blueprint("review", "on: [{pull_request: {}}]", &writes("a", "1", ""));
        scene.pushes("ana", "topic", &[(&place("review"), Some(&own))]);
        let pull = scene.proposes("ana", "topic", "A blueprint");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "what the branch says starts nothing");
        scene.merges("bo", pull);
        scene.looks();
        scene.pushes("ana", "other", &[("src/a.rs", Some("// A\n"))]);
        scene.proposes("ana", "other", "Something");
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "merged, it is in force");
    }),
];

pub(in crate::conformance) const REVIEWS: &[Scenario] = &[
    scenario("a pull request on contracts is reviewed until it is right", |scene| {
        scene.own_repository("acme/contracts", false, &[]);
        scene.pushes("ana", "topic", &[(SCHEMA, Some(BROKEN))]);
        let pull = scene.proposes("ana", "topic", "A contract");
        scene.looks();
        scene.pushes("ana", "topic", &[(SCHEMA, Some("{\"type\": \"object\"}\n"))]);
        scene.looks();
        scene.must(scene.said(pull).matches("###").count() == 1, "the same comment says it");
    }),
    scenario("a review of contracts that are gone is taken back", |scene| {
        scene.own_repository("acme/gone", false, &[]);
        scene.pushes("ana", "topic", &[(SCHEMA, Some(BROKEN))]);
        let pull = scene.proposes("ana", "topic", "A contract");
        scene.looks();
        scene.pushes("ana", "topic", &[(SCHEMA, None), ("docs/a.md", Some("A\n"))]);
        scene.looks();
        scene.must(!scene.said(pull).contains("2 errors"), "the comment does not tell what is not so any more");
    }),
    scenario("a review is asked for by a comment", |scene| {
        scene.own_repository("acme/asked", false, &[]);
        scene.pushes("ana", "topic", &[("docs/a.md", Some("A\n"))]);
        let pull = scene.proposes("ana", "topic", "Something");
        scene.looks();
        scene.says("ana", pull, "/forgeline run schema-review");
        scene.looks();
    }),
    scenario("a review of a fork's contracts is not started by who may not write", |scene| {
        scene.own_repository("acme/fork-contracts", false, &[]);
        scene.forks("eve", "topic", &[(SCHEMA, Some(BROKEN))]);
        let pull = scene.proposes("eve", "eve:topic", "A contract");
        scene.looks();
        scene.says("bo", pull, "/forgeline run schema-review");
        scene.looks();
    })
    .needs(&[Can::Fork]),
];

/// A repository of its own with a blueprint that waits for this.
pub(super) fn waits(scene: &Scene<'_>, repo: &str, on: &str) {
    let own = blueprint("follow", &format!("on: [{on}]"), &writes("a", "1", ""));
    scene.own_repository(repo, false, &[(&place("follow"), Some(&own))]);
}
