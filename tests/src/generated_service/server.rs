//! A generated service as a process, and what is asked of it over HTTP.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use super::build::Crate;

/// The process; it ends with the test.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    data: TempDir,
}

impl Server {
    /// Starts the service on a free port and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(service: &Crate) -> Self {
        Self::start_on(service, TempDir::new().expect("a folder"))
    }

    #[track_caller]
    fn start_on(service: &Crate, data: TempDir) -> Self {
        let mut child = Command::new(service.executable())
            .envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("RUST_LOG", "info")])
            .env("DATABASE", data.path().join("service.db"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut log = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        log.read_line(&mut line).expect("a first line");
        let first: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let address = first["address"].as_str().and_then(|text| text.parse().ok()).expect("an address");
        // Somebody must read the log, or the service waits for the pipe.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, address, data }
    }

    /// SIGKILL, then a new process on the same data.
    #[track_caller]
    pub(crate) fn crash_and_restart(mut self, service: &Crate) -> Self {
        self.end();
        let data = std::mem::replace(&mut self.data, TempDir::new().expect("a folder"));
        Self::start_on(service, data)
    }

    fn end(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// SIGTERM, and whether the process ended with success.
    pub(crate) fn stop_in_good_order(mut self) -> bool {
        let signal = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill starts");
        signal.success() && self.child.wait().expect("it ends").success()
    }

    /// One request: status and JSON body.
    #[track_caller]
    pub(crate) fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// schemathesis with all its checks, against the document that the service serves.
    #[track_caller]
    pub(crate) fn schemathesis(&self) {
        let output = Command::new(schemathesis())
            .args(["run", &format!("http://{}/openapi.yaml", self.address)])
            .args(["--max-examples", "20", "--seed", "1", "--no-color"])
            .current_dir(std::env::temp_dir())
            .output()
            .expect("schemathesis starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("No issues found"), "{said}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// `FORGELINE_SCHEMATHESIS`, or where `make setup-test` puts it.
fn schemathesis() -> PathBuf {
    if let Some(named) = std::env::var_os("FORGELINE_SCHEMATHESIS") {
        return named.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").expect("`HOME` or `XDG_CACHE_HOME` is set")).join(".cache")
    });
    let program = cache.join("forgeline/venv/bin/schemathesis");
    assert!(program.is_file(), "`{}` is missing; run `make setup-test`", program.display());
    program
}
