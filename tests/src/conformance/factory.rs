//! The factory of every repository in the suite: what is shipped, and a few blueprints that wait, fail and ask.

const HEAD: &str = "apiVersion: forgeline.dev/v1\nkind: ";

/// `forgeline.yaml` with more settings.
pub(crate) fn settings(more: &str) -> String {
    format!("{HEAD}Factory\n{more}")
}

/// A blueprint: what starts it and more of its head, and its stages.
pub(crate) fn blueprint(name: &str, head: &str, stages: &str) -> String {
    format!(
        "{HEAD}Blueprint\nmetadata: {{name: {name}, version: 1.0.0, owners: [\"@ana\"]}}\n{head}\nstages:\n{stages}"
    )
}

/// Where a blueprint lies.
pub(crate) fn place(name: &str) -> String {
    format!("blueprints/{name}/blueprint.yaml")
}

/// A stage that writes `out/<id>.json` with this text, which must be JSON.
pub(crate) fn writes(id: &str, text: &str, more: &str) -> String {
    format!(
        "  - {{id: {id}, uses: writer@^1, with: {{name: {id}, text: '{text}'}}, retries: {{max_attempts: 1}}, \
         produces: [{{path: \"out/*.json\", type: Data}}]{more}}}\n"
    )
}

/// All files.
pub(crate) fn files() -> Vec<(String, String)> {
    const COMMAND: &str = "on: [{command: run}]";
    let waits = |min: u32| {
        let ask = format!("  - {{id: ok, needs: [a], approval: {{roles: [maintainer], min: {min}}}}}\n");
        writes("a", "1", "") + &ask + &writes("b", "2", ", needs: [ok]")
    };
    let typed = "inputs:\n  type: object\n  required: [name]\n  properties:\n    name: {type: string, pattern: \"^[a-z]+$\"}\n    \
                 count: {type: integer, default: 1}";
    let named = "  - {id: a, uses: writer@^1, with: {name: \"{{inputs.name}}\", text: '{{inputs.count}}'}, \
                 produces: [{path: \"out/*.json\", type: Data}]}\n";
    let agent = format!(
        "{HEAD}Agent\nmetadata: {{name: writer, version: 1.0.0, owners: [\"@ana\"]}}\n\
         inputs: {{type: object, required: [name, text], properties: {{name: {{type: string}}, text: {{type: string}}}}}}\n\
         skills:\n  - id: write\n    kind: template\n    templates: [{{from: templates/out.json.hbs, to: \"out/{{{{with.name}}}}.json\"}}]\n\
         output: {{type: Data, validators: [paths, utf8, json]}}\n"
    );
    let limits = "policy: {limits: {runs_per_actor_per_hour: 30}}\n";
    let all = [
        ("README.md".to_owned(), "# Shop\n".to_owned()),
        ("forgeline.yaml".to_owned(), settings(limits)),
        ("agents/writer/agent.yaml".to_owned(), agent),
        ("agents/writer/templates/out.json.hbs".to_owned(), "{{with.text}}\n".to_owned()),
        (place("ask"), blueprint("ask", COMMAND, &waits(1))),
        (place("ask-two"), blueprint("ask-two", COMMAND, &waits(2))),
        (
            place("data"),
            blueprint("data", COMMAND, &(writes("a", "1", "") + &writes("b", "{{work_item.body}}", ", needs: [a]"))),
        ),
        (place("typed"), blueprint("typed", &format!("{COMMAND}\n{typed}"), named)),
    ];
    all.into()
}
