//! How soon is a webhook on the disk and acknowledged, and how many a second?
//!
//! `cargo bench -p forgeline-cli -p forgeline-tests --bench ingress [-- <seconds>]`, after the executable was built in the same
//! profile; `make bench` does both. The real server takes real requests over loopback, signed, each with content of its own, and
//! looks into them meanwhile. Its sender shares the machine with it. Where `FORGELINE_NODE_MODULES` names a folder that has
//! `probot`, its server, which only checks signatures, takes the same requests in rounds in between.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

#[expect(dead_code, reason = "shared with the other benchmarks")]
mod machine;
mod measure;
#[expect(dead_code, reason = "shared with the other benchmarks")]
mod place;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader as AsyncReader},
    net::TcpStream,
    task::JoinSet,
    time,
};

use crate::{
    machine::Machine,
    measure::{Samples, Table, rounds, verdict},
};

const SECRET: &str = "3f1d0f7c5a5e4e6c8f3b";
/// Requests a second that must be bearable.
const RATE: u64 = 500;
/// Most milliseconds of all but one in a hundred.
const P99_MS: f64 = 50.0;
/// Connections on which requests come as fast as they are answered.
const CROWD: usize = 64;
/// Turns of it.
const ROUNDS: u64 = 3;
/// How many times as many as its peer it should take.
const LEAST_RATIO: f64 = 2.5;
/// Bytes of a payload, about what a push has.
const SIZE: usize = 8 << 10;

/// The server; it dies with the benchmark.
struct Server {
    child: Child,
    listen: String,
}

impl Server {
    fn start(machine: &Machine) -> Self {
        let mut command = machine.command(&[
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--poll",
            "3600",
        ]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("forgeline starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let mut text = String::new();
        for line in lines {
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let said: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        Self { child, listen: said["serve"]["listen"].as_str().expect("an address").to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What many build their bots with, started with an App that does nothing.
struct Probot {
    child: Child,
    address: String,
}

impl Probot {
    fn start(modules: &str, folder: &Path) -> Self {
        let key = folder.join("key.pem");
        let made =
            Command::new("openssl").args(["genrsa", "-out"]).arg(&key).arg("2048").stderr(Stdio::null()).status();
        assert!(made.expect("openssl starts").success());
        // Free now; nobody else on this machine takes it meanwhile.
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let mut child = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/peers/probot_receive.cjs"))
            .arg(&key)
            .args([SECRET, &port.to_string()])
            .env("NODE_PATH", modules)
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a word");
        assert_eq!(line, "ready\n");
        Self { child, address: format!("127.0.0.1:{port}") }
    }
}

impl Drop for Probot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept open.
struct Line {
    stream: AsyncReader<TcpStream>,
}

impl Line {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("set");
        Self { stream: AsyncReader::new(stream) }
    }

    /// Sends a hook; its status.
    async fn send(&mut self, n: u64) -> u16 {
        let mut body = format!("{{\"n\":{n},\"repository\":{{\"full_name\":\"acme/shop\"}},\"x\":\"").into_bytes();
        body.resize(SIZE - 2, b'x');
        body.extend(b"\"}");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
        mac.update(&body);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        // Senders have addresses of their own: what one of them may send is not what is measured.
        let (a, b, c) = (n / 62_500 % 250, n / 250 % 250, n % 250);
        let head = format!(
            "POST /webhooks/github HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 11.{a}.{b}.{c}\r\nx-github-event: push\r\n\
             content-type: application/json\r\nx-github-delivery: {n}\r\nx-hub-signature-256: sha256={hex}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut bytes = head.into_bytes();
        bytes.extend(body);
        self.stream.get_mut().write_all(&bytes).await.expect("sent");
        self.answer().await
    }

    async fn answer(&mut self) -> u16 {
        let (mut status, mut length, mut line) = (0, 0_u64, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.expect("an answer");
            match line.trim_end().split_once([' ', ':']) {
                Some(("HTTP/1.1", rest)) => status = rest[..3].parse().expect("a status"),
                Some(("content-length", rest)) => length = rest.trim().parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; usize::try_from(length).expect("small")];
        self.stream.read_exact(&mut body).await.expect("a body");
        status
    }
}

/// So many requests a second, sent when their time has come whether or not earlier ones were answered; the time from when each was
/// due to its answer, in milliseconds, sorted.
async fn steadily(address: &str, seconds: u64, first: u64) -> Vec<f64> {
    let mut lines = JoinSet::new();
    let begun = Instant::now() + Duration::from_millis(100);
    let total = RATE * seconds;
    // Each line takes every 32nd request, so that one that is late delays few others.
    for lane in 0..32 {
        let mut line = Line::open(address).await;
        lines.spawn(async move {
            let mut taken = Vec::new();
            for n in (lane..total).step_by(32) {
                let due = begun + Duration::from_micros(n * 1_000_000 / RATE);
                time::sleep_until(due.into()).await;
                assert_eq!(line.send(first + n).await, 202);
                taken.push(due.elapsed().as_secs_f64() * 1_000.0);
            }
            taken
        });
    }
    let mut all = lines.join_all().await.concat();
    all.sort_by(f64::total_cmp);
    all
}

/// As many as are answered with `status`; how many, and the time for each.
async fn at_once(address: &str, seconds: u64, first: u64, status: u16) -> (u64, Duration) {
    let (next, begun) = (Arc::new(AtomicU64::new(first)), Instant::now());
    let mut lines = JoinSet::new();
    for _ in 0..CROWD {
        let (mut line, next) = (Line::open(address).await, next.clone());
        lines.spawn(async move {
            let mut done = 0_u64;
            while begun.elapsed().as_secs() < seconds {
                assert_eq!(line.send(next.fetch_add(1, Ordering::Relaxed)).await, status);
                done += 1;
            }
            done
        });
    }
    let done: u64 = lines.join_all().await.into_iter().sum();
    (done, begun.elapsed() / u32::try_from(done).expect("a count of requests is small"))
}

#[tokio::main]
async fn main() {
    let seconds = rounds(30) as u64;
    let machine = Machine::new();
    let home = machine.repository.parent().expect("a folder").join("home/.config/forgeline");
    fs::create_dir_all(&home).expect("a folder");
    fs::write(home.join("secret"), SECRET).expect("a file");
    let operator = format!(
        "apiVersion: forgeline.dev/v1\nkind: Operator\nforges: {{github: {{webhook_secret: \"file:{}\"}}}}\n",
        home.join("secret").display()
    );
    fs::write(home.join("operator.yaml"), operator).expect("a file");
    let server = Server::start(&machine);
    let taken = steadily(&server.listen, seconds, 0).await;
    let modules = std::env::var("FORGELINE_NODE_MODULES").ok();
    let probot = modules.map(|modules| Probot::start(&modules, &home));
    let (mut done, mut own, mut others) = (0, Samples::default(), Samples::default());
    for round in 1..=ROUNDS {
        let (here, each) = at_once(&server.listen, 5, round * 10_000_000, 202).await;
        done += here;
        own.time(each);
        if let Some(probot) = &probot {
            others.time(at_once(&probot.address, 5, round * 10_000_000, 200).await.1);
        }
    }
    drop(server);
    let state = machine.repository.parent().expect("a folder").join("state");
    let kept = forgeline_store::Store::open(&state, Arc::new(|_, _| Ok(()))).await.expect("opens");
    let stored = kept.hooks_kept().await.expect("counts");
    kept.close().await;
    assert_eq!(stored, taken.len() as u64 + done, "none is lost");
    let at = |part: usize| taken[(taken.len() * part / 1_000).min(taken.len() - 1)];
    let mut table = Table::new(["", "", "", "target"]);
    let ms = |figure: f64| format!("{figure:.2} ms");
    table.row([&format!("{RATE} webhooks a second for {seconds} s, p50"), &ms(at(500)), "", ""]);
    table.row(["p99", &ms(at(990)), "", &verdict(at(990), P99_MS, " ms")]);
    table.row(["p99.9", &ms(at(999)), "", ""]);
    let crowd = format!("{CROWD} senders at once, webhooks a second");
    table.row([&crowd, &format!("{:.0}", 1_000.0 / own.median()), "", "> 10000"]);
    if probot.is_some() {
        let ratio = others.over(&own).median();
        let target = format!("> {LEAST_RATIO}, {}", if ratio > LEAST_RATIO { "met" } else { "missed" });
        table.row(["the same, over probot, which stores nothing", &format!("{ratio:.2}"), "", &target]);
        table.row(["probot", &format!("{:.0}", 1_000.0 / others.median()), "1.00", ""]);
    }
    table.row(["acknowledged and lost, of all", "0", "", "0"]);
    print!("{}", table.text());
}
