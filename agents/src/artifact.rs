//! Which artifact type a file has.

use forgeline_blueprints::agent::Output;
use forgeline_model::task::Produces;
use globset::{GlobBuilder, GlobMatcher};

/// The globs of a stage and its agent, compiled.
pub(crate) struct Types<'a> {
    produces: Vec<(&'a Produces, GlobMatcher)>,
    types: Vec<(&'a str, GlobMatcher)>,
    other: &'a str,
}

impl<'a> Types<'a> {
    /// Compiles the globs.
    pub(crate) fn new(produces: &'a [Produces], output: &'a Output) -> Result<Self, globset::Error> {
        Ok(Self {
            produces: produces
                .iter()
                .map(|entry| Ok((entry, matcher(&entry.path)?)))
                .collect::<Result<_, globset::Error>>()?,
            types: output
                .types
                .iter()
                .map(|(glob, name)| Ok((name.as_str(), matcher(glob)?)))
                .collect::<Result<_, globset::Error>>()?,
            other: &output.artifact_type,
        })
    }

    /// The type of a file: what the stage says of exactly this path, then what the agent says, then what the stage says
    /// of a group of paths, then what the agent writes in general.
    pub(crate) fn of(&self, path: &str) -> &'a str {
        let exact =
            self.produces.iter().find(|(entry, _)| entry.path == path).map(|(entry, _)| entry.artifact_type.as_str());
        let agent = || self.types.iter().find(|(_, glob)| glob.is_match(path)).map(|(name, _)| *name);
        let group = || {
            self.produces.iter().find(|(_, glob)| glob.is_match(path)).map(|(entry, _)| entry.artifact_type.as_str())
        };
        exact.or_else(agent).or_else(group).unwrap_or(self.other)
    }
}

/// A glob in which `*` stays within a folder and `**` does not.
pub(crate) fn matcher(glob: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(GlobBuilder::new(glob).literal_separator(true).build()?.compile_matcher())
}
