//! Runs that a comment asks for: inputs, plans, state, hold, cancel.

use super::{RUN, commands::one};
use crate::conformance::table::{Scenario, scenario};

pub(in crate::conformance) const INPUTS: &[Scenario] = &[
    scenario("a run gets the inputs of the comment", |scene| {
        one(scene, "ana", "/forgeline run docs-page folder=notes");
        let head = scene.head(scene.pull());
        scene.must(scene.file(&head, "notes/returns.md").is_some(), "the page is in the folder");
    }),
    scenario("an input with spaces is quoted, and one of another type is read as that", |scene| {
        one(scene, "ana", "/forgeline run typed name=\"Mr X\"\n/forgeline run typed name=x count=7");
        let head = scene.head(scene.pull());
        scene.must(scene.file(&head, "out/x.json").as_deref() == Some("7\n"), "the number is a number");
    }),
    scenario("a run without a required input is not started", |scene| {
        one(scene, "ana", "/forgeline run typed");
    }),
    scenario("a run with an unknown input is not started", |scene| {
        one(scene, "ana", "/forgeline run docs-page foldr=notes");
    }),
    scenario("a run with an input of the wrong type is not started", |scene| {
        one(scene, "ana", "/forgeline run typed name=x count=many");
    }),
    scenario("a run may be given less money", |scene| {
        one(scene, "ana", "/forgeline run docs-page --max-usd 0.50");
    }),
    scenario("an amount that is none is not understood", |scene| {
        one(scene, "ana", "/forgeline run docs-page --max-usd much");
    }),
    scenario("a plan tells what would be done and does nothing", |scene| {
        one(scene, "ana", "/forgeline plan ask");
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
    }),
    scenario("a plan of what does not fit tells why", |scene| {
        one(scene, "ana", "/forgeline plan typed name=X");
    }),
];

pub(in crate::conformance) const STATE: &[Scenario] = &[
    scenario("status tells the runs of an item and where they are", |scene| {
        let issue = one(scene, "ana", "/forgeline run ask");
        scene.says("eve", issue, "/forgeline status");
        scene.looks();
        scene.says("ana", issue, "/forgeline cancel");
        scene.looks();
    }),
    scenario("why tells what was decided on the item", |scene| {
        let issue = one(scene, "eve", RUN);
        scene.says("ana", issue, "/forgeline why");
        scene.looks();
    }),
    scenario("why tells nothing of other items", |scene| {
        one(scene, "ana", "/forgeline why acme/other#1");
    }),
    scenario("a held item starts nothing until it is released", |scene| {
        let issue = one(scene, "ana", "/forgeline hold");
        scene.says("ana", issue, &format!("{RUN}\n/forgeline status"));
        scene.looks();
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing starts");
        scene.says("ana", issue, "/forgeline hold cancel");
        scene.looks();
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "it starts");
    }),
    scenario("the label that holds is as good as the command", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "forgeline/hold");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.unlabels("ana", issue, "forgeline/hold");
        scene.says("ana", issue, RUN);
        scene.looks();
    }),
    scenario("a run that waits is cancelled by who may write", |scene| {
        let issue = one(scene, "ana", "/forgeline run ask");
        scene.says("ben", issue, "/forgeline cancel");
        scene.looks();
        scene.says("ben", issue, "/forgeline cancel");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
    }),
    scenario("a mistyped run is not cancelled", |scene| {
        one(scene, "ana", "/forgeline cancel everything\n/forgeline cancel run_0123456789abcdef");
    }),
    scenario("two items have two runs and two pull requests", |scene| {
        let (one, two) = (scene.issue("ana", "Returns", "30 days."), scene.issue("ben", "Refunds", "14 days."));
        scene.says("ana", one, RUN);
        scene.says("ben", two, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 2, "one pull request for each");
    }),
];
