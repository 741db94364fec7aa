//! A server of a test, and how it is spoken to.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::world::{Said, World};

/// How long something may take that is to happen by itself, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long the end may take.
const END: Duration = Duration::from_secs(15);

/// Waits until something is so.
#[track_caller]
pub(crate) fn patiently(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// GitHub's signature.
pub(crate) fn signed(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(body.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A server; it dies with the test.
pub(crate) struct Server {
    child: Child,
    listen: String,
    admin: String,
}

const ARGS: [&str; 6] = ["serve", "--json", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

impl Server {
    /// Starts one and waits until it listens. What it logs lies in the world's `serve.log`.
    #[track_caller]
    pub(crate) fn start(world: &World, variables: &[(&str, &str)], more: &[&str]) -> Self {
        let mut command = world.command(&[&ARGS[..], more].concat());
        let log = File::options().create(true).append(true).open(world.path("serve.log")).expect("a file");
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("forgeline starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let mut text = String::new();
        for line in lines.by_ref() {
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let said: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: it said `{text}`"));
        let address = |name: &str| said["serve"][name].as_str().expect("an address").to_owned();
        Self { listen: address("listen"), admin: address("admin"), child }
    }

    /// Another one on the same state, to its end.
    pub(crate) fn second(&self, world: &World) -> Said {
        world.run(&ARGS)
    }

    /// Where a forge sends its hooks.
    pub(crate) fn hooks(&self, source: &str) -> String {
        format!("http://{}/webhooks/{source}", self.listen)
    }

    /// Asks the admin address.
    #[track_caller]
    pub(crate) fn look(&self, path: &str) -> (u16, String) {
        speak(&self.admin, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// Sends a hook.
    #[track_caller]
    pub(crate) fn send(&self, source: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        speak(&self.listen, &format!("POST /webhooks/{source} HTTP/1.1\r\n{headers}"), body).0
    }

    /// Sends the first half of a hook; what answers the whole of it once the second half is sent.
    #[track_caller]
    pub(crate) fn send_slowly(
        &self,
        source: &str,
        headers: &[(&str, &str)],
        body: &'static str,
    ) -> impl FnOnce() -> u16 + use<> {
        let mut stream = TcpStream::connect(&self.listen).expect("a connection");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (first, second) = body.split_at(body.len() / 2);
        let length = body.len();
        let head = format!("POST /webhooks/{source} HTTP/1.1\r\n{headers}host: x\r\nconnection: close\r\n");
        write!(stream, "{head}content-length: {length}\r\n\r\n{first}").expect("sent");
        move || {
            stream.write_all(second.as_bytes()).expect("sent");
            read(stream).0
        }
    }

    /// Whether it accepts connections for hooks.
    pub(crate) fn accepts(&self) -> bool {
        TcpStream::connect(&self.listen).is_ok()
    }

    /// Asks it to end.
    #[track_caller]
    pub(crate) fn ask_to_end(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill starts").success());
    }

    /// Asks it to end; its exit code.
    #[track_caller]
    pub(crate) fn end(mut self) -> i32 {
        self.ask_to_end();
        let began = Instant::now();
        let code = self.wait();
        assert!(began.elapsed() < END, "it took {:?}", began.elapsed());
        code.expect("it ends by itself")
    }

    /// Waits for its end; none when a signal ended it.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own: status and body.
#[track_caller]
fn speak(address: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let length = body.len();
    let request = format!("{head}host: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    read(stream)
}

/// An answer, to its end: status and body.
#[track_caller]
fn read(mut stream: TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let status = text.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let body = text.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned());
    (status, body)
}
