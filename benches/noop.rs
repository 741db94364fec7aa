//! Definitions of stages that do nothing.

/// The agent of all stages.
pub(crate) const AGENT: &str = "\
apiVersion: forgeline.dev/v1
kind: Agent
metadata: {name: noop, version: 1.0.0, owners: ['@forgeline'], title: Nothing, description: Writes nothing.}
skills: [{id: nothing, kind: template, templates: [], outputs: {said: nothing}}]
output: {type: Nothing}
";

/// A blueprint of so many stages; `before` says which stage each one follows.
pub(crate) fn blueprint(name: &str, stages: u32, before: impl Fn(u32) -> Option<u32>) -> String {
    let stages = (0..stages).map(|stage| {
        let needs = before(stage).map_or_else(String::new, |before| format!("s{before:03}"));
        format!("  - {{id: s{stage:03}, uses: noop@^1, needs: [{needs}]}}\n")
    });
    let stages: String = stages.collect();
    format!(
        "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: {name}, version: 1.0.0, owners: \
         ['@forgeline'], title: Nothing, description: Stages that do nothing.}}\non: [{{command: run}}]\n\
         stages:\n{stages}"
    )
}
