//! Stages that wait for people.

use super::commands::one;
use crate::conformance::{
    scene::Scene,
    stage::Role,
    table::{Scenario, scenario},
};

pub(in crate::conformance) const SCENARIOS: &[Scenario] = &[
    scenario("a maintainer approves exactly what waits and the run goes on", |scene| {
        let (issue, line) = asked(scene, "ask");
        scene.must(scene.pulls("open").is_empty(), "nothing is written before");
        scene.says("bo", issue, &line);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "it is written");
    }),
    scenario("an approval of another commit counts for nothing", |scene| {
        let (issue, line) = asked(scene, "ask");
        let digest = line.rsplit(' ').next().unwrap_or_default();
        scene.says("bo", issue, &format!("/forgeline approve ok 0123456789abcdef {digest}"));
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
        give_up(scene, issue);
    }),
    scenario("an approval without the digest of what waits counts for nothing", |scene| {
        let (issue, line) = asked(scene, "ask");
        let short = line.rsplit_once(' ').map(|(short, _)| short).unwrap_or_default().to_owned();
        scene.says("bo", issue, &short);
        scene.looks();
        give_up(scene, issue);
    }),
    scenario("who asked for a run does not approve it", |scene| {
        let issue = one(scene, "bo", "/forgeline run ask");
        let line = scene.line(issue, "/forgeline approve ok ");
        scene.says("bo", issue, &line);
        scene.looks();
        give_up(scene, issue);
    }),
    scenario("an editor does not approve what a maintainer must", |scene| {
        let (issue, line) = asked(scene, "ask");
        scene.says("ben", issue, &line);
        scene.says("ben", issue, "/forgeline reject ok never");
        scene.looks();
        give_up(scene, issue);
    }),
    scenario("a refusal ends the run and nothing is written", |scene| {
        let (issue, _) = asked(scene, "ask");
        scene.says("bo", issue, "/forgeline reject ok not like this, @ana");
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
    }),
    scenario("a word on a stage that does not wait is answered", |scene| {
        let (issue, line) = asked(scene, "ask");
        scene.says("bo", issue, &line.replace(" ok ", " a "));
        scene.says("bo", issue, "/forgeline reject b no");
        scene.looks();
        give_up(scene, issue);
    }),
    scenario("two people must agree, and one twice is one", |scene| {
        let (issue, line) = asked(scene, "ask-two");
        scene.says("bo", issue, &line);
        scene.looks();
        scene.says("bo", issue, &line);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "one is not two");
        scene.says("zoe", issue, &line);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "two are");
    }),
    scenario("an approval counts with the role of now", |scene| {
        scene.own_repository("acme/approvals", false, &[]);
        let (issue, line) = asked(scene, "ask");
        scene.role("bo", Role::Reader);
        scene.says("bo", issue, &line);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
        give_up(scene, issue);
    }),
];

/// Ana asks for a run that waits; the issue and the line to paste.
fn asked(scene: &Scene<'_>, blueprint: &str) -> (u64, String) {
    let issue = one(scene, "ana", &format!("/forgeline run {blueprint}"));
    (issue, scene.line(issue, "/forgeline approve ok "))
}

/// Nothing is left that waits.
fn give_up(scene: &Scene<'_>, issue: u64) {
    scene.says("ana", issue, "/forgeline cancel");
    scene.looks();
}
