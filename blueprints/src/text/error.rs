//! What is wrong with a text, in words that name the file, the place and the variable.

use std::fmt;

use handlebars::{RenderError, RenderErrorReason, TemplateError, TemplateErrorReason};
use serde_json::Value;

use super::{expression, functions, lookup, references, scan};

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// The template's file, or `text`.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Lower case, the object in backticks, then what to do.
    pub message: String,
    /// Which kind of fault.
    pub kind: TextErrorKind,
}

/// Kinds of fault in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextErrorKind {
    /// The text is not well formed, or calls what does not exist.
    Syntax,
    /// It names a variable that is not defined.
    Undefined,
    /// A function got what it cannot work on.
    Value,
    /// Too large, too deep, or an output without end.
    Limit,
}

impl TextError {
    pub(super) fn at(file: &str, (line, column): (u32, u32), kind: TextErrorKind, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, column, message: message.into(), kind }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for TextError {}

/// What a function of ours found wrong, on its way through the engine.
#[derive(Debug, Clone)]
pub(super) struct FunctionFault {
    pub(super) kind: TextErrorKind,
    pub(super) message: String,
}

impl fmt::Display for FunctionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FunctionFault {}

/// The engine's word on a text that our own scan let pass.
pub(super) fn from_syntax(file: &str, error: &TemplateError) -> TextError {
    let message = match error.reason() {
        TemplateErrorReason::InvalidSyntax(detail) => format!("the template is not well formed: {}", detail.trim()),
        reason => format!("the template is not well formed: {reason}"),
    };
    TextError::at(
        file,
        place(error.pos().map(|(line, column)| (Some(line), Some(column)))),
        TextErrorKind::Syntax,
        message,
    )
}

/// Why a rendering ended. `source` gives file and text for the engine's template name.
pub(super) fn from_render<'s>(
    error: &RenderError,
    context: &Value,
    source: impl Fn(Option<&str>) -> (&'s str, &'s str),
) -> TextError {
    let (file, text) = source(error.template_name.as_deref());
    let at = place(Some((error.line_no, error.column_no)));
    let fault = |kind, message: String| TextError::at(file, at, kind, message);
    match error.reason() {
        RenderErrorReason::MissingVariable(path) => undefined(file, text, at, path.as_deref(), context),
        RenderErrorReason::ParamNotFoundForIndex(function, index) => undefined_argument(file, text, at, context)
            .unwrap_or_else(|| {
                fault(TextErrorKind::Value, format!("`{function}` has no value for argument {}", index + 1))
            }),
        RenderErrorReason::NestedError(nested) => match nested.downcast_ref::<FunctionFault>() {
            Some(found) => fault(found.kind, found.message.clone()),
            None => fault(TextErrorKind::Value, nested.to_string()),
        },
        RenderErrorReason::IOError(error) => fault(TextErrorKind::Limit, error.to_string()),
        RenderErrorReason::TemplateError(error) => from_syntax(file, error),
        RenderErrorReason::InvalidJsonIndex(name) => {
            fault(TextErrorKind::Undefined, format!("`{name}` is looked for in a list; name an index or use `each`"))
        }
        reason => fault(TextErrorKind::Value, reason.to_string().to_lowercase()),
    }
}

fn place(at: Option<(Option<usize>, Option<usize>)>) -> (u32, u32) {
    let number = |value: Option<usize>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(1).max(1);
    at.map_or((1, 1), |(line, column)| (number(line), number(column)))
}

/// An argument of the tag at this place that names nothing.
fn undefined_argument(file: &str, text: &str, at: (u32, u32), context: &Value) -> Option<TextError> {
    let path = variables_at(text, at)
        .into_iter()
        .find(|(path, from_root)| *from_root && lookup::find(context, path).is_none());
    path.map(|(path, _)| undefined(file, text, at, Some(&path), context))
}

/// Names the variable; near names only when the path starts at the root, where we can tell.
fn undefined(file: &str, text: &str, at: (u32, u32), path: Option<&str>, context: &Value) -> TextError {
    let Some(raw) = path else {
        return TextError::at(file, at, TextErrorKind::Undefined, "`lookup` finds nothing under that key");
    };
    let path = raw.strip_prefix("@root.").unwrap_or(raw).replace('/', ".");
    let roots = references(text);
    let known = roots.iter().find(|root| root.path == path && (root.line, root.column) >= at);
    let found = lookup::find(context, &path);
    let (at, message) = match (known, found) {
        (Some(root), Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) => {
            ((root.line, root.column), format!("`{path}` is not a list or object, or is empty; add `{{{{else}}}}`"))
        }
        (Some(root), Some(_)) => ((root.line, root.column), format!("`{path}` is empty; add `{{{{else}}}}`")),
        (Some(root), None) => {
            ((root.line, root.column), format!("variable `{path}` is not defined{}", lookup::hint(context, &path)))
        }
        (None, Some(_)) => {
            (at, format!("variable `{raw}` is not defined in this block; write `@root.{path}` to leave the block"))
        }
        (None, None) => (at, format!("variable `{raw}` is not defined")),
    };
    TextError::at(file, at, TextErrorKind::Undefined, message)
}

/// Variables of the tag at this place, and whether each starts at the root.
fn variables_at(text: &str, at: (u32, u32)) -> Vec<(String, bool)> {
    let Ok(tags) = scan::scan(text) else { return Vec::new() };
    let roots = references(text);
    let Some(tag) = tags.iter().rfind(|tag| scan::position(text, tag.start) <= at) else { return Vec::new() };
    let usage = expression::read(tag, functions::is_function);
    usage
        .variables
        .iter()
        .map(|variable| {
            let (line, column) = scan::position(text, variable.offset);
            match roots.iter().find(|root| (root.line, root.column) == (line, column)) {
                Some(root) => (root.path.clone(), true),
                None => (variable.path.to_owned(), false),
            }
        })
        .collect()
}
