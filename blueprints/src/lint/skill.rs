//! A template skill: its files, and what they name.

use std::collections::BTreeMap;

use forgeline_model::{Diagnostic, Span};

use super::names::{self, Names};
use crate::{
    agent::{Agent, TemplateFile, TemplateWork},
    codes,
    factory::Definition,
    form, suggest,
    text::{self, Templates},
    yaml::pointer_token,
};

/// Everything that is wrong with a template skill at a JSON pointer.
pub(super) fn template(definition: &Definition<Agent>, work: &TemplateWork, at: &str) -> Vec<Diagnostic> {
    let document = &definition.document;
    let names = names::of_agent(&definition.manifest.inputs);
    let mut found = Vec::new();
    for (index, file) in work.templates.iter().enumerate() {
        found.extend(one_template(definition, file, &format!("{at}/templates/{index}"), &names));
    }
    let after_files = names.with("files");
    for (name, value) in &work.outputs {
        found.extend(names::templates(document, &format!("{at}/outputs/{}", pointer_token(name)), value, &after_files));
    }
    let after_outputs = after_files.with("outputs");
    for (event, fields) in &work.events {
        for (name, value) in fields {
            let pointer = format!("{at}/events/{event}/{}", pointer_token(name));
            found.extend(names::templates(document, &pointer, value, &after_outputs));
        }
    }
    found.extend(syntax(definition));
    found
}

/// A file that a skill names must be there.
pub(super) fn file(definition: &Definition<Agent>, pointer: &str, path: &str) -> Vec<Diagnostic> {
    if !matching(definition, path).is_empty() {
        return Vec::new();
    }
    let all: Vec<&str> = definition.files.iter().map(|(path, _)| path).collect();
    let message = format!("there is no `{path}` in `{}`", definition.folder);
    let diagnostic = Diagnostic::error(codes::MISSING_FILE, message).hint(suggest::hint(path, all));
    vec![definition.document.at(pointer, diagnostic)]
}

fn one_template(definition: &Definition<Agent>, one: &TemplateFile, at: &str, names: &Names) -> Vec<Diagnostic> {
    let document = &definition.document;
    let mut found = file(definition, &format!("{at}/from"), &one.from);
    let inner = match &one.each {
        Some(each) => {
            found.extend(names::template(document, &format!("{at}/each"), each, names));
            if forgeline_engine::context::exact_reference(each).is_none() {
                let diagnostic = Diagnostic::error(codes::WRONG_TYPE, "`each` is not a reference to a list")
                    .hint("write exactly one reference: \"{{work_item.spec.entities}}\"");
                found.push(document.at(&format!("{at}/each"), diagnostic));
            }
            names.with(one.variable())
        }
        None => names.clone(),
    };
    found.extend(names::template(document, &format!("{at}/to"), &one.to, &inner));
    found.extend(destination(definition, one, at));
    found.extend(names::condition(document, &format!("{at}/when"), one.when.as_deref(), &inner));
    for path in matching(definition, &one.from) {
        found.extend(variables(definition, path, &inner));
    }
    found
}

/// What is fixed in `to` must be a safe path, and a folder goes to a folder.
fn destination(definition: &Definition<Agent>, one: &TemplateFile, at: &str) -> Option<Diagnostic> {
    let pointer = format!("{at}/to");
    let to = one.to.as_str();
    let plain = form::plain_path(to.strip_suffix('/').unwrap_or(to));
    let is_root = matches!(to, "" | "/" | "./");
    let diagnostic = if one.from.ends_with('/') && !to.ends_with('/') && !to.is_empty() {
        Diagnostic::error(codes::WRONG_FORM, format!("`{}` is a folder, `{to}` is not", one.from))
            .hint(format!("write `to: \"{to}/\"`"))
    } else if is_root && one.from.ends_with('/') {
        return None;
    } else {
        let fault = plain.parse::<forgeline_model::SafePath>().err()?;
        Diagnostic::error(codes::ESCAPING_PATH, fault.to_string())
            .hint("write a path relative to the root of the repository, without `..`")
    };
    Some(definition.document.at(&pointer, diagnostic))
}

/// Files at a path, or below it when it ends in `/`.
fn matching<'a>(definition: &'a Definition<Agent>, from: &str) -> Vec<&'a str> {
    let all = definition.files.iter().map(|(path, _)| path);
    if from.ends_with('/') {
        all.filter(|path| path.starts_with(from)).collect()
    } else {
        all.filter(|path| *path == from).collect()
    }
}

/// What a template file and its name refer to.
fn variables(definition: &Definition<Agent>, path: &str, names: &Names) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let shown = format!("{}/{path}", definition.folder);
    let told = |(message, hint): (String, String)| Diagnostic::error(codes::TEMPLATE_VARIABLE, message).hint(hint);
    if let Err(error) = text::check_text(path) {
        found.push(Diagnostic::error(codes::BAD_TEMPLATE, error.message).in_file(&shown));
    }
    let in_name = text::references(path);
    found.extend(in_name.iter().filter_map(|one| names.fault(&one.path)).map(|fault| told(fault).in_file(&shown)));
    let Some(source) = source(definition, path) else { return found };
    for reference in text::references(source) {
        if let Some(fault) = names.fault(&reference.path) {
            let length = u32::try_from(reference.path.chars().count()).unwrap_or(1).max(1);
            let span = Span { file: shown.clone(), line: reference.line, column: reference.column, length };
            found.push(told(fault).at(span, source));
        }
    }
    found
}

/// The text of a file that is rendered.
fn source<'a>(definition: &'a Definition<Agent>, path: &str) -> Option<&'a str> {
    path.ends_with(".hbs").then(|| definition.files.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok()))?
}

/// All templates of the agent's folder as one set: syntax, partials, bounds. Files that are no UTF-8 are refused.
fn syntax(definition: &Definition<Agent>) -> Vec<Diagnostic> {
    let mut set = BTreeMap::new();
    let mut found = Vec::new();
    for (path, bytes) in definition.files.iter() {
        match std::str::from_utf8(bytes) {
            Ok(text) if path.ends_with(".hbs") => {
                set.insert(path.to_owned(), text.to_owned());
            }
            Ok(_) => {}
            Err(_) => {
                let shown = format!("{}/{path}", definition.folder);
                let diagnostic = Diagnostic::error(codes::NOT_UTF8, format!("`{shown}` is not UTF-8"));
                found.push(diagnostic.hint("an agent's files are text; save it as UTF-8").in_file(shown));
            }
        }
    }
    if let Err(error) = Templates::load(&set) {
        let text = set.get(&error.file).map_or("", String::as_str);
        let file = format!("{}/{}", definition.folder, error.file);
        let span = Span { file, line: error.line.max(1), column: error.column.max(1), length: 1 };
        found.push(Diagnostic::error(codes::BAD_TEMPLATE, error.message).at(span, text));
    }
    found
}
