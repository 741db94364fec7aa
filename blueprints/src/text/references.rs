//! The variables that a text names, for a linter and for error messages.

use super::{
    expression::{self, Variable},
    functions,
    scan::{self, Kind},
};

/// A variable that a text names from the root of its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Dotted path, `inputs.name`.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The text copes when it is undefined: it stands in `if`, `unless`, `and`, `or`, `not` or `default`.
    pub optional: bool,
}

/// The variables that a text names from the root. Names given by a block (`as |entity|`), names relative to an
/// element of `each` or `with`, `this` and `@index` and its like are not among them. A text that is not well formed
/// names nothing; [`super::check_text`] tells why.
pub fn references(text: &str) -> Vec<Reference> {
    let Ok(tags) = scan::scan(text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut places = scan::Places::new(text);
    let mut scopes: Vec<Scope<'_>> = Vec::new();
    for tag in &tags {
        let usage = expression::read(tag, functions::is_function);
        for variable in &usage.variables {
            if let Some(path) = from_root(variable, &scopes) {
                let (line, column) = places.of(variable.offset);
                found.push(Reference { path, line, column, optional: variable.optional });
            }
        }
        match tag.kind {
            Kind::Open => {
                let moves = usage.head.is_some_and(|(name, _)| matches!(name, "each" | "with"));
                scopes.push(Scope { moves, gives: usage.gives });
            }
            Kind::Close => {
                scopes.pop();
            }
            Kind::Else | Kind::Value | Kind::Partial => {}
        }
    }
    found
}

struct Scope<'t> {
    /// Plain names inside mean fields of the element.
    moves: bool,
    gives: Vec<&'t str>,
}

fn from_root(variable: &Variable<'_>, scopes: &[Scope<'_>]) -> Option<String> {
    let dotted = |path: &str| path.replace('/', ".");
    if let Some(path) = variable.path.strip_prefix("@root.").or_else(|| variable.path.strip_prefix("@root/")) {
        return Some(dotted(path));
    }
    if variable.path.starts_with('@') {
        return None;
    }
    let moved = scopes.iter().filter(|scope| scope.moves).count();
    let mut path = variable.path;
    let mut up = 0;
    while let Some(rest) = path.strip_prefix("../") {
        path = rest;
        up += 1;
    }
    path = path.strip_prefix("./").or_else(|| path.strip_prefix("this.")).unwrap_or(path);
    let first = path.split(['.', '/']).next().unwrap_or_default();
    let given = up == 0 && scopes.iter().any(|scope| scope.gives.contains(&first));
    (up >= moved && !given && !first.is_empty() && first != "this").then(|| dotted(path))
}
