//! New definitions to start from: they pass validation as they are.

use forgeline_model::FileSet;

use crate::API_VERSION;

/// A blueprint with one stage, and the agent that the stage uses: files of a factory.
///
/// # Errors
/// The name is not kebab case.
pub fn blueprint(name: &str) -> Result<FileSet, String> {
    let title = title(name)?;
    let agent = format!("{name}-writer");
    let mut files = self::agent(&agent)?;
    let manifest = format!(
        "# yaml-language-server: $schema=../../schemas/blueprint.v1.json
apiVersion: {API_VERSION}
kind: Blueprint
metadata: {{name: {name}, version: 0.1.0, owners: [\"@me\"], title: {title}}}
on:
  - command: run
inputs:
  type: object
  required: [topic]
  properties: {{topic: {{type: string, minLength: 1}}}}
stages:
  - id: write
    uses: {agent}@^0.1
    with: {{topic: \"{{{{inputs.topic}}}}\"}}
    produces: [{{path: \"docs/*.md\", type: Document}}]
"
    );
    files.insert(format!("blueprints/{name}/blueprint.yaml"), manifest);
    Ok(files)
}

/// An agent with one template: files of a factory.
///
/// # Errors
/// The name is not kebab case.
pub fn agent(name: &str) -> Result<FileSet, String> {
    let title = title(name)?;
    let mut files = FileSet::new("scaffold");
    let manifest = format!(
        "# yaml-language-server: $schema=../../schemas/agent.v1.json
apiVersion: {API_VERSION}
kind: Agent
metadata: {{name: {name}, version: 0.1.0, owners: [\"@me\"], title: {title}}}
inputs:
  type: object
  required: [topic]
  properties: {{topic: {{type: string}}}}
skills:
  - id: write
    kind: template
    templates: [{{from: templates/document.md.hbs, to: \"docs/{{{{kebab with.topic}}}}.md\"}}]
output: {{type: Document, validators: [paths, utf8, no-secrets]}}
correction: {{fixers: [newline]}}
"
    );
    files.insert(format!("agents/{name}/agent.yaml"), manifest);
    let template = "# {{with.topic}}\n\nWritten for {{work_item.title}}.\n";
    files.insert(format!("agents/{name}/templates/document.md.hbs"), template);
    Ok(files)
}

fn title(name: &str) -> Result<String, String> {
    if !crate::form::is_name(name) || name.len() > 56 {
        return Err(format!(
            "`{name}` is not a name; expected lower-case letters, digits and `-`, at most 56, a letter first"
        ));
    }
    let words = name.replace('-', " ");
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    Ok(format!("\"{}\"", first.into_iter().chain(chars).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use crate::Factory;

    #[test]
    fn what_is_new_has_no_findings() {
        let files = super::blueprint("release-notes").expect("a good name");
        let (factory, found) = Factory::load(&files);
        assert_eq!(found, []);
        assert_eq!(factory.own_blueprints().len(), 1);
        for bad in ["", "Release", "release notes", "../x", &"a".repeat(57)] {
            assert!(super::blueprint(bad).is_err(), "{bad}");
        }
    }
}
