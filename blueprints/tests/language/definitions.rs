//! What a valid factory says.

use forgeline_blueprints::{Factory, agent::Work, blueprint::Trigger, config::Criticality};
use forgeline_model::FileSet;

use crate::world::{AGENT_FILE, files, findings, shown, with};

#[test]
fn a_valid_factory_has_no_findings_and_says_what_its_files_say() {
    assert_eq!(shown(&findings(&files())), Vec::<String>::new());
    let (factory, _) = Factory::load(&files());
    let blueprint = factory.blueprint("service").expect("it is there");
    assert_eq!(blueprint.reference.to_string(), "service@1.2.0");
    assert_eq!(blueprint.origin, "test");
    assert_eq!(blueprint.manifest.on.len(), 6);
    assert!(matches!(&blueprint.manifest.on[0], Trigger::Label(label) if label == "generate"));
    assert_eq!(blueprint.manifest.stages[1].timeout.map(|timeout| timeout.millis()), Some(90_000));
    let agent = &factory.agent("writer").expect("it is there").manifest;
    let (skill, work) = agent.template().expect("the template skill stands in for the model");
    assert_eq!((skill.id.as_str(), work.templates.len()), ("scaffold", 2));
    assert!(matches!(agent.skills[0].work, Work::Model(_)));
    assert_eq!(factory.config.project("shop").map(|shop| shop.criticality), Some(Criticality::High));
    assert_eq!(factory.config.project_of("acme/shop").map(|shop| shop.id.as_str()), Some("shop"));
}

#[test]
fn manifests_survive_a_round_trip_through_json() {
    let (factory, _) = Factory::load(&files());
    let blueprint = &factory.own_blueprints()[0].manifest;
    let agent = &factory.own_agents()[0].manifest;
    let json = |value: serde_json::Result<serde_json::Value>| value.expect("serialises");
    assert_eq!(
        &serde_json::from_value::<forgeline_blueprints::blueprint::Blueprint>(json(serde_json::to_value(blueprint)))
            .expect("reads"),
        blueprint
    );
    assert_eq!(
        &serde_json::from_value::<forgeline_blueprints::agent::Agent>(json(serde_json::to_value(agent)))
            .expect("reads"),
        agent
    );
}

#[test]
fn own_definitions_come_first_and_built_in_ones_are_the_last_resort() {
    let (empty, found) = Factory::load(&FileSet::new("empty"));
    assert_eq!(found, []);
    assert!(empty.own_blueprints().is_empty() && empty.blueprint("docs-page").is_some());
    assert_eq!(empty.agent("docs-writer").map(|agent| agent.origin.as_str()), Some("built in"));

    let mut own = FileSet::new("own");
    own.insert("agents/docs-writer/agent.yaml", "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {name: docs-writer, version: 2.0.0}\nskills: [{id: a, kind: template}]\noutput: {type: DocsPage}\n");
    let (factory, found) = Factory::load(&own);
    assert_eq!(shown(&found), Vec::<String>::new());
    assert_eq!(
        factory.agent("docs-writer").map(|agent| agent.reference.to_string()).as_deref(),
        Some("docs-writer@2.0.0")
    );
    let uses = |text: &str| factory.resolve(&text.parse().expect("valid")).map(|agent| agent.origin.clone()).ok();
    assert_eq!(uses("docs-writer@^2").as_deref(), Some("own"));
    assert_eq!(uses("docs-writer@^1").as_deref(), Some("built in"));
    assert_eq!(uses("docs-writer@^3"), None);
}

#[test]
fn a_broken_definition_hides_the_built_in_one_of_its_name() {
    let mut files = FileSet::new("own");
    files.insert("blueprints/docs-page/blueprint.yaml", "kind: Blueprint\n");
    files.insert("agents/docs-writer/agent.yaml", "kind: Agent\n");
    let (factory, found) = Factory::load(&files);
    assert!(!found.is_empty());
    assert!(factory.blueprint("docs-page").is_none() && factory.is_broken_blueprint("docs-page"));
    assert!(factory.resolve(&"docs-writer@^1".parse().expect("valid")).is_err());
}

#[test]
fn the_digest_follows_every_file_of_a_definition() {
    let digest = |files: &FileSet| Factory::load(files).0.own_agents()[0].reference.digest;
    let before = digest(&files());
    assert_eq!(before, digest(&files()));
    assert_ne!(before, digest(&with("agents/writer/templates/page.md.hbs", "#", "##")));
    assert_ne!(before, digest(&with(AGENT_FILE, "@me", "@you")));
}

#[test]
fn the_language_reads_everything_that_it_names() {
    let mut files = FileSet::new("examples");
    files.insert(
        "blueprints/http-service/blueprint.yaml",
        r#"apiVersion: forgeline.dev/v1
kind: Blueprint
metadata: {name: http-service, version: 1.0.0, owners: ["@platform"], project_types: [api-service]}
on:
  - label: generate
  - command: run
  - work_item: {types: [Feature, User Story], state: Approved}
  - pull_request: {paths: ["api/**"]}
  - event: {type: VisionDocumentCreated, version: "^1", when: 'event.project_id == "shop"'}
inputs:
  type: object
  required: [name]
  properties: {name: {type: string, pattern: "^[a-z][a-z0-9-]{1,40}$"}, language: {enum: [rust], default: rust}}
budget: {usd: "2.00", tokens: 200000, wall: 2h}
writes: [{glob: ".github/workflows/ci.yml", mode: create}, {glob: "Cargo.toml", mode: create}]
stages:
  - id: api
    uses: designer@^1
    with: {item: "{{work_item}}"}
    produces: [{path: "api/openapi.yaml", type: OpenApiDocument}]
  - id: review
    needs: [api]
    approval: {roles: [maintainer], min: 1, expires: 3d}
    when: 'inputs.language != "rust"'
  - id: code
    uses: designer@^1
    needs: [api, review]
    matrix: {item: "{{stages.api.outputs.entities}}"}
    max_parallel: 4
    retries: {max_attempts: 4}
    timeout: 10m
    pool: default
    produces: [{path: "src/**", type: SourceCode}]
on_failure: [{stage: code, run: docs-page}]
"#,
    );
    files.insert(
        "agents/designer/agent.yaml",
        r#"apiVersion: forgeline.dev/v1
kind: Agent
metadata: {name: designer, version: 1.0.0, owners: ["@platform"], group: architecture}
inputs: {type: object, required: [item]}
skills:
  - {id: ask, kind: model, prompt: prompt.hbs, model: default, limits: {calls: 4, tokens: 60000}}
  - {id: make, kind: command, run: [make, api], reads: ["src/**"]}
  - {id: look, kind: tool, server: docs, tools: [search]}
  - {id: all, kind: composite, steps: [ask, make]}
  - id: scaffold
    kind: template
    templates: [{from: files/, to: src/, when: "with.item != null"}]
    outputs: {entities: "{{work_item.spec.entities}}"}
output: {type: SourceCode}
"#,
    );
    files.insert("agents/designer/prompt.hbs", "{{json with}}\n");
    files.insert("agents/designer/files/README.md", "copied as it is: {{nothing}}\n");
    assert_eq!(shown(&findings(&files)), Vec::<String>::new());
}
