//! The operator's file: read, checked, and kept apart from what a repository says.

use std::path::Path;

use forgeline_blueprints::{
    codes, config, shape,
    yaml::{Document, Kind, MAX_BYTES},
};
use forgeline_model::{Diagnostic, diagnostic::has_errors};
use serde_json::Value;

use crate::{
    exit::{Exit, Failure},
    input,
};

/// Everything that is wrong with the file.
pub fn check(file: &Path) -> anyhow::Result<Vec<Diagnostic>> {
    Ok(match parse(file)? {
        Err(findings) => findings,
        Ok(document) => findings(&document),
    })
}

/// What a file without errors says.
pub fn read(file: &Path) -> anyhow::Result<Value> {
    usable(file)?;
    Ok(parse(file)?.map(|document| document.value()).unwrap_or_default())
}

fn parse(file: &Path) -> anyhow::Result<Result<Document, Vec<Diagnostic>>> {
    let shown = file.display().to_string();
    let bytes = input::read(file, "operator file", MAX_BYTES as u64 + 1)?;
    if bytes.len() > MAX_BYTES {
        anyhow::bail!(Failure::new(
            Exit::Invalid,
            format!("operator file `{shown}` is larger than {} KiB", MAX_BYTES >> 10)
        ));
    }
    Ok(Document::parse(&shown, &bytes))
}

/// Refuses a file with errors.
pub fn usable(file: &Path) -> anyhow::Result<()> {
    let findings = check(file)?;
    if has_errors(&findings) {
        anyhow::bail!(Failure::invalid(format!("the operator file `{}` has errors", file.display()), findings));
    }
    Ok(())
}

/// Differences from its shape; a key of `forgeline.yaml` is named as such.
fn findings(document: &Document) -> Vec<Diagnostic> {
    let foreign = |key: &str| {
        let has = |object: &shape::Object| object.fields.iter().any(|field| field.name == key);
        has(&config::SHAPE) && !has(&config::OPERATOR_SHAPE)
    };
    let Kind::Map(entries) = &document.root.kind else { return shape::check(document, &config::OPERATOR_SHAPE) };
    let mut found: Vec<Diagnostic> = entries
        .iter()
        .filter(|entry| foreign(&entry.key))
        .map(|entry| {
            let message = format!("`{}` belongs to a repository's `forgeline.yaml`, not to the operator", entry.key);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, message).hint("move it there");
            document.at_place(entry.key_place, diagnostic)
        })
        .collect();
    let known: Vec<_> = found.iter().map(|finding| finding.span.clone()).collect();
    found.extend(
        shape::check(document, &config::OPERATOR_SHAPE).into_iter().filter(|finding| !known.contains(&finding.span)),
    );
    found
}

#[cfg(test)]
mod tests {
    use forgeline_blueprints::yaml::Document;

    #[test]
    fn each_file_has_its_own_keys() {
        let text = "apiVersion: forgeline.dev/v1\nkind: Operator\nprojects: []\nstroe: {}\n";
        let document = Document::parse("op.yaml", text.as_bytes()).expect("YAML");
        let found = super::findings(&document);
        let shown: Vec<String> = found
            .iter()
            .map(|one| format!("{} {}", one.span.as_ref().map_or(0, |span| span.line), one.message))
            .collect();
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(shown[0].starts_with("3 `projects` belongs to a repository's `forgeline.yaml`"), "{shown:?}");
        assert!(shown[1].starts_with("4 ") && shown[1].contains("`stroe`"), "{shown:?}");
        let good = Document::parse("op.yaml", b"apiVersion: forgeline.dev/v1\nkind: Operator\n").expect("YAML");
        assert_eq!(super::findings(&good), []);
    }
}
