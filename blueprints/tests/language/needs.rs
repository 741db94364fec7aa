//! What a blueprint reads and a run lacks.

use forgeline_blueprints::{Factory, needs::unmet};
use serde_json::{Value, json};

use crate::world::{AGENT_FILE, BLUEPRINT_FILE, files, shown, with};

const PAGE: &str = "agents/writer/templates/page.md.hbs";

/// Values of a run with a work item that lists entities.
fn whole() -> Value {
    json!({
        "inputs": {"name": "orders", "language": "rust"},
        "work_item": {"title": "Orders", "spec": {"entities": []}},
        "event": {"project_id": "shop"},
    })
}

fn without(name: &str) -> Value {
    let mut context = whole();
    context.as_object_mut().expect("an object").remove(name);
    context
}

#[track_caller]
fn check(files: &forgeline_model::FileSet, context: &Value, expected: &[&str]) {
    let (factory, _) = Factory::load(files);
    let definition = factory.blueprint("service").expect("it can be read");
    assert_eq!(shown(&unmet(&factory, definition, context)), expected);
}

/// The factory whose agent reads the entities nowhere.
fn plain() -> forgeline_model::FileSet {
    let mut files = files();
    let agent = crate::world::AGENT.replace(r#", each: "{{work_item.spec.entities}}", as: thing"#, "");
    let agent = agent.replace(r#"{vision_summary: "{{work_item.title}}"}"#, "{}");
    files.insert(AGENT_FILE, agent);
    files.insert(BLUEPRINT_FILE, crate::world::BLUEPRINT);
    files
}

/// The page's template with this text.
fn page(text: &str) -> forgeline_model::FileSet {
    let mut files = plain();
    files.insert(PAGE, text);
    files
}

#[test]
fn a_run_that_has_everything_lacks_nothing() {
    check(&files(), &whole(), &[]);
    check(&plain(), &json!({"inputs": {"name": "orders"}}), &[]);
}

#[test]
fn each_lack_is_told_once_at_its_first_place() {
    let entities = "FL0220 agent.yaml:14:49 blueprint `service` needs a work item with entities: it reads \
                    `work_item.spec.entities` | write `## Entities` with lines like `- Order: number (string), customer \
                    (string)` into the work item";
    check(&files(), &without("work_item"), &[entities]);
    let mut free_form = whole();
    free_form["work_item"].as_object_mut().expect("an object").remove("spec");
    check(&files(), &free_form, &[entities]);
    let item = "give one: `--work-item item.md`, `--issue 7`, or comment on an issue";
    check(
        &page("a\n{{work_item.title}} {{work_item.body}}\n"),
        &without("work_item"),
        &[&format!(
            "FL0221 page.md.hbs:2:3 blueprint `service` needs a work item: it reads `work_item.title` | {item}"
        )],
    );
    check(
        &page("{{event.project_id}}\n"),
        &without("event"),
        &[
            "FL0222 page.md.hbs:1:3 blueprint `service` needs an event: it reads `event.project_id` | an event starts it; \
           `forgeline events publish` hands one in",
        ],
    );
}

#[track_caller]
fn needs_item(files: &forgeline_model::FileSet, needs: bool) {
    let (factory, _) = Factory::load(files);
    let definition = factory.blueprint("service").expect("it can be read");
    let found = unmet(&factory, definition, &without("work_item"));
    assert_eq!(found.iter().any(|it| it.code == "FL0221"), needs, "{found:?}");
    assert_eq!(unmet(&factory, definition, &whole()), []);
}

#[test]
fn what_a_condition_guards_is_not_needed() {
    for (text, needs) in [
        ("{{#if work_item}}{{work_item.title}}{{/if}}", false),
        ("{{#if work_item}}{{/if}}{{work_item.title}}", true),
        ("{{#if work_item}}{{else}}{{work_item.title}}{{/if}}", true),
        ("{{#unless work_item}}none{{else}}{{work_item.title}}{{/unless}}", false),
        ("{{#unless work_item}}{{work_item.title}}{{/unless}}", true),
        ("{{#if (and work_item inputs.name)}}{{work_item.title}}{{/if}}", false),
        ("{{#if (or work_item inputs.name)}}{{work_item.title}}{{/if}}", true),
        ("{{#if inputs.name}}{{work_item.title}}{{/if}}", true),
        ("{{#if inputs.name}}{{else if work_item}}{{work_item.title}}{{/if}}", false),
        ("{{default work_item.title \"none\"}}", false),
        ("{{#each knowledge}}{{@root.work_item.title}}{{/each}}", true),
        ("{{#with work_item}}{{title}}{{/with}}", true),
        ("{{!-- {{work_item.title}} --}}", false),
    ] {
        needs_item(&page(text), needs);
    }
}

#[test]
fn a_partial_counts_where_it_is_included() {
    for (text, needs) in [("{{> head}}", true), ("{{#if work_item}}{{> head}}{{/if}}", false), ("no partial", false)] {
        let mut files = page(text);
        files.insert("agents/writer/partials/head.hbs", "# {{work_item.title}}\n");
        needs_item(&files, needs);
    }
}

#[test]
fn parameters_names_and_conditions_count_too() {
    for (file, from, to, needs) in [
        (BLUEPRINT_FILE, "{name: \"{{inputs.name}}\"}", "{name: \"{{work_item.title}}\"}", true),
        (BLUEPRINT_FILE, "{name: \"{{inputs.name}}\"}", "{name: \"{{default work_item.title 'x'}}\"}", false),
        (BLUEPRINT_FILE, "    emits: [VisionDocumentCreated@1.0]\n", "    when: 'work_item.title == \"x\"'\n", true),
        (
            BLUEPRINT_FILE,
            "    emits: [VisionDocumentCreated@1.0]\n",
            "    when: 'inputs.language == \"rust\" || work_item.title == \"x\"'\n",
            false,
        ),
        (AGENT_FILE, "docs/{{kebab with.name}}.md", "docs/{{kebab work_item.title}}.md", true),
        (AGENT_FILE, "outputs: {title: \"{{with.name}}\"}", "outputs: {title: \"{{work_item.title}}\"}", true),
    ] {
        let mut files = plain();
        let text = std::str::from_utf8(files.get(file).expect("the file is there")).expect("text").to_owned();
        assert!(text.contains(from), "{from}");
        files.insert(file, text.replacen(from, to, 1));
        needs_item(&files, needs);
    }
}

#[test]
fn a_stage_or_template_that_is_left_out_reads_nothing() {
    let mut files = page("{{work_item.title}}");
    needs_item(&files, true);
    let agent = std::str::from_utf8(files.get(AGENT_FILE).expect("there")).expect("text");
    let agent =
        agent.replace("{{kebab with.name}}.md\"}", "{{kebab with.name}}.md\", when: 'inputs.language == \"go\"'}");
    files.insert(AGENT_FILE, agent);
    needs_item(&files, false);
    let files = with(
        BLUEPRINT_FILE,
        "with: {name: \"{{inputs.name}}\"}",
        "with: {name: \"{{work_item.title}}\"}\n    when: 'inputs.language == \"go\"'",
    );
    let (factory, _) = Factory::load(&files);
    let found = unmet(&factory, factory.blueprint("service").expect("read"), &without("work_item"));
    assert!(
        found.iter().all(|it| it.span.as_ref().is_none_or(|span| !span.file.ends_with("blueprint.yaml"))),
        "{found:?}"
    );
}
