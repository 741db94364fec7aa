//! The files that `forgeline init` writes. Pure.

use forgeline_blueprints::schema;
use forgeline_model::FileSet;

/// Folder of a shipped blueprint's forms, laid out as in the repository that they go to.
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
        for (path, bytes) in shipped.below(&format!("blueprints/{blueprint}/{FORMS}")).iter() {
            files.insert(place(path), bytes);
        }
    }
    files
}

/// Folders of forms are named without their dot, so that no tool takes them for its own where they are kept.
fn place(path: &str) -> String {
    match path.split_once('/') {
        Some((folder @ ("github" | "azuredevops"), rest)) => format!(".{folder}/{rest}"),
        _ => path.to_owned(),
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
    fn forms_go_where_their_forge_looks() {
        assert_eq!(place("github/ISSUE_TEMPLATE/x.yml"), ".github/ISSUE_TEMPLATE/x.yml");
        assert_eq!(place(".azuredevops/x.md"), ".azuredevops/x.md");
    }
}
