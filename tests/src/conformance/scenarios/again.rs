//! Once more: retry and revise.

use super::{RUN, commands::one};
use crate::conformance::table::{Scenario, scenario};

pub(in crate::conformance) const SCENARIOS: &[Scenario] = &[
    scenario("a failed run tells what is wrong, and is tried again with the item as it is then", |scene| {
        let issue = scene.issue("ana", "Data", "no json");
        scene.says("ana", issue, "/forgeline run data");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
        scene.edits("ana", issue, "[1]");
        scene.says("ana", issue, "/forgeline retry");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "it is written");
    }),
    scenario("without a run there is nothing to retry or revise", |scene| {
        one(scene, "ana", "/forgeline retry\n/forgeline revise shorter");
    }),
    scenario("a run that ended well is not tried again", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.says("ana", issue, "/forgeline retry");
        scene.looks();
    }),
    scenario("a run that ended well is made again when asked for all of it", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.says("ana", issue, "/forgeline retry --fresh");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "no second pull request");
    }),
    scenario("a stage that does not exist is not tried again", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.says("ana", issue, "/forgeline retry pgae");
        scene.looks();
    }),
    scenario("a held item is not tried again", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.says("ana", issue, "/forgeline hold\n/forgeline retry --fresh\n/forgeline revise shorter");
        scene.looks();
    }),
    scenario("a revision on the issue ends in the same pull request", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, "/forgeline revise Say 60 days.");
        scene.looks();
        let head = scene.head(scene.pull());
        let page = scene.file(&head, "docs/returns.md").unwrap_or_default();
        scene.must(page.contains("60 days"), "the page has what the item says now");
    }),
    scenario("a revision on the pull request ends in the same pull request", |scene| {
        let issue = one(scene, "ana", RUN);
        let pull = scene.pull();
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ben", pull, "/forgeline revise page Say 60 days.");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "the same pull request");
        let page = scene.file(&scene.head(pull), "docs/returns.md").unwrap_or_default();
        scene.must(page.contains("60 days"), "a revision on the pull request reads its work item anew");
    }),
    scenario("a revision keeps what a person committed", |scene| {
        let issue = one(scene, "ana", RUN);
        let head = scene.head(scene.pull());
        scene.pushes("ben", &head, &[("docs/by-hand.md", Some("By hand.\n"))]);
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, "/forgeline revise Say 60 days.");
        scene.looks();
        scene.must(scene.file(&head, "docs/by-hand.md").as_deref() == Some("By hand.\n"), "the file is there");
    }),
];
