//! `forgeline bot once`: one look at all that is new, then the runs that follow from it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use clap::Subcommand;
use forgeline_bot::{Bot as Passer, Passed};
use forgeline_engine::{RunSpec, spec::Forge};
use forgeline_forge::marker;
use forgeline_model::RunId;
use forgeline_runner::{Driven, Patience, Runner, Stop, Watch, report};
use serde_json::json;

use super::{Session, wording};
use crate::{
    app,
    ci::job::{self, Group},
    definitions::{self, InForce},
    exit::{self, Exit},
    factories, output,
    rehearsal::DryRun,
    request, signals, story,
};

/// Passes after which the bot stops, though its own runs keep making news.
const MOST_PASSES: usize = 32;

/// How long a run may hold up the others while it waits for a retry or for another process.
const PATIENCE: Patience = Patience::Millis(10_000);

/// Longest time that a first look reaches back, hours.
const MOST_HOURS: i64 = 30 * 24;

/// Let the bot look once at all that is new.
#[derive(Debug, Subcommand)]
pub enum Bot {
    /// Receive, decide, answer, and carry out what follows; then end.
    ///
    /// A scheduled job that calls this is a bot without a server. Runs that an earlier process left are finished first. A
    /// dry run decides and answers on a copy of the state, and carries out no run.
    Once {
        /// If a repository of a forge elsewhere was never looked at from here: answer what is younger than this and not
        /// answered yet, such as `2h`. For jobs whose state may be lost.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        since: Option<u64>,
        #[command(flatten)]
        how: DryRun,
    },
}

impl Bot {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let Self::Once { since, how } = self;
        let session = &Session { since, ..session.to_change(how).await? };
        let ci = session.ci.as_deref();
        let group = Group::begin(ci, "forgeline bot once");
        if let Some(ci) = ci {
            request::connected(ci, session)?;
        }
        let wired = Wired::open(session).await?;
        let done = wired.settle(Scope::All).await?;
        drop(group);
        if let Some(ci) = ci {
            job::tell_pass(ci, &done.passed.replies, &done.ended, &done.failed);
        }
        session.out.print("bot", &done.json(), || done.text());
        wired.runner.store.close().await;
        Ok(done.exit())
    }
}

/// A length of time such as `90m`, in milliseconds.
fn duration(text: &str) -> Result<u64, String> {
    let refuse = || "write it as `30m`, `2h` or `1d`, at most 30 days".to_owned();
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
    let length = match days {
        Some(days) => jiff::SignedDuration::from_hours(days.saturating_mul(24).min(MOST_HOURS + 1)),
        None => text.parse::<jiff::SignedDuration>().map_err(|_| refuse())?,
    };
    let fits = !length.is_negative() && length.as_hours() <= MOST_HOURS;
    u64::try_from(length.as_millis()).ok().filter(|_| fits).ok_or_else(refuse)
}

/// A bot whose runs tell their story on stderr.
pub struct Wired {
    pub runner: Runner,
    pub bot: Passer,
    told: Arc<Mutex<Option<Arc<RunSpec>>>>,
    stop: Stop,
    session: Session,
}

/// What the bot did.
#[derive(Default)]
pub struct Done {
    pub passed: Passed,
    pub ended: Vec<(RunId, String)>,
    /// Runs that could not be carried out, each with the reason.
    pub failed: Vec<(RunId, String)>,
    /// Runs that a dry run does not carry out.
    pub left: Vec<RunId>,
    pub stopped: bool,
}

/// Which unfinished runs are carried out besides those that the bot itself starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    All,
    /// Those on repositories of the local forge.
    LocalForge,
}

/// What became of a run.
enum Carried {
    /// It ended like this.
    Ended(String),
    /// A signal stopped it.
    Stopped,
    /// It is somebody else's.
    Left,
}

impl Wired {
    /// Opens the state, with the definitions that the flags name for repositories without their own.
    pub async fn open(session: &Session) -> anyhow::Result<Self> {
        Self::with(session, definitions::usable(definitions::load(session)?)?, true).await
    }

    /// The same for what has no need of the bot, so that a repository which the definitions lack can be made.
    pub async fn idle(session: &Session) -> anyhow::Result<Self> {
        Self::with(session, definitions::load(session)?, false).await
    }

    async fn with(session: &Session, in_force: InForce, strict: bool) -> anyhow::Result<Self> {
        let stop = signals::stop(session);
        let told: Arc<Mutex<Option<Arc<RunSpec>>>> = Arc::default();
        let watch = {
            let told = told.clone();
            Watch::with(move |notice| {
                let spec = told.lock().expect("no panic while held").clone();
                for line in spec.map(|spec| story::lines(&spec, &notice)).unwrap_or_default() {
                    output::note(&line);
                }
            })
        };
        let escalation = session.operator.escalation(&in_force)?;
        let runner = app::open(session, in_force.registry.clone(), watch).await?.telling(escalation);
        factories::check(&runner, &in_force, strict).await?;
        let bot = Passer::new(runner.clone(), in_force);
        Ok(Self { bot, runner, told, stop, session: session.clone() })
    }

    /// Passes and runs in turn until nothing is new and nothing is left.
    ///
    /// A run that cannot be carried out is told and left; it does not hold up the others.
    pub async fn settle(&self, scope: Scope) -> anyhow::Result<Done> {
        let mut done = Done::default();
        let mut left: BTreeSet<RunId> = BTreeSet::new();
        self.bot.take_in_missed().await?;
        for _ in 0..MOST_PASSES {
            let passed = self.bot.pass().await?;
            passed.replies.iter().for_each(tell_reply);
            done.add(passed);
            let mut open = self.runner.store.unfinished().await?;
            if self.session.is_rehearsal() {
                done.left = open;
                break;
            }
            open.retain(|run| !left.contains(run));
            if open.is_empty() {
                break;
            }
            for run in open {
                let started = done.passed.started.contains(&run);
                match self.carry_out(&run, scope, started).await {
                    Ok(Carried::Ended(result)) => done.ended.push((run, result)),
                    Ok(Carried::Left) => drop(left.insert(run)),
                    Ok(Carried::Stopped) => {
                        done.stopped = true;
                        output::note("stopped; the next pass goes on from here");
                        return Ok(done);
                    }
                    Err(error) => {
                        let message = exit::message(&error);
                        output::note(&format!("  failed    {run} cannot go on: {message}"));
                        left.insert(run.clone());
                        done.failed.push((run, message));
                    }
                }
            }
        }
        // A dry run tells nobody and leaves no trace outside of its copy.
        if !self.session.is_rehearsal() {
            self.runner.attend().await?;
            self.session.operator.witness(&self.runner).await?;
        }
        Ok(done)
    }

    async fn carry_out(&self, run: &RunId, scope: Scope, started: bool) -> anyhow::Result<Carried> {
        let narrow = scope == Scope::LocalForge && !started;
        let view = match self.runner.store.run(run).await {
            Ok(view) if narrow && view.spec.target.forge != Forge::Local => return Ok(Carried::Left),
            // Whose it is cannot be told; `bot once` reports it.
            Err(_) if narrow => return Ok(Carried::Left),
            read => read?,
        };
        output::note(&format!("  run       {run} of {} on {}", view.spec.plan.blueprint, view.spec.target.repository));
        *self.told.lock().expect("no panic while held") = Some(view.spec.clone());
        Ok(match self.runner.drive(run, self.stop.clone(), PATIENCE).await? {
            Driven::Stopped(_) => Carried::Stopped,
            Driven::Waiting(view, what) => {
                output::note(&format!("  waits     {}", wording::waiting(&view, &what)));
                Carried::Left
            }
            Driven::Ended(view) => {
                let text = view.state.outcome().map(|it| report::outcome_text(&view.spec, it));
                Carried::Ended(text.unwrap_or_default())
            }
        })
    }
}

/// An answer, whole, when it is given.
fn tell_reply((repo, number, reply): &(String, u64, String)) {
    let reply = marker::strip(reply);
    let mut text = format!("answered on {repo}#{number}:");
    for line in reply.trim_end().lines() {
        text.push_str(if line.is_empty() { "\n" } else { "\n    " });
        text.push_str(line);
    }
    output::note(&text);
}

impl Done {
    /// For machines.
    fn json(&self) -> serde_json::Value {
        let ended: Vec<_> = self.ended.iter().map(|(run, text)| json!({"run": run, "result": text})).collect();
        let replies: Vec<_> = self
            .passed
            .replies
            .iter()
            .map(|(repo, number, text)| json!({"repository": repo, "number": number, "text": text}))
            .collect();
        let failed: Vec<_> = self.failed.iter().map(|(run, text)| json!({"run": run, "message": text})).collect();
        json!({
            "deliveries": self.passed.deliveries, "replies": replies, "started": self.passed.started, "ended": ended,
            "failed": failed, "left": self.left,
        })
    }

    /// For people. What was answered is told on stderr when it is.
    fn text(&self) -> String {
        let answered: String =
            self.passed.replies.iter().map(|(repo, number, _)| format!("answered on {repo}#{number}\n")).collect();
        let text = answered + &self.results();
        if text.is_empty() { "nothing new\n".to_owned() } else { text }
    }

    /// How the runs ended, for people.
    pub fn results(&self) -> String {
        let line = |(run, text): &(RunId, String)| format!("{run}: {}\n", text.lines().next().unwrap_or_default());
        let failed = |(run, text): &(RunId, String)| format!("{run}: cannot go on: {text}\n");
        let left = |run: &RunId| format!("{run}: would be carried out\n");
        self.ended.iter().map(line).chain(self.failed.iter().map(failed)).chain(self.left.iter().map(left)).collect()
    }

    /// The code that this ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self { stopped: true, .. } => Exit::Interrupted,
            Self { failed, passed, .. } if !failed.is_empty() || !passed.unseen.is_empty() => Exit::Infrastructure,
            _ => Exit::Success,
        }
    }

    fn add(&mut self, passed: Passed) {
        self.passed.deliveries += passed.deliveries;
        self.passed.replies.extend(passed.replies);
        self.passed.started.extend(passed.started);
        self.passed.unseen = passed.unseen;
    }
}
