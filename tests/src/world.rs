//! A machine of its own for each test: state directory, repositories, and the real `forgeline` executable.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// The executable that was built with the tests.
static FORGELINE: LazyLock<PathBuf> = LazyLock::new(|| {
    let tests = std::env::current_exe().expect("the path of this program");
    let folder = tests.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let program = folder.join("forgeline");
    assert!(
        program.is_file(),
        "`{}` is not built; run `make test`, or `cargo build --workspace` first",
        program.display()
    );
    program
});

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// stdout as the one JSON document that `--json` promises.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error} in stdout:\n{}\nstderr:\n{}", self.out, self.err))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A machine with nothing on it.
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self { folder: TempDir::new().expect("a folder") };
        fs::create_dir_all(world.path("here")).expect("a folder to stand in");
        world
    }

    /// A machine with the repository `acme/shop` on the local forge, made by `ana`.
    pub(crate) fn with_shop() -> Self {
        let world = Self::new();
        world.ok(&["local", "repo", "create", "acme/shop"]);
        world
    }

    /// Another machine on which everything is as it is here now.
    pub(crate) fn copy(&self) -> Self {
        let world = Self { folder: TempDir::new().expect("a folder") };
        let from = format!("{}/.", self.folder.path().display());
        let copied = Command::new("cp").args(["-a", &from]).arg(world.folder.path()).status();
        assert!(copied.expect("cp starts").success());
        world
    }

    /// Its state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// A place on it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and returns its path as text.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// `forgeline` with these arguments, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&*FORGELINE);
        command
            .args(args)
            .current_dir(self.path("here"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("USER", "ana")
            .env("FORGELINE_STATE_DIR", self.path("state"))
            // Most tests are not about the index; those that are name the executable.
            .env("FORGELINE_KNOWLEDGE", "/nonexistent")
            .stdin(Stdio::null());
        command
    }

    /// Runs `forgeline` to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().expect("forgeline starts").into()
    }

    /// Runs `forgeline` with these variables too.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Said {
        self.command(args).envs(variables.iter().copied()).output().expect("forgeline starts").into()
    }

    /// Runs `forgeline` and expects success.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> Said {
        let said = self.run(args);
        assert_eq!(said.code, 0, "forgeline {args:?}\nstdout:\n{}\nstderr:\n{}", said.out, said.err);
        said
    }

    /// Starts `forgeline` and does not wait.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.start_with(&[], args)
    }

    /// The same with these variables too.
    pub(crate) fn start_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Child {
        let mut command = self.command(args);
        command
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("forgeline starts")
    }

    /// Runs `forgeline` through another program, such as `strace`, and with these variables too.
    pub(crate) fn run_under_with(&self, wrapper: &[String], variables: &[(&str, &str)], args: &[&str]) -> Said {
        let mut inner = self.command(args);
        inner.envs(variables.iter().copied());
        let mut command = Command::new(&wrapper[0]);
        command
            .args(&wrapper[1..])
            .arg(inner.get_program())
            .args(inner.get_args())
            .current_dir(self.path("here"))
            .env_clear();
        for (name, value) in inner.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).output().expect("the wrapper starts").into()
    }

    /// Runs `git` in a folder, without anybody's configuration.
    #[track_caller]
    pub(crate) fn git(&self, folder: &Path, args: &[&str]) -> String {
        self.git_by(folder, ("Ana", "ana@example.org"), args)
    }

    /// The same under another name.
    #[track_caller]
    pub(crate) fn git_by(&self, folder: &Path, (name, address): (&str, &str), args: &[&str]) -> String {
        let said: Said = Command::new("git")
            .args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", name), ("GIT_AUTHOR_EMAIL", address)])
            .envs([("GIT_COMMITTER_NAME", name), ("GIT_COMMITTER_EMAIL", address)])
            .output()
            .expect("git starts")
            .into();
        assert_eq!(said.code, 0, "git {args:?}: {}", said.err);
        said.out
    }

    /// A plain repository with one commit on `main`.
    pub(crate) fn repository(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir_all(&folder).expect("a folder");
        self.git(&folder, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(folder.join("README.md"), "# Something real\n").expect("a file");
        self.git(&folder, &["add", "."]);
        self.git(&folder, &["commit", "--quiet", "-m", "first"]);
        folder
    }

    /// The bare repository of `acme/shop`.
    pub(crate) fn shop(&self) -> PathBuf {
        self.path("state/local/acme/shop.git")
    }

    /// Opens an issue on `acme/shop` without waking the bot.
    pub(crate) fn issue(&self, title: &str, body: &str) -> u64 {
        let said = self.ok(&["--json", "local", "issue", "create", "--no-bot", "-t", title, "-b", body]);
        said.json()["issue"]["number"].as_u64().expect("a number")
    }

    /// Comments as `ana`, and lets the bot act.
    pub(crate) fn comment(&self, number: u64, text: &str) -> Said {
        self.run(&["local", "comment", "add", &number.to_string(), text])
    }

    /// All comments on an item, oldest first, as text.
    pub(crate) fn comments(&self, number: u64) -> Vec<String> {
        let said = self.ok(&["--json", "local", "comment", "list", &number.to_string()]).json();
        let all = said["comments"].as_array().expect("a list").clone();
        all.iter().map(|it| it["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Pull requests on `acme/shop`: `(number, state, head)`, oldest first.
    pub(crate) fn pull_requests(&self) -> Vec<(u64, String, String)> {
        let said = self.ok(&["--json", "local", "pr", "list", "--all"]).json();
        let mut all: Vec<_> = said["pull_requests"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| {
                let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
                (it["number"].as_u64().expect("a number"), text("state"), text("head"))
            })
            .collect();
        all.sort();
        all
    }

    /// Runs, newest first.
    pub(crate) fn runs(&self) -> Vec<Value> {
        self.ok(&["--json", "runs", "list", "--limit", "1000"]).json()["runs"].as_array().expect("a list").clone()
    }

    /// Commits of `acme/shop` on all branches that carry a run key: `(branch commit, key)`.
    pub(crate) fn run_commits(&self) -> Vec<String> {
        let format = "--format=%(trailers:key=Forgeline-Run-Key,valueonly,separator=%x2C)";
        let log = self.git(&self.shop(), &["log", "--branches", "--no-merges", format]);
        log.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// What must hold after every story: each run has ended, nothing is left to do, nobody paid twice.
    #[track_caller]
    pub(crate) fn settle(&self) {
        self.ok(&["bot", "once"]);
        let quiet = self.ok(&["bot", "once"]);
        assert_eq!(quiet.out, "nothing new\n", "a second pass has nothing to do: {}", quiet.err);
        for run in self.runs() {
            assert_eq!(run["finished"], true, "{run}");
        }
        let mut keys = self.run_commits();
        let commits = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), commits, "a run key stands in more than one commit");
    }
}
