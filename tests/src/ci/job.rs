//! A job of a pipeline: the step's shell on a machine on which nothing is but what the system gives.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use forgeline_fake_forge::FakeForge;
use serde_json::Value;

use crate::world::{Said, World};

/// An hour, milliseconds.
pub(super) const HOUR: i64 = 3_600_000;

/// A step of an example: its script and its variables.
pub(super) struct Step {
    script: String,
    variables: Vec<(String, String)>,
}

impl From<&str> for Step {
    fn from(script: &str) -> Self {
        Self { script: script.to_owned(), variables: Vec::new() }
    }
}

impl From<&Step> for Step {
    fn from(step: &Step) -> Self {
        Self { script: step.script.clone(), variables: step.variables.clone() }
    }
}

/// The step of an example whose script has this in it.
pub(super) fn step(example: &str, what: &str) -> Step {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/ci").join(example);
    let text = fs::read_to_string(&path).expect("the example");
    let document: Value = serde_yaml::from_str(&text).expect("the example is YAML");
    let of_jobs = document["jobs"].as_object().into_iter().flat_map(|jobs| jobs.values()).map(|job| &job["steps"]);
    let steps = of_jobs.chain([&document["steps"]]).filter_map(Value::as_array).flatten();
    let script = |step: &Value| step["run"].as_str().or(step["script"].as_str()).unwrap_or_default().to_owned();
    let found = steps.into_iter().find(|step| script(step).contains(what)).expect("such a step");
    let variables = found["env"].as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Step { script: script(found), variables: variables.map(|(name, value)| (name.clone(), text(value))).collect() }
}

/// A job on a machine of its own.
pub(super) struct Job {
    world: World,
    variables: BTreeMap<String, String>,
    /// What the system puts in the place of its expressions.
    expressions: Vec<(String, String)>,
}

/// A step under way.
pub(super) struct Running(Child);

impl Running {
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status();
        assert!(sent.expect("kill starts").success());
    }

    pub(super) fn wait(self) -> Ended {
        Ended(self.0.wait_with_output().expect("the step ends").into())
    }
}

/// A step that ended.
pub(super) struct Ended(Said);

impl std::ops::Deref for Ended {
    type Target = Said;

    fn deref(&self) -> &Said {
        &self.0
    }
}

impl Ended {
    #[track_caller]
    pub(super) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    pub(super) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    pub(super) fn all_lines(&self) -> impl Iterator<Item = &str> {
        self.out.lines().chain(self.err.lines())
    }
}

/// A recorded environment with these in the place of `{…}`.
fn recorded(text: &str, places: &[(&str, String)]) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once('=').expect("a variable"));
    let fill = |value: &str| {
        places.iter().fold(value.to_owned(), |value, (name, with)| value.replace(&format!("{{{name}}}"), with))
    };
    pairs.map(|(name, value)| (name.to_owned(), fill(value))).collect()
}

impl Job {
    /// A job of GitHub Actions that this event starts.
    pub(super) fn github(forge: &FakeForge, token: &str, event: &str, payload: &Value) -> Self {
        let world = World::new();
        let path = |name: &str| world.path(name).display().to_string();
        let places = [
            ("api", forge.enterprise_url()),
            ("server", forge.url()),
            ("event", event.to_owned()),
            ("temp", path("temp")),
            ("workspace", path("workspace")),
            ("sha", forge.head("acme/shop", "main").expect("a branch")),
        ];
        let mut variables = recorded(include_str!("../../ci/github.env"), &places);
        variables.insert("GITHUB_TOKEN".into(), token.to_owned());
        world.write("temp/_github_workflow/event.json", payload.to_string());
        for name in ["set_output_5e0d", "step_summary_5e0d"] {
            world.write(&format!("temp/_runner_file_commands/{name}"), "");
        }
        let expressions =
            vec![("${{ github.token }}".to_owned(), token.to_owned()), ("${{ runner.temp }}".to_owned(), path("temp"))];
        Self::with(world, variables, expressions)
    }

    /// A job of Azure Pipelines that somebody started for this work item, or a file that is one, in a repository of a
    /// collection with this address.
    pub(super) fn azure(collection: &str, (project, repository): (&str, &str), token: &str, work_item: &str) -> Self {
        let world = World::new();
        let path = |name: &str| world.path(name).display().to_string();
        let places = [
            ("home", path("vsts")),
            ("temp", path("temp")),
            ("workspace", path("workspace")),
            ("collection", collection.to_owned()),
            ("project", project.to_owned()),
            ("repository", repository.to_owned()),
        ];
        let variables = recorded(include_str!("../../ci/azure.env"), &places);
        let expressions = [
            ("${{ parameters.workItem }}", work_item.to_owned()),
            ("$(System.AccessToken)", token.to_owned()),
            ("$(Pipeline.Workspace)", path("vsts/work/1")),
        ];
        Self::with(world, variables, expressions.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    fn with(world: World, variables: BTreeMap<String, String>, expressions: Vec<(String, String)>) -> Self {
        for folder in ["temp", "workspace", "bin"] {
            fs::create_dir_all(world.path(folder)).expect("a folder");
        }
        let program = world.command(&[]).get_program().to_owned();
        std::os::unix::fs::symlink(program, world.path("bin/forgeline")).expect("a link");
        Self { world, variables, expressions }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Puts a file on the machine.
    pub(super) fn write(&self, name: &str, text: &str) {
        self.world.write(name, text);
    }

    /// What the system's checkout leaves: no branch but those of `origin`, and the commit checked out. 0 is all of it.
    pub(super) fn checkout(&self, url: &str, depth: u32) {
        let depth = format!("--depth={depth}");
        let folder = self.world.path("workspace");
        let git = |args: &[&str]| self.world.git(&folder, args);
        git(&["init", "--quiet", "--initial-branch=main"]);
        git(&["remote", "add", "origin", url]);
        let shallow: &[&str] = if depth == "--depth=0" { &[] } else { &[&depth] };
        let refspec = ["origin", "+refs/heads/main:refs/remotes/origin/main"];
        git(&[&["fetch", "--quiet", "--no-tags"], shallow, &refspec].concat());
        git(&["checkout", "--quiet", "--force", "--detach", "refs/remotes/origin/main"]);
    }

    /// The checkout belongs to somebody else, as one does that is mounted into a container.
    pub(super) fn belongs_to(&self, user: &str) {
        let changed = Command::new("chown").args(["-R", user]).arg(self.world.path("workspace")).status();
        assert!(changed.expect("chown starts").success(), "this test needs to be root");
    }

    pub(super) fn git(&self, args: &[&str]) -> String {
        let safe = ["-c", "safe.directory=*"];
        self.world.git(&self.world.path("workspace"), &[&safe[..], args].concat())
    }

    /// Starts a step, as the system does: its script in a file, in the checkout, with the variables and no others.
    pub(super) fn start(&self, step: impl Into<Step>) -> Running {
        let step = step.into();
        let filled =
            |text: &str| self.expressions.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        let script = self.world.write("temp/step.sh", filled(&step.script));
        let mut path = self.world.path("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", &script])
            .current_dir(self.world.path("workspace"))
            .env_clear()
            .envs(&self.variables)
            .envs(step.variables.iter().map(|(name, value)| (name, filled(value))))
            .env("PATH", path)
            .env("FORGELINE_KNOWLEDGE", "/nonexistent")
            // The system's checkout says so in its own configuration.
            .envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(branch) = self.branch() {
            command.env("FORGELINE_BRANCH", branch);
        }
        Running(command.spawn().expect("a shell"))
    }

    /// Runs a step to its end.
    pub(super) fn perform(&self, step: impl Into<Step>) -> Ended {
        self.start(step).wait()
    }

    /// The branch that an earlier step of the job wrote.
    fn branch(&self) -> Option<String> {
        let folder = self.world.path("workspace");
        if !Path::new(&folder).join(".git").is_dir() {
            return None;
        }
        let listed = self.git(&["branch", "--list", "forgeline/*", "--format=%(refname:short)"]);
        listed.lines().next().map(str::to_owned)
    }

    fn file(&self, variable: &str) -> String {
        fs::read_to_string(&self.variables[variable]).expect("the runner made it")
    }

    /// What later steps read, as GitHub reads it.
    pub(super) fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.file("GITHUB_OUTPUT");
        let mut lines = text.lines();
        let mut found = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, end) = line.split_once("<<").expect("a name and a delimiter");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            found.insert(name.to_owned(), value.join("\n"));
        }
        found
    }

    /// What later steps read, as Azure Pipelines reads it.
    pub(super) fn variables_of(&self, log: &str) -> BTreeMap<String, String> {
        let commands = log.lines().filter_map(|line| line.strip_prefix("##vso[task.setvariable variable="));
        let pairs = commands.filter_map(|command| command.split_once(";isOutput=true]"));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    pub(super) fn summary(&self) -> String {
        self.file("GITHUB_STEP_SUMMARY")
    }
}
