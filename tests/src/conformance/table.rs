//! What a scenario is.

use super::{scene::Scene, stage::Can};

/// A story that ends the same on every forge.
pub(super) struct Scenario {
    /// What it shows, a sentence in small letters; its transcript is named after it.
    pub(super) name: &'static str,
    /// What the forge must have for it.
    pub(super) needs: &'static [Can],
    /// Why what it asks for is not so yet.
    pub(super) gap: Option<&'static str>,
    pub(super) play: fn(&Scene<'_>),
}

/// Scenarios that are played together.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// As the matrix calls it.
    pub(super) title: &'static str,
    pub(super) scenarios: &'static [Scenario],
    /// How many processes look at the same time.
    pub(super) at_once: usize,
    /// How many machines serve the repository, each with a state of its own.
    pub(super) machines: usize,
}

/// A scenario that needs nothing special.
pub(super) const fn scenario(name: &'static str, play: fn(&Scene<'_>)) -> Scenario {
    Scenario { name, needs: &[], gap: None, play }
}

impl Scenario {
    /// It needs this of the forge.
    pub(super) const fn needs(mut self, needs: &'static [Can]) -> Self {
        self.needs = needs;
        self
    }

    /// What it asks for is not so yet.
    #[expect(dead_code, reason = "there is no gap at the moment")]
    pub(super) const fn gap(mut self, reason: &'static str) -> Self {
        self.gap = Some(reason);
        self
    }
}

/// A forge on which a scenario ends another way, on purpose.
pub(super) struct Difference {
    pub(super) forge: &'static str,
    pub(super) scenario: &'static str,
    pub(super) reason: &'static str,
}

impl Group {
    /// One process of one machine looks at a time.
    pub(super) const fn new(name: &'static str, title: &'static str, scenarios: &'static [Scenario]) -> Self {
        Self { name, title, scenarios, at_once: 1, machines: 1 }
    }
}
