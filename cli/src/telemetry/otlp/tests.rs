//! Against real HTTP on loopback, and against an exporter that keeps what it gets.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{PATIENCE, RunsAsRoots, Traces, endpoint, layer};
use crate::telemetry::run_trace;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const OTHER_TRACE: &str = "1bf7651916cd43dd8448eb211c80319d";

/// Takes one request on a free port and answers 200; the thread yields the request line and the body.
fn collector() -> (String, JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let taken = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the exporter connects");
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a header line");
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_ascii_lowercase()),
            }
        }
        let length =
            head.iter().find_map(|line| line.strip_prefix("content-length: ")).expect("a body of known length");
        let mut body = vec![0; length.parse().expect("a number")];
        reader.read_exact(&mut body).expect("the whole body");
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(answer).expect("the exporter listens");
        (head.swap_remove(0), body)
    });
    (address, taken)
}

fn a_run() {
    let run = info_span!("run", trace_id = TRACE);
    run.in_scope(|| info_span!("stage", stage = "vision").in_scope(|| info_span!("task").in_scope(|| {})));
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_run_reaches_the_collector_under_its_own_trace_id() {
    let (address, taken) = collector();
    let variable = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| address.clone());
    let address = endpoint(variable).expect("a good address").expect("an endpoint");
    let traces = Traces::to(address, PATIENCE).expect("a good address");
    let subscriber = tracing_subscriber::registry().with(run_trace::layer()).with(traces.layer());
    tracing::subscriber::with_default(subscriber, a_run);
    drop(traces);
    let (request, body) = taken.join().expect("the collector was asked");
    assert_eq!(request, "post /v1/traces http/1.1");
    let trace = u128::from_str_radix(TRACE, 16).expect("hex");
    for part in [&trace.to_be_bytes()[..], b"run", b"stage", b"vision", b"task", b"forgeline"] {
        assert!(contains(&body, part), "{part:?} is in {body:?}");
    }
}

/// A collector that takes connections, reads nothing and never answers must not hold the exit: this test ends only
/// because dropping gives up first.
#[test]
fn a_collector_that_never_answers_does_not_hold_the_exit() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/v1/traces", listener.local_addr().expect("bound"));
    let (exited, exit) = mpsc::channel::<()>();
    let silent = thread::spawn(move || {
        let connection = listener.accept();
        exit.recv().expect_err("the sender is dropped, not used");
        drop(connection);
    });
    let traces = Traces::to(address, Duration::from_millis(100)).expect("a good address");
    let subscriber = tracing_subscriber::registry().with(run_trace::layer()).with(traces.layer());
    tracing::subscriber::with_default(subscriber, a_run);
    drop(traces);
    drop(exited);
    silent.join().expect("the collector ends");
}

/// What arrives when `told` runs.
fn exported(told: impl FnOnce()) -> Vec<SpanData> {
    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().expect("one thread").extend(batch);
            Ok(())
        }
    }

    let kept = Kept::default();
    let provider =
        SdkTracerProvider::builder().with_simple_exporter(RunsAsRoots::new(kept.clone(), Arc::default())).build();
    let subscriber =
        tracing_subscriber::registry().with(run_trace::layer()).with(layer::exporting(provider.tracer("forgeline")));
    tracing::subscriber::with_default(subscriber, told);
    kept.0.lock().expect("one thread").clone()
}

#[track_caller]
fn span<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    spans.iter().find(|span| span.name == name).expect("the span was exported")
}

fn trace_of(span: &SpanData) -> String {
    span.span_context.trace_id().to_string()
}

#[test]
fn a_run_is_the_root_of_its_trace_and_the_rest_hangs_below() {
    let spans = exported(a_run);
    let (run, stage, task) = (span(&spans, "run"), span(&spans, "stage"), span(&spans, "task"));
    assert_eq!([trace_of(run), trace_of(stage), trace_of(task)], [TRACE; 3]);
    assert_eq!(run.parent_span_id, SpanId::INVALID, "no parent that no collector ever sees");
    assert_eq!(stage.parent_span_id, run.span_context.span_id());
    assert_eq!(task.parent_span_id, stage.span_context.span_id());
}

#[test]
fn runs_inside_one_server_span_keep_their_own_traces() {
    let spans = exported(|| {
        let server = info_span!("serve");
        let _server = server.enter();
        info_span!("first", trace_id = TRACE).in_scope(|| info_span!("stage-of-first").in_scope(|| {}));
        info_span!("second", trace_id = OTHER_TRACE).in_scope(|| {});
        info_span!("after").in_scope(|| {});
    });
    assert_eq!(trace_of(span(&spans, "first")), TRACE);
    assert_eq!(trace_of(span(&spans, "stage-of-first")), TRACE);
    assert_eq!(trace_of(span(&spans, "second")), OTHER_TRACE);
    assert_eq!(trace_of(span(&spans, "after")), trace_of(span(&spans, "serve")));
    assert_eq!(span(&spans, "second").parent_span_id, SpanId::INVALID);
}

#[test]
fn a_span_that_repeats_the_trace_id_stays_below_its_parent() {
    let spans = exported(|| {
        info_span!("run", trace_id = TRACE).in_scope(|| info_span!("effect", trace_id = TRACE).in_scope(|| {}));
    });
    assert_eq!(span(&spans, "effect").parent_span_id, span(&spans, "run").span_context.span_id());
}

#[test]
fn the_environment_names_the_collector() {
    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: Result<Option<&str>, &str>) {
        let found = endpoint(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        });
        let found = found.map_err(|error| error.to_string());
        assert_eq!(found.as_ref().map(Option::as_deref).map_err(String::as_str), expected);
    }
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    check(&[], Ok(None));
    check(&[(BASE, "http://localhost:4318/")], Ok(Some("http://localhost:4318/v1/traces")));
    check(&[(TRACES, "http://localhost:1/t"), (BASE, "http://other")], Ok(Some("http://localhost:1/t")));
    check(&[(BASE, "http://localhost:4318"), ("OTEL_SDK_DISABLED", "true")], Ok(None));
    check(
        &[(TRACES, "https://collector")],
        Err("`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` gives `https://collector`; this build speaks plain HTTP: \
             name a collector as `http://host:4318`"),
    );
    check(
        &[(BASE, "http://ana:hunter2@collector:4318")],
        Err("`OTEL_EXPORTER_OTLP_ENDPOINT` holds credentials; put them into `OTEL_EXPORTER_OTLP_HEADERS`"),
    );
}
