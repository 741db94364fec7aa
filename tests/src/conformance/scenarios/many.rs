//! Several processes and several machines at once: everything happens once.

use super::{RUN, commands::one};
use crate::conformance::{
    stage::Can,
    table::{Scenario, scenario},
};

pub(in crate::conformance) const PROCESSES: &[Scenario] = &[
    scenario("processes that look at once make one run of a comment", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.must(scene.pulls("open").len() == 1, "one pull request");
        scene.must(scene.said(issue).matches("**Started**").count() <= 1, "one answer");
    }),
    scenario("processes that look at once make one run of a label", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("two commands at once for one item are two runs and one pull request", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", issue, RUN);
        scene.says("ben", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("processes that look at once refuse once", |scene| {
        one(scene, "eve", RUN);
    }),
];

pub(in crate::conformance) const MACHINES: &[Scenario] = &[
    scenario("two machines make one pull request of a comment", |scene| {
        let issue = one(scene, "ana", RUN);
        scene.must(scene.pulls("open").len() == 1, "one pull request");
        scene.looks();
        scene.must(scene.said(issue).matches("**Started**").count() <= 1, "one answer");
    })
    .needs(&[Can::SeparateMachines]),
    scenario("two machines make one pull request of a label", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    })
    .needs(&[Can::SeparateMachines]),
];
