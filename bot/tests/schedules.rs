//! Schedules in the pass, on real databases and real Git, with a clock of the test's own.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use forgeline_agents::AgentHost;
use forgeline_blueprints::config::operator::Ceilings;
use forgeline_bot::Bot;
use forgeline_engine::spec::Definitions;
use forgeline_forge::{LocalForge, NewRepository, Seed};
use forgeline_model::{FileSet, RunId, Timestamp};
use forgeline_runner::{Clock, InForce, Parts, Registries, Runner, Watch, knowledge::KnowledgeHandle};
use forgeline_store::Store;
use tempfile::TempDir;

/// Monday, 2 March 2026, 05:00 in UTC.
const MONDAY: i64 = 1_772_427_600_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

struct World {
    folder: TempDir,
    clock: Arc<AtomicI64>,
    files: FileSet,
}

impl World {
    /// A machine with the repository `acme/shop`, and a factory whose blueprint `nightly` has this schedule.
    async fn new(schedule: &str) -> Self {
        let mut world = Self {
            folder: TempDir::new().expect("a folder"),
            clock: Arc::new(AtomicI64::new(MONDAY)),
            files: FileSet::new("factory"),
        };
        world.files.insert("forgeline.yaml", "apiVersion: forgeline.dev/v1\nkind: Factory\n".to_owned());
        world.files.insert(
            "agents/writer/agent.yaml",
            "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {name: writer, version: 1.0.0}\ninputs: {type: object}\n\
             skills: [{id: write, kind: template, templates: [{from: templates/page.md.hbs, to: docs/page.md}]}]\n\
             output: {type: Page, validators: [paths, utf8]}\n"
                .to_owned(),
        );
        world.files.insert("agents/writer/templates/page.md.hbs", "A page.\n".to_owned());
        world.schedule(schedule);
        let runner = world.runner().await;
        let new = NewRepository { repo: "acme/shop".parse().expect("valid"), private: false, seed: Seed::Readme };
        let owner = "acme".parse().expect("valid");
        runner.forge.add_user(&owner, runner.clock.now()).await.expect("adds");
        runner.forge.create_repository(&new, &owner, runner.clock.now()).await.expect("creates");
        world
    }

    fn schedule(&mut self, schedule: &str) {
        self.files.insert(
            "blueprints/nightly/blueprint.yaml",
            format!(
                "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: nightly, version: 1.0.0}}\non:\n{schedule}\
                 stages:\n  - {{id: page, uses: writer@^1, produces: [{{path: docs/page.md, type: Page}}]}}\n"
            ),
        );
    }

    fn limit(&mut self, limits: &str) {
        let text = format!("apiVersion: forgeline.dev/v1\nkind: Factory\npolicy: {{limits: {{{limits}}}}}\n");
        self.files.insert("forgeline.yaml", text);
    }

    /// Another process over the same state.
    async fn runner(&self) -> Runner {
        let store = Store::open(self.folder.path(), Arc::new(|_, _| Ok(()))).await.expect("opens");
        let clock = self.clock.clone();
        Runner::new(Parts {
            forge: LocalForge::new(store.clone()),
            store,
            registries: Registries::new(InForce::built_in().registry),
            host: AgentHost::new("/nonexistent"),
            knowledge: KnowledgeHandle::unavailable("not about the index"),
            clock: Clock::of(move || Timestamp::from_millis(clock.load(Ordering::SeqCst))),
            watch: Watch::nobody(),
            parallel: 1,
            ceilings: Ceilings::default(),
            signing: forgeline_runner::signing::Signing::default(),
            effects: forgeline_runner::Effects::Performed,
        })
    }

    async fn bot(&self) -> Bot {
        let source = Definitions { origin: "factory".into(), commit: None, dirty: false, contracts: None };
        let in_force = InForce::of_files(&self.files, source);
        assert_eq!(in_force.findings, [], "the factory has no faults");
        Bot::new(self.runner().await, in_force)
    }

    fn set(&self, millis: i64) {
        self.clock.store(MONDAY + millis, Ordering::SeqCst);
    }

    /// What a pass of a new process at a time after Monday starts: the time that each run stands for.
    async fn starts_at(&self, millis: i64) -> Vec<String> {
        self.set(millis);
        let started = self.bot().await.pass().await.expect("passes").started;
        let runner = self.runner().await;
        let mut found = Vec::new();
        for run in started {
            found.push(time(&runner, &run).await);
        }
        found
    }

    /// Verdicts on the schedule so far, with what they are about.
    async fn decided(&self) -> Vec<String> {
        let rows = self.runner().await.store.decisions("schedule acme/shop/nightly").await.expect("reads");
        let shown = rows.iter().map(|row| format!("{} {}", row.decision.rule, row.decision.verdict));
        shown.collect()
    }
}

async fn time(runner: &Runner, run: &RunId) -> String {
    let spec = runner.store.run(run).await.expect("reads").spec;
    assert_eq!((spec.trigger.kind.as_str(), &spec.item), ("schedule", &None));
    spec.trigger.detail.rsplit_once(" at ").expect("a time").1[..16].to_owned()
}

const HOURLY: &str = "  - schedule: {cron: \"0 * * * *\"}\n";

#[tokio::test]
async fn each_time_starts_one_run_and_a_new_schedule_has_no_history() {
    let world = World::new(HOURLY).await;
    assert!(world.starts_at(30 * MINUTE).await.is_empty(), "five o'clock was before the schedule");
    assert!(world.starts_at(59 * MINUTE).await.is_empty());
    assert_eq!(world.starts_at(HOUR).await, ["2026-03-02T06:00"]);
    assert!(world.starts_at(HOUR).await.is_empty(), "a second pass finds nothing due");
    assert_eq!(world.starts_at(2 * HOUR + MINUTE).await, ["2026-03-02T07:00"]);
    assert_eq!(world.decided().await, ["trigger.schedule start", "trigger.schedule start"]);
}

#[tokio::test]
async fn two_processes_at_once_start_one_run() {
    let world = World::new(HOURLY).await;
    world.starts_at(0).await;
    world.set(HOUR);
    let (one, other) = (world.bot().await, world.bot().await);
    let (one, other) = tokio::join!(one.pass(), other.pass());
    assert_eq!(one.expect("passes").started.len() + other.expect("passes").started.len(), 1);
}

#[tokio::test]
async fn a_clock_that_goes_back_starts_nothing_twice() {
    let world = World::new(HOURLY).await;
    world.starts_at(0).await;
    assert_eq!(world.starts_at(3 * HOUR).await.len(), 1);
    assert!(world.starts_at(HOUR).await.is_empty());
    assert!(world.starts_at(3 * HOUR).await.is_empty());
    assert_eq!(world.starts_at(4 * HOUR).await, ["2026-03-02T09:00"]);
}

#[tokio::test]
async fn missed_times_are_dealt_with_as_the_blueprint_says() {
    for (misfire, expected) in [
        ("", vec!["2026-03-02T09:00"]),
        (", misfire: once", vec!["2026-03-02T09:00"]),
        (", misfire: skip", vec![]),
        (", misfire: all", vec!["2026-03-02T06:00", "2026-03-02T07:00", "2026-03-02T08:00", "2026-03-02T09:00"]),
    ] {
        let world = World::new(&format!("  - schedule: {{cron: \"0 * * * *\"{misfire}}}\n")).await;
        world.starts_at(0).await;
        assert_eq!(world.starts_at(4 * HOUR + 30 * MINUTE).await, expected, "{misfire}");
        let left_out = world.decided().await.contains(&"trigger.schedule ignore".to_owned());
        assert_eq!(left_out, expected.len() < 4, "what is left out is on record: {misfire}");
        assert_eq!(world.starts_at(5 * HOUR).await, ["2026-03-02T10:00"], "on time again: {misfire}");
    }
}

#[tokio::test]
async fn a_changed_schedule_is_a_new_one_and_one_that_comes_back_too() {
    let mut world = World::new(HOURLY).await;
    world.starts_at(0).await;
    world.schedule("  - schedule: {cron: \"30 * * * *\"}\n");
    assert!(world.starts_at(HOUR + 40 * MINUTE).await.is_empty(), "neither the old one nor the new one's past");
    assert_eq!(world.starts_at(2 * HOUR + 30 * MINUTE).await, ["2026-03-02T07:30"]);
    world.schedule(HOURLY);
    assert!(world.starts_at(5 * HOUR + MINUTE).await.is_empty(), "nothing is made up for the time without it");
    assert_eq!(world.starts_at(6 * HOUR).await, ["2026-03-02T11:00"]);
}

#[tokio::test]
async fn as_many_runs_begin_as_the_factory_lets_and_the_rest_later() {
    let mut world = World::new("  - schedule: {cron: \"*/10 * * * *\", misfire: all}\n").await;
    world.limit("runs_per_project_per_hour: 2");
    world.starts_at(0).await;
    assert_eq!(world.starts_at(30 * MINUTE).await, ["2026-03-02T05:10", "2026-03-02T05:20"]);
    assert_eq!(world.decided().await.last().map(String::as_str), Some("policy.limits refuse"));
    assert!(world.starts_at(80 * MINUTE).await.is_empty(), "the hour is not over");
    assert_eq!(world.starts_at(90 * MINUTE).await, ["2026-03-02T05:30", "2026-03-02T05:40"], "where it left off");
}

#[tokio::test]
async fn a_blueprint_that_needs_an_item_is_refused_once_and_visibly() {
    let mut world = World::new(HOURLY).await;
    world.files.insert("agents/writer/templates/page.md.hbs", "{{work_item.spec.name}}\n".to_owned());
    world.starts_at(0).await;
    assert!(world.starts_at(HOUR).await.is_empty());
    assert!(world.starts_at(2 * HOUR).await.is_empty());
    let letters =
        world.runner().await.store.dead_letters(&forgeline_store::LetterFilter::default()).await.expect("reads");
    let [letter] = &letters[..] else { panic!("one letter for the schedule: {letters:?}") };
    assert!(letter.letter.reason.contains("work item"), "{letter:?}");
    let decided = world.decided().await;
    assert_eq!(decided, ["dead-letter open", "trigger.schedule refuse", "trigger.schedule refuse"]);
}
