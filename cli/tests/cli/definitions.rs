//! Definitions that are wrong: a code, a place, exit code 3.

use crate::world::{Said, World};

const BLUEPRINT: &str = "blueprints/notes/blueprint.yaml";
const AGENT: &str = "agents/notes-writer/agent.yaml";

/// A factory with one blueprint.
fn factory() -> World {
    let world = World::new();
    world.forgeline("init").ok();
    world.forgeline("blueprints new notes").ok();
    world
}

#[test]
fn a_new_factory_is_valid() {
    let world = factory();
    world.forgeline("validate").ok().says("valid: 1 blueprint, 1 agent");
    world.forgeline("blueprints list").ok().says("notes").says("docs-page");
    world.forgeline("blueprints show notes").ok().says("# graph\n  1  write  notes-writer@^0.1\n");
    world.forgeline("agents show notes-writer").ok().says("templates/document.md.hbs (");
}

#[track_caller]
fn refused(change: impl FnOnce(&World), code: &str, place: &str) {
    let world = factory();
    change(&world);
    let said = world.forgeline("validate").ends(3);
    let said = said.says(&format!("error[{code}]")).says(place);
    assert_eq!(said.err, "");
}

#[test]
fn each_mistake_has_a_code_and_a_place() {
    let cases: [(&str, &str, &str, &str, &str); 12] = [
        (BLUEPRINT, "stages:", "stagse:", "FL0107", "blueprint.yaml:11:1"),
        (BLUEPRINT, "stages:", "retires: 3\nstages:", "FL0107", "blueprint.yaml:11:1"),
        (BLUEPRINT, "stages:", "on_failure: 7\nstages:", "FL0109", "blueprint.yaml:11:13"),
        (BLUEPRINT, "kind: Blueprint", "kind: Blueprint\nkind: Blueprint", "FL0104", "blueprint.yaml:4:1"),
        (BLUEPRINT, "uses:", "needs: [write]\n    uses:", "FL0118", "blueprint.yaml:"),
        (BLUEPRINT, "uses:", "needs: [wriet]\n    uses:", "FL0117", "blueprint.yaml:13:"),
        (BLUEPRINT, "notes-writer@^0.1", "nodes-writer@^0.1", "FL0119", "blueprint.yaml:13:11"),
        (BLUEPRINT, "notes-writer@^0.1", "notes-writer@^9", "FL0120", "blueprint.yaml:13:11"),
        (BLUEPRINT, "{{inputs.topic}}", "{{inputs.topci}}", "FL0122", "blueprint.yaml:14:"),
        (BLUEPRINT, "docs/*.md", "../docs/*.md", "FL0111", "blueprint.yaml:15:"),
        (AGENT, "newline]", "nwline]", "FL0141", "agent.yaml:"),
        ("forgeline.yaml", "kind: Factory", "kind: Factory\nstore: {}", "FL0", "forgeline.yaml:5:1"),
    ];
    for (file, from, to, code, place) in cases {
        let world = factory();
        world.edit(file, from, to);
        let said = world.forgeline("validate");
        assert_eq!(said.code, 3, "{to}: {}", said.out);
        assert!(said.out.contains(&format!("error[{code}")), "{to}: {}", said.out);
        assert!(said.out.contains(place), "{to}: {}", said.out);
        assert_eq!(said.err, "", "{to}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    refused(|world| drop(world.write(BLUEPRINT, b"metadata: \xff\n")), "FL0101", "blueprint.yaml:1");
    refused(|world| drop(world.write(AGENT, [0u8; 64])), "FL0103", "agent.yaml:1");
}

#[test]
fn roles_and_pools_are_known_ones() {
    let approval = "stages:\n  - id: ask\n    approval: {roles: [maintaner]}\n";
    refused(|world| world.edit(BLUEPRINT, "stages:\n", approval), "FL0110", "did you mean `maintainer`?");
    let world = factory();
    world.edit(BLUEPRINT, "stages:\n", &approval.replace("maintaner", "maintainer"));
    world.forgeline("validate").ok();
    world.edit(BLUEPRINT, "    uses:", "    pool: defualt\n    uses:");
    world.forgeline("validate").ok().says("warning[FL0142]").says("did you mean `default`?");
    world.edit(BLUEPRINT, "defualt", "default");
    assert!(!world.forgeline("validate").ok().out.contains("FL0142"));
    world.edit("forgeline.yaml", "kind: Factory", "kind: Factory\nroles: {run: [edditor]}");
    world.forgeline("validate").ends(3).says("did you mean `editor`?");
}

#[test]
fn all_mistakes_are_told_in_one_pass() {
    let world = factory();
    world.edit(BLUEPRINT, "stages:", "retires: 3\nstages:");
    world.edit(BLUEPRINT, "docs/*.md", "../docs/*.md");
    world.edit(AGENT, "correction:", "corection:");
    let said = world.forgeline("validate --json").ends(3);
    let files: Vec<String> = said.json()["validation"]["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| finding["span"]["file"].as_str().expect("a file").to_owned())
        .collect();
    assert!(files.iter().filter(|file| file.ends_with("blueprint.yaml")).count() >= 2, "{files:?}");
    assert!(files.iter().any(|file| file.ends_with("agent.yaml")), "{files:?}");
}

#[test]
fn a_run_with_such_definitions_starts_nothing() {
    let world = factory();
    world.git("here", &["init", "--quiet", "--initial-branch=main"]);
    world.edit(BLUEPRINT, "{{inputs.topic}}", "{{inputs.topci}}");
    world.commit("here");
    world.forgeline("run notes topic=x").ends(3).quiet().complains("FL0122");
    world.forgeline("runs list").ok().says("no run;");
    assert_eq!(world.git("here", &["branch", "--list", "forgeline/*"]), "");
}

#[test]
fn a_published_version_does_not_change() {
    let world = factory();
    world.git("here", &["init", "--quiet", "--initial-branch=main"]);
    world.commit("here");
    world.forgeline("validate").ok();
    world.edit(BLUEPRINT, "docs/*.md", "notes/*.md");
    world.edit(AGENT, "docs/{{", "notes/{{");
    world.forgeline("validate").ends(3).says("`notes` changed after its version 0.1.0 was published").says("0.1.1");
    world.edit(BLUEPRINT, "version: 0.1.0", "version: 0.1.1");
    world.edit(AGENT, "version: 0.1.0", "version: 0.1.1");
    world.forgeline("validate").ok();
}

#[test]
fn pipelines_get_their_own_form() {
    let world = factory();
    world.edit(BLUEPRINT, "docs/*.md", "../docs/*.md");
    let sarif = world.forgeline("validate --format sarif").ends(3);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.out).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "FL0111");
    world.forgeline("validate --format github").ends(3).says("::error file=");
    world.forgeline("validate --format azure").ends(3).says("##vso[task.logissue type=error;");
}

#[test]
fn each_file_has_its_owner() {
    let world = World::new();
    world.write("operator.yaml", "apiVersion: forgeline.dev/v1\nkind: Operator\nprojects: []\n");
    let asked = |line: &str| world.forgeline(&format!("--config operator.yaml {line}"));
    asked("config show").ends(3).complains("operator.yaml:3:1").complains("`projects` belongs to a repository's");
    asked("validate").ends(3).says("operator.yaml:3:1");
    world.write("operator.yaml", "apiVersion: forgeline.dev/v1\nkind: Operator\n");
    asked("config show --origin").ok().says("flag --config").says("variable FORGELINE_STATE_DIR");
    asked("validate").ok();
}

#[test]
fn what_is_not_there_is_said_with_the_nearest_name() {
    let world = World::new();
    for (line, text) in [
        ("blueprints show docs-pgae", "docs-page"),
        ("agents show docs-wirter", "docs-writer"),
        ("contracts show ArtifactMergd", "ArtifactMerged"),
        ("contracts show ArtifactMerged@9.0", "published: 1.0"),
        ("explain FL9999", "no code or rule `FL9999`"),
        ("projects show shop", "no project `shop`"),
        ("--factory nowhere validate", "is not a folder"),
        ("validate nowhere.md", "cannot be read"),
    ] {
        world.forgeline(line).ends(9).quiet().complains(text);
    }
    for line in ["", "--help"] {
        assert!(matches!(world.forgeline(line).code, 0 | 2), "{line}");
    }
    for line in ["runz", "runs", "schema nope", "run", "blueprints new Bad_Name", "init gitlab"] {
        let said: Said = world.forgeline(line);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {}", said.err);
    }
}
