//! How long do contracts hold anybody up: a comparison of two schemas, an event, a registry under review?
//!
//! `cargo bench -p forgeline-tests --bench contracts [-- <rounds>]`; `make bench` does it too. The peer for events is ajv,
//! where `FORGELINE_NODE_MODULES` names a folder that has `ajv` and `ajv-formats`.

#![expect(clippy::print_stdout, reason = "printing its measurements is what a benchmark is for")]

mod measure;

use std::{
    fs,
    hint::black_box,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use forgeline_model::FileSet;
use forgeline_registry::{
    Budget, Registry, batch, release,
    rules::{Published, check, scaffold},
    shipped,
};
use serde_json::Value;

use crate::measure::{Samples, Table, rounds, verdict};

/// Most milliseconds of the slowest pair in a hundred.
const PAIR_MS: f64 = 50.0;
/// Most time of validating an event, of the time that parsing it takes.
const EVENT_RATIO: f64 = 1.5;
/// Most seconds of a check of all rules over the large registry.
const CHECK_S: f64 = 10.0;
/// Contracts of that registry, each with so many versions.
const EVENTS: usize = 1000;
const VERSIONS: usize = 5;
/// Events in a round.
const REPEATS: u32 = 20_000;
const EVENT: &str = "VisionDocumentCreated";

fn main() {
    let rounds = rounds(7);
    pairs();
    println!();
    events(rounds);
    println!();
    registry();
}

/// Every pair of the corpus once, in an order that no cache of the checker can help with: each has schemas of its own.
fn pairs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/compat/corpus");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "ndjson"));
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let mut times: Vec<f64> = Vec::new();
    let mut undecided = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let begun = Instant::now();
        let answer = batch::answer(line, &Budget::default());
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        undecided += usize::from(answer.told["verdict"] == "undecided");
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let mut table = Table::new(["pairs of the corpus", "ms a pair", "", "target"]);
    table.row(["middle", &format!("{:.2}", at(0.5)), "", ""]);
    table.row(["slowest in a hundred", &format!("{:.2}", at(0.99)), "", &verdict(at(0.99), PAIR_MS, "")]);
    table.row(["slowest", &format!("{:.2}", at(1.0)), "", ""]);
    print!("{}", table.text());
    println!("{} pairs, {undecided} undecided", times.len());
}

/// One event, parsed and validated again and again in this thread.
fn events(rounds: usize) {
    let registry = Registry::built_in();
    let bytes = example(&shipped());
    let event: Value = serde_json::from_slice(&bytes).expect("JSON");
    let schema = registry.show(EVENT).and_then(|it| it.versions.values().next_back()).expect("a version").schema();
    registry.validate_produced(&event).expect("valid");
    registry.validate_consumed(&event).expect("valid");
    let (mut parse, mut produce, mut consume) = (Samples::default(), Samples::default(), Samples::default());
    let mut by_ajv: Option<(Samples, Samples)> = None;
    for _ in 0..rounds {
        parse.time(each(|| drop(black_box(serde_json::from_slice::<Value>(black_box(&bytes))))));
        produce.time(each(|| drop(black_box(registry.validate_produced(black_box(&event))))));
        consume.time(each(|| drop(black_box(registry.validate_consumed(black_box(&event))))));
        if let Some((parsed, validated)) = ajv(schema, &bytes) {
            let (parse, validate) = by_ajv.get_or_insert_default();
            parse.time(parsed);
            validate.time(validated);
        }
    }
    let mut table = Table::new(["one event", "µs", "of its parsing", "target"]);
    let mut row = |what: &str, samples: &Samples, peer: &Samples, target: bool| {
        let ratio = samples.over(peer).median();
        let target = if target { verdict(ratio, EVENT_RATIO, "") } else { String::new() };
        table.row([what, &format!("{:.2}", samples.median() * 1e3), &format!("{ratio:.2}"), &target]);
    };
    row("parsed, the peer", &parse, &parse, false);
    row("held to its contract when produced", &produce, &parse, true);
    row("held to it when consumed", &consume, &parse, true);
    match &by_ajv {
        Some((parse, validate)) => {
            row("parsed by Node", parse, parse, false);
            row("validated by ajv", validate, parse, false);
        }
        None => table.row(["ajv", "", "", "FORGELINE_NODE_MODULES is not set"]),
    }
    print!("{}", table.text());
    println!("{EVENT}, {} bytes, one thread", bytes.len());
}

fn each(work: impl Fn()) -> Duration {
    let begun = Instant::now();
    (0..REPEATS).for_each(|_| work());
    begun.elapsed() / REPEATS
}

fn example(files: &FileSet) -> Vec<u8> {
    let folder = files.below(&format!("events/vision/{EVENT}/examples/1.0.0/valid"));
    let (_, bytes) = folder.iter().next().expect("an example");
    bytes.to_vec()
}

/// Time of parsing and of validating by ajv.
fn ajv(schema: &Value, event: &[u8]) -> Option<(Duration, Duration)> {
    let modules = std::env::var("FORGELINE_NODE_MODULES").ok()?;
    let folder = tempfile::tempdir().expect("a folder");
    let (schema_file, event_file) = (folder.path().join("schema.json"), folder.path().join("event.json"));
    fs::write(&schema_file, schema.to_string()).expect("writes");
    fs::write(&event_file, event).expect("writes");
    let said = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/peers/ajv_validate.cjs"))
        .args([&schema_file, &event_file])
        .arg(REPEATS.to_string())
        .env("NODE_PATH", modules)
        .output()
        .expect("node starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let nanos = |name: &str| Duration::from_secs_f64(said[name].as_f64().expect("a number") / 1e9);
    Some((nanos("parse"), nanos("validate")))
}

/// All rules over a large registry: as it is, and as a change of one of its contracts.
fn registry() {
    let base = large();
    let today = jiff::civil::date(2026, 3, 31);
    let published = Published::new();
    let mut table = Table::new(["registry", "seconds", "", "target"]);
    let mut row = |what: &str, head: &FileSet, base: Option<&FileSet>| {
        let begun = Instant::now();
        let report = check(head, base, "", today, &published);
        let seconds = begun.elapsed().as_secs_f64();
        let errors = report.introduced.iter().filter(|it| it.from.is_some()).count();
        let shown = format!("{what}: {errors} findings on changes");
        table.row([&shown, &format!("{seconds:.2}"), "", &verdict(seconds, CHECK_S, "")]);
    };
    row("all of it", &base, None);
    let mut one = base.clone();
    add_field(&mut one, 7, VERSIONS);
    row("one contract changed", &one, Some(&base));
    let mut all = base.clone();
    (0..EVENTS).for_each(|event| add_field(&mut all, event, VERSIONS));
    row("every contract changed", &all, Some(&base));
    let begun = Instant::now();
    let loaded = Registry::load(&base).is_ok();
    table.row([
        "loaded for use",
        &format!("{:.2}", begun.elapsed().as_secs_f64()),
        "",
        if loaded { "" } else { "refused" },
    ]);
    print!("{}", table.text());
    println!("{EVENTS} contracts of {VERSIONS} versions each");
}

fn large() -> FileSet {
    let mut files = shipped();
    for event in 0..EVENTS {
        let new = scaffold(&files, "shop", &name(event), "@shop").expect("a name");
        new.iter().for_each(|(path, bytes)| files.insert(path, bytes));
    }
    for version in 1..=VERSIONS {
        for (path, bytes) in release(&files).expect("can be released").iter() {
            files.insert(path, bytes);
        }
        if version < VERSIONS {
            (0..EVENTS).for_each(|event| add_field(&mut files, event, version));
        }
    }
    files
}

fn name(event: usize) -> String {
    format!("OrderPlaced{event}")
}

/// The head's next minor with an optional field more.
fn add_field(files: &mut FileSet, event: usize, minor: usize) {
    let folder = format!("events/shop/{}", name(event));
    let edit = |files: &mut FileSet, file: &str, change: &dyn Fn(String) -> String| {
        let path = format!("{folder}/{file}");
        let text = String::from_utf8(files.get(&path).expect("there").to_vec()).expect("text");
        files.insert(path, change(text));
    };
    let (old, new) = (format!("1.{}.0", minor - 1), format!("1.{minor}.0"));
    let field =
        format!("\"field_{minor}\": {{\"description\": \"More.\", \"type\": \"number\", \"minimum\": {minor}}}");
    edit(files, "schema.json", &|text| {
        let text = text.replace(&format!("\"x-version\": \"{old}\""), &format!("\"x-version\": \"{new}\""));
        text.replacen("\"summary\": {", &format!("{field}, \"summary\": {{"), 1)
    });
    edit(files, "CHANGELOG.md", &|text| {
        text.replacen(&format!("## {old}"), &format!("## {new}\n\n- added: field_{minor}\n\n## {old}"), 1)
    });
    let examples = files.below(&format!("{folder}/examples/{old}"));
    for (path, bytes) in examples.iter() {
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let text = text.replace(&format!("\"1.{}\"", minor - 1), &format!("\"1.{minor}\""));
        files.insert(format!("{folder}/examples/{new}/{path}"), text);
    }
}
