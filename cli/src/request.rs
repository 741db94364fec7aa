//! From what a person types to a request: target, work item, inputs, trigger.

mod job;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use forgeline_engine::{
    Outcome,
    spec::{Forge, Trigger},
};
use forgeline_forge::types::RepoId;
use forgeline_model::{
    Digest, ProjectId, Usd, WorkItem,
    work_item::{MAX_WORK_ITEM_BYTES, read_text},
};
use forgeline_repo::{BranchName, Repo, Status};
use forgeline_runner::{
    OpenTarget, Runner,
    prepare::{self, Request},
};
use forgeline_store::{Decision, NewRun};
use serde_json::{Value, json};

use crate::{
    definitions::InForce,
    exit::{Exit, Failure},
    input, output,
};

pub use job::{aim, connected};

/// Attempts at the same request that are looked through for one that may go on.
const MAX_ATTEMPTS: u32 = 1000;

/// What to run, and on what.
#[derive(Debug, Clone, Args)]
pub struct Asked {
    /// Name of the blueprint.
    pub blueprint: String,
    /// Inputs, as the blueprint declares them.
    #[arg(value_name = "NAME=VALUE")]
    pub inputs: Vec<String>,
    /// Target: path of a Git repository, or `owner/name` on the local forge.
    ///
    /// In a job of GitHub Actions or Azure Pipelines the job's repository by default, elsewhere the current folder.
    #[arg(long, value_name = "REPO")]
    pub repo: Option<String>,
    /// Branch to start from; the default branch otherwise.
    #[arg(long, value_name = "BRANCH")]
    pub base: Option<String>,
    /// Work item as a Markdown file, `-` for stdin.
    #[arg(long, value_name = "FILE", conflicts_with = "issue")]
    pub work_item: Option<PathBuf>,
    /// Work item as an issue of the local forge.
    #[arg(long, value_name = "NUMBER")]
    pub issue: Option<u64>,
    /// What the run may spend at most, if that is less than the blueprint allows, US dollars.
    #[arg(long, value_name = "USD")]
    pub max_usd: Option<Usd>,
    /// Project; the one that owns the repository otherwise.
    #[arg(long, value_name = "ID")]
    pub project: Option<ProjectId>,
    /// Who asks, if that is not who types.
    #[arg(skip)]
    pub actor: Option<String>,
}

/// A target and where it lies.
pub struct Place {
    /// Kind of target.
    pub forge: Forge,
    /// `owner/name`, or the path.
    pub repository: String,
    /// Its Git directory or work tree.
    pub path: PathBuf,
}

/// Makes the request; everything that is wrong with it is an error here, before anything is written.
pub async fn resolve<'a>(asked: &'a Asked, in_force: &'a InForce, runner: &Runner) -> anyhow::Result<Request<'a>> {
    let place = find_place(asked.repo.as_deref().unwrap_or("."), runner).await?;
    let base: Option<BranchName> = asked
        .base
        .as_deref()
        .map(|name| name.parse().map_err(|error| Failure::new(Exit::Usage, format!("{error}"))))
        .transpose()?;
    let target = OpenTarget::find(&place.path, &place.repository, base.as_ref())?;
    if place.forge == Forge::Git {
        mention_uncommitted(&place.path);
    }
    let item = match (&asked.work_item, asked.issue) {
        (Some(file), _) => Some(read_item(file)?),
        (None, Some(number)) => Some(issue(&place, number, runner).await?),
        (None, None) => None,
    };
    let inputs = inputs(asked, in_force)?;
    let project = match &asked.project {
        Some(project) => project.clone(),
        None => project_of(in_force, &place.repository),
    };
    let shown = asked.work_item.as_ref().map_or_else(|| "the issue".to_owned(), |file| file.display().to_string());
    let item_spec = match &item {
        Some(item) => prepare::item_spec(item, &shown)
            .map_err(|faults| Failure::invalid(format!("work item `{shown}` cannot be used"), faults))?,
        None => None,
    };
    Ok(Request {
        factory: &in_force.factory,
        definitions: in_force.source.clone(),
        registry: &in_force.registry,
        blueprint: &asked.blueprint,
        inputs,
        max_usd: asked.max_usd,
        item,
        item_spec,
        item_repository: None,
        pull_request: None,
        project,
        forge: place.forge,
        repository: place.repository,
        base_branch: target.base_branch.to_string(),
        base: target.base.to_string(),
        trigger: Trigger {
            kind: "cli".into(),
            actor: asked.actor.clone().unwrap_or_else(user),
            detail: format!("run {}", asked.blueprint),
            chain_depth: 0,
        },
        trigger_key: String::new(),
        event: None,
        again: None,
    })
}

/// The run for this request, and why it starts: one that is under way, or has given what the request asks for, else a further attempt.
pub async fn prepare_attempt(mut request: Request<'_>, runner: &Runner) -> anyhow::Result<(NewRun, Decision)> {
    let blueprint = request.blueprint.to_owned();
    let refuse = |faults| Failure::invalid(format!("blueprint `{blueprint}` cannot run"), faults);
    let plan =
        prepare::compile(request.factory, request.registry, request.blueprint, &request.inputs).map_err(refuse)?;
    let asked = Digest::of(&json!({
        "plan": plan.digest(), "item": request.item, "base": request.base, "base_branch": request.base_branch, "project": request.project,
        "max_usd": request.max_usd,
    }));
    let stem = format!("cli/default/{:?}/{}/{}/{}", request.forge, request.repository, blueprint, asked.hex());
    for attempt in 1..MAX_ATTEMPTS {
        request.trigger_key = format!("{stem}#{attempt}");
        let refuse = |faults| Failure::invalid(format!("blueprint `{blueprint}` cannot run"), faults);
        let new = prepare::prepare(request.clone(), runner.clock.now()).map_err(refuse)?;
        if !runner.store.has_run(&new.spec.id).await? || is_standing(runner, &new).await? {
            let why = Decision {
                subject: new.spec.id.to_string(),
                rule: "trigger.cli".into(),
                verdict: "start".into(),
                detail: json!({
                    "blueprint": new.spec.plan.blueprint.to_string(), "attempt": attempt,
                    "actor": new.spec.trigger.actor, "definitions": new.spec.definitions,
                }),
            };
            return Ok((new, why));
        }
    }
    anyhow::bail!(Failure::new(Exit::Failed, format!("this was tried {MAX_ATTEMPTS} times; look at the runs first")))
}

/// Whether the run with this id is under way, or its result still stands, so that asking again means the same run.
async fn is_standing(runner: &Runner, new: &NewRun) -> anyhow::Result<bool> {
    let view = runner.store.run(&new.spec.id).await?;
    Ok(match view.state.outcome() {
        None => true,
        Some(Outcome::Published(publication)) => runner.still_stands(&view, publication).await?,
        Some(
            Outcome::NoChange { .. } | Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Cancelled { .. },
        ) => false,
    })
}

/// A path, or a repository of the local forge.
pub async fn find_place(name: &str, runner: &Runner) -> anyhow::Result<Place> {
    let is_path = name.starts_with(['.', '/', '~']) || Path::new(name).is_dir();
    if !is_path && let Ok(id) = name.parse::<RepoId>() {
        let path = runner
            .forge
            .git_dir(&id)
            .await
            .with_context(|| format!("`{name}` is neither a folder nor a repository of the local forge"))?;
        return Ok(Place { forge: Forge::Local, repository: id.to_string(), path });
    }
    let path = Path::new(name)
        .canonicalize()
        .map_err(|error| Failure::new(Exit::NotFound, format!("repository `{name}` cannot be opened: {error}")))?;
    let repo = Repo::open(&path)?;
    let root = repo.root().canonicalize().unwrap_or(path);
    Ok(Place { forge: Forge::Git, repository: root.display().to_string(), path: root })
}

/// The project that owns a repository, by `forgeline.yaml`; `default` otherwise.
pub fn project_of(in_force: &InForce, repository: &str) -> ProjectId {
    let owned =
        |project: &&forgeline_blueprints::config::Project| project.repositories.iter().any(|it| it == repository);
    match in_force.factory.config.projects.iter().find(owned) {
        Some(project) => project.id.clone(),
        None => "default".parse().expect("`default` is a project id"),
    }
}

/// A work item from a file or stdin. The first line `# …` is its title.
pub fn read_item(file: &Path) -> anyhow::Result<WorkItem> {
    let shown = file.display().to_string();
    let bytes = input::read(file, "work item", MAX_WORK_ITEM_BYTES as u64 + 1)?;
    let name = file.file_stem().and_then(|stem| stem.to_str()).filter(|_| shown != "-").unwrap_or("stdin");
    let text = read_text(&shown, &bytes)
        .map_err(|fault| Failure::invalid(format!("work item `{shown}` cannot be used"), vec![*fault]))?;
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(50).collect();
    // Nobody is its author: who types the command does not change the work.
    let id = format!("file-{plain}").parse().expect("letters, digits and dashes");
    Ok(WorkItem {
        id,
        title: text.title,
        body: text.body,
        kind: "file".into(),
        labels: Vec::new(),
        author: String::new(),
    })
}

async fn issue(place: &Place, number: u64, runner: &Runner) -> anyhow::Result<WorkItem> {
    if place.forge != Forge::Local {
        anyhow::bail!(Failure::new(
            Exit::Usage,
            "`--issue` names an issue of the local forge; give `--repo owner/name`, or a file with `--work-item`"
        ));
    }
    let repo: RepoId = place.repository.parse().expect("found on the forge under this name");
    Ok(runner.forge.issue(&repo, number).await?.work_item())
}

/// `name=value` pairs; a value has the type that the blueprint declares.
fn inputs(asked: &Asked, in_force: &InForce) -> anyhow::Result<Value> {
    changed_inputs(&asked.blueprint, &json!({}), &asked.inputs, in_force)
}

/// Inputs with other values for some, given as `name=value`.
pub fn changed_inputs(blueprint: &str, known: &Value, changes: &[String], in_force: &InForce) -> anyhow::Result<Value> {
    let mut pairs = BTreeMap::new();
    for pair in changes {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| Failure::new(Exit::Usage, format!("`{pair}` is not an input; write it as `name=value`")))?;
        pairs.insert(name.to_owned(), text.to_owned());
    }
    let mut inputs = known.clone();
    let Some(blueprint) = in_force.factory.blueprint(blueprint) else {
        // The plan says that there is no such blueprint, and which there are.
        return Ok(inputs);
    };
    let typed = forgeline_bot::command::typed_inputs(&blueprint.manifest.inputs, &pairs).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::new(Exit::Invalid, format!("the inputs do not fit: {}", lines.join("; ")))
    })?;
    if let (Value::Object(inputs), Value::Object(typed)) = (&mut inputs, typed) {
        inputs.extend(typed);
    }
    Ok(inputs)
}

fn mention_uncommitted(path: &Path) {
    let status = Repo::open(path).and_then(|repo| repo.status());
    if let Ok(Status::Dirty(_)) = status {
        output::note(&format!(
            "  note      `{}` has uncommitted changes; runs start from commits and do not see them",
            path.display()
        ));
    }
}

/// Who types, for the record.
pub fn user() -> String {
    std::env::var("USER").ok().filter(|user| !user.is_empty()).unwrap_or_else(|| "somebody".into())
}
