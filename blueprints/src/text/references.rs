//! The variables that a text names, for a linter and for error messages.

use super::{
    expression::{self, Usage, Variable},
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
    /// Paths that all hold something wherever this is read: the conditions of the blocks around it.
    pub guards: Vec<String>,
}

/// A partial that a text includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Its name, `header` for `partials/header.hbs`.
    pub name: String,
    /// As for a [`Reference`].
    pub guards: Vec<String>,
}

/// The variables that a text names from the root. Names given by a block (`as |entity|`), names relative to an
/// element of `each` or `with`, `this` and `@index` and its like are not among them. A text that is not well formed
/// names nothing; [`super::check_text`] tells why.
pub fn references(text: &str) -> Vec<Reference> {
    walk(text).0
}

/// The partials that a text includes.
pub fn inclusions(text: &str) -> Vec<Inclusion> {
    walk(text).1
}

fn walk(text: &str) -> (Vec<Reference>, Vec<Inclusion>) {
    let (mut references, mut inclusions) = (Vec::new(), Vec::new());
    let Ok(tags) = scan::scan(text) else { return (references, inclusions) };
    let mut places = scan::Places::new(text);
    let mut scopes: Vec<Scope<'_>> = Vec::new();
    for tag in &tags {
        let usage = expression::read(tag, functions::is_function);
        let guards: Vec<String> = scopes.iter().flat_map(|scope| scope.guards.iter().cloned()).collect();
        for variable in &usage.variables {
            if let Some(path) = from_root(variable, &scopes) {
                let (line, column) = places.of(variable.offset);
                references.push(Reference { path, line, column, optional: variable.optional, guards: guards.clone() });
            }
        }
        match tag.kind {
            Kind::Open => {
                let scope = Scope::opened(&usage, &scopes);
                scopes.push(scope);
            }
            Kind::Else => {
                let branch = Scope::opened(&usage, &scopes);
                if let Some(scope) = scopes.last_mut() {
                    scope.turn(branch, tag.body.is_empty());
                }
            }
            Kind::Close => {
                scopes.pop();
            }
            Kind::Partial => {
                inclusions.extend(usage.head.map(|(name, _)| Inclusion { name: name.to_owned(), guards }));
            }
            Kind::Value => {}
        }
    }
    (references, inclusions)
}

/// An open block, in the branch that is being read.
struct Scope<'t> {
    /// Plain names inside mean fields of the element.
    moves: bool,
    gives: Vec<&'t str>,
    /// What holds something in this branch.
    guards: Vec<String>,
    /// What holds something in the last branch, `else`.
    otherwise: Vec<String>,
}

impl<'t> Scope<'t> {
    fn opened(usage: &Usage<'t>, outer: &[Scope<'t>]) -> Self {
        let head = usage.head.map_or("", |(name, _)| name);
        let (guards, otherwise) = match head {
            "if" => (all_of(usage, outer), Vec::new()),
            "unless" => (Vec::new(), all_of(usage, outer)),
            _ => (Vec::new(), Vec::new()),
        };
        Self { moves: matches!(head, "each" | "with"), gives: usage.gives.clone(), guards, otherwise }
    }

    /// Goes on with the next branch.
    fn turn(&mut self, branch: Self, is_last: bool) {
        // The element of `each` and `with` is not there in their `else`.
        self.moves = false;
        self.gives.clear();
        if is_last {
            self.guards = std::mem::take(&mut self.otherwise);
        } else {
            (self.guards, self.otherwise) = (branch.guards, branch.otherwise);
        }
    }
}

/// The variables of a condition that holds only when all of them hold something; none when that cannot be told.
fn all_of(usage: &Usage<'_>, scopes: &[Scope<'_>]) -> Vec<String> {
    if !usage.calls.iter().all(|(name, _)| matches!(*name, "if" | "unless" | "and")) {
        return Vec::new();
    }
    usage.variables.iter().filter_map(|variable| from_root(variable, scopes)).collect()
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
