//! Where a publisher may die, and which rule it may forget.
//!
//! In production it does neither. The racing tests do both: a death at every boundary must lose nothing, and each rule
//! that is forgotten must be missed by them.

use super::PublishError;

/// A boundary of the protocol: what was done last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The references were read and searched for the run's key.
    Looked,
    /// Tree and commit lie in the object store; no reference names them.
    Composed,
    /// The intent is stored.
    Intended,
    /// The reference is swapped.
    Swapped,
    /// What became of the intent is stored.
    Resolved,
    /// What did not fit stands on its conflict branch.
    ConflictKept,
    /// The pull requests are up to date; only the outcome is not stored yet.
    Proposed,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Self::Looked => "looked",
            Self::Composed => "composed",
            Self::Intended => "intended",
            Self::Swapped => "swapped",
            Self::Resolved => "resolved",
            Self::ConflictKept => "conflict-kept",
            Self::Proposed => "proposed",
        }
    }
}

#[cfg(test)]
impl Step {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Looked,
        Self::Composed,
        Self::Intended,
        Self::Swapped,
        Self::Resolved,
        Self::ConflictKept,
        Self::Proposed,
    ];
}

/// A rule that keeps a run's key from entering twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nothing is written before the history was searched for the key.
    HistoryCheck,
    /// A reference moves only from what was seen.
    ExpectedTip,
}

/// What goes wrong with one publisher.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// Dies after this step.
    pub(crate) dies_after: Option<Step>,
    /// Does not keep this rule.
    pub(crate) forgets: Option<Rule>,
}

impl Faults {
    /// Goes on after a step, or dies there.
    pub(crate) fn pass(self, step: Step) -> Result<(), PublishError> {
        forgeline_failpoint::pass("publish", step.word());
        if self.dies_after == Some(step) { Err(PublishError::Died(step)) } else { Ok(()) }
    }

    pub(crate) fn keeps(self, rule: Rule) -> bool {
        self.forgets != Some(rule)
    }
}
