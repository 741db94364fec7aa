//! Running the `git` executable: fixed environment, no prompt, a deadline, its words captured.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use command_fds::{CommandFdExt as _, FdMapping};

use crate::RepoError;

/// Most that is kept of what git says, bytes.
const MAX_WORDS: usize = 64 << 10;
/// Variables that git needs from outside: where programs, certificates, proxies and keys are.
const PASSED_ON: [&str; 12] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// What a finished git command said.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The error for a command that did not succeed.
    pub(crate) fn failure(&self, verb: &'static str) -> RepoError {
        let stderr: String = self.stderr.trim().chars().take(2000).filter(|c| *c == '\n' || !c.is_control()).collect();
        RepoError::Transport { verb, code: self.status.code(), stderr }
    }
}

/// Who a git command is on the other side.
pub(crate) struct Secret {
    /// User name.
    pub(crate) user: String,
    /// In place of a password.
    pub(crate) token: String,
}

/// Where git finds the pipe that it is told by who it is.
const PIPE: i32 = 9;

impl Secret {
    /// Gives it to the command through a pipe that nobody else has: in no argument, environment or file. It can be read once.
    fn hand_to(&self, command: &mut Command) -> io::Result<()> {
        let (read, mut write) = io::pipe()?;
        // Less than a pipe holds, so that this does not wait for a reader.
        write.write_all(format!("username={}\npassword={}\n", self.user, self.token).as_bytes())?;
        let helper = format!("credential.helper=!f() {{ test \"$1\" != get || cat <&{PIPE}; }}; f");
        // Those of the repository first: they are not asked.
        for setting in ["credential.helper=", &helper, "http.proactiveAuth=basic", "http.followRedirects=false"] {
            command.args(["-c", setting]);
        }
        let mapping = FdMapping { parent_fd: read.into(), child_fd: PIPE };
        command.fd_mappings(vec![mapping]).map_err(io::Error::other)?;
        Ok(())
    }
}

/// Runs `git <verb> <arguments>` in a repository. No hook, helper or configuration outside of it takes part.
pub(crate) fn run(
    git_dir: Option<&Path>,
    verb: &'static str,
    arguments: &[&str],
    secret: Option<&Secret>,
    timeout: Duration,
) -> Result<Output, RepoError> {
    let io = |action: &'static str| move |source| RepoError::Io { action, path: "git".into(), source };
    let mut command = Command::new("git");
    command.env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs([
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "true"),
        ("SSH_ASKPASS", "true"),
        ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
        ("GIT_ALLOW_PROTOCOL", "file:https:http:ssh"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("LC_ALL", "C"),
    ]);
    for setting in ["core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false"] {
        command.args(["-c", setting]);
    }
    if let Some(secret) = secret {
        secret.hand_to(&mut command).map_err(io("tell"))?;
    }
    if let Some(git_dir) = git_dir {
        command.arg({
            let mut argument = OsString::from("--git-dir=");
            argument.push(git_dir);
            argument
        });
    }
    command.arg(verb).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);

    let mut child = command.spawn().map_err(io("start"))?;
    // With it goes this process's end of the pipe.
    drop(command);
    let stdout = listen(child.stdout.take());
    let stderr = listen(child.stderr.take());
    let deadline = std::time::Instant::now() + timeout;
    let mut words = Vec::new();
    for stream in [stdout, stderr] {
        match stream.recv_timeout(deadline.saturating_duration_since(std::time::Instant::now())) {
            Ok(text) => words.push(text),
            Err(_) => {
                stop_group(child.id());
                child.wait().map_err(io("stop"))?;
                return Err(RepoError::TimedOut { verb, timeout_ms: timeout.as_millis() as u64 });
            }
        }
    }
    let status = child.wait().map_err(io("wait for"))?;
    let stderr = words.pop().unwrap_or_default();
    let stdout = words.pop().unwrap_or_default();
    Ok(Output { status, stdout, stderr })
}

/// Reads a stream to its end on a thread of its own; beyond the bound it is read and forgotten.
fn listen(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut chunk = [0; 8192];
        if let Some(mut stream) = stream {
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                let room = MAX_WORDS.saturating_sub(kept.len()).min(length);
                kept.extend_from_slice(&chunk[..room]);
            }
        }
        // Nobody listens any more after a timeout.
        let _ = sender.send(String::from_utf8_lossy(&kept).into_owned());
    });
    receiver
}

/// Ends git and the transport helpers that it started.
fn stop_group(id: u32) {
    if let Some(group) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself in the meantime.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}
