//! Processes: each has jobs, a job makes one step at a time, and a crash takes all jobs of a process with it.

mod pass;
mod perform;
mod publish;
mod serve;
mod work;

pub(crate) use pass::Pass;
pub(crate) use perform::Perform;
pub(crate) use serve::Serve;
pub(crate) use work::Work;

use crate::{store::ProcessId, world::World};

/// A running executable.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) id: ProcessId,
    /// How far its clock is off, milliseconds.
    pub(crate) skew: i64,
    pub(crate) jobs: Vec<Job>,
}

/// Something that a process is at.
#[derive(Debug)]
pub(crate) enum Job {
    /// A task.
    Work(Work),
    /// An effect.
    Perform(Perform),
    /// A look at all that is new.
    Pass(Pass),
    /// A delivery that comes in.
    Serve(Serve),
}

impl Job {
    /// Makes one step; none when it is over.
    pub(crate) fn advance(self, world: &mut World, process: ProcessId) -> Option<Self> {
        match self {
            Self::Work(work) => work.advance(world, process).map(Self::Work),
            Self::Perform(perform) => perform.advance(world, process).map(Self::Perform),
            Self::Pass(pass) => pass.advance(world, process).map(Self::Pass),
            Self::Serve(serve) => serve.advance(world).map(Self::Serve),
        }
    }

    /// What a crash takes away that was paid for.
    pub(crate) fn paid_call(&self) -> Option<usize> {
        match self {
            Self::Work(work) => work.paid_call(),
            Self::Perform(_) | Self::Pass(_) | Self::Serve(_) => None,
        }
    }
}
