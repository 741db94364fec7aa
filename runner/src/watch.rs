//! What happens, for whoever looks on: the story on a terminal, a live page.

use std::sync::Arc;

use forgeline_engine::Step;
use forgeline_model::RunId;

/// Something worth telling while it happens. Everything in it is durable already.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A run moved on.
    Step {
        /// Which run.
        run: RunId,
        /// Its new facts, events and effects.
        step: Arc<Step>,
    },
    /// The index is being brought up to date.
    Indexing {
        /// How far, for people.
        text: String,
    },
    /// Something went less well than it should, and was dealt with.
    Warning {
        /// What, and what it means.
        text: String,
    },
}

/// Where notices go.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(Notice) + Send + Sync>);

impl Watch {
    /// To this function; it is called between two transactions and should be quick.
    pub fn with(tell: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// To nobody.
    pub fn nobody() -> Self {
        Self(Arc::new(|_| {}))
    }

    pub(crate) fn step(&self, run: &RunId, step: Step) {
        (self.0)(Notice::Step { run: run.clone(), step: Arc::new(step) });
    }

    pub(crate) fn indexing(&self, text: impl Into<String>) {
        (self.0)(Notice::Indexing { text: text.into() });
    }

    /// Says that something is amiss and work goes on.
    pub fn warn(&self, text: impl Into<String>) {
        (self.0)(Notice::Warning { text: text.into() });
    }
}
