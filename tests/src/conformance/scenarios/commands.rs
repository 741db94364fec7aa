//! What counts as a command, and what is answered to one that cannot be read.

use super::RUN;
use crate::conformance::{
    scene::Scene,
    stage::Can,
    table::{Scenario, scenario},
};

pub(in crate::conformance) const READ: &[Scenario] = &[
    scenario("the short form starts a run too", |scene| {
        one(scene, "ana", "/fl run docs-page");
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("a mistyped command is answered with what was meant", |scene| {
        one(scene, "ana", "/forgeline rnu docs-page");
    }),
    scenario("a mistyped blueprint is answered with what was meant", |scene| {
        one(scene, "ana", "/forgeline run docs-pgae");
    }),
    scenario("an option that does not exist is answered with the known one", |scene| {
        one(scene, "ana", "/forgeline run docs-page --max-us 3");
    }),
    scenario("a command without its verb is answered with how to get help", |scene| {
        one(scene, "ana", "Well then.\n\n/forgeline");
    }),
    scenario("several commands of a comment are answered in one reply", |scene| {
        one(scene, "ana", "Please:\n/forgeline status\n\n/forgeline plan docs-page\nThank you.\n/fl hold");
    }),
    scenario("of six commands in a comment the sixth is not read", |scene| {
        one(scene, "ana", &["/fl status"; 6].join("\n"));
    }),
    scenario("a command with Windows line ends and spaces is read", |scene| {
        one(scene, "ana", "Hello.\r\n  /Forgeline   status  \r\n");
    }),
];

pub(in crate::conformance) const IGNORED: &[Scenario] = &[
    scenario("quotes, code and HTML comments ask for nothing", |scene| {
        let text = format!(
            "> {RUN}\n\n```\n{RUN}\n```\n\n    {RUN}\n\n<!--\n{RUN}\n-->\n\n<blockquote>\n{RUN}\n</blockquote>\n\n`{RUN}`"
        );
        one(scene, "ana", &text);
        scene.must(scene.pulls("open").is_empty(), "no run");
    }),
    scenario("a command in the middle of a line asks for nothing", |scene| {
        one(scene, "ana", &format!("Shall I say {RUN}?"));
    }),
    scenario("a comment that is changed into a command asks for nothing", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        let comment = scene.says("ana", issue, "Hello.");
        scene.looks();
        scene.edits_comment("ana", comment, RUN);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "no run");
    })
    .needs(&[Can::ChangeComments]),
    scenario("a comment that is gone before Forgeline looks asks for nothing", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        let comment = scene.says("ana", issue, RUN);
        scene.deletes_comment("ana", comment);
        scene.looks();
    })
    .needs(&[Can::ChangeComments]),
    scenario("what another bot says asks for nothing", |scene| {
        one(scene, "renovate[bot]", RUN);
    }),
    scenario("a command on a closed issue asks for nothing", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.closes("ana", issue);
        scene.looks();
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.reopens("ana", issue);
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "opened again, it asks");
    }),
    scenario("a command in the text of an issue asks for nothing", |scene| {
        scene.issue("ana", "Returns", RUN);
        scene.looks();
    }),
    scenario("a command is acknowledged under the comment", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        let good = scene.says("ana", issue, "/forgeline status");
        let bad = scene.says("ana", issue, "/forgeline staus");
        scene.looks();
        scene.notes(&format!("signs: {:?} and {:?}", scene.reactions(good), scene.reactions(bad)));
    })
    .needs(&[Can::React]),
];

/// Somebody says this on a new issue, and Forgeline looks.
pub(super) fn one(scene: &Scene<'_>, who: &str, text: &str) -> u64 {
    let issue = scene.issue("ana", "Returns", "Within 30 days.");
    scene.says(who, issue, text);
    scene.looks();
    issue
}
