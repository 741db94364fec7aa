//! The conditions of a rule, in the order they are asked.

use forgeline_blueprints::blueprint::{EventTrigger, Trigger};
use forgeline_engine::condition::Condition;
use forgeline_model::Event;
use globset::GlobBuilder;
use semver::Version;
use serde_json::json;

use super::{
    Failed, StageFailure, kind,
    occurrence::{Happening, ItemFacts, MAX_CHAIN_DEPTH, Occurrence},
};

/// Most paths that a verdict lists.
const SHOWN: usize = 5;

/// The first condition of this rule that fails, or none if the rule starts the blueprint of this name.
pub(super) fn ask(occurrence: &Occurrence, blueprint: &str, trigger: &Trigger) -> Option<Failed> {
    let mut asked = Asked { met: 0 };
    asked.rule(occurrence, blueprint, trigger).err()
}

/// The first condition that keeps what a failure asks for from starting.
pub(super) fn ask_failure(failure: &StageFailure<'_>, of: &str, stage: &str, rule: &str) -> Option<Failed> {
    let mut asked = Asked { met: 0 };
    asked.failure(failure, of, stage, rule).err()
}

/// Counts the conditions that were met.
pub(super) struct Asked {
    met: usize,
}

impl Asked {
    fn rule(&mut self, occurrence: &Occurrence, blueprint: &str, trigger: &Trigger) -> Result<(), Failed> {
        let happened = occurrence.what.kind();
        self.meet("kind", kind(trigger) == happened, || (kind(trigger).to_owned(), happened.to_owned()))?;
        match (trigger, &occurrence.what) {
            (Trigger::Label(wanted), Happening::LabelAdded { label }) => {
                self.meet("label", wanted == label, || (wanted.clone(), label.clone()))?;
            }
            (Trigger::Command(wanted), Happening::Command { verb, blueprint: named }) => {
                self.meet("command", wanted == verb, || (wanted.clone(), verb.clone()))?;
                self.meet("blueprint", named == blueprint, || (blueprint.to_owned(), named.clone()))?;
            }
            (Trigger::WorkItem(wanted), Happening::ItemChanged) => self.work_item(wanted, occurrence.item.as_ref())?,
            (Trigger::Event(wanted), Happening::Event { event, of_blueprint, chain_depth }) => {
                self.event(wanted, event)?;
                self.chain(blueprint, of_blueprint.as_deref(), *chain_depth)?;
            }
            (Trigger::Push(wanted), Happening::Push(pushed)) => self.push(wanted, pushed)?,
            (Trigger::PullRequest(wanted), Happening::PullRequest(proposed)) => {
                self.pull_request(wanted, proposed)?;
                if let (true, Some(item)) = (proposed.action.is_end(), &occurrence.item) {
                    // That it is closed is what the rule waits for.
                    return self.hold(item);
                }
            }
            // The kinds are equal by the condition above, so these do not meet.
            (
                Trigger::Label(_)
                | Trigger::Command(_)
                | Trigger::WorkItem(_)
                | Trigger::Event(_)
                | Trigger::PullRequest(_)
                | Trigger::Push(_)
                | Trigger::Schedule(_),
                _,
            ) => {}
        }
        occurrence.item.as_ref().map_or(Ok(()), |item| self.item(item))
    }

    /// What holds for every rule about an item: it is open and not on hold.
    fn item(&mut self, item: &ItemFacts) -> Result<(), Failed> {
        self.meet("item", !item.is_closed, || ("open".into(), format!("closed (`{}`)", item.state)))?;
        self.hold(item)
    }

    fn hold(&mut self, item: &ItemFacts) -> Result<(), Failed> {
        self.meet("hold", !item.is_held, || ("not on hold".into(), "on hold since `/forgeline hold`".into()))
    }

    fn event(&mut self, wanted: &EventTrigger, event: &Event) -> Result<(), Failed> {
        let same = wanted.event_type == event.event_type;
        self.meet("type", same, || (wanted.event_type.clone(), event.event_type.clone()))?;
        let version = format!("{}.0", event.version).parse::<Version>();
        let fits = version.is_ok_and(|version| wanted.version.matches(&version));
        self.meet("version", fits, || (wanted.version.to_string(), event.version.clone()))?;
        let Some(when) = &wanted.when else { return Ok(()) };
        let answer = Condition::parse(when)
            .map_err(|error| error.to_string())
            .and_then(|condition| condition.evaluate(&json!({"event": event.to_value()})));
        let actual = match &answer {
            Ok(truth) => truth.to_string(),
            Err(error) => format!("cannot be evaluated: {error}"),
        };
        self.meet("when", answer == Ok(true), || (when.clone(), actual))
    }

    fn failure(&mut self, failure: &StageFailure<'_>, of: &str, stage: &str, rule: &str) -> Result<(), Failed> {
        self.meet("blueprint", failure.blueprint == of, || (of.to_owned(), failure.blueprint.to_owned()))?;
        self.meet("stage", failure.stage == stage, || (stage.to_owned(), failure.stage.to_owned()))?;
        self.meet("source", failure.started_by != Some(rule), || {
            ("a run that this rule did not start".into(), "a run that this rule started".into())
        })?;
        self.depth(failure.chain_depth)?;
        failure.item.as_ref().map_or(Ok(()), |item| self.item(item))
    }

    /// Chains end: a blueprint is not started by its own events, and not by runs of runs of runs.
    fn chain(&mut self, blueprint: &str, of: Option<&str>, depth: u32) -> Result<(), Failed> {
        self.meet("source", of != Some(blueprint), || {
            ("another blueprint's run".into(), format!("a run of `{blueprint}` itself"))
        })?;
        self.depth(depth)
    }

    fn depth(&mut self, depth: u32) -> Result<(), Failed> {
        self.meet("chain depth", depth < MAX_CHAIN_DEPTH, || {
            (format!("fewer than {MAX_CHAIN_DEPTH} runs before it"), depth.to_string())
        })
    }

    pub(super) fn meet(
        &mut self,
        condition: &str,
        is_met: bool,
        values: impl FnOnce() -> (String, String),
    ) -> Result<(), Failed> {
        if is_met {
            self.met += 1;
            return Ok(());
        }
        let (expected, actual) = values();
        Err(Failed { condition: condition.to_owned(), expected, actual, met: self.met })
    }
}

pub(super) fn one_of(names: &[String]) -> String {
    names.join(" or ")
}

/// The first few, for people.
pub(super) fn some_of(paths: &[String]) -> String {
    let shown: Vec<&str> = paths.iter().take(SHOWN).map(String::as_str).collect();
    match (paths.len(), paths.len().saturating_sub(SHOWN)) {
        (0, _) => "no file".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether a glob names a path or branch; `*` stays within a folder. One that cannot be read, which the linter has told,
/// names nothing.
pub(super) fn matches(glob: &str, name: &str) -> bool {
    let glob = GlobBuilder::new(glob).literal_separator(true).empty_alternates(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(name))
}
