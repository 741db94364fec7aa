//! What happened in a world, told line by line once somebody wants to read it.

/// A story. Silent ones cost nothing.
#[derive(Debug, Default)]
pub(crate) struct Story {
    lines: Option<Vec<String>>,
}

impl Story {
    /// One that is written down.
    pub(crate) fn told() -> Self {
        Self { lines: Some(Vec::new()) }
    }

    /// Adds a line, if anybody listens.
    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(line());
        }
    }

    /// All of it.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}
