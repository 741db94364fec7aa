//! `forgeline bot once`: one look at all that is new, then the runs that follow from it.

use std::sync::{Arc, Mutex};

use clap::Subcommand;
use forgeline_bot::{Bot as Passer, Passed};
use forgeline_engine::RunSpec;
use forgeline_model::RunId;
use forgeline_runner::{Driven, Runner, Watch, report};
use serde_json::json;

use super::Session;
use crate::{app, definitions, exit::Exit, signals, story};

/// Passes after which the bot stops, though its own runs keep making news.
const MOST_PASSES: usize = 32;

/// Let the bot look once at all that is new.
#[derive(Debug, Subcommand)]
pub enum Bot {
    /// Receive, decide, answer, and carry out what follows; then end.
    ///
    /// A scheduled job that calls this is a bot without a server. Runs that an earlier process left are finished first.
    Once,
}

impl Bot {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let Self::Once = self;
        let wired = Wired::open(session).await?;
        let done = wired.settle().await?;
        session.out.print("bot", &done.json(), || done.text());
        wired.runner.store.close().await;
        Ok(if done.stopped { Exit::Interrupted } else { Exit::Success })
    }
}

/// A bot whose runs tell their story on stderr.
pub struct Wired {
    pub runner: Runner,
    bot: Passer,
    told: Arc<Mutex<Option<Arc<RunSpec>>>>,
}

/// What the bot did.
#[derive(Default)]
pub struct Done {
    pub passed: Passed,
    pub ended: Vec<(RunId, String)>,
    pub stopped: bool,
}

impl Wired {
    /// Opens the state, with the definitions that the flags name for repositories without their own.
    pub async fn open(session: &Session) -> anyhow::Result<Self> {
        let in_force = definitions::usable(definitions::load(&session.global)?)?;
        let told: Arc<Mutex<Option<Arc<RunSpec>>>> = Arc::default();
        let watch = {
            let told = told.clone();
            Watch::with(move |notice| {
                let spec = told.lock().expect("no panic while held").clone();
                for line in spec.map(|spec| story::lines(&spec, &notice)).unwrap_or_default() {
                    eprintln!("{line}");
                }
            })
        };
        let runner = app::open(&app::state_dir(&session.global), in_force.registry.clone(), watch).await?;
        Ok(Self { bot: Passer::new(runner.clone(), in_force), runner, told })
    }

    /// Passes and runs in turn until nothing is new and nothing is left.
    pub async fn settle(&self) -> anyhow::Result<Done> {
        let stop = signals::stop();
        let mut done = Done::default();
        for _ in 0..MOST_PASSES {
            let passed = self.bot.pass().await?;
            done.passed.deliveries += passed.deliveries;
            done.passed.replies.extend(passed.replies);
            done.passed.started.extend(passed.started);
            let open = self.runner.store.unfinished().await?;
            if open.is_empty() {
                return Ok(done);
            }
            for run in open {
                let view = self.runner.store.run(&run).await?;
                eprintln!("  run       {run} of {} on {}", view.spec.plan.blueprint, view.spec.target.repository);
                *self.told.lock().expect("no panic while held") = Some(view.spec.clone());
                match self.runner.drive(&run, stop.clone()).await? {
                    Driven::Ended(view) => {
                        let text = view.state.outcome().map(|it| report::outcome_text(&view.spec, it));
                        done.ended.push((run, text.unwrap_or_default()));
                    }
                    Driven::Stopped(_) => {
                        done.stopped = true;
                        eprintln!("stopped; the next pass goes on from here");
                        return Ok(done);
                    }
                }
            }
        }
        Ok(done)
    }
}

impl Done {
    /// For machines.
    pub fn json(&self) -> serde_json::Value {
        let ended: Vec<_> = self.ended.iter().map(|(run, text)| json!({"run": run, "result": text})).collect();
        let replies: Vec<_> = self
            .passed
            .replies
            .iter()
            .map(|(repo, number, text)| json!({"repository": repo, "number": number, "text": text}))
            .collect();
        json!({"deliveries": self.passed.deliveries, "replies": replies, "ended": ended})
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (repo, number, reply) in &self.passed.replies {
            let first = reply.lines().next().unwrap_or_default();
            text.push_str(&format!("answered on {repo}#{number}: {first}\n"));
        }
        for (run, result) in &self.ended {
            text.push_str(&format!("{run}: {}\n", result.lines().next().unwrap_or_default()));
        }
        if text.is_empty() {
            text.push_str("nothing new\n");
        }
        text
    }
}
