//! Blueprints to plans.

use forgeline_blueprints::{
    Factory,
    plan::{Request, compile},
};
use forgeline_engine::Plan;
use forgeline_model::{Diagnostic, FileSet};
use forgeline_registry::Registry;
use serde_json::{Value, json};

use crate::world::{BLUEPRINT_FILE, files, shown, with};

fn plan(files: &FileSet, blueprint: &str, inputs: &Value) -> Result<Plan, Vec<Diagnostic>> {
    let (factory, _) = Factory::load(files);
    compile(&factory, &Request { blueprint, inputs, registry: Registry::built_in() })
}

#[track_caller]
fn refused(files: &FileSet, blueprint: &str, inputs: &Value) -> Vec<String> {
    shown(&plan(files, blueprint, inputs).expect_err("refused"))
}

#[test]
fn a_plan_says_everything_that_a_run_will_do() {
    let plan = plan(&files(), "service", &json!({"name": "orders"})).expect("planned");
    assert_eq!(plan.blueprint.to_string(), "service@1.2.0");
    assert_eq!(plan.agents.iter().map(ToString::to_string).collect::<Vec<_>>(), ["writer@1.1.0"]);
    assert_eq!(plan.inputs, json!({"name": "orders", "language": "rust"}));
    assert_eq!(plan.contracts, Registry::built_in().digest());
    assert_eq!(
        (plan.budget.usd.to_string().as_str(), plan.budget.tokens, plan.budget.wall_ms),
        ("2.00", Some(200_000), 7_200_000)
    );
    assert_eq!(plan.writes.len(), 1);
    let [vision, code] = plan.stages.as_slice() else { panic!("two stages") };
    assert_eq!(vision.emits[0].version, "1.0");
    assert_eq!((vision.timeout_ms, vision.retry.max_attempts, vision.pool.as_str()), (600_000, 4, "default"));
    assert_eq!(
        (code.timeout_ms, code.retry.max_attempts, code.retry.backoff_ms.as_slice()),
        (90_000, 2, [1_000].as_slice())
    );
    assert_eq!(code.matrix.as_ref().map(|matrix| matrix.variable.as_str()), Some("entity"));
    assert_eq!(code.with, json!({"name": "{{entity.name}} {{stages.vision.outputs.title}}"}));
    assert_eq!((code.max_parallel, code.pool.as_str()), (2, "default"));
}

#[test]
fn stages_follow_what_they_need_whatever_the_order_of_the_file() {
    let text = crate::world::BLUEPRINT;
    let (head, stages) = text.split_once("  - id: vision").expect("there");
    let (vision, code) = stages.split_once("  - id: code").expect("there");
    let mut files = files();
    files.insert(BLUEPRINT_FILE, format!("{head}  - id: code{code}  - id: vision{vision}"));
    let plan = plan(&files, "service", &json!({"name": "orders"})).expect("planned");
    assert_eq!(plan.stages.iter().map(|stage| stage.id.as_str()).collect::<Vec<_>>(), ["vision", "code"]);
}

#[test]
fn inputs_are_judged_with_their_defaults() {
    assert_eq!(
        refused(&files(), "service", &json!({"nme": "orders"}))[0],
        "FL0251 the blueprint has no input `nme` | did you mean `name`?"
    );
    let found = refused(&files(), "service", &json!({"name": 7, "language": "go"}));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|line| line.starts_with("FL0252 the input `/")), "{found:?}");
    assert_eq!(refused(&files(), "service", &json!([])).len(), 1);
}

#[test]
fn what_this_build_does_not_perform_is_refused() {
    let approval = with(
        BLUEPRINT_FILE,
        "  - id: code\n",
        "  - id: review\n    needs: [vision]\n    approval: {roles: [maintainer], min: 1, expires: 3d}\n  - id: code\n",
    );
    assert_eq!(shown(&Factory::load(&approval).1), Vec::<String>::new());
    let plan_of = |files: &FileSet| plan(files, "service", &json!({"name": "x"}));
    let plan = plan_of(&approval).expect("planned");
    let review = plan.stages.iter().find(|stage| stage.id.as_str() == "review").expect("it is planned");
    assert_eq!(review.performer(), "approval");
    let compensated = with(BLUEPRINT_FILE, "stages:\n", "on_failure: [{stage: code, run: docs-page}]\nstages:\n");
    assert_eq!(shown(&Factory::load(&compensated).1), Vec::<String>::new());
    assert!(plan_of(&compensated).is_ok(), "it is the bot that starts the other blueprint");
    let pin = "a".repeat(40);
    let remote =
        with(BLUEPRINT_FILE, "uses: writer@^1\n    needs", &format!("uses: acme/agents//writer@{pin}\n    needs"));
    assert_eq!(
        refused(&remote, "service", &json!({"name": "x"})),
        [
            "FL0254 blueprint.yaml:24:11 agents of other repositories are not available in this build | copy the agent's folder into `agents/`"
        ]
    );
}

#[test]
fn broken_definitions_make_no_plan() {
    assert_eq!(
        refused(&files(), "servce", &json!({})),
        ["FL0253 there is no blueprint `servce` | did you mean `service`?"]
    );
    let broken = with(BLUEPRINT_FILE, "kind: Blueprint", "kind: Recipe");
    assert_eq!(
        refused(&broken, "service", &json!({})),
        ["FL0255 the blueprint `service` has errors | `forgeline validate` shows all of them"]
    );
    let broken = with(crate::world::AGENT_FILE, "kind: Agent", "kind: Robot");
    let found = refused(&broken, "service", &json!({"name": "x"}));
    assert_eq!(
        found,
        [
            "FL0255 blueprint.yaml:19:11 the agent `writer` has errors | `forgeline validate` shows all of them",
            "FL0255 blueprint.yaml:24:11 the agent `writer` has errors | `forgeline validate` shows all of them"
        ]
    );
    let circle = with(BLUEPRINT_FILE, "needs: [vision]", "needs: [vision, code]");
    assert!(refused(&circle, "service", &json!({"name": "x"}))[0].starts_with("FL0118 "));
    let template = with("agents/writer/templates/page.md.hbs", "{{/each}}", "");
    assert!(refused(&template, "service", &json!({"name": "x"}))[0].starts_with("FL0121 "));
}

#[test]
fn the_shipped_small_blueprint_plans() {
    let plan = plan(&FileSet::new("empty"), "docs-page", &json!({})).expect("planned");
    assert_eq!(plan.inputs, json!({"folder": "docs"}));
    assert_eq!(plan.agents.iter().map(ToString::to_string).collect::<Vec<_>>(), ["docs-writer@1.0.0"]);
}
