//! `forgeline contracts impact`: who is touched by a change, or would be by one.

use std::fmt::Write as _;

use clap::Args;
use forgeline_registry::{
    Registry,
    rules::{Impact as Touched, impact, users},
};
use serde_json::json;

use super::place::Against;
use crate::{
    commands::Session,
    exit::{Exit, Failure},
};

/// Show what a change of contracts breaks, and who names the event: producers, consumers, blueprints, agents.
///
/// Examples: `forgeline contracts impact --base main`, `forgeline contracts impact DeadLettered`
#[derive(Debug, Args)]
pub struct Impact {
    /// Only who uses this event, whether it changes or not.
    event: Option<String>,
    #[command(flatten)]
    against: Against,
}

impl Impact {
    pub(super) fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let place = self.against.which.read(session)?;
        let definitions = place.definitions(session)?;
        let mut told = match self.event {
            Some(event) => {
                if let Ok(registry) = Registry::load(&place.files)
                    && registry.show(&event).is_none()
                {
                    let known = registry.contracts().map(|contract| contract.name.as_str());
                    let hint = forgeline_blueprints::suggest::hint(&event, known);
                    return Err(Failure::new(Exit::NotFound, format!("there is no contract `{event}`; {hint}")).into());
                }
                let users = users(&event, &place.files, &definitions);
                vec![Touched { event, from: None, to: None, breaks: Vec::new(), users }]
            }
            None => {
                let ground = place.ground(self.against.base.as_deref())?;
                impact(&place.check(&ground, &definitions), &place.files, &definitions)
            }
        };
        // An event.yaml is named as seen from the repository, like blueprints and agents of a factory.
        for user in told.iter_mut().flat_map(|one| &mut one.users).filter(|user| user.file.starts_with("events/")) {
            if !place.below.is_empty() {
                user.file = format!("{}/{}", place.below, user.file);
            }
        }
        session.out.print("impact", &json!({"events": told}), || text(&told));
        Ok(Exit::Success)
    }
}

fn text(told: &[Touched]) -> String {
    let mut text = String::new();
    for one in told {
        let _ = write!(text, "{}", one.event);
        if let (Some(from), Some(to)) = (&one.from, &one.to) {
            let _ = write!(text, " {from} → {to}");
        }
        text.push('\n');
        for line in &one.breaks {
            let _ = writeln!(text, "  breaks    {line}");
        }
        for user in &one.users {
            let _ = writeln!(text, "  {:<9} {} {}  {}:{}", user.role, user.kind, user.name, user.file, user.line);
        }
        if one.users.is_empty() {
            text.push_str("  nobody names it\n");
        }
    }
    if told.is_empty() {
        text.push_str("nothing breaks\n");
    }
    text
}
