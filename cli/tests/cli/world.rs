//! A person with an empty home, a state directory and the program.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The person's place. Nothing outside of it is seen or changed.
pub struct World {
    dir: TempDir,
    user: &'static str,
}

/// What the program did.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        Self::of("somebody")
    }

    /// The place of this user.
    pub fn of(user: &'static str) -> Self {
        let world = Self { dir: tempfile::tempdir().expect("a directory"), user };
        fs::create_dir(world.path("here")).expect("a folder to stand in");
        world
    }

    /// A path in the person's place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file below the folder that the person stands in.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path("here").join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("folders");
        fs::write(&path, content).expect("writes");
        path
    }

    /// Makes a named pipe below the folder that the person stands in.
    pub fn pipe(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.path("here").join(name)).status().expect("mkfifo starts");
        assert!(made.success());
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path("here").join(name)).expect("reads")
    }

    /// Replaces text in a file; the text must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is not in {name}:\n{text}");
        self.write(name, text.replace(from, to));
    }

    /// A Git repository with one commit, `here` by default.
    pub fn repository(&self, folder: &str) {
        fs::create_dir_all(self.path(folder)).expect("a folder");
        self.git(folder, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(self.path(folder).join("README.md"), "# A repository\n").expect("writes");
        self.commit(folder);
    }

    pub fn commit(&self, folder: &str) {
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--message", "change"]);
    }

    pub fn git(&self, folder: &str, arguments: &[&str]) -> String {
        self.git_with(folder, &[], arguments)
    }

    /// Git in `here` with these variables.
    pub fn with_git(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        self.git_with("here", variables, arguments)
    }

    fn git_with(&self, folder: &str, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let output = self
            .command("git", folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
            .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
            .envs(variables.iter().copied())
            .args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"])
            .args(arguments)
            .output()
            .expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs the program with these words.
    pub fn forgeline(&self, line: &str) -> Said {
        self.run(&line.split_whitespace().collect::<Vec<_>>(), None)
    }

    /// Runs the program with these words and variables; an empty value takes the variable away.
    pub fn with(&self, variables: &[(&str, &str)], line: &str) -> Said {
        let mut command = self.command(env!("CARGO_BIN_EXE_forgeline"), "here");
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let command = command.args(line.split_whitespace()).stdin(Stdio::null());
        Said::of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts"))
    }

    /// Runs the program with this input.
    pub fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Said {
        let mut child = self.spawn(arguments);
        let mut stdin = child.stdin.take().expect("piped");
        // A program that does not read its input closes the pipe.
        let _ = stdin.write_all(input.unwrap_or_default());
        drop(stdin);
        Said::of(child)
    }

    /// Runs the program while nobody reads its stderr; returns its exit code.
    pub fn unheard(&self, line: &str) -> i32 {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let status = self
            .command(env!("CARGO_BIN_EXE_forgeline"), "here")
            .args(line.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(writer)
            .status()
            .expect("the program starts");
        status.code().expect("it was not killed")
    }

    /// Runs the program and interrupts it while it waits for its input.
    pub fn interrupted(&self, line: &str, input: &[u8]) -> Said {
        let mut child = self.spawn(&line.split_whitespace().collect::<Vec<_>>());
        let id = child.id().to_string();
        while !catches_interrupts(&id) {
            std::thread::yield_now();
        }
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill starts").success());
        let mut first = [0; 1];
        let mut err = child.stderr.take().expect("piped");
        err.read_exact(&mut first).expect("it says that it heard");
        child.stdin.take().expect("piped").write_all(input).expect("it reads");
        let mut rest = String::from(char::from(first[0]));
        err.read_to_string(&mut rest).expect("stderr is UTF-8");
        Said { err: rest, ..Said::of(child) }
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(env!("CARGO_BIN_EXE_forgeline"), "here")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("USER", self.user)
            .env("FORGELINE_STATE_DIR", self.path("state"))
            // No index: what is tested here must not depend on it.
            .env("FORGELINE_KNOWLEDGE", Path::new("/nonexistent/forgeline-knowledge"));
        command
    }
}

/// Whether the process has a handler for SIGINT, the second signal.
fn catches_interrupts(id: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("the process is there");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask of signals");
    u64::from_str_radix(caught.trim(), 16).expect("hexadecimal") & 0b10 != 0
}

impl Said {
    fn of(child: Child) -> Self {
        let output = child.wait_with_output().expect("the program ends");
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Ends well, with nothing to complain about.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.ends(0)
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` is not in stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in stderr:\n{}\nstdout:\n{}", self.err, self.out);
        self
    }

    #[track_caller]
    pub fn quiet(self) -> Self {
        assert_eq!(self.out, "", "stderr:\n{}", self.err);
        self
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}", self.out));
        assert_eq!(value["schemaVersion"], 1, "{value}");
        value
    }
}
