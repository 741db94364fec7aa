//! What starts a run without a command: labels and work items.

use super::RUN;
use crate::conformance::{
    factory::{blueprint, place, writes},
    stage::Can,
    table::{Scenario, scenario},
};

pub(in crate::conformance) const SCENARIOS: &[Scenario] = &[
    scenario("a label of an editor starts a run", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.looks();
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("an issue that is labelled before Forgeline sees it starts a run", |scene| {
        let issue = scene.issue("eve", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "who labelled it counts, not who opened it");
    }),
    scenario("a label of somebody who may not write starts nothing", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.looks();
        scene.labels("eve", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing starts");
    })
    .needs(&[Can::LabelAsReader]),
    scenario("a label that no blueprint waits for starts nothing", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "bug");
        scene.looks();
    }),
    scenario("the same label again joins the run there was", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.unlabels("ana", issue, "docs");
        scene.looks();
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("a label on a closed issue starts nothing", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.closes("ana", issue);
        scene.looks();
        scene.labels("ana", issue, "docs");
        scene.looks();
    }),
    scenario("a blueprint that needs a form asks for it once", |scene| {
        let issue = scene.issue("ana", "Orders", "We need orders.");
        scene.says("ana", issue, "/forgeline run http-service");
        scene.looks();
    }),
    scenario("an issue of an editor starts what waits for issues", |scene| {
        let own = blueprint("opened", "on: [{work_item: {types: [issue], state: open}}]", &writes("a", "1", ""));
        scene.own_repository("acme/opened", false, &[(&place("opened"), Some(&own))]);
        scene.issue("ana", "Data", "Some.");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
        scene.issue("eve", "More data", "Some.");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "a reader's issue starts nothing");
    }),
    scenario("a merged artifact starts what waits for it", |scene| {
        let on = "on:\n  - event: {type: ArtifactMerged, version: \"^1\", when: 'event.artifact_type == \"DocsPage\"'}";
        let own = blueprint("follow-up", on, &writes("a", "1", ""));
        scene.own_repository("acme/events", false, &[(&place("follow-up"), Some(&own))]);
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.merges("bo", scene.pull());
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "what follows");
        scene.merges("bo", scene.pull());
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "a blueprint does not start itself");
    }),
];
