//! Who may do what: a refusal names the missing right.

use super::{RUN, commands::one};
use crate::conformance::{
    stage::Role,
    table::{Scenario, scenario},
};

pub(in crate::conformance) const REFUSED: &[Scenario] = &[
    scenario("a reader may not run", |scene| {
        one(scene, "eve", RUN);
    }),
    scenario("a guest may not run", |scene| {
        one(scene, "gus", RUN);
    }),
    scenario("a reader may not hold", |scene| {
        one(scene, "eve", "/forgeline hold\n/forgeline hold cancel");
    }),
    scenario("a reader may not retry or revise", |scene| {
        one(scene, "eve", "/forgeline retry\n/forgeline revise shorter");
    }),
    scenario("a reader may not cancel the run of another", |scene| {
        let issue = one(scene, "ana", "/forgeline run ask");
        scene.says("eve", issue, "/forgeline cancel");
        scene.looks();
        scene.says("ana", issue, "/forgeline cancel");
        scene.looks();
    }),
    scenario("a guest may not ask for plan, status or reasons", |scene| {
        one(scene, "gus", "/forgeline plan docs-page\n/forgeline status\n/forgeline why");
    }),
    scenario("an editor may not say that an outsider is trusted", |scene| {
        one(scene, "ana", "/forgeline ok-to-test 1234567abc");
    }),
];

pub(in crate::conformance) const ALLOWED: &[Scenario] = &[
    scenario("help tells a guest what a guest may do", |scene| {
        one(scene, "gus", "/forgeline help");
    }),
    scenario("help tells a reader what a reader may do", |scene| {
        one(scene, "eve", "/forgeline help");
    }),
    scenario("help tells an editor what an editor may do", |scene| {
        one(scene, "ana", "/forgeline help");
    }),
    scenario("help tells a maintainer what a maintainer may do", |scene| {
        one(scene, "bo", "/forgeline help");
    }),
    scenario("a reader may ask for status and reasons", |scene| {
        one(scene, "eve", "/forgeline status\n/forgeline why");
    }),
    scenario("an administrator may run", |scene| {
        one(scene, "zoe", RUN);
    }),
    scenario("a role that was given counts at once, and one that was taken", |scene| {
        scene.own_repository("acme/roles", false, &[]);
        let issue = one(scene, "eve", RUN);
        scene.role("eve", Role::Editor);
        scene.says("eve", issue, RUN);
        scene.looks();
        scene.role("ben", Role::Reader);
        scene.says("ben", issue, "/forgeline hold");
        scene.looks();
    }),
    scenario("a factory may ask for more than the forge does", |scene| {
        let strict = crate::conformance::factory::settings("roles: {run: [maintainer]}\n");
        scene.own_repository("acme/strict", false, &[("forgeline.yaml", Some(&strict))]);
        let issue = one(scene, "ana", RUN);
        scene.says("bo", issue, RUN);
        scene.looks();
    }),
];
