//! The files that `forgeline init` writes. Pure.

use forgeline_blueprints::schema;
use forgeline_model::FileSet;

/// Folder of a shipped blueprint's forms, one for each forge.
const FORMS: &str = "forms";

const FORGELINE_YAML: &str = "\
# yaml-language-server: $schema=schemas/factory.v1.json
# What this repository says about projects and policy. All of it may be left out.
apiVersion: forgeline.dev/v1
kind: Factory

# Repositories that runs may write to; this one when left out.
# targets: [acme/*]

# projects:
#   - id: shop
#     title: Shop
#     repositories: [acme/shop]
#     owners: [\"@me\"]

# policy:
#   draft: true
#   protected:
#     \"docs/legal/**\": needs-human
";

/// All of them by path.
pub(super) fn files() -> FileSet {
    let mut files = FileSet::new("init");
    files.insert("forgeline.yaml", FORGELINE_YAML);
    for (name, schema) in schema::all() {
        files.insert(format!("schemas/{name}"), schema::print(&schema));
    }
    let shipped = forgeline_blueprints::shipped();
    for blueprint in shipped.folders("blueprints") {
        for (form, bytes) in shipped.below(&format!("blueprints/{blueprint}/{FORMS}")).iter() {
            if let Some(path) = place(&blueprint, form) {
                files.insert(path, bytes);
            }
        }
    }
    files
}

/// Where a form goes: GitHub reads issue forms from one folder; Azure DevOps keeps templates of work items outside of
/// Git, so that its file is the text to paste there.
fn place(blueprint: &str, form: &str) -> Option<String> {
    match form.split_once('-')? {
        ("github", _) => Some(format!(".github/ISSUE_TEMPLATE/{blueprint}.yml")),
        ("azure", _) => Some(format!(".azuredevops/work_item_templates/{blueprint}.md")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::Factory;

    use super::{files, place};

    #[test]
    fn what_is_written_has_no_findings_and_its_schema_is_there() {
        let files = files();
        let (_, found) = Factory::load(&files);
        assert_eq!(found, []);
        assert!(files.get("schemas/factory.v1.json").is_some());
    }

    #[test]
    fn every_shipped_form_has_a_place() {
        let shipped = forgeline_blueprints::shipped();
        for blueprint in shipped.folders("blueprints") {
            for (form, _) in shipped.below(&format!("blueprints/{blueprint}/forms")).iter() {
                assert!(place(&blueprint, form).is_some(), "{blueprint}/{form}");
            }
        }
        let github = place("http-service", "github-issue.yml");
        assert_eq!(github.as_deref(), Some(".github/ISSUE_TEMPLATE/http-service.yml"));
    }
}
