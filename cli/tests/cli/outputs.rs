//! `--json`: every command is held to the schema of its document, and every document has one.

use std::collections::BTreeSet;

use forgeline_registry::InputSchema;
use serde_json::Value;

use crate::{
    verbs,
    world::{Said, World},
};

/// Verbs whose document is not shown here: they need the knowledge process, a stage that waits for people, or
/// a forge elsewhere.
const ELSEWHERE: [&str; 5] =
    ["init-azure-devops-subscriptions", "knowledge-search", "knowledge-status", "runs-approve", "runs-reject"];

/// Commands whose documents are checked, each with the schema's name, in an order in which they can be given.
const COMMANDS: &[(&str, &str)] = &[
    ("demo", "demo --dry-run"),
    ("init", "init --dry-run"),
    ("init", "init"),
    ("init-azure-devops", "init azure-devops"),
    ("init-github-app", "init github-app --url https://forgeline.example.org"),
    ("blueprints-new", "blueprints new notes"),
    ("agents-new", "agents new writer --dry-run"),
    ("validate", "validate"),
    ("validate", "validate ../broken.md"),
    ("plan", "plan docs-page --work-item ../item.md"),
    ("plan", "run docs-page --work-item ../item.md --dry-run"),
    ("plan", "plan http-service name=orders --work-item ../orders.md"),
    ("run", "run docs-page --work-item ../item.md"),
    ("gate-replay", "gate replay @latest"),
    ("verify", "verify forgeline/docs-page/file-item-orders"),
    ("run", "run notes topic=x --work-item ../item.md"),
    ("runs-list", "runs list"),
    ("runs-show", "runs show @latest"),
    ("runs-show-record", "runs show @latest --record"),
    ("runs-logs", "runs logs @latest"),
    ("why", "why @latest"),
    ("local-repo-create", "local repo create acme/shop"),
    ("local-repo-list", "local repo list"),
    ("local-issue-create", "local issue create --title Returns --label docs"),
    ("local-issue-create", "local issue create --title Old --no-bot --dry-run"),
    ("local-issue-list", "local issue list"),
    ("local-issue-show", "local issue show 1"),
    ("local-issue-edit", "local issue edit 1 --body more --no-bot"),
    ("local-issue-close", "local issue close 1 --no-bot"),
    ("local-issue-reopen", "local issue reopen 1 --no-bot"),
    ("local-comment-add", "local comment add 1 /forgeline --no-bot"),
    ("bot-once", "bot once --dry-run"),
    ("bot-once", "bot once"),
    ("serve", "serve --dry-run"),
    ("rebuild", "rebuild --dry-run"),
    ("local-comment-list", "local comment list 1"),
    ("local-label-add", "local label add 1 urgent"),
    ("local-label-remove", "local label remove 1 urgent"),
    ("local-label-list", "local label list"),
    ("local-user-add", "local user add eve"),
    ("local-user-role", "local user role eve reader"),
    ("local-user-list", "local user list"),
    ("local-pr-list", "local pr list"),
    ("local-pr-show", "local pr show 2"),
    ("local-pr-show", "local pr show 2 --diff"),
    ("local-pr-create", "local pr create --head forgeline/docs-page/1-returns --title Mine --dry-run"),
    ("runs-show", "runs show @latest"),
    ("local-review-comment", "local review comment 2 docs/returns.md:1 Why? --no-bot"),
    ("local-review-reply", "local review reply 2 1 Because. --no-bot"),
    ("local-review-submit", "local review submit 2 Look. --no-bot"),
    ("local-review-list", "local review list 2"),
    ("local-review-resolve", "local review resolve 2 1 --no-bot"),
    ("local-review-reopen", "local review reopen 2 1 --no-bot"),
    ("local-pr-close", "local pr close 2"),
    ("local-pr-reopen", "local pr reopen 2"),
    ("local-pr-merge", "local pr merge 2"),
    ("local-pr-show", "local pr show 2"),
    ("runs-list", "runs list"),
    ("runs-show", "runs show @latest"),
    ("why", "why acme/shop#1"),
    ("why", "why @latest"),
    ("artifacts-list", "artifacts list"),
    ("artifacts-show", "artifacts show 1"),
    ("artifacts-lineage", "artifacts lineage 1"),
    ("events-tail", "events tail --type ArtifactMerged"),
    ("events-publish", "events publish ../event.json"),
    ("why", "why 0190c2a4-0000-7000-8000-000000000001"),
    ("error", "events publish ../item.md"),
    ("dlq-list", "dlq list"),
    ("dlq-show", "dlq show 1"),
    ("dlq-replay", "dlq replay 1 --input topic=y --dry-run"),
    ("dlq-ack", "dlq ack 1"),
    ("dlq-drop", "dlq drop 1 --reason enough"),
    ("audit-verify", "audit verify"),
    ("audit-export", "audit export"),
    ("audit-checkpoint", "audit checkpoint"),
    ("projects-list", "projects list"),
    ("projects-serving", "projects serving"),
    ("projects-show", "projects show shop"),
    ("blueprints-list", "blueprints list"),
    ("blueprints-show", "blueprints show http-service"),
    ("agents-list", "agents list"),
    ("agents-show", "agents show docs-writer"),
    ("contracts-list", "contracts list"),
    ("contracts-show", "contracts show ArtifactMerged"),
    ("contracts-new", "contracts new shop/OrderPlaced"),
    ("contracts-check", "contracts check --base HEAD"),
    ("contracts-diff", "contracts diff ArtifactMerged@1.0 ArtifactMerged@1.0 --mode full"),
    ("contracts-diff", "contracts diff ArtifactMerged@1.0 DeadLettered@1.0"),
    ("contracts-release", "contracts release --dry-run"),
    ("contracts-release", "contracts release"),
    ("contracts-impact", "contracts impact VisionDocumentCreated"),
    ("contracts-docs", "contracts docs --dry-run"),
    ("contracts-explain", "contracts explain"),
    ("contracts-explain", "contracts explain required-added"),
    ("knowledge-index", "knowledge index --dry-run"),
    ("config-show", "config show"),
    ("doctor", "doctor"),
    ("doctor", "doctor --fix --dry-run"),
    ("schema", "schema --list"),
    ("explain", "explain"),
    ("explain", "explain FL0118"),
    ("completions", "completions bash"),
    ("error", "runs show nothing"),
    ("error", "run docs-page"),
    ("error", "runz"),
    ("pause", "pause"),
    ("pause", "pause --all"),
    ("pause", "pause"),
    ("resume", "resume --all"),
    ("runs-retry", "runs retry @failed --dry-run"),
    ("runs-revise", "runs revise @failed shorter --dry-run"),
    ("runs-pause", "runs pause @latest"),
    ("runs-resume", "runs resume @latest"),
    ("runs-cancel", "runs cancel @latest"),
    ("runs-logs", "runs logs @latest"),
    ("runs-show", "runs show @latest"),
];

fn world() -> World {
    let world = World::of("ana");
    world.repository("here");
    world.write("../item.md", "# Orders\n\nAll of them.\n");
    world.write("../broken.md", "# Orders\n\n## Entities\n\n- Order: number (strin)\n");
    world.write("../orders.md", include_str!("../../../blueprints/http-service/examples/orders.md"));
    world.write("../event.json", crate::events::event().to_string());
    world
}

/// What must be so before a command can be given.
fn prepare(world: &World, line: &str) {
    match line {
        "validate" => {
            let project = "kind: Factory\nprojects: [{id: shop, repositories: [acme/shop], goals: [sell], deadline: \"2026-12-31\"}]";
            world.edit("forgeline.yaml", "kind: Factory", project);
            world.commit("here");
        }
        // Its template is broken when it is rendered, so that the run fails.
        "run notes topic=x --work-item ../item.md" => {
            let file = "agents/notes-writer/agent.yaml";
            world.edit(file, "validators: [", "validators: [yaml, ");
            world.edit(file, ".md\"", ".yaml\"");
            world.edit("blueprints/notes/blueprint.yaml", "docs/*.md", "docs/*");
            world.edit("blueprints/notes/blueprint.yaml", "    uses:", "    retries: {max_attempts: 1}\n    uses:");
            world.write("agents/notes-writer/templates/document.md.hbs", "a: [{{with.topic}}\n");
        }
        "runs pause @latest" => {
            let said = world.interrupted("run docs-page --work-item -", b"# Stopped\n");
            said.ends(130).complains("stopped; ");
        }
        _ => {}
    }
}

/// Everything in which a document differs from a schema; both can be read by the program itself.
fn misfits(world: &World, name: &str, document: &Value) -> Vec<String> {
    let schema = world.forgeline(&format!("schema output {name}")).ok();
    let schema: Value = serde_json::from_str(&schema.out).expect("a schema is JSON");
    let schema = InputSchema::compile(&schema).unwrap_or_else(|fault| panic!("schema `{name}`: {fault}"));
    schema.check(document).iter().map(|it| format!("{}: {}", it.pointer, it.message)).collect()
}

#[test]
fn every_document_fits_its_schema() {
    let world = world();
    let mut seen = BTreeSet::new();
    for (name, line) in COMMANDS {
        prepare(&world, line);
        let said: Said = world.forgeline(&format!("{line} --json"));
        let document: Value = serde_json::from_str(
            said.out.lines().next().filter(|_| matches!(*name, "events-tail" | "audit-export")).unwrap_or(&said.out),
        )
        .unwrap_or_else(|error| panic!("{line}: {error}\n{}{}", said.out, said.err));
        assert_eq!(document.get("error").is_some(), *name == "error", "{line}: {document}");
        let found = misfits(&world, name, &document);
        assert!(
            found.is_empty(),
            "`{line} --json` does not fit `schemas/output/{name}.v1.json`: {found:#?}\n{document:#}"
        );
        seen.insert(*name);
        // A field that the schema does not name would not fit.
        let mut more = document;
        more["unknown"] = true.into();
        assert!(!misfits(&world, name, &more).is_empty(), "{name} is open");
    }
    let known = world.forgeline("schema --list --json").ok().json();
    let known: BTreeSet<&str> = known["schemas"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["name"].as_str()?.strip_prefix("output "))
        .collect();
    seen.extend(ELSEWHERE);
    assert_eq!(known, seen, "every schema is tried");
}

#[test]
fn every_verb_has_a_document_with_a_schema() {
    let world = World::new();
    let known: BTreeSet<&str> = COMMANDS.iter().map(|(name, _)| *name).chain(ELSEWHERE).collect();
    for verb in verbs::all(&world) {
        let name = verb.replace(' ', "-");
        assert!(
            known.contains(name.as_str()),
            "`{verb} --json` has no schema: add `schemas/output/{name}.v1.json`, and the command to this test"
        );
    }
}
