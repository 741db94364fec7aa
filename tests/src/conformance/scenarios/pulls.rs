//! Forgeline's pull requests, and what people do to them.

use super::{RUN, commands::one};
use crate::conformance::table::{Scenario, scenario};

pub(in crate::conformance) const SCENARIOS: &[Scenario] = &[
    scenario("the same again changes nothing", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("a changed item updates its pull request", |scene| {
        let issue = one(scene, "ana", RUN);
        let pull = scene.pull();
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "the same pull request");
    }),
    scenario("a pull request that a person closed stays closed until a command asks", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.closes("ana", scene.pull());
        scene.edits("ana", issue, "Within 60 days.");
        scene.unlabels("ana", issue, "docs");
        scene.looks();
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written after a person said no");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "a command asks again");
    }),
    scenario("what a person committed on the branch is kept", |scene| {
        let issue = one(scene, "ana", RUN);
        let head = scene.head(scene.pull());
        scene.pushes("ben", &head, &[("docs/by-hand.md", Some("By hand.\n"))]);
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.file(&head, "docs/by-hand.md").is_some(), "the file is there");
    }),
    scenario("what a person wrote in the same place is not overwritten", |scene| {
        let issue = one(scene, "ana", RUN);
        let head = scene.head(scene.pull());
        scene.pushes("ben", &head, &[("docs/returns.md", Some("# Returns\n\nNever.\n"))]);
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        let page = scene.file(&head, "docs/returns.md").unwrap_or_default();
        scene.must(page.contains("Never."), "their words stand");
        scene.must(scene.pulls("open").len() == 2, "another pull request shows both");
    }),
    scenario("a merged page that is asked for again is not proposed again", |scene| {
        scene.own_repository("acme/merged", false, &[]);
        let issue = one(scene, "ana", RUN);
        scene.merges("bo", scene.pull());
        scene.looks();
        scene.must(scene.file("main", "docs/returns.md").is_some(), "it is merged");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing differs");
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the next branch");
    }),
    scenario("a base that moved on does not stop a run", |scene| {
        scene.own_repository("acme/base", false, &[]);
        let issue = one(scene, "ana", RUN);
        scene.pushes("bo", "main", &[("NEWS.md", Some("# News\n"))]);
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the same pull request");
    }),
    scenario("a command on Forgeline's pull request is answered there", |scene| {
        one(scene, "ana", RUN);
        scene.says("ana", scene.pull(), "/forgeline status\n/forgeline help");
        scene.looks();
    }),
    scenario("a command on a closed pull request asks for nothing", |scene| {
        one(scene, "ana", RUN);
        let pull = scene.pull();
        scene.closes("ana", pull);
        scene.looks();
        scene.says("ana", pull, RUN);
        scene.looks();
    }),
];
