//! What happens to a run as a whole: it begins, is paused, stopped, or published.

use forgeline_model::RunId;

use super::{Draft, Illegal};
use crate::{
    fact::{Fact, Outcome},
    input::Effect,
    run::Phase,
};

impl Draft<'_> {
    pub(super) fn queue(&mut self, behind: &RunId) -> Result<(), Illegal> {
        match self.state.phase {
            Phase::New => {
                self.fact(Fact::Queued { behind: behind.clone() });
                self.step.effects.push(Effect::Report);
                Ok(())
            }
            _ => Err(Illegal::Phase(self.state.phase.word())),
        }
    }

    pub(super) fn start(&mut self) -> Result<(), Illegal> {
        match self.state.phase {
            Phase::New | Phase::Queued { .. } => {
                self.fact(Fact::Started);
                Ok(())
            }
            _ => Err(Illegal::Phase(self.state.phase.word())),
        }
    }

    pub(super) fn cancel(&mut self, by: &str) -> Result<(), Illegal> {
        self.not_publishing()?;
        if self.state.cancelled_by.is_some() {
            return Err(Illegal::Already("being cancelled"));
        }
        self.fact(Fact::CancelRequested { by: by.to_owned() });
        Ok(())
    }

    pub(super) fn terminate(&mut self, by: &str) -> Result<(), Illegal> {
        self.not_publishing()?;
        self.finish(Outcome::Cancelled { by: by.to_owned() });
        Ok(())
    }

    pub(super) fn pause(&mut self, by: &str) -> Result<(), Illegal> {
        self.not_publishing()?;
        if self.state.paused_by.is_some() {
            return Err(Illegal::Already("paused"));
        }
        self.fact(Fact::Paused { by: by.to_owned() });
        Ok(())
    }

    pub(super) fn resume(&mut self, by: &str) -> Result<(), Illegal> {
        if self.state.paused_by.is_none() {
            return Err(Illegal::Already("going on"));
        }
        self.fact(Fact::Resumed { by: by.to_owned() });
        Ok(())
    }

    pub(super) fn settled(&mut self, outcome: &Outcome) -> Result<(), Illegal> {
        match self.state.phase {
            Phase::Publishing => {
                self.finish(outcome.clone());
                Ok(())
            }
            _ => Err(Illegal::Phase(self.state.phase.word())),
        }
    }

    /// The commit may be on its branch already; a word that nothing is written would be a lie.
    fn not_publishing(&self) -> Result<(), Illegal> {
        match self.state.phase {
            Phase::Publishing => Err(Illegal::Phase("publishing")),
            _ => Ok(()),
        }
    }
}
