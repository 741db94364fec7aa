//! Validators: what must hold of every proposed file before the write gate sees it.

mod markdown;
mod openapi;
mod syntax;

use forgeline_model::{
    SafePath,
    task::{NoteVerdict, ProposedFile, TaskFailure, TaskRequest, ValidationNote},
};

use crate::{artifact::matcher, failure::terminal, fix::has_extension, perform::total_bytes};

/// Most findings named in one failure.
const MAX_FINDINGS: usize = 20;

/// Names of the validators that a manifest may list, with what they check. `paths` and `size` always run.
pub const VALIDATORS: [(&str, &str); 10] = [
    ("paths", "each path is safe and one that the stage produces"),
    ("size", "the files are within the task's limits"),
    ("utf8", "no replacement or control characters"),
    ("yaml", "`.yaml` and `.yml` files parse, without duplicate keys"),
    ("json", "`.json` files parse"),
    ("toml", "`.toml` files parse"),
    ("markdown", "`.md` files have one title, closed fences, and links that stay in the repository"),
    (
        "openapi-basic",
        "files of type OpenApiDocument have the structure of OpenAPI 3, unique operation ids, local references that resolve",
    ),
    ("rust-syntax", "`.rs` files parse"),
    ("no-secrets", "left to the write gate, which scans every proposal"),
];

/// Validators that run whether the manifest lists them or not.
const ALWAYS: [&str; 2] = ["paths", "size"];

/// Runs the validators over every file; all findings in one failure.
pub(crate) fn all(
    names: &[String],
    files: &[ProposedFile],
    request: &TaskRequest,
) -> Result<Vec<ValidationNote>, TaskFailure> {
    let listed = names.iter().map(String::as_str).filter(|name| !ALWAYS.contains(name));
    let mut notes = Vec::new();
    for name in ALWAYS.into_iter().chain(listed) {
        notes.extend(run(name, files, request)?);
    }
    let failed: Vec<String> = notes
        .iter()
        .filter(|note| note.verdict == NoteVerdict::Failed)
        .map(|note| format!("`{}`: {} ({})", note.path, note.message, note.check))
        .collect();
    if failed.is_empty() {
        return Ok(notes);
    }
    let more = failed.len().saturating_sub(MAX_FINDINGS);
    let mut message = failed[..failed.len() - more].join("\n");
    if more > 0 {
        message.push_str(&format!("\nand {more} more"));
    }
    Err(terminal("validation", message))
}

fn run(name: &str, files: &[ProposedFile], request: &TaskRequest) -> Result<Vec<ValidationNote>, TaskFailure> {
    let on = |extensions: &'static [&str], check: fn(&ProposedFile) -> Result<(), String>| {
        each(name, files, |file| has_extension(&file.path, extensions).then(|| check(file)))
    };
    Ok(match name {
        "paths" => paths(files, request)?,
        "size" => size(files, request)?,
        "utf8" => each(name, files, |file| Some(syntax::characters(file))),
        "yaml" => on(&["yaml", "yml"], syntax::yaml),
        "json" => on(&["json"], syntax::json),
        "toml" => on(&["toml"], syntax::toml),
        "rust-syntax" => on(&["rs"], syntax::rust),
        "markdown" => on(&["md"], |file| markdown::check(&file.path, &file.content)),
        "openapi-basic" => {
            each(name, files, |file| (file.artifact_type == "OpenApiDocument").then(|| openapi::check(file)))
        }
        "no-secrets" => Vec::new(),
        _ => {
            let known: Vec<String> = VALIDATORS.iter().map(|(name, _)| format!("`{name}`")).collect();
            let known = known.join(", ");
            return Err(terminal(
                "validation",
                format!("validator `{name}` is not available in this build; there are {known}"),
            ));
        }
    })
}

/// Whether a `.json`, `.yaml` or `.yml` file parses; else why not. None: its name claims neither.
pub fn well_formed(path: &str, content: &str) -> Option<Result<(), String>> {
    if has_extension(path, &["json"]) {
        Some(syntax::value(content))
    } else if has_extension(path, &["yaml", "yml"]) {
        Some(syntax::documents(content).map(drop))
    } else {
        None
    }
}

/// One note for each file that the validator looks at.
fn each(
    name: &str,
    files: &[ProposedFile],
    check: impl Fn(&ProposedFile) -> Option<Result<(), String>>,
) -> Vec<ValidationNote> {
    let note = |file: &ProposedFile, outcome| {
        let (verdict, message) = match outcome {
            Ok(()) => (NoteVerdict::Passed, String::new()),
            Err(message) => (NoteVerdict::Failed, message),
        };
        ValidationNote { check: name.to_owned(), path: file.path.clone(), verdict, message }
    };
    files.iter().filter_map(|file| Some(note(file, check(file)?))).collect()
}

fn paths(files: &[ProposedFile], request: &TaskRequest) -> Result<Vec<ValidationNote>, TaskFailure> {
    let globs: Vec<_> = request
        .produces
        .iter()
        .map(|produces| matcher(&produces.path))
        .collect::<Result<_, _>>()
        .map_err(|error| terminal("validation", format!("`produces` is not well formed: {error}")))?;
    let declared = || {
        let list: Vec<String> = request.produces.iter().map(|produces| format!("`{}`", produces.path)).collect();
        if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
    };
    Ok(each("paths", files, |file| {
        Some(match file.path.parse::<SafePath>() {
            Err(unsafe_path) => Err(unsafe_path.reason.to_owned()),
            Ok(_) if globs.iter().any(|glob| glob.is_match(&file.path)) => Ok(()),
            Ok(_) => Err(format!("the stage produces {} and not this", declared())),
        })
    }))
}

fn size(files: &[ProposedFile], request: &TaskRequest) -> Result<Vec<ValidationNote>, TaskFailure> {
    let (bytes, limits) = (total_bytes(files), &request.limits);
    if bytes > limits.output_bytes || files.len() > limits.files as usize {
        return Err(terminal(
            "limit",
            format!(
                "the agent proposes {} files of {bytes} bytes; at most {} of {}",
                files.len(),
                limits.files,
                limits.output_bytes
            ),
        ));
    }
    let passed = NoteVerdict::Passed;
    Ok(vec![ValidationNote { check: "size".into(), path: String::new(), verdict: passed, message: String::new() }])
}
