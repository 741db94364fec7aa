//! A real mail server with a certificate of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::world::World;

/// A server that keeps what it gets.
pub(super) struct MailServer {
    child: Child,
    pub(super) port: u16,
    pub(super) certificate: PathBuf,
    mails: PathBuf,
}

impl MailServer {
    pub(super) fn start(world: &World) -> Self {
        let (certificate, key, mails) = (world.path("smtp.crt"), world.path("smtp.key"), world.path("mail.ndjson"));
        make_certificate(&certificate, &key);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/smtp_sink.py");
        let mut child = Command::new(python())
            .args([&script, &certificate, &key, &mails])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says its port");
        let port = line.trim().parse().unwrap_or_else(|_| panic!("`{line}` is no port; run `make setup-test`"));
        Self { child, port, certificate, mails }
    }

    /// What arrived, oldest first.
    pub(super) fn mails(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.mails).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a mail")).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate for 127.0.0.1 that signs itself.
fn make_certificate(certificate: &Path, key: &Path) {
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"])
        .args(["-subj", "/CN=forgeline test", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .stderr(Stdio::null())
        .status()
        .expect("openssl starts; `make setup-test` installs it");
    assert!(status.success());
}

/// The Python that `make setup-test` installs the test tools for.
fn python() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").expect("`HOME` or `XDG_CACHE_HOME` is set")).join(".cache")
    });
    let program = cache.join("forgeline/venv/bin/python");
    assert!(program.is_file(), "`{}` is missing; run `make setup-test`", program.display());
    program
}
