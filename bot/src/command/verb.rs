//! The commands there are.

/// A command's first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// `run`
    Run,
    /// `retry`
    Retry,
    /// `revise`
    Revise,
    /// `cancel`
    Cancel,
    /// `approve`
    Approve,
    /// `reject`
    Reject,
    /// `ok-to-test`
    OkToTest,
    /// `plan`
    Plan,
    /// `why`
    Why,
    /// `status`
    Status,
    /// `help`
    Help,
    /// `hold`
    Hold,
    /// `release`
    Release,
}

impl Verb {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 13] = [
        Self::Run,
        Self::Plan,
        Self::Status,
        Self::Why,
        Self::Retry,
        Self::Revise,
        Self::Cancel,
        Self::Hold,
        Self::Approve,
        Self::Reject,
        Self::OkToTest,
        Self::Release,
        Self::Help,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Retry => "retry",
            Self::Revise => "revise",
            Self::Cancel => "cancel",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::OkToTest => "ok-to-test",
            Self::Plan => "plan",
            Self::Why => "why",
            Self::Status => "status",
            Self::Help => "help",
            Self::Hold => "hold",
            Self::Release => "release",
        }
    }

    /// How it is written.
    pub fn usage(self) -> &'static str {
        match self {
            Self::Run => "/forgeline run <blueprint> [name=value …]",
            Self::Retry => "/forgeline retry [stage] [--fresh]",
            Self::Revise => "/forgeline revise [stage] [text]",
            Self::Cancel => "/forgeline cancel [run]",
            Self::Approve => "/forgeline approve <stage> <sha> <digest>",
            Self::Reject => "/forgeline reject <stage> <reason>",
            Self::OkToTest => "/forgeline ok-to-test <sha>|cancel",
            Self::Plan => "/forgeline plan <blueprint> [name=value …]",
            Self::Why => "/forgeline why [event or run]",
            Self::Status => "/forgeline status",
            Self::Help => "/forgeline help",
            Self::Hold => "/forgeline hold [cancel]",
            Self::Release => "/forgeline release",
        }
    }

    /// What it does, for the help.
    pub fn effect(self) -> &'static str {
        match self {
            Self::Run => "start a blueprint",
            Self::Retry => "run the failed part again, reuse the rest",
            Self::Revise => "a new attempt with your words and the open review threads as input",
            Self::Cancel => "stop a run",
            Self::Approve => "release a waiting stage",
            Self::Reject => "refuse a waiting stage",
            Self::OkToTest => "trust one revision of an outsider",
            Self::Plan => "show what a run would do; writes nothing",
            Self::Why => "show what was decided, and why",
            Self::Status => "show what runs",
            Self::Help => "show what you may do here",
            Self::Hold => "no new runs on this item, until `hold cancel`",
            Self::Release => "publish the contract versions that this pull request proposes",
        }
    }

    /// Whether this build can carry it out. The others are understood, and answered with that they are not.
    pub fn is_available(self) -> bool {
        self != Self::Release
    }

    /// The verb with this word, in any case.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.word().eq_ignore_ascii_case(word))
    }
}
