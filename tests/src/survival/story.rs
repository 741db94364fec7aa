//! A story in chapters: people act, then the bot has its turn. It is told once undisturbed; then each chapter can be told
//! again from its beginning, with deaths in it, and must end as it did.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::process::ExitStatusExt as _,
    thread,
    time::{Duration, Instant},
};

use super::picture::{Picture, rows};
use crate::world::{Said, World};

const SIGKILL: i32 = 9;
/// Turns of the bot after which all must be quiet.
const MOST_TURNS: u32 = 4;
/// How long something may wait for its next try.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How a process dies.
#[derive(Debug, Clone)]
pub(super) enum Death {
    /// As it passes this place, `place#nth`.
    At(String),
    /// So long after its start, in millionths of an undisturbed turn.
    After(u64),
}

/// People have acted, the bot has not.
struct Chapter {
    name: &'static str,
    start: World,
    end: Picture,
    /// How often the bot passes each place when nobody disturbs it.
    passes: BTreeMap<String, u64>,
    takes: Duration,
}

/// The story, told once.
pub(super) struct Story {
    chapters: Vec<Chapter>,
    factory: String,
    operator: String,
    /// Keeps the factory's files.
    _home: World,
}

impl Story {
    /// A request, a vote, a merge that starts another blueprint, a run that dies and wakes people, and a cancellation.
    pub(super) fn told_undisturbed() -> Self {
        let (home, world) = (World::new(), World::with_shop());
        write_factory(&home);
        let mut story = Self {
            chapters: Vec::new(),
            factory: home.path("factory").display().to_string(),
            operator: home.path("operator.yaml").display().to_string(),
            _home: home,
        };
        world.ok(&["local", "user", "add", "bo"]);
        world.ok(&["local", "user", "role", "bo", "maintainer"]);
        let say = |world: &World, number: &str, who: &str, text: &str| {
            world.ok(&["local", "comment", "add", number, text, "--as", who, "--no-bot"]);
        };
        story.chapter(&world, "a request", |_, world| {
            world.issue("Data", "Some.");
            say(world, "1", "ana", "/forgeline run flow");
        });
        story.chapter(&world, "a vote", |_, world| {
            let asked = world.comments(1).join("\n");
            let line =
                asked.lines().find(|line| line.starts_with("/forgeline approve ok ")).expect("the line to paste");
            say(world, "1", "bo", line);
        });
        story.chapter(&world, "a merge", |_, world| {
            world.ok(&["local", "pr", "merge", "2", "--no-bot"]);
        });
        story.chapter(&world, "a failure", |_, world| {
            say(world, "1", "ana", "/forgeline run broken");
        });
        story.chapter(&world, "a cancellation", |story, world| {
            world.issue("More data", "Some.");
            say(world, "5", "ana", "/forgeline run flow");
            story.turn(world, &[]);
            say(world, "5", "ana", "/forgeline cancel");
        });
        story
    }

    fn chapter(&mut self, world: &World, name: &'static str, act: impl FnOnce(&Self, &World)) {
        act(self, world);
        let start = world.copy();
        let log = world.path("passes");
        let begun = Instant::now();
        self.turn(world, &[("FORGELINE_FAILPOINT_LOG", &log.display().to_string())]);
        let takes = begun.elapsed();
        let mut passes = BTreeMap::new();
        for line in fs::read_to_string(&log).expect("the log").lines() {
            *passes.entry(line.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
        fs::remove_file(&log).expect("the log");
        self.quieten(world);
        self.chapters.push(Chapter { name, start, end: Picture::of(world), passes, takes });
    }

    /// Each place and where it is passed: `(chapter, nth pass)`.
    pub(super) fn places(&self) -> BTreeMap<String, Vec<(usize, u64)>> {
        let mut places: BTreeMap<String, Vec<(usize, u64)>> = BTreeMap::new();
        for (n, chapter) in self.chapters.iter().enumerate() {
            for (place, passes) in &chapter.passes {
                places.entry(place.clone()).or_default().extend((1..=*passes).map(|nth| (n, nth)));
            }
        }
        places
    }

    pub(super) fn chapters(&self) -> usize {
        self.chapters.len()
    }

    /// Tells a chapter again with these deaths, one process after the other; how many of them took place. The first must.
    ///
    /// # Panics
    /// It ended in another way, or paid for what was there.
    pub(super) fn survive(&self, chapter: usize, deaths: &[Death]) -> usize {
        let Chapter { name, start, end, takes, .. } = &self.chapters[chapter];
        let world = start.copy();
        let told = format!("in the chapter of {name}, with deaths {deaths:?}");
        let mut died = 0;
        for (n, death) in deaths.iter().enumerate() {
            let paid = Paid::before(&world);
            if self.dies(&world, death, *takes) {
                died += 1;
            } else if n == 0 && matches!(death, Death::At(_)) {
                panic!("nobody died {told}");
            }
            paid.check(&world, &told);
        }
        let paid = Paid::before(&world);
        let log = world.path("passes").display().to_string();
        self.turn(&world, &[("FORGELINE_FAILPOINT_LOG", &log)]);
        paid.check(&world, &told);
        self.quieten(&world);
        let now = Picture::of(&world);
        assert!(now == *end, "another end {told}:\n{}", end.differences(&now).join("\n"));
        died
    }

    /// Tells a chapter again with the bot's first turn inside another program, such as `strace`; what that turn said.
    ///
    /// # Panics
    /// It ended in another way.
    pub(super) fn survive_under(&self, chapter: usize, wrapper: &[String]) -> Said {
        let Chapter { name, start, end, .. } = &self.chapters[chapter];
        let world = start.copy();
        let said = world.run_under_with(wrapper, &self.with_factory(&[]), &["bot", "once"]);
        self.quieten(&world);
        let now = Picture::of(&world);
        assert!(
            now == *end,
            "another end in the chapter of {name} under {wrapper:?}:\n{}",
            end.differences(&now).join("\n")
        );
        said
    }

    /// A turn that ends in a death; false: it was over before.
    fn dies(&self, world: &World, death: &Death, takes: Duration) -> bool {
        let log = world.path("passes").display().to_string();
        let mut variables = vec![("FORGELINE_FAILPOINT_LOG", log.as_str())];
        if let Death::At(place) = death {
            variables.push(("FORGELINE_FAILPOINT", place));
        }
        let mut child = world.start_with(&self.with_factory(&variables), &["bot", "once"]);
        if let Death::After(millionths) = death {
            thread::sleep(Duration::from_nanos(u64::try_from(takes.as_micros()).unwrap_or(0) * millionths / 1_000));
            // SIGKILL; too late is fine.
            child.kill().expect("killed");
        }
        let status = child.wait().expect("ends");
        status.signal() == Some(SIGKILL)
    }

    fn turn(&self, world: &World, variables: &[(&str, &str)]) {
        let said = world.run_with(&self.with_factory(variables), &["bot", "once"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    }

    fn quieten(&self, world: &World) {
        let (mut turns, until) = (0, Instant::now() + LONGEST_WAIT);
        while turns < MOST_TURNS {
            let said = world.run_with(&self.with_factory(&[]), &["bot", "once"]);
            assert_eq!(said.code, 0, "{}{}", said.out, said.err);
            if said.out != "nothing new\n" {
                turns += 1;
            } else if Picture::open(world).is_empty() || Instant::now() > until {
                return;
            } else {
                // What failed is tried again after a second, or two.
                thread::sleep(Duration::from_millis(200));
            }
        }
        panic!("after {MOST_TURNS} turns the bot still finds something to do");
    }

    fn with_factory<'a>(&'a self, variables: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = [("FORGELINE_FACTORY", self.factory.as_str()), ("FORGELINE_CONFIG", self.operator.as_str())];
        own.into_iter().chain(variables.iter().copied()).collect()
    }
}

/// Results that were recorded, and so are paid for.
struct Paid(BTreeSet<String>);

impl Paid {
    fn before(world: &World) -> Self {
        let _ = fs::remove_file(world.path("passes"));
        Self(rows(&world.state(), "SELECT key FROM result").into_iter().collect())
    }

    /// Nobody asked an agent for what was there, or for the same twice.
    fn check(&self, world: &World, told: &str) {
        let mut known = self.0.clone();
        for line in fs::read_to_string(world.path("passes")).unwrap_or_default().lines() {
            if let Some(key) = line.strip_prefix("task:asked ") {
                assert!(known.insert(key.to_owned()), "task {key} was paid twice {told}");
            }
        }
    }
}

fn write_factory(world: &World) {
    let project = "{id: shop, repositories: [acme/shop], owners: [\"@ana\"], criticality: critical}";
    let text =
        format!("apiVersion: forgeline.dev/v1\nkind: Factory\nprojects: [{project}]\npolicy: {{escalation: [{{}}]}}\n");
    world.write("factory/forgeline.yaml", text);
    let board = "notify:\n  board: {issue: {repository: acme/shop, labels: [incident]}}\n";
    world.write("operator.yaml", format!("apiVersion: forgeline.dev/v1\nkind: Operator\n{board}"));
    world.write(
        "factory/agents/writer/agent.yaml",
        "apiVersion: forgeline.dev/v1\nkind: Agent\nmetadata: {name: writer, version: 1.0.0}\n\
         inputs: {type: object, required: [name, text], properties: {name: {type: string}, text: {type: string}}}\n\
         skills: [{id: write, kind: template, templates: [{from: templates/out.json.hbs, to: \"out/{{with.name}}.json\"}]}]\n\
         output: {type: Data, validators: [paths, utf8, json]}\n",
    );
    world.write("factory/agents/writer/templates/out.json.hbs", "{{with.text}}\n");
    let blueprint = |name: &str, on: &str, stages: &str| {
        world.write(
            &format!("factory/blueprints/{name}/blueprint.yaml"),
            format!(
                "apiVersion: forgeline.dev/v1\nkind: Blueprint\nmetadata: {{name: {name}, version: 1.0.0, owners: [\"@ana\"]}}\n\
                 on: [{on}]\nstages:\n{stages}"
            ),
        );
    };
    let stage = |id: &str, name: &str, text: &str, more: &str| {
        format!(
            "  - {{id: {id}, uses: writer@^1, with: {{name: '{name}', text: '{text}'}}, \
             produces: [{{path: \"out/*.json\", type: Data}}], retries: {{max_attempts: 1}}{more}}}\n"
        )
    };
    let matrix = ", needs: [first], matrix: {letter: [a, b, c]}";
    let flow = stage("first", "first", "1", "")
        + &stage("each", "{{letter}}", "2", matrix)
        + "  - {id: ok, needs: [each], approval: {roles: [maintainer], min: 1}}\n"
        // So large that it is kept as a file.
        + &stage("last", "last", &format!("\"{}\"", "3".repeat(262_000)), ", needs: [ok]");
    blueprint("flow", "{command: run}", &flow);
    blueprint("broken", "{command: run}", &stage("only", "broken", "{", ""));
    let merged = "event: {type: ArtifactMerged, version: \"^1\", when: 'event.artifact_uri.contains(\"first\")'}";
    blueprint("follow-up", &format!("{{{merged}}}"), &stage("note", "note", "4", ""));
}
