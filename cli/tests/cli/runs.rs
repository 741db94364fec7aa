//! Runs, looked at from all sides.

use crate::world::World;

/// A repository with one run of `docs-page`.
fn after_a_run() -> World {
    after_a_run_of("somebody")
}

fn after_a_run_of(user: &'static str) -> World {
    let world = World::of(user);
    world.repository("here");
    world.write("../item.md", "# Orders\n\nTakes orders.\n");
    world
        .forgeline("run docs-page --work-item ../item.md")
        .ok()
        .says("wrote branch `forgeline/docs-page/file-item-orders`");
    world
}

#[test]
fn a_run_is_shown_logged_and_explained() {
    let world = after_a_run();
    world
        .forgeline("runs show @latest")
        .ok()
        .says("status       published")
        .says("page   done    1")
        .says("docs/orders.md")
        .says("write gate: allow")
        .says("trigger.cli: start")
        .says("shows the change");
    world.forgeline("runs logs @latest").ok().says("wrote docs/orders.md (DocsPage)").says("published  wrote branch");
    world.forgeline("why @latest").ok().says("trigger.cli: start").says("stage page: done by");
    let commit = world.git("here", &["rev-parse", "forgeline/docs-page/file-item-orders"]);
    world.forgeline(&format!("why {}", &commit[..10])).ok().says("stage page: done by");
    world.forgeline("why file-item").ok().says("trigger.cli: start");
    world.forgeline("why something-else").ends(9).complains("nothing is known about `something-else`");
    world.forgeline("artifacts show 1").ok().says("# Orders").says("status      proposed");
    world.forgeline("artifacts lineage 1").ok().says("docs/orders.md");
    world.forgeline("artifacts show 99").ends(9).complains("no artifact 99");
    world.forgeline("runs cancel @latest").ends(1).complains("has ended: published");
}

#[test]
fn a_run_is_named_by_a_prefix_that_fits_one() {
    let world = after_a_run();
    let first = world.forgeline("runs list --json").ok().json()["runs"][0]["id"].as_str().expect("an id").to_owned();
    world.forgeline(&format!("runs show {}", &first[..10])).ok().says(&first);
    world.write("../other.md", "# Customers\n");
    world.forgeline("run docs-page --work-item ../other.md").ok();
    world.forgeline("runs show run_").ends(2).quiet().complains("may be 2 runs: `run_");
    world.forgeline("runs show run_zz").ends(9).complains("no run `run_zz`");
    world.forgeline("runs show @failed").ends(9).complains("no run has failed");
}

#[test]
fn the_same_work_has_the_same_record_on_every_machine() {
    let record = |world: &World| {
        let said = world.forgeline("runs show @latest --record --json").ok();
        said.json()["record"]["digest"].as_str().expect("a digest").to_owned()
    };
    let (one, two) = (after_a_run_of("ann"), after_a_run_of("ci"));
    assert_eq!(record(&one), record(&two));
    let printed = one.forgeline("runs show @latest --record").ok().complains("digest    sha256:");
    assert!(printed.out.starts_with("{\"agents\":"), "{}", printed.out);
    assert!(!printed.out.contains("run_") && !printed.out.contains("2026-"), "{}", printed.out);
}

#[test]
fn a_failed_run_says_where_why_and_what_to_do() {
    let world = World::new();
    world.repository("here");
    world.forgeline("init").ok();
    world.forgeline("blueprints new notes").ok();
    world.edit(
        "blueprints/notes/blueprint.yaml",
        "stages:\n  - id: write\n",
        "stages:\n  - id: write\n    retries: {max_attempts: 1}\n",
    );
    world.edit("blueprints/notes/blueprint.yaml", "docs/*.md", "docs/*");
    world.edit("agents/notes-writer/agent.yaml", ".md\"", ".yaml\"");
    world.edit("agents/notes-writer/agent.yaml", "validators: [paths", "validators: [yaml, paths");
    world.write("agents/notes-writer/templates/document.md.hbs", "a: [{{with.topic}}\n");
    world.forgeline("validate").ok();
    world.commit("here");
    let said = world.forgeline("run notes topic=x").ends(1);
    let said = said.says("failed in stage `write`");
    assert!(said.err.contains("failed"), "{}", said.err);
    world
        .forgeline("runs show @failed")
        .ok()
        .says("status       failed")
        .says("failed attempts\n  write, attempt 1")
        .says("docs/x.yaml")
        .says("next\n");
    world.forgeline("runs logs @failed").ok().says("given up");
    world.forgeline("why @failed").ok().says("stage write: failed");
    world.forgeline("dlq list").ok().says("write");
    assert_eq!(world.git("here", &["branch", "--list", "forgeline/*"]), "");
}

#[test]
fn every_answer_is_one_json_document() {
    let world = after_a_run();
    for line in [
        "runs list",
        "runs show @latest",
        "runs logs @latest",
        "runs show @latest --record",
        "why @latest",
        "blueprints list",
        "blueprints show docs-page",
        "agents list",
        "agents show docs-writer",
        "projects list",
        "contracts list",
        "contracts show ArtifactMerged",
        "contracts check",
        "contracts impact",
        "contracts explain required-added",
        "artifacts list",
        "artifacts show 1",
        "artifacts lineage 1",
        "dlq list",
        "config show",
        "explain",
        "explain FL0118",
        "completions zsh",
        "validate",
        "init --dry-run",
        "agents new someone --dry-run",
        "doctor",
    ] {
        let said = world.forgeline(&format!("{line} --json"));
        assert_eq!(said.code, 0, "{line}: {}", said.err);
        said.json();
    }
    for kind in ["blueprint", "agent", "factory", "operator", "event-envelope"] {
        let said = world.forgeline(&format!("schema {kind}")).ok();
        let schema: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        assert!(schema["$schema"].is_string(), "{kind}");
    }
}

#[test]
fn knowledge_that_is_not_there_is_said() {
    let world = World::new();
    world.forgeline("knowledge search orders").ends(8).quiet().complains("knowledge is unavailable");
    world.forgeline("doctor").ok().says("knowledge      limited").says("runs work without it");
}
