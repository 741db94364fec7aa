//! Text with variables: the one place that knows the template engine.
//!
//! Strict (an undefined variable is an error), no HTML escaping, functions without I/O. The engine behind it ends the
//! process on partials that include each other and on thousands of nested blocks, so a text is scanned before the
//! engine sees it: size, nesting and the partial graph are bounded, and what the language leaves out (decorators,
//! partial blocks, triple braces, list and object literals) is refused with its place.
//!
//! A file below `partials/` is known by its path there without `.hbs`: `partials/header.hbs` is `{{> header}}`.

mod capped;
mod check;
mod error;
mod expression;
mod functions;
mod lookup;
mod markdown;
mod references;
mod resolve;
mod scan;

use std::{collections::BTreeMap, sync::LazyLock};

use handlebars::Handlebars;
use serde_json::Value;

pub use error::{TextError, TextErrorKind};
pub use functions::names as function_names;
pub use markdown::neutralise as neutralise_markdown;
pub use references::{Inclusion, Reference, inclusions, references};
pub use resolve::resolve;

/// Largest template, bytes.
pub const MAX_TEXT_BYTES: usize = 256 << 10;
/// Largest set of templates, bytes.
pub const MAX_SET_BYTES: usize = 8 << 20;
/// Deepest nesting of blocks, `else` chains and partials together. The engine recurses once for each.
pub const MAX_DEPTH: usize = 64;
/// How often one template may expand partials, loops not counted.
pub const MAX_EXPANSIONS: usize = 10_000;
/// Largest rendered text unless the caller sets another cap, bytes.
pub const MAX_OUTPUT_BYTES: usize = 4 << 20;

/// Name under which errors speak of a text that has no file.
const UNNAMED: &str = "text";

static ENGINE: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(handlebars::no_escape);
    engine.unregister_helper("log");
    functions::register(&mut engine);
    engine
});

/// What templates may name, prepared once for many renderings.
#[derive(Debug, Clone)]
pub struct Context(handlebars::Context);

impl Context {
    /// Wraps a value. Objects are walked in key order whatever order they are held in.
    pub fn new(value: &Value) -> Self {
        Self(handlebars::Context::wraps(lookup::sorted(value)).expect("a JSON value serialises as JSON"))
    }

    /// The value.
    pub fn value(&self) -> &Value {
        self.0.data()
    }
}

impl From<&Value> for Context {
    fn from(value: &Value) -> Self {
        Self::new(value)
    }
}

/// A checked and compiled set of templates and partials.
#[derive(Debug, Clone)]
pub struct Templates {
    engine: Handlebars<'static>,
    sources: BTreeMap<String, Source>,
}

/// A template as its author knows it.
#[derive(Debug, Clone)]
struct Source {
    file: String,
    text: String,
}

impl Templates {
    /// Checks and compiles templates by file path.
    ///
    /// # Errors
    /// The first fault found, with its place.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Self, TextError> {
        check::set_size(files)?;
        let sources: BTreeMap<String, Source> = files
            .iter()
            .map(|(file, text)| (name_of(file).to_owned(), Source { file: file.clone(), text: text.clone() }))
            .collect();
        check::set(&sources)?;
        let mut engine = ENGINE.clone();
        for (name, source) in &sources {
            engine
                .register_template_string(name, &source.text)
                .map_err(|error| error::from_syntax(&source.file, &error))?;
        }
        Ok(Self { engine, sources })
    }

    /// Whether there is such a template; by file path, or name for a partial.
    pub fn has(&self, file: &str) -> bool {
        self.sources.contains_key(name_of(file))
    }

    /// Renders a template, at most [`MAX_OUTPUT_BYTES`].
    ///
    /// # Errors
    /// An undefined variable, a wrong argument, or an output that is too large.
    pub fn render(&self, file: &str, context: &Context) -> Result<String, TextError> {
        self.render_within(file, context, MAX_OUTPUT_BYTES)
    }

    /// Renders a template, at most this many bytes.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn render_within(&self, file: &str, context: &Context, most: usize) -> Result<String, TextError> {
        let name = name_of(file);
        if !self.sources.contains_key(name) {
            let message = format!("there is no template `{file}`{}", lookup::did_you_mean(name, self.sources.keys()));
            return Err(TextError::at(file, (1, 1), TextErrorKind::Syntax, message));
        }
        let mut out = capped::Writer::new(most);
        match self.engine.render_with_context_to_write(name, &context.0, &mut out) {
            Ok(()) => Ok(out.into_text()),
            Err(fault) => Err(error::from_render(&fault, context.value(), |name| {
                let source = self.sources.get(name.unwrap_or_default());
                source.map_or((file, ""), |source| (source.file.as_str(), source.text.as_str()))
            })),
        }
    }
}

/// Renders a text that has no file: a file name, a title, a parameter. It has no partials.
///
/// # Errors
/// As [`Templates::render`], with `text` as the file.
pub fn render_text(text: &str, context: &Value) -> Result<String, TextError> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    render_text_in(text, &Context::new(context))
}

/// [`render_text`] with a context that is used more than once.
///
/// # Errors
/// As [`render_text`].
pub fn render_text_in(text: &str, context: &Context) -> Result<String, TextError> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    scan_text(text)?;
    let mut out = capped::Writer::new(MAX_OUTPUT_BYTES);
    match ENGINE.render_template_with_context_to_write(text, &context.0, &mut out) {
        Ok(()) => Ok(out.into_text()),
        Err(fault) => Err(error::from_render(&fault, context.value(), |_| (UNNAMED, text))),
    }
}

/// Whether a text that stands alone is well formed and within bounds.
///
/// # Errors
/// The first fault found, with `text` as the file.
pub fn check_text(text: &str) -> Result<(), TextError> {
    scan_text(text)?;
    handlebars::Template::compile(text).map(drop).map_err(|error| error::from_syntax(UNNAMED, &error))
}

/// What must hold before the engine sees a text that stands alone.
fn scan_text(text: &str) -> Result<(), TextError> {
    let source = Source { file: UNNAMED.to_owned(), text: text.to_owned() };
    check::set(&BTreeMap::from([(UNNAMED.to_owned(), source)]))
}

/// The name that `{{> name}}` uses for a file.
fn name_of(file: &str) -> &str {
    file.strip_prefix("partials/").map_or(file, |name| name.strip_suffix(".hbs").unwrap_or(name))
}

#[cfg(test)]
mod tests;
