//! `forgeline demo`: the main job, offline, told as it happens.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Instant,
};

use anyhow::Context as _;
use clap::Args;
use forgeline_bot::Bot;
use forgeline_engine::{Outcome, RunSpec, fact::Publication};
use forgeline_forge::{
    NewRepository, Seed,
    types::{Login, RepoId},
};
use forgeline_model::{knowledge::SearchRequest, work_item::read_text};
use forgeline_repo::Repo;
use forgeline_runner::{Driven, InForce, Patience, Runner, Stop, Watch, gate::Verdict};
use forgeline_store::RunView;
use serde_json::{Value, json};

use super::{Session, run::run_json, wording};
use crate::{
    app,
    exit::{Exit, Failure},
    rehearsal::DryRun,
    signals, story,
};

/// The repository, the item and the question of the story.
const REPOSITORY: &str = "acme/shop";
const BLUEPRINT: &str = "http-service";
const LABEL: &str = "generate";
const ITEM: &str = "http-service/examples/orders.md";
const QUESTION: &str = "how are orders kept over a restart and rolled back after a bad release";

/// Show the main job offline: a work item becomes a pull request.
///
/// Nothing is asked and no network is needed. Everything that is made stays in a directory that is named.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to put what is made; a new directory below the state directory otherwise.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[command(flatten)]
    pub how: DryRun,
}

impl Demo {
    pub async fn perform(self, session: &Session) -> anyhow::Result<Exit> {
        let begun = Instant::now();
        let stop = signals::stop(session);
        if self.how.dry_run {
            let folder = self.dir.unwrap_or_else(|| next(&session.state.join("demo")));
            let value = document(&folder, None);
            session.out.rehearsing(self.how).print("demo", &value, || {
                let folder = folder.display();
                format!("to write   {folder}: a state with the repository {REPOSITORY}, where {BLUEPRINT} runs\n")
            });
            return Ok(Exit::Success);
        }
        let folder = match self.dir {
            Some(dir) => dir,
            None => fresh(&session.state.join("demo"))?,
        };
        fs::create_dir_all(&folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
        let folder = folder.canonicalize().with_context(|| format!("`{}` cannot be used", folder.display()))?;
        let in_force = InForce::built_in().within(&session.operator.file.ceilings());
        let told: Arc<Mutex<Option<Arc<RunSpec>>>> = Arc::default();
        let watch = {
            let (told, out) = (told.clone(), session.out);
            Watch::with(move |notice| {
                let spec = told.lock().expect("no panic while held").clone();
                for line in spec.map(|spec| story::lines(&spec, &notice)).unwrap_or_default() {
                    out.story(&line);
                }
            })
        };
        let runner = app::open_in(session, &folder, in_force.registry.clone(), watch).await?;
        let bot = Bot::new(runner.clone(), in_force);
        let view = tell(session, &runner, &bot, &told, stop).await?;
        let Some(Outcome::Published(publication)) = view.state.outcome() else {
            anyhow::bail!(Failure::new(
                Exit::Failed,
                "the demo's run gave no pull request; `forgeline doctor` may tell why"
            ));
        };
        show_result(session, &runner, &view, publication).await?;
        closing(session, &folder, begun);
        if session.out.json {
            session.out.print("demo", &document(&folder, Some(&view)), String::new);
        }
        runner.knowledge.end().await;
        runner.store.close().await;
        Ok(Exit::Success)
    }
}

/// The demo for machines; without a run when it is a dry one.
fn document(folder: &Path, view: Option<&RunView>) -> Value {
    json!({"folder": folder, "repository": REPOSITORY, "blueprint": BLUEPRINT, "run": view.map(run_json)})
}

/// From the work item to the end of the run.
async fn tell(
    session: &Session,
    runner: &Runner,
    bot: &Bot,
    told: &Mutex<Option<Arc<RunSpec>>>,
    stop: Stop,
) -> anyhow::Result<RunView> {
    let out = session.out;
    let repo: RepoId = REPOSITORY.parse().expect("a repository name");
    let person: Login = "ana".parse().expect("a user name");
    let now = runner.clock.now();
    runner.forge.add_user(&person, now).await?;
    let new = NewRepository { repo: repo.clone(), private: true, seed: Seed::Readme };
    runner.forge.create_repository(&new, &person, now).await?;
    let shipped = forgeline_blueprints::shipped();
    let bytes = shipped.get(&format!("blueprints/{ITEM}")).context("the example is part of the binary")?;
    let item =
        read_text("the example", bytes).map_err(|fault| Failure::invalid("the example is broken", vec![*fault]))?;
    let body = item.body.trim();
    out.story(&format!("A work item in {repo}, labelled `{LABEL}` by {person}:\n"));
    out.story(&format!("  # {}", item.title));
    for line in body.lines() {
        out.story(&format!("  {line}"));
    }
    let issue =
        runner.forge.open_issue(&repo, &item.title, body, &[LABEL.to_owned()], &person, runner.clock.now()).await?;
    let passed = bot.pass().await?;
    let run = passed.started.first().with_context(|| format!("issue #{} started nothing", issue.number))?;
    let view = runner.store.run(run).await?;
    let spec = &view.spec;
    out.story(&format!("\nThe bot starts {} because of the label. The plan:\n", spec.plan.blueprint));
    for stage in &spec.plan.stages {
        let needs: Vec<&str> = stage.needs.iter().map(forgeline_model::StageId::as_str).collect();
        let after = if needs.is_empty() { String::new() } else { format!("after {}", needs.join(", ")) };
        out.story(format!("  {:<16} {:<32} {after}", stage.id.to_string(), stage.performer()).trim_end());
    }
    out.story(&format!("\nRun {run}, plan {}:\n", spec.plan.digest().short()));
    *told.lock().expect("no panic while held") = Some(spec.clone());
    match runner.drive(run, stop, Patience::Endless).await? {
        Driven::Ended(view) => Ok(view),
        Driven::Stopped(_) => Err(Failure::new(Exit::Interrupted, "stopped").into()),
        Driven::Waiting(..) => Err(Failure::new(Exit::Waiting, "the demo's run waits; it should not").into()),
    }
}

async fn show_result(
    session: &Session,
    runner: &Runner,
    view: &RunView,
    publication: &Publication,
) -> anyhow::Result<()> {
    let out = session.out;
    out.story("\nArtifacts, each validated before it was proposed:\n");
    let mut count = 0;
    for row in runner.store.artifacts(Some(&view.spec.id), None).await?.iter().rev() {
        count += 1;
        out.story(&format!("  {:<22} {}", row.artifact_type, row.path));
    }
    let verdict: Verdict = serde_json::from_value(publication.gate.clone()).context("the verdict is our own")?;
    out.story(&format!("\nThe write gate's verdict on {}: {}", wording::count(count, "file"), verdict.decision.word()));
    for objection in verdict.objections() {
        let subject = objection.subject.as_deref().unwrap_or("");
        out.story(&format!("  {:<16} {subject} {}", objection.rule, objection.reason));
    }
    let path = runner.repository_path(&view.spec.target).await?;
    let stat = Repo::open(&path)?.diff(Some(view.spec.target.base.parse()?), publication.commit.parse()?)?.stat;
    let number = publication.pull_request.as_ref().map_or(0, |it| it.number);
    out.story(&format!(
        "\nPull request #{number}: {}, {}, from {} as {}",
        wording::count(stat.files, "file"),
        wording::count(stat.insertions, "line"),
        publication.branch,
        &publication.commit[..12]
    ));
    let request = SearchRequest {
        repo: Some(REPOSITORY.into()),
        ref_name: Some(format!("refs/heads/{}", publication.branch)),
        k: 2,
        ..SearchRequest::new(QUESTION)
    };
    match runner.knowledge.search(request).await {
        Ok(found) => {
            out.story(&format!("\nThe index already knows the branch. \"{QUESTION}\":\n"));
            for hit in &found.hits {
                let commit = &hit.commit[..hit.commit.len().min(12)];
                out.story(&format!("  {}:{}-{} at {commit}", hit.path, hit.lines.0, hit.lines.1));
                for line in hit.text.lines().filter(|line| !line.trim().is_empty()).take(3) {
                    out.story(&format!("      {}", line.chars().take(110).collect::<String>()));
                }
            }
            for note in &found.notes {
                out.story(&format!("  note: {note}"));
            }
        }
        Err(error) => out.story(&format!("\nThe index could not be asked: {error}")),
    }
    Ok(())
}

fn closing(session: &Session, folder: &Path, begun: Instant) {
    let out = session.out;
    let program = std::env::current_exe().unwrap_or_else(|_| "forgeline".into());
    let bin = program.parent().unwrap_or(Path::new(".")).display();
    out.story(&format!("\nDone in {:.1} s. Everything lies in {}", begun.elapsed().as_secs_f64(), folder.display()));
    out.story("\nLook closer:\n");
    out.story(&format!("  export FORGELINE_STATE_DIR={} PATH={bin}:$PATH", folder.display()));
    out.story("  forgeline local pr show 1 --diff      # what issue 1 became");
    out.story("  forgeline runs show @latest           # how it came about");
    out.story("  forgeline local pr merge 1            # accept it; the index and subscribers learn of it");
    out.story("\nThen on a repository of your own:\n");
    out.story(&format!("  forgeline run {BLUEPRINT} --repo PATH --work-item item.md"));
}

/// The first directory that is not there yet: `1`, `2`, ….
fn next(base: &Path) -> PathBuf {
    let mut numbers = (1_u64..).map(|n| base.join(n.to_string()));
    numbers.find(|folder| folder.symlink_metadata().is_err()).expect("numbers do not end")
}

/// Makes such a directory.
fn fresh(base: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(base).with_context(|| format!("`{}` cannot be made", base.display()))?;
    loop {
        let folder = next(base);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            // Another demo was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be made", folder.display())),
        }
    }
}
