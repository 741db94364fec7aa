//! What strangers write is data, and what may not be written is not.

use super::{RUN, commands::one};
use crate::conformance::{
    factory::{blueprint, place, settings, writes},
    stage::{Can, Role},
    table::{Scenario, scenario},
};

pub(in crate::conformance) const TEXT: &[Scenario] = &[
    scenario("mentions, closing words and HTML of an item do nothing in Forgeline's text", |scene| {
        let title = "Returns @ana closes #1, fixes https://github.com/acme/shop/issues/2 <b>now</b>";
        let issue = scene.issue("eve", title, "Fixes #1, @bo. <img src=x onerror=alert(1)>");
        scene.says("ana", issue, RUN);
        scene.looks();
        let title = scene.title(scene.pull());
        let acts = ["closes #1", "@ana", "https://"].iter().any(|word| title.contains(word));
        scene.must(!acts, "the title, which a merge puts into a commit, closes and calls nothing");
    }),
    scenario("a word of a command is shown as code and mentions nobody", |scene| {
        one(scene, "gus", "/forgeline run `@ana` <b>x</b> closes #1");
    }),
    scenario("a marker that somebody forges is not taken for Forgeline's comment", |scene| {
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        scene.says("eve", issue, "Mine.\n\n<!-- forgeline:status:docs-page -->");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.said(issue).contains("docs-page"), "Forgeline says it in a comment of its own");
    }),
    scenario("a branch that looks like Forgeline's is not taken for its pull request", |scene| {
        scene.own_repository("acme/branches", false, &[]);
        let issue = scene.issue("ana", "Returns", "Within 30 days.");
        let branch = format!("forgeline/docs-page/{issue}-returns");
        scene.pushes("ben", &branch, &[("docs/mine.md", Some("Mine.\n"))]);
        let tip = scene.tip(&branch);
        scene.says("ana", issue, RUN);
        scene.looks();
        let kept = scene.tip(&branch) == tip || scene.file(&branch, "docs/mine.md").is_some();
        scene.must(kept, "what ben pushed is there");
    }),
    scenario("a secret is not written", |scene| {
        let secret = format!("The key is AKIA{}.", "IOSFODNN7EXAMPLQ");
        let issue = scene.issue("ana", "Returns", &secret);
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
        scene.must(!scene.said(issue).contains("EXAMPLQ"), "the secret is not repeated");
    }),
    scenario("hidden characters are not written", |scene| {
        let issue = scene.issue("ana", "Returns", "Within \u{202e}30\u{202c} days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        let page = scene.file(&scene.head(scene.pull()), "docs/returns.md").unwrap_or_default();
        scene.must(page.contains("30 days"), "the page is written without them");
    }),
    scenario("a title that is a path stays in its folder", |scene| {
        let issue = scene.issue("eve", "../../etc/passwd", "Within 30 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
    }),
    scenario("a folder that leaves the repository is not taken", |scene| {
        one(scene, "ana", "/forgeline run docs-page folder=../../etc\n/forgeline run docs-page folder=.github");
    }),
];

pub(in crate::conformance) const GROUND: &[Scenario] = &[
    scenario("broken definitions start nothing and say where they are wrong", |scene| {
        scene.own_repository("acme/broken", false, &[("forgeline.yaml", Some(&settings("roles: 7\n")))]);
        let issue = one(scene, "ana", &format!("{RUN}\n/forgeline status"));
        scene.labels("ana", issue, "docs");
        scene.looks();
        scene.pushes("bo", "main", &[("forgeline.yaml", Some(&settings("")))]);
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "mended, it starts");
    }),
    scenario("an archived repository asks for nothing", |scene| {
        scene.own_repository("acme/archived", false, &[]);
        let issue = one(scene, "ana", "/forgeline status");
        scene.says("ana", issue, RUN);
        scene.archives();
        scene.looks();
        scene.must(scene.pulls("open").is_empty(), "nothing is written");
    })
    .needs(&[Can::Archive]),
    scenario("a private repository is served like a public one", |scene| {
        scene.own_repository("acme/secret", true, &[]);
        let issue = one(scene, "eve", "/forgeline plan docs-page\n/forgeline run docs-page");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "one pull request");
    }),
    scenario("why tells nothing of a private repository", |scene| {
        scene.own_repository("acme/hidden", true, &[]);
        scene.issue("ana", "Plans", "Takeover.");
        scene.looks();
        one(scene, "eve", "/forgeline why acme/shop#4711\n/forgeline why acme/secret");
    }),
    scenario("a rule of the factory refuses what is not to be written", |scene| {
        let policy = "policy:\n  rules:\n    - id: no-promises\n      when: 'file.content.contains(\"30 days\")'\n      \
                      verdict: block\n      message: legal must agree\n";
        scene.own_repository("acme/policy", false, &[("forgeline.yaml", Some(&settings(policy)))]);
        let issue = one(scene, "ana", RUN);
        scene.edits("ana", issue, "Within 60 days.");
        scene.says("ana", issue, RUN);
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "without the promise it is written");
    }),
    scenario("somebody may start as many runs as the factory lets", |scene| {
        let limits = settings("policy: {limits: {runs_per_actor_per_hour: 1}}\n");
        scene.own_repository("acme/limits", false, &[("forgeline.yaml", Some(&limits))]);
        // Of all that somebody starts the runs are counted, so this is somebody who starts nothing else.
        scene.role("lou", Role::Editor);
        let issue = one(scene, "lou", "/forgeline run docs-page\n/forgeline run docs-page folder=notes");
        scene.says("ben", issue, "/forgeline run docs-page folder=more");
        scene.looks();
    }),
    scenario("a failed run starts what its blueprint names", |scene| {
        let follow = blueprint("follow", "on: [{command: run}]", &writes("a", "1", ""));
        let fails = blueprint(
            "fails",
            "on: [{command: run}]\non_failure: [{stage: b, run: follow}]",
            &writes("b", "no json", ""),
        );
        let files = [(place("follow"), follow), (place("fails"), fails)];
        let files: Vec<(&str, Option<&str>)> = files.iter().map(|(path, text)| (&**path, Some(&**text))).collect();
        scene.own_repository("acme/failures", false, &files);
        one(scene, "ana", "/forgeline run fails");
        scene.must(scene.pulls("open").len() == 1, "what follows");
    }),
    scenario("a pull request with a skip marker starts nothing", |scene| {
        let follow = blueprint("follow", "on: [{pull_request: {}}]", &writes("a", "1", ""));
        scene.own_repository("acme/skips", false, &[(&place("follow"), Some(&follow))]);
        scene.pushes("ana", "topic", &[("src/a.rs", Some("// A\n"))]);
        scene.proposes("ana", "topic", "Something [skip forgeline]");
        scene.looks();
        scene.must(scene.pulls("open").len() == 1, "the marker is obeyed");
    }),
];
