//! The executable over its pipe: one owner, deaths, and life without ONNX Runtime.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use forgeline_model::knowledge::{IndexRequest, RefRole, RefusalKind, Request, Response, SearchMode, SearchRequest};

use crate::world::{GUIDE, ORDERS, World};

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Without embeddings, unless `library` names a file.
    fn start(dir: &Path, library: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_forgeline-knowledge"))
            .arg("--dir")
            .arg(dir)
            .env("ORT_DYLIB_PATH", library)
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, output }
    }

    fn send(&mut self, request: &Request) {
        let mut line = serde_json::to_vec(request).expect("serialises");
        line.push(b'\n');
        self.child.stdin.as_mut().expect("piped").write_all(&line).expect("reads its input");
    }

    fn ask(&mut self, request: &Request) -> Response {
        self.send(request);
        let mut line = String::new();
        self.output.read_line(&mut line).expect("answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
    }

    /// Closes its input and waits for it to end by itself.
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("ends").success());
    }
}

#[test]
fn without_onnx_runtime_words_are_searched_and_it_says_so() {
    let world = World::keywords();
    world.commit(&[("src/order.rs", ORDERS), ("docs/guide.md", GUIDE)]);
    let text = world.dir.path().join("libonnxruntime.so.1.31.1");
    std::fs::write(&text, "this is no library, and long enough to have a header of sixty-four bytes").expect("writes");
    for (library, reason) in [
        ("", "switched off"),
        ("/nowhere/libonnxruntime.so", "run `make setup`"),
        (text.to_str().expect("text"), "not a 64-bit ELF library"),
    ] {
        let mut process = Process::start(&world.index_dir(), library);
        let Response::Indexed(indexed) = process.ask(&Request::Index(world.request("main", RefRole::Default))) else {
            panic!("not indexed with {library:?}");
        };
        assert_eq!((indexed.mode, indexed.chunks_embedded), (SearchMode::Keywords, 0));
        let Response::Found(found) = process.ask(&Request::Search(SearchRequest::new("refund"))) else {
            panic!("no answer with {library:?}");
        };
        assert_eq!((found.mode, found.hits[0].path.as_str()), (SearchMode::Keywords, "src/order.rs"));
        assert!(found.notes[0].contains("by words only") && found.notes[0].contains(reason), "{:?}", found.notes);
        let Response::Status(status) = process.ask(&Request::Status) else { panic!("no status") };
        assert!(status.reason.is_some_and(|text| text.contains(reason)), "{library}");
        process.end();
    }
}

#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let world = World::keywords();
    let mut first = Process::start(&world.index_dir(), "");
    assert!(matches!(first.ask(&Request::Status), Response::Status(_)));
    let mut second = Process::start(&world.index_dir(), "");
    let Response::Refused(refusal) = second.ask(&Request::Status) else { panic!("opened twice") };
    assert_eq!(refusal.kind, RefusalKind::External);
    let holder = format!("is in use by process {}", first.child.id());
    assert!(refusal.message.contains(&holder), "{}", refusal.message);
    first.kill();
    assert!(matches!(second.ask(&Request::Status), Response::Status(_)), "a dead process holds nothing");
    second.end();
}

#[test]
fn killed_at_any_moment_the_index_is_whole_and_goes_on() {
    let world = World::keywords();
    let file = |n: usize| -> String {
        (0..50).map(|part| format!("## Part {n}-{part}\n\nAbout subject{n}x{part} and nothing else.\n\n")).collect()
    };
    let files: Vec<(String, String)> = (0..64).map(|n| (format!("docs/{n:02}.md"), file(n))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    world.commit(&files);
    let whole = world.request("main", RefRole::Default);
    let step = IndexRequest { budget_ms: Some(0), ..whole.clone() };

    // At its first write, and after each step in the middle of the next.
    let mut process = Process::start(&world.index_dir(), "");
    process.send(&Request::Index(whole.clone()));
    process.kill();
    let mut stored = 0;
    for _ in 0..2 {
        let mut process = Process::start(&world.index_dir(), "");
        let Response::Progress(progress) = process.ask(&Request::Index(step.clone())) else {
            panic!("a step does it all");
        };
        stored += progress.chunks;
        process.send(&Request::Index(whole.clone()));
        process.kill();
    }
    assert!(stored > 0);

    let mut process = Process::start(&world.index_dir(), "");
    let Response::Indexed(indexed) = process.ask(&Request::Index(whole.clone())) else { panic!("not indexed") };
    assert_eq!(indexed.files, 64);
    assert!(indexed.chunks_stored + stored <= indexed.chunks, "{indexed:?}, and {stored} before");
    let Response::Status(status) = process.ask(&Request::Status) else { panic!("no status") };
    assert_eq!((status.chunks, status.refs[0].missing), (indexed.chunks, 0), "each chunk once");
    let Response::Found(found) = process.ask(&Request::Search(SearchRequest::new("subject17x33"))) else {
        panic!("no answer");
    };
    assert_eq!(found.hits[0].path, "docs/17.md");
    assert!(found.hits[0].text.contains("subject17x33"), "{}", found.hits[0].text);
    let Response::Indexed(again) = process.ask(&Request::Index(whole)) else { panic!("not indexed") };
    assert_eq!((again.files_read, again.chunks_stored), (0, 0));
    process.end();
}
