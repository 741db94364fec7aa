//! A small factory to change.

use forgeline_blueprints::Factory;
use forgeline_model::{Diagnostic, FileSet};

pub(crate) const BLUEPRINT: &str = r#"apiVersion: forgeline.dev/v1
kind: Blueprint
metadata: {name: service, version: 1.2.0, owners: ["@me"]}
on:
  - label: generate
  - command: run
  - work_item: {types: [Feature], state: Approved}
  - push: {paths: ["docs/**"], branches: [main]}
  - schedule: {cron: "0 6 * * 1", time_zone: Europe/Berlin}
  - event: {type: VisionDocumentCreated, version: "^1", when: 'event.project_id == "shop"'}
inputs:
  type: object
  required: [name]
  properties: {name: {type: string}, language: {enum: [rust], default: rust}}
budget: {usd: "2.00", tokens: 200000, wall: 2h}
writes: [{glob: ".github/workflows/ci.yml", mode: create}]
stages:
  - id: vision
    uses: writer@^1
    with: {name: "{{inputs.name}}"}
    produces: [{path: docs/vision.md, type: VisionDocument}]
    emits: [VisionDocumentCreated@1.0]
  - id: code
    uses: writer@^1
    needs: [vision]
    when: 'inputs.language == "rust" && stages.vision.outputs.ready'
    with: {name: "{{entity.name}} {{stages.vision.outputs.title}}"}
    matrix: {entity: "{{stages.vision.outputs.entities}}"}
    max_parallel: 2
    retries: {max_attempts: 2, backoff: [1s]}
    timeout: 1m30s
    pool: default
    produces: [{path: "src/**", type: SourceCode}]
"#;

pub(crate) const AGENT: &str = r#"apiVersion: forgeline.dev/v1
kind: Agent
metadata: {name: writer, version: 1.1.0, owners: ["@me"], group: development}
inputs: {type: object, required: [name], properties: {name: {type: string}, entity: {}}}
skills:
  - id: draft
    kind: model
    prompt: prompts/draft.hbs
    limits: {calls: 4, tokens: 60000}
  - id: scaffold
    kind: template
    templates:
      - {from: templates/page.md.hbs, to: "docs/{{kebab with.name}}.md"}
      - {from: templates/each/, to: src/, each: "{{work_item.spec.entities}}", as: thing}
    outputs: {title: "{{with.name}}"}
    events: {VisionDocumentCreated: {vision_summary: "{{work_item.title}}"}}
context: {artifacts: [OpenApiDocument], knowledge: {query: "{{work_item.title}}", k: 8}, files: ["Cargo.toml"]}
output: {type: SourceCode, validators: [paths, utf8], types: {"**/*.md": Document}}
correction: {fixers: [newline], model_repairs: 2}
permissions: {network: none, commands: []}
"#;

pub(crate) const CONFIG: &str = r#"apiVersion: forgeline.dev/v1
kind: Factory
targets: ["acme/*"]
projects:
  - {id: shop, repositories: [acme/shop], owners: ["@ana"], criticality: high, budget: {usd_per_day: "20"}, deadline: "2026-03-31"}
routes: [{area_path: 'Shop\Orders', repository: acme/shop}]
roles: {approve: [maintainer], run: [editor]}
policy: {protected: {"migrations/**": needs-human}, max_open_prs: 10, draft: true}
flags: {model_skills: true}
"#;

pub(crate) const BLUEPRINT_FILE: &str = "blueprints/service/blueprint.yaml";
pub(crate) const AGENT_FILE: &str = "agents/writer/agent.yaml";
pub(crate) const CONFIG_FILE: &str = "forgeline.yaml";

/// The factory as it is: without findings.
pub(crate) fn files() -> FileSet {
    let mut files = FileSet::new("test");
    files.insert(BLUEPRINT_FILE, BLUEPRINT);
    files.insert(AGENT_FILE, AGENT);
    files.insert(CONFIG_FILE, CONFIG);
    files.insert("agents/writer/prompts/draft.hbs", "Write about {{with.name}}.\n");
    files.insert(
        "agents/writer/templates/page.md.hbs",
        "# {{with.name}}\n{{#each knowledge}}- {{this.title}}\n{{/each}}\n",
    );
    files.insert("agents/writer/templates/each/{{snake thing.name}}.rs.hbs", "struct {{pascal thing.name}};\n");
    files
}

/// The factory with a text replaced in one file; the text must be there.
#[track_caller]
pub(crate) fn with(file: &str, from: &str, to: &str) -> FileSet {
    let mut files = files();
    let text = std::str::from_utf8(files.get(file).expect("the file is there")).expect("text").to_owned();
    assert!(text.contains(from), "`{file}` has no `{from}`");
    files.insert(file, text.replacen(from, to, 1));
    files
}

/// Findings as `code file:line:column message | hint`.
pub(crate) fn shown(found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|found| {
            let place = found.span.as_ref().map_or(String::new(), |span| {
                let file = span.file.rsplit('/').next().unwrap_or_default();
                format!(" {file}:{}:{}", span.line, span.column)
            });
            let hint = found.hint.as_ref().map_or(String::new(), |hint| format!(" | {hint}"));
            format!("{}{place} {}{hint}", found.code, found.message)
        })
        .collect()
}

/// All findings of a factory, contracts included.
pub(crate) fn findings(files: &FileSet) -> Vec<Diagnostic> {
    let (factory, mut found) = Factory::load(files);
    found.extend(factory.check_contracts(forgeline_registry::Registry::built_in()));
    found
}
