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

/// What a revision hears, as a page.
const NOTED: &str = "# Notes\n\nFor {{work_item.title}}.\n{{#if revision}}\nAsked: {{revision.text}}\n\
                     {{#each revision.threads as |thread|}}\nOn {{thread.path}}:{{thread.line}}, `{{thread.quote}}`:\n\
                     {{#each thread.comments as |said|}}- {{said.author}} said: {{said.text}}\n{{/each}}{{/each}}\
                     {{#each revision.reviews as |review|}}\n{{review.author}} asks for changes: {{review.text}}\n{{/each}}\
                     {{#each revision.commits as |commit|}}\n{{commit.author}} committed {{#each commit.paths as |path|}}\
                     {{path}} {{/each}}({{commit.subject}})\n{{/each}}{{/if}}";

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
    let noter = format!(
        "{HEAD}Agent\nmetadata: {{name: noter, version: 1.0.0, owners: [\"@ana\"]}}\n\
         skills:\n  - id: write\n    kind: template\n    templates: [{{from: templates/noted.md.hbs, to: out/noted.md}}]\n\
         output: {{type: Notes, validators: [paths, utf8]}}\n"
    );
    let noted =
        "  - {id: note, uses: noter@^1, retries: {max_attempts: 1}, produces: [{path: out/noted.md, type: Notes}]}\n";
    let limits = "policy: {limits: {runs_per_actor_per_hour: 30}}\n";
    let all = [
        ("README.md".to_owned(), "# Shop\n".to_owned()),
        ("forgeline.yaml".to_owned(), settings(limits)),
        ("agents/writer/agent.yaml".to_owned(), agent),
        ("agents/writer/templates/out.json.hbs".to_owned(), "{{with.text}}\n".to_owned()),
        ("agents/noter/agent.yaml".to_owned(), noter),
        ("agents/noter/templates/noted.md.hbs".to_owned(), NOTED.to_owned()),
        (place("noted"), blueprint("noted", COMMAND, noted)),
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
