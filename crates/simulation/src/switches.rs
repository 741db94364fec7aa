//! Bugs that can be planted: a simulation that finds none of them proves nothing.
//!
//! Each stands at the place where the simulated performers and store decide the same thing as the real ones. No code that
//! ships has such a switch.

/// What is wrong on purpose in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Switches {
    /// The planted bug; none in a world that is to hold.
    pub bug: Option<Bug>,
}

impl Switches {
    /// A world with one bug.
    pub fn planted(bug: Bug) -> Self {
        Self { bug: Some(bug) }
    }
}

macro_rules! bugs {
    ($($name:ident: $word:literal, $says:literal;)*) => {
        /// A bug that can be planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug {
            $(#[doc = $says] $name,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The invariant that must find it, and what it is, for people.
            pub fn found_by(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => ($word, $says),)*
                }
            }
        }
    };
}

bugs! {
    AcknowledgedBeforeStored: "one record per delivery", "A delivery is acknowledged before it is stored.";
    NoDeliveryDedup: "one record per delivery", "A delivery that came before is stored again.";
    InboxRowNotClosed: "every run ends", "What was decided stays in the inbox.";
    TimeInTriggerKey: "asked once, run once", "The trigger key holds a time stamp.";
    LeaseStolen: "one worker per task", "A task is claimed though its worker is alive and in time.";
    LeaseNotChecked: "one worker per task", "A result is taken from whoever brings it.";
    EpochIgnored: "one worker per task", "A result is taken from any worker of the process that holds the lease.";
    LostWorkerNotReclaimed: "every run ends", "A task whose worker is gone is never claimed again.";
    TickNeverSent: "every run ends", "Nobody looks at a run whose time is over.";
    GroupNotReleased: "every run ends", "A run that ends does not make room for the next of its group.";
    GroupIgnored: "one run of a group", "A run starts though another of its group is at work.";
    PauseIgnored: "nothing starts while held", "A task of a paused run is claimed.";
    HoldIgnored: "nothing starts while held", "A task is claimed though an operator holds everything back.";
    StaleApproval: "an approval is bound", "An approval counts for what waits now, whatever was seen.";
    RequesterApproves: "nobody approves alone", "Who asked for a run approves it.";
    AnybodyApproves: "nobody approves alone", "The role of who approves is not looked at.";
    ApprovalNotAwaited: "no work without its approval", "A stage starts while the question before it still waits.";
    ResultNotStored: "nothing is paid twice", "A result is used and not kept under its key.";
    RetryForgets: "nothing is paid twice", "A further attempt does finished stages anew.";
    SpendNotRecorded: "spend recorded is spend made", "What a result cost is not recorded.";
    BudgetNotReserved: "the budget is kept", "Nothing is set aside for attempts at work.";
    NoHistoryCheck: "one commit per key", "The publisher does not look for the run's key in history.";
    BlindRefWrite: "nobody's commit is lost", "A branch is written without comparing what it was.";
    IntentNotStored: "intended before written", "A branch is written and no intent was stored.";
    PullRequestWithoutLookup: "one pull request per run", "A pull request is opened without looking for one.";
    CommentWithoutKey: "one comment per key", "A comment is posted without looking for its key.";
    SettledBeforePerformed: "settled means performed", "An effect is settled before it is performed.";
    RowNotMirrored: "the journal is the state", "A dropped task keeps its row.";
    EndedRunGoesOn: "what ended stays", "A result that comes after the end of its run is recorded.";
}
