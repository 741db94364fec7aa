//! Work items of repositories that keep nothing else: which repository they are about.

use super::RUN;
use crate::conformance::{
    factory::settings,
    scene::Scene,
    stage::Role,
    table::{Scenario, scenario},
};

pub(in crate::conformance) const SCENARIOS: &[Scenario] = &[
    scenario("a work item without a route is answered once with the choices", |scene| {
        let code = tracker(scene, "lost", "");
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.said(issue).contains(&code), "the choices are named");
        scene.unlabels("ana", issue, "docs");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.said(issue).matches("Which repository?").count() == 1, "once");
        proposed(scene, &code, 0);
    }),
    scenario("a work item is routed by its label", |scene| {
        let code = tracker(scene, "labels", "routes: [{label: payments, repository: acme/pay-labels}]\n");
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "payments");
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.must(scene.said(issue).contains(&code), "the repository is named");
        proposed(scene, &code, 1);
        scene.must(scene.pulls("open").is_empty(), "and none where the item is");
    }),
    scenario("a work item is routed by its area", |scene| {
        let root = scene.area_root("acme/items-areas");
        let route = format!(
            "routes:\n  - {{area_path: '{root}\\Returns', repository: acme/none-areas}}\n  \
             - {{area_path: '{root}\\Orders', repository: acme/pay-areas}}\n"
        );
        let code = tracker(scene, "areas", &route);
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.moves_to_area("ana", issue, "Orders\\Api");
        scene.says("ana", issue, RUN);
        scene.looks();
        proposed(scene, &code, 1);
    }),
    scenario("the first route that fits counts", |scene| {
        let routes = "routes:\n  - {label: payments, type: Bug, repository: acme/none-first}\n  \
                      - {type: issue, repository: acme/pay-first}\n  - {label: payments, repository: acme/none-first}\n";
        let code = tracker(scene, "first", routes);
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.labels("ana", issue, "payments");
        scene.says("ana", issue, RUN);
        scene.looks();
        proposed(scene, &code, 1);
    }),
    scenario("repo= names the repository", |scene| {
        let code = tracker(scene, "named", "");
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", issue, &format!("{RUN} repo={code}"));
        scene.looks();
        proposed(scene, &code, 1);
        scene.says("ana", issue, "/forgeline status");
        scene.looks();
        scene.must(scene.said(issue).contains("docs-page"), "the item knows its run");
    }),
    scenario("repo= of a repository where the person may not write is refused", |scene| {
        let code = tracker(scene, "barred", "");
        scene.role_in(&code, "ben", Role::Reader);
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ben", issue, &format!("{RUN} repo={code}"));
        scene.looks();
        proposed(scene, &code, 0);
        scene.says("ana", issue, &format!("{RUN} repo={code}"));
        scene.looks();
        proposed(scene, &code, 1);
    }),
    scenario("repo= of a repository that is none says what may be named", |scene| {
        let code = tracker(scene, "wrong", "");
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", issue, &format!("{RUN} repo=acme/nowhere"));
        scene.looks();
        scene.must(scene.said(issue).contains(&code), "the choices are named");
    }),
    scenario("a pull request beyond the bound waits and is opened when one closes", |scene| {
        let own = settings("policy: {max_open_prs: 1}\n");
        scene.own_repository("acme/full", false, &[("forgeline.yaml", Some(&own))]);
        let first = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", first, RUN);
        scene.looks();
        let second = scene.issue("ana", "Orders", "At most ten.");
        scene.says("ana", second, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one is open");
        scene.must(scene.said(second).contains("waits: 1 pull requests"), "the queue is seen");
        scene.closes("bo", scene.pull());
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the next one is open");
    }),
    scenario("repo= leads from one repository to another", |scene| {
        scene.another_repository("acme/pay-across");
        scene.own_repository("acme/shop-across", false, &[]);
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("ana", issue, &format!("{RUN} repo=acme/pay-across"));
        scene.looks();
        proposed(scene, "acme/pay-across", 1);
        scene.must(scene.pulls("open").is_empty(), "and none where the item is");
    }),
];

/// A repository that keeps work items only, beside one that they may be about: that one's name.
fn tracker(scene: &Scene<'_>, name: &str, routes: &str) -> String {
    let code = format!("acme/pay-{name}");
    scene.another_repository(&code);
    let own = settings(&format!("targets: [\"acme/pay-{name}\", \"acme/none-{name}\"]\n{routes}"));
    scene.own_repository(&format!("acme/items-{name}"), false, &[("forgeline.yaml", Some(&own))]);
    code
}

/// So many pull requests of Forgeline are open there.
fn proposed(scene: &Scene<'_>, repo: &str, expected: usize) {
    let heads = scene.heads_in(repo);
    let all = if heads.is_empty() { "none".to_owned() } else { heads.join(", ") };
    scene.notes(&format!("pull requests in {repo}: {all}"));
    scene.must(heads.len() == expected, "the pull requests there");
}
