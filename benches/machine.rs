//! A machine with nothing on it but `forgeline`, a plain repository and a work item.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::place;

/// The shipped example.
pub(crate) const WORK_ITEM: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../blueprints/http-service/examples/orders.md");

pub(crate) struct Machine {
    folder: TempDir,
    program: PathBuf,
    /// The definitions in force; the built-in ones when there are none.
    pub(crate) factory: Option<PathBuf>,
    /// The plain repository.
    pub(crate) repository: PathBuf,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = place::scratch();
        let repository = folder.path().join("repository");
        place::repository(&repository);
        Self { program: place::forgeline(), factory: None, repository, folder }
    }

    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("USER", "ana")
            .env("FORGELINE_STATE_DIR", self.folder.path().join("state"))
            .env("FORGELINE_KNOWLEDGE", "/nonexistent")
            .stdin(Stdio::null());
        if let Some(factory) = &self.factory {
            command.env("FORGELINE_FACTORY", factory);
        }
        command
    }

    /// Runs `forgeline` to its end, expects success, and returns its stdout.
    pub(crate) fn ok<S: AsRef<std::ffi::OsStr> + std::fmt::Debug>(&self, args: &[S]) -> String {
        let output = self.command(args).output().expect("forgeline starts");
        assert!(output.status.success(), "forgeline {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts `forgeline` and does not wait.
    pub(crate) fn start(&self, args: &[String]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("forgeline starts")
    }

    /// Arguments that run a blueprint for the example on the plain repository.
    pub(crate) fn run_args(&self, blueprint: &str) -> Vec<String> {
        let repository = self.repository.display().to_string();
        ["run", blueprint, "--repo", &repository, "--work-item", WORK_ITEM].map(str::to_owned).to_vec()
    }

    /// Runs a blueprint for the example, sees that its branch is there, and tells how long the run took.
    pub(crate) fn run(&self, blueprint: &str) -> Duration {
        let args = self.run_args(blueprint);
        let begun = Instant::now();
        self.ok(&args);
        let taken = begun.elapsed();
        assert!(self.branch().starts_with(&format!("forgeline/{blueprint}/")));
        taken
    }

    /// Where the runs stand, newest first.
    pub(crate) fn runs(&self) -> Vec<String> {
        let said: Value = serde_json::from_str(&self.ok(&["--json", "runs", "list"])).expect("JSON");
        let runs = said["runs"].as_array().expect("a list");
        runs.iter().map(|run| run["state"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The branch that a run made.
    pub(crate) fn branch(&self) -> String {
        let branches = place::git(&self.repository, &["branch", "--format=%(refname:short)", "--list", "forgeline/*"]);
        assert_eq!(branches.lines().count(), 1, "one branch was made: {branches}");
        branches
    }
}
