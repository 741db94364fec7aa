//! What must hold before the engine sees a set of templates.

use std::collections::BTreeMap;

use super::{
    MAX_DEPTH, MAX_EXPANSIONS, MAX_SET_BYTES, MAX_TEXT_BYTES, Source, TextError, TextErrorKind,
    expression::{self, Usage},
    functions, lookup,
    scan::{self, Fault, Kind, Tag},
};

/// Blocks of the language.
pub(super) const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];

/// Refuses a set that is too large before anything is copied.
pub(super) fn set_size(files: &BTreeMap<String, String>) -> Result<(), TextError> {
    let limit = |file: &str, message| Err(TextError::at(file, (1, 1), TextErrorKind::Limit, message));
    if let Some((file, text)) = files.iter().find(|(_, text)| text.len() > MAX_TEXT_BYTES) {
        return limit(file, format!("the template is {} bytes; at most {MAX_TEXT_BYTES}", text.len()));
    }
    let total: usize = files.values().map(String::len).sum();
    if total > MAX_SET_BYTES {
        let file = files.keys().next().map_or("", String::as_str);
        return limit(file, format!("the templates are {total} bytes together; at most {MAX_SET_BYTES}"));
    }
    Ok(())
}

/// Checks each template, then the graph of their partials.
pub(super) fn set(sources: &BTreeMap<String, Source>) -> Result<(), TextError> {
    let mut shapes = BTreeMap::new();
    for (name, source) in sources {
        if source.text.len() > MAX_TEXT_BYTES {
            let message = format!("the text is {} bytes; at most {MAX_TEXT_BYTES}", source.text.len());
            return Err(TextError::at(&source.file, (1, 1), TextErrorKind::Limit, message));
        }
        let shape = scan::scan(&source.text).and_then(|tags| shape(&tags)).map_err(|fault| locate(source, fault))?;
        shapes.insert(name.as_str(), shape);
    }
    let mut graph = Graph { sources, shapes: &shapes, known: BTreeMap::new(), path: Vec::new() };
    for name in sources.keys() {
        graph.weigh(name)?;
    }
    Ok(())
}

pub(super) fn locate(source: &Source, fault: Fault) -> TextError {
    let kind = if fault.limit { TextErrorKind::Limit } else { TextErrorKind::Syntax };
    TextError::at(&source.file, scan::position(&source.text, fault.offset), kind, fault.message)
}

/// How deep one template goes, and where it includes others.
#[derive(Debug, Default)]
pub(super) struct Shape<'t> {
    pub(super) depth: usize,
    /// Name, depth at that point, byte offset.
    includes: Vec<(&'t str, usize, usize)>,
}

pub(super) fn shape<'t>(tags: &[Tag<'t>]) -> Result<Shape<'t>, Fault> {
    let mut shape = Shape::default();
    // Open blocks: name, offset, levels (an `else if` nests one deeper).
    let mut open: Vec<(&str, usize, usize)> = Vec::new();
    for tag in tags {
        let usage = expression::read(tag, functions::is_function);
        match tag.kind {
            Kind::Open => open.push((block_name(tag, &usage)?, tag.start, 1)),
            Kind::Else => {
                let Some((_, _, levels)) = open.last_mut() else {
                    return Err(Fault::syntax(tag.start, "`else` stands outside any block"));
                };
                if !tag.body.is_empty() {
                    block_name(tag, &usage)?;
                    *levels += 1;
                }
            }
            Kind::Close => match open.pop() {
                Some((name, _, _)) if name == tag.body => {}
                Some((name, _, _)) => {
                    return Err(Fault::syntax(tag.start, format!("`/{}` closes a block `{name}`", tag.body)));
                }
                None => return Err(Fault::syntax(tag.start, format!("`/{}` closes nothing", tag.body))),
            },
            Kind::Partial => {
                let (name, offset) = usage
                    .head
                    .ok_or_else(|| Fault::syntax(tag.start, "a partial is named by a plain word: `{{> header}}`"))?;
                shape.includes.push((name, depth_of(&open), offset));
            }
            Kind::Value => {}
        }
        known_functions(&usage)?;
        shape.depth = shape.depth.max(depth_of(&open));
        if shape.depth > MAX_DEPTH {
            return Err(Fault::limit(tag.start, format!("blocks are nested deeper than {MAX_DEPTH}")));
        }
    }
    match open.last() {
        Some((name, offset, _)) => Err(Fault::syntax(*offset, format!("block `{name}` is not closed"))),
        None => Ok(shape),
    }
}

fn depth_of(open: &[(&str, usize, usize)]) -> usize {
    open.iter().map(|(_, _, levels)| levels).sum()
}

fn block_name<'t>(tag: &Tag<'t>, usage: &Usage<'t>) -> Result<&'t str, Fault> {
    match usage.head {
        Some((name, _)) if BLOCKS.contains(&name) => Ok(name),
        Some((name, offset)) => Err(Fault::syntax(
            offset,
            format!("there is no block `{name}`; there are `if`, `unless`, `each` and `with`"),
        )),
        None => Err(Fault::syntax(tag.start, "a block has no name")),
    }
}

fn known_functions(usage: &Usage<'_>) -> Result<(), Fault> {
    match usage.calls.iter().find(|(name, _)| !functions::is_function(name) && !BLOCKS.contains(name)) {
        None => Ok(()),
        Some((name, offset)) => {
            let near = lookup::did_you_mean(name, functions::names());
            Err(Fault::syntax(*offset, format!("there is no function `{name}`{near}")))
        }
    }
}

/// What a template costs with all that it includes.
#[derive(Debug, Clone, Copy)]
struct Weight {
    depth: usize,
    expansions: usize,
}

struct Graph<'a> {
    sources: &'a BTreeMap<String, Source>,
    shapes: &'a BTreeMap<&'a str, Shape<'a>>,
    known: BTreeMap<&'a str, Weight>,
    path: Vec<&'a str>,
}

impl<'a> Graph<'a> {
    /// Recursion is bounded: each level is one more name on a path that is cut at [`MAX_DEPTH`].
    fn weigh(&mut self, name: &'a str) -> Result<Weight, TextError> {
        if let Some(weight) = self.known.get(name) {
            return Ok(*weight);
        }
        let (shapes, source) = (self.shapes, &self.sources[name]);
        let shape = &shapes[name];
        let mut weight = Weight { depth: shape.depth, expansions: 1 };
        self.path.push(name);
        for (included, depth, offset) in &shape.includes {
            self.may_include(source, included, *offset)?;
            let inner = self.weigh(included)?;
            weight.depth = weight.depth.max(depth + 1 + inner.depth);
            weight.expansions = weight.expansions.saturating_add(inner.expansions);
            if weight.depth > MAX_DEPTH {
                let message = format!("blocks and partials are nested deeper than {MAX_DEPTH}");
                return Err(locate(source, Fault::limit(*offset, message)));
            }
            if weight.expansions > MAX_EXPANSIONS {
                let message = format!("partials are expanded more than {MAX_EXPANSIONS} times");
                return Err(locate(source, Fault::limit(*offset, message)));
            }
        }
        self.path.pop();
        self.known.insert(name, weight);
        Ok(weight)
    }

    fn may_include(&self, source: &Source, included: &str, offset: usize) -> Result<(), TextError> {
        let fault = if let Some(start) = self.path.iter().position(|name| *name == included) {
            let cycle = [&self.path[start..], &[included]].concat().join("` → `");
            Fault::syntax(offset, format!("partials include each other: `{cycle}`"))
        } else if !self.sources.contains_key(included) {
            let near = lookup::did_you_mean(included, self.sources.keys());
            Fault::syntax(offset, format!("there is no partial `{included}`{near}"))
        } else if self.path.len() > MAX_DEPTH {
            Fault::limit(offset, format!("partials are nested deeper than {MAX_DEPTH}"))
        } else {
            return Ok(());
        };
        Err(locate(source, fault))
    }
}
