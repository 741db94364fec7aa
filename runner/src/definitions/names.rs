//! Names in agents' manifests that only the agents' own crate knows: validators and fixers.

use forgeline_agents::{FIXERS, VALIDATORS};
use forgeline_blueprints::{Factory, codes, suggest};
use forgeline_model::Diagnostic;

/// Validators and fixers of the factory's own agents that nobody has.
pub(super) fn unknown(factory: &Factory) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for agent in factory.own_agents() {
        let lists = [
            ("validator", "/output/validators", &agent.manifest.output.validators, VALIDATORS.as_slice()),
            ("fixer", "/correction/fixers", &agent.manifest.correction.fixers, FIXERS.as_slice()),
        ];
        for (what, pointer, named, known) in lists {
            for (index, name) in named.iter().enumerate() {
                if known.iter().any(|(known, _)| known == name) {
                    continue;
                }
                let hint = suggest::hint(name, known.iter().map(|(known, _)| *known));
                let diagnostic =
                    Diagnostic::error(codes::UNKNOWN_CHECK, format!("there is no {what} `{name}`")).hint(hint);
                found.push(agent.document.at(&format!("{pointer}/{index}"), diagnostic));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::{Factory, scaffold};

    #[test]
    fn a_name_that_nobody_has_is_found_with_its_place() {
        let mut files = scaffold::agent("writer").expect("a name");
        let manifest =
            String::from_utf8(files.get("agents/writer/agent.yaml").expect("a manifest").to_vec()).expect("text");
        files.insert(
            "agents/writer/agent.yaml",
            manifest.replace("[newline]", "[newline, nwline]").replace("utf8", "utf9"),
        );
        let found = super::unknown(&Factory::load(&files).0);
        let shown: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(shown, ["there is no validator `utf9`", "there is no fixer `nwline`"]);
        assert!(found.iter().all(|finding| finding.span.as_ref().is_some_and(|span| span.line > 10)), "{found:?}");
    }
}
