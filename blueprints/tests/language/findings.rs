//! Every mistake: code, place, message and hint.

use crate::world::{AGENT_FILE, BLUEPRINT_FILE, CONFIG_FILE, files, findings, shown, with};

#[track_caller]
fn check(file: &str, from: &str, to: &str, expected: &[&str]) {
    assert_eq!(shown(&findings(&with(file, from, to))), expected);
}

#[track_caller]
fn blueprint(from: &str, to: &str, expected: &[&str]) {
    check(BLUEPRINT_FILE, from, to, expected);
}

#[track_caller]
fn agent(from: &str, to: &str, expected: &[&str]) {
    check(AGENT_FILE, from, to, expected);
}

#[test]
fn structure() {
    blueprint(
        "needs: [vision]",
        "need: [vision]",
        &["FL0107 blueprint.yaml:25:5 this stage has no field `need` | did you mean `needs`?"],
    );
    blueprint(
        "id: vision\n",
        "title: first\n",
        &["FL0108 blueprint.yaml:18:5 this stage has no `id` | add `id:` (its id, unique in the blueprint)"],
    );
    blueprint("needs: [vision]", "needs: vision", &["FL0109 blueprint.yaml:25:12 `needs` is a text, expected a list"]);
    blueprint(
        "version: 1.2.0",
        "version: 1.2",
        &[
            "FL0109 blueprint.yaml:3:36 `version` is a number, expected a version in quotes, \"1.0.0\" | write a version in quotes, \"1.0.0\"",
        ],
    );
    blueprint(
        "usd: \"2.00\"",
        "usd: 2.00",
        &[
            "FL0109 blueprint.yaml:15:15 `usd` is a number, expected an amount of dollars in quotes, \"2.00\" | write an amount of dollars in quotes, \"2.00\"",
        ],
    );
    blueprint(
        "timeout: 1m30s",
        "timeout: 90",
        &[
            "FL0109 blueprint.yaml:31:14 `timeout` is a number, expected a length of time with its unit, `10m` | write a length of time with its unit, `10m`",
        ],
    );
    blueprint(
        "timeout: 1m30s",
        "timeout: 90 s",
        &[
            "FL0112 blueprint.yaml:31:14 `90 s` is not a length of time; write it like `500ms`, `45s`, `10m`, `1h30m` or `3d`, at most `365d`",
        ],
    );
    blueprint(
        "kind: Blueprint",
        "kind: Agent",
        &["FL0110 blueprint.yaml:2:7 `Agent` is not what stands here; expected `Blueprint`"],
    );
    blueprint(
        "id: code",
        "id: Code",
        &[
            "FL0110 blueprint.yaml:23:9 `Code` is not a stage id; expected lower-case letters, digits and `-`, at most 64",
        ],
    );
    blueprint(
        "max_parallel: 2",
        "max_parallel: 0",
        &[
            "FL0109 blueprint.yaml:29:19 `max_parallel` is a number, expected a whole number from 1 to 256 | write a whole number from 1 to 256",
        ],
    );
    blueprint(
        "label: generate",
        "lable: generate",
        &["FL0107 blueprint.yaml:5:5 `on` has no field `lable` | did you mean `label`?"],
    );
    blueprint(
        "cron: \"0 6 * * 1\"",
        "cron: \"0 25 * * 1\"",
        &["FL0115 blueprint.yaml:9:22 `25` is not a hour; expected 0 to 23, `*`, lists, ranges or steps"],
    );
    blueprint(
        "mode: create",
        "mode: creat",
        &["FL0110 blueprint.yaml:16:51 `creat` is not one of `create`, `change` | did you mean `create`?"],
    );
    blueprint(
        "name: service,",
        "name: other,",
        &[
            "FL0127 blueprint.yaml:3:18 the name `other` differs from the folder's, `service` | write `name: service`, or rename the folder to `other`",
        ],
    );
    agent(
        "kind: template",
        "kind: templat",
        &["FL0110 agent.yaml:11:11 `templat` is no kind of `skills` | did you mean `template`?"],
    );
    agent(
        "id: scaffold",
        "id: draft",
        &["FL0116 agent.yaml:10:9 a second skill `draft` | give one of them another id"],
    );
}

#[test]
fn yaml() {
    blueprint(
        "owners: [\"@me\"]",
        "owners: [\"@me\"], name: twice",
        &[
            "FL0104 blueprint.yaml:3:60 the key `name` stands here a second time | the first one is on line 3; keep one of them",
        ],
    );
    blueprint(
        "state: Approved",
        "state: yes",
        &[
            "FL0106 blueprint.yaml:7:42 YAML readers do not agree on what `yes` is | quote it if it is a text: \"yes\"; else write a plain number, `true`, `false` or `null`",
        ],
    );
    let mut files = files();
    files.insert(BLUEPRINT_FILE, b"kind: \xff\n".as_slice());
    let found = shown(&findings(&files));
    assert_eq!(
        found,
        [
            "FL0101 blueprint.yaml:1:1 `blueprints/service/blueprint.yaml` is not UTF-8 from line 1 on | save the file as UTF-8"
        ]
    );
    let mut files = crate::world::files();
    files.insert("blueprints/service/blueprint.yml", "");
    assert_eq!(
        shown(&findings(&files)),
        [
            "FL0134 blueprint.yml:1:1 `blueprints/service/blueprint.yml` is not read | rename it to `blueprints/service/blueprint.yaml`"
        ]
    );
}

#[test]
fn graph() {
    blueprint(
        "needs: [vision]",
        "needs: [vison]",
        &[
            "FL0117 blueprint.yaml:25:13 there is no stage `vison` | did you mean `vision`?",
            "FL0114 blueprint.yaml:26:11 `stages.vision` is not defined here | add `vision` to the stage's `needs`; did you mean `vison`?",
            "FL0122 blueprint.yaml:27:18 `stages.vision` is not defined here | add `vision` to the stage's `needs`; did you mean `vison`?",
            "FL0122 blueprint.yaml:28:22 `stages.vision` is not defined here | add `vision` to the stage's `needs`; did you mean `vison`?",
        ],
    );
    blueprint(
        "  - id: vision\n",
        "  - id: vision\n    needs: [code]\n",
        &[
            "FL0118 blueprint.yaml:26:5 stages wait for each other: `code` needs `vision` needs `code` | remove one of these `needs`",
        ],
    );
    blueprint(
        "needs: [vision]",
        "needs: [vision, code]",
        &["FL0118 blueprint.yaml:25:5 stages wait for each other: `code` needs `code` | remove one of these `needs`"],
    );
    blueprint(
        "  - id: code\n",
        "  - id: vision\n",
        &[
            "FL0116 blueprint.yaml:23:9 a second stage `vision` | the first one is on line 18; give one of them another id",
        ],
    );
    blueprint(
        "    uses: writer@^1\n    needs",
        "    needs",
        &[
            "FL0131 blueprint.yaml:23:9 the stage `code` has no work | a stage has `uses: <agent>@^1`, or `approval:` alone",
        ],
    );
    blueprint(
        "entity: \"{{stages.vision.outputs.entities}}\"",
        "entity: \"all of them\"",
        &[
            "FL0109 blueprint.yaml:28:22 the matrix variable `entity` has no list | write a list, or one reference to a list: \"{{stages.api.outputs.entities}}\"",
        ],
    );
    blueprint(
        "stages:\n",
        "on_failure: [{stage: cod, run: docs-pages}]\nstages:\n",
        &[
            "FL0117 blueprint.yaml:17:22 there is no stage `cod` | did you mean `code`?",
            "FL0135 blueprint.yaml:17:32 there is no blueprint `docs-pages` | did you mean `docs-page`?",
        ],
    );
}

#[test]
fn agents() {
    blueprint(
        "uses: writer@^1\n    needs",
        "uses: writr@^1\n    needs",
        &["FL0119 blueprint.yaml:24:11 there is no agent `writr` | did you mean `writer`?"],
    );
    blueprint(
        "uses: writer@^1\n    needs",
        "uses: writer@^2\n    needs",
        &["FL0120 blueprint.yaml:24:11 no version of the agent `writer` is in the range `^2` | there is 1.1.0"],
    );
    blueprint(
        "with: {name: \"{{inputs.name}}\"}",
        "with: {nam: \"{{inputs.name}}\"}",
        &[
            "FL0130 blueprint.yaml:19:11 the agent `writer` needs the parameter `name` | add `with: {name: …}`, or a matrix over `name`",
        ],
    );
    blueprint(
        "emits: [VisionDocumentCreated@1.0]",
        "emits: [BacklogCreated@1.0]",
        &[
            "FL0139 blueprint.yaml:22:13 the agent `writer` gives no fields for the event `BacklogCreated` | known: `VisionDocumentCreated`",
        ],
    );
    agent(
        "properties: {name: {type: string}, entity: {}}}",
        "properties: {nmae: {}, name: {}}, additionalProperties: false}",
        &[],
    );
    blueprint("with: {name: \"{{inputs.name}}\"}", "with: {name: a, nmae: b}", &[]);
    let mut files = with(AGENT_FILE, "entity: {}}}", "entity: {}}, additionalProperties: false}");
    let text = crate::world::BLUEPRINT.replace("with: {name: \"{{inputs.name}}\"}", "with: {name: a, entty: b}");
    files.insert(BLUEPRINT_FILE, text);
    assert_eq!(
        shown(&findings(&files)),
        ["FL0136 blueprint.yaml:20:21 the agent `writer` has no parameter `entty` | did you mean `entity`?"]
    );
}

#[test]
fn skills_that_are_not_available_are_refused_where_no_other_is() {
    let mut files = with(AGENT_FILE, "kind: template", "kind: command\n    run: [make]");
    let text = std::str::from_utf8(files.get(AGENT_FILE).expect("there")).expect("text").to_owned();
    let cut = text.find("    templates:").expect("there")..text.find("context:").expect("there");
    files.insert(AGENT_FILE, text.replace(&text[cut], ""));
    assert_eq!(
        shown(&findings(&files)),
        [
            "FL0133 agent.yaml:5:1 none of the skill kinds `model`, `command` is available in this build | add a `template` skill that does the work without it",
            "FL0133 blueprint.yaml:19:11 no skill of the agent `writer` is available in this build | it has `model`, `command`; add a `template` skill",
            "FL0133 blueprint.yaml:24:11 no skill of the agent `writer` is available in this build | it has `model`, `command`; add a `template` skill",
        ]
    );
}

#[test]
fn values() {
    blueprint(
        "'inputs.language == ",
        "'input.language == ",
        &["FL0114 blueprint.yaml:26:11 `input` is not defined here | did you mean `inputs`?"],
    );
    blueprint(
        "'inputs.language == ",
        "'inputs.lang == ",
        &[
            "FL0114 blueprint.yaml:26:11 `inputs.lang` is not defined here | declare it under `inputs`; did you mean `language`?",
        ],
    );
    blueprint(
        "'inputs.language == ",
        "'inputs.language = ",
        &[
            "FL0113 blueprint.yaml:26:11 not a condition: Syntax error: token recognition error at: '= ' (line 1, column 17 of `inputs.language = \"rust\" && stages.vision.outputs.ready`)",
        ],
    );
    blueprint(
        "event.project_id ==",
        "inputs.x ==",
        &["FL0114 blueprint.yaml:10:63 `inputs` is not defined here | known: `event`"],
    );
    blueprint(
        "{{inputs.name}}",
        "{{inputs.nam}}",
        &[
            "FL0122 blueprint.yaml:20:18 `inputs.nam` is not defined here | declare it under `inputs`; did you mean `name`?",
        ],
    );
    blueprint(
        "{{entity.name}}",
        "{{entty.name}}",
        &["FL0122 blueprint.yaml:27:18 `entty` is not defined here | did you mean `entity`?"],
    );
    blueprint("{{entity.name}}", "{{#if entity}}", &["FL0121 blueprint.yaml:27:18 block `if` is not closed"]);
    agent(
        "{{kebab with.name}}",
        "{{kebab with.nam}}",
        &["FL0122 agent.yaml:13:43 `with.nam` is not defined here | declare it under `inputs`; did you mean `name`?"],
    );
    check(
        "agents/writer/templates/page.md.hbs",
        "# {{with.name}}",
        "#\n {{wiht.name}}",
        &["FL0122 page.md.hbs:2:4 `wiht` is not defined here | did you mean `with`?"],
    );
    check(
        "agents/writer/templates/each/{{snake thing.name}}.rs.hbs",
        "thing",
        "thng",
        &["FL0122 {{snake thing.name}}.rs.hbs:1:17 `thng` is not defined here | did you mean `thing`?"],
    );
    let found = shown(&findings(&with("agents/writer/templates/page.md.hbs", "{{/each}}", "{{/if}}")));
    assert!(found[0].starts_with("FL0121 page.md.hbs:3:1 "), "{found:?}");
}

#[test]
fn paths() {
    for (path, reason) in [
        ("../x", "`..` is not allowed"),
        ("a/{../b,c}", "`..` is not allowed"),
        ("/etc/passwd", "it is absolute"),
        (".git/config", ""),
    ] {
        let found = shown(&findings(&with(BLUEPRINT_FILE, "path: docs/vision.md", &format!("path: \"{path}\""))));
        assert_eq!(found.len(), 1, "{path}");
        assert!(found[0].starts_with("FL0111 blueprint.yaml:21:23 "), "{found:?}");
        assert!(found[0].contains(reason), "{found:?}");
    }
    agent(
        "to: \"docs/{{kebab with.name}}.md\"",
        "to: \"../{{kebab with.name}}.md\"",
        &[
            "FL0111 agent.yaml:13:43 path `../x.md` is refused: `.` and `..` are not allowed | write a path relative to the root of the repository, without `..`",
        ],
    );
    agent(
        "from: templates/page.md.hbs",
        "from: ../other/page.md.hbs",
        &[
            "FL0111 agent.yaml:13:16 path `../other/page.md.hbs` is refused: `.` and `..` are not allowed | name a file or folder inside the folder of this definition",
        ],
    );
    agent(
        "from: templates/page.md.hbs",
        "from: templates/pge.md.hbs",
        &[
            "FL0132 agent.yaml:13:16 there is no `templates/pge.md.hbs` in `agents/writer` | did you mean `templates/page.md.hbs`?",
        ],
    );
    agent(
        "to: src/,",
        "to: src,",
        &["FL0110 agent.yaml:14:37 `templates/each/` is a folder, `src` is not | write `to: \"src/\"`"],
    );
    agent(
        "prompt: prompts/draft.hbs",
        "prompt: prompts/draft.md",
        &[
            "FL0132 agent.yaml:8:13 there is no `prompts/draft.md` in `agents/writer` | did you mean `prompts/draft.hbs`?",
        ],
    );
}

#[test]
fn contracts() {
    blueprint(
        "type: VisionDocumentCreated, version",
        "type: VisionDocumentCreate, version",
        &[
            "FL0123 blueprint.yaml:10:19 there is no event contract `VisionDocumentCreate` | did you mean `VisionDocumentCreated`?",
        ],
    );
    blueprint(
        "version: \"^1\"",
        "version: \"^7\"",
        &[
            "FL0124 blueprint.yaml:10:19 the event contract `VisionDocumentCreated` has no version `^7` | published: `1.0`",
        ],
    );
    blueprint(
        "VisionDocumentCreated@1.0",
        "VisionDocumentCreated@1.9",
        &[
            "FL0124 blueprint.yaml:22:13 the event contract `VisionDocumentCreated` has no version `1.9` | published: `1.0`",
        ],
    );
    let found = shown(&findings(&with(
        BLUEPRINT_FILE,
        "properties: {name: {type: string}",
        "properties: {name: {type: strnig}",
    )));
    assert!(found.len() == 1 && found[0].starts_with("FL0125 blueprint.yaml:11:1 "), "{found:?}");
}

#[test]
fn settings() {
    check(
        CONFIG_FILE,
        "flags:",
        "store: {sqlite: x}\nflags:",
        &[
            "FL0129 forgeline.yaml:9:1 `store` belongs to the operator, not to a repository | move it to the operator's file (`--config operator.yaml`); `forgeline.yaml` can only narrow",
        ],
    );
    check(
        CONFIG_FILE,
        "flags:",
        "flgs:",
        &["FL0107 forgeline.yaml:9:1 `forgeline.yaml` has no field `flgs` | did you mean `flags`?"],
    );
    check(
        CONFIG_FILE,
        "repository: acme/shop}",
        "repository: other/shop}",
        &[
            "FL0138 forgeline.yaml:6:49 `other/shop` is outside the targets of this factory | targets are `acme/*`; add it there",
        ],
    );
    check(
        CONFIG_FILE,
        "routes:",
        "  - {id: shop, repositories: [acme/shop]}\nroutes:",
        &[
            "FL0137 forgeline.yaml:6:10 the project `shop` stands here a second time",
            "FL0137 forgeline.yaml:6:31 `acme/shop` already belongs to the project `shop`",
        ],
    );
    check(
        CONFIG_FILE,
        "needs-human",
        "needs_human",
        &[
            "FL0110 forgeline.yaml:8:39 `needs_human` is not one of `block`, `needs-human`, `allow` | did you mean `needs-human`?",
        ],
    );
}

#[test]
fn rules_for_the_write_gate() {
    let rule = |id: &str, when: &str| format!("{{id: {id}, when: '{when}', verdict: block, message: \"no\"}}");
    let rules = |all: &[String]| format!("policy: {{rules: [{}], ", all.join(", "));
    let ask = |all: &[String], expected: &[&str]| check(CONFIG_FILE, "policy: {", &rules(all), expected);
    ask(&[rule("a", "file.bytes > 3 && change.files > 1"), rule("b", "run.trigger == project.id")], &[]);
    ask(
        &[rule("a", "true"), rule("a", "fiel.bytes > 3")],
        &[
            "FL0149 forgeline.yaml:8:77 the rule `a` stands here a second time",
            "FL0114 forgeline.yaml:8:86 `fiel` is not defined here | did you mean `file`?",
        ],
    );
    let many: Vec<String> = (0..51).map(|n| rule(&format!("r{n}"), "true")).collect();
    ask(&many, &["FL0149 forgeline.yaml:8:17 there are 51 rules, and at most 50 are asked"]);
    ask(&many[..50], &[]);
    let found = findings(&with(CONFIG_FILE, "policy: {", &rules(&[rule("a", "((")])));
    assert!(matches!(&found[..], [one] if one.code == "FL0113"), "{found:?}");
}

#[test]
fn one_pass_finds_everything_and_a_shared_label_only_warns() {
    let mut files = files();
    files.insert("blueprints/other/blueprint.yaml", crate::world::BLUEPRINT.replace("name: service,", "name: other,"));
    assert_eq!(
        shown(&findings(&files)),
        [
            "FL0126 blueprint.yaml:5:12 the label `generate` starts `other` too | both start, each with its own pull request; use another label if it is not meant"
        ]
    );
    let text = crate::world::BLUEPRINT.replace("needs:", "need:").replace("2h}", "2 hours}").replace("1.2.0", "one");
    files.insert(BLUEPRINT_FILE, text);
    files.insert(CONFIG_FILE, "kind: Factory\n");
    let codes: Vec<String> = findings(&files).into_iter().map(|found| found.code).collect();
    assert_eq!(codes, ["FL0110", "FL0112", "FL0107", "FL0108"]);
}
