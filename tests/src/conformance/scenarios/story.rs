//! One work item from the first word to the merge; its transcript is in the documentation.

use crate::conformance::table::{Scenario, scenario};

pub(in crate::conformance) const SCENARIOS: &[Scenario] =
    &[scenario("a work item becomes a merged pull request", |scene| {
        let text = "Customers ask how to send things back.\n\n- within 30 days\n- unused\n";
        let issue = scene.issue("eve", "How to return goods", text);
        scene.looks();
        scene.says("eve", issue, "/forgeline run docs-page");
        scene.looks();
        scene.labels("ana", issue, "docs");
        scene.looks();
        let pull = scene.pull();
        scene.pushes("ben", &scene.head(pull), &[("docs/index.md", Some("- [Returns](how-to-return-goods.md)\n"))]);
        scene.edits("ana", issue, &text.replace("30", "60"));
        scene.says("ana", issue, "/forgeline revise It is 60 days now.");
        scene.looks();
        scene.must(scene.pulls("open") == [pull], "the same pull request");
        scene.says("bo", issue, "/forgeline status");
        scene.looks();
        scene.merges("bo", pull);
        scene.closes("bo", issue);
        scene.looks();
        let page = scene.file("main", "docs/how-to-return-goods.md").unwrap_or_default();
        scene.notes("docs/how-to-return-goods.md is on main, with 60 days");
        scene.must(page.contains("within 60 days"), "the page is on the main branch");
        scene.must(scene.file("main", "docs/index.md").is_some(), "so is what ben wrote");
    })];
