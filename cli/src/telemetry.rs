//! Logs on stderr and, where a collector is named, traces over OTLP.
//!
//! A run is one trace: the span that opens a run carries a field `trace_id`, the id that the run's events carry too.
//! What is inside that span is logged and exported under this id (`run_trace`). No crate but this one knows
//! OpenTelemetry; the others open `tracing` spans.
//!
//! | variable | effect |
//! |---|---|
//! | `FORGELINE_LOG` | which log lines are shown: `info`, `forgeline_store=debug,warn`; overrides `-v` and `-q` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | collector; `/v1/traces` is appended. Unset: nothing is exported |
//! | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | the same, used as it stands |
//! | `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | as OpenTelemetry defines them |
//! | `OTEL_SDK_DISABLED=true` | nothing is exported |

mod json;
mod otlp;
mod run_trace;

use std::io::{self, IsTerminal};

use anyhow::{Context as _, Result};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::FilterExt,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// How log lines are written to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people; coloured on a terminal.
    #[default]
    Human,
    /// One JSON object a line: `timestamp`, `level`, `target`, `message`, `trace_id`, `fields`, `spans`.
    Json,
}

/// How much is logged when `FORGELINE_LOG` says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// Errors and warnings.
    #[default]
    Normal,
    /// What Forgeline does.
    Verbose,
    /// What Forgeline does, in detail.
    Debug,
}

impl Verbosity {
    /// From the flags `-q` and `-v`, the latter counted.
    pub(crate) fn from_flags(quiet: bool, verbose: u8) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (false, 0) => Self::Normal,
            (false, 1) => Self::Verbose,
            (false, _) => Self::Debug,
        }
    }

    /// Forgeline's own crates speak up; its libraries only when something is wrong.
    fn directives(self) -> &'static str {
        match self {
            Self::Quiet => "error",
            Self::Normal => "warn",
            Self::Verbose => "warn,forgeline=info",
            Self::Debug => "warn,forgeline=debug",
        }
    }
}

/// Holds telemetry open; dropping it sends what is left, within two seconds. Keep it in `main` and return from there:
/// `std::process::exit` drops nothing.
#[must_use = "dropping the guard ends telemetry"]
pub(crate) struct Guard {
    _traces: Option<otlp::Traces>,
}

/// Starts logging and, where the environment names a collector, exporting traces. Call it once, after arguments are
/// parsed and before any other thread needs it; commands that only print (`--version`, `completions`) need none of it.
///
/// # Errors
/// `FORGELINE_LOG` or the collector's address cannot be used.
pub(crate) fn init(format: LogFormat, verbosity: Verbosity) -> Result<Guard> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let filter = log_filter(variable("FORGELINE_LOG").as_deref(), verbosity)?;
    let traces = otlp::endpoint(variable)?.map(|endpoint| otlp::Traces::to(endpoint, otlp::PATIENCE)).transpose()?;
    let colour = io::stderr().is_terminal() && variable("NO_COLOR").is_none();
    tracing_subscriber::registry()
        .with(run_trace::layer())
        .with(logs(format, colour, filter, io::stderr))
        .with(traces.as_ref().map(otlp::Traces::layer))
        .try_init()
        .context("telemetry was started twice")?;
    Ok(Guard { _traces: traces })
}

fn log_filter(directives: Option<&str>, verbosity: Verbosity) -> Result<EnvFilter> {
    let directives = directives.unwrap_or(verbosity.directives());
    EnvFilter::try_new(directives).with_context(|| {
        format!("`FORGELINE_LOG` is `{directives}`; give directives such as `info` or `forgeline_store=debug,warn`")
    })
}

/// Lines for the events that `filter` lets pass. The spans around them are seen whatever it says, so that a warning
/// tells its run.
fn logs<S, W>(format: LogFormat, colour: bool, filter: EnvFilter, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer).with_ansi(colour).log_internal_errors(false);
    let lines = match format {
        LogFormat::Human => lines.with_target(false).without_time().boxed(),
        LogFormat::Json => lines.fmt_fields(fmt::format::JsonFields::new()).event_format(json::JsonLines).boxed(),
    };
    lines.with_filter(filter.or(run_trace::our_spans()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{info, info_span, warn};
    use tracing_subscriber::layer::SubscriberExt;

    use super::{LogFormat, Verbosity, log_filter, logs, run_trace};

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    /// What `told` logs.
    fn logged(format: LogFormat, directives: Option<&str>, verbosity: Verbosity, told: impl FnOnce()) -> String {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let writer = move || Sink(Arc::clone(&sink));
        let filter = log_filter(directives, verbosity).expect("valid directives");
        let subscriber =
            tracing_subscriber::registry().with(run_trace::layer()).with(logs(format, false, filter, writer));
        tracing::subscriber::with_default(subscriber, told);
        let bytes = written.lock().expect("one thread").clone();
        String::from_utf8(bytes).expect("logs are text")
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("one thread").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn a_run_that_warns() {
        let run = info_span!("run", trace_id = TRACE, run_id = "run_0123456789abcdef");
        let _run = run.enter();
        let stage = info_span!("stage", stage = "vision");
        let _stage = stage.enter();
        info!("drafting");
        warn!(attempt = 2_u64, "the agent was slow");
    }

    #[test]
    fn json_lines_carry_the_trace_of_the_run_around_them() {
        let line = logged(LogFormat::Json, None, Verbosity::Normal, a_run_that_warns);
        let mut line: serde_json::Value = serde_json::from_str(&line).expect("one JSON document on one line");
        let timestamp = line.as_object_mut().and_then(|fields| fields.remove("timestamp")).expect("a timestamp");
        assert!(timestamp.as_str().is_some_and(|text| text.ends_with('Z')), "{timestamp}");
        assert_eq!(
            line,
            serde_json::json!({
                "level": "WARN",
                "target": module_path!(),
                "message": "the agent was slow",
                "trace_id": TRACE,
                "fields": {"attempt": 2},
                "spans": [
                    {"name": "run", "trace_id": TRACE, "run_id": "run_0123456789abcdef"},
                    {"name": "stage", "stage": "vision"},
                ],
            })
        );
    }

    #[test]
    fn a_line_outside_any_run_has_no_trace() {
        let line = logged(LogFormat::Json, None, Verbosity::Normal, || warn!("disk is nearly full"));
        let line: serde_json::Value = serde_json::from_str(&line).expect("one JSON document on one line");
        assert_eq!((line.get("trace_id"), line.get("spans")), (None, None));
    }

    #[test]
    fn verbosity_and_forgeline_log_decide_what_is_shown() {
        let lines =
            |directives, verbosity| logged(LogFormat::Human, directives, verbosity, a_run_that_warns).lines().count();
        assert_eq!(lines(None, Verbosity::from_flags(true, 0)), 0, "quiet shows no warning");
        assert_eq!(lines(None, Verbosity::from_flags(false, 0)), 1, "normal shows warnings");
        assert_eq!(lines(None, Verbosity::from_flags(false, 1)), 2, "verbose shows what is done");
        assert_eq!(lines(Some("off"), Verbosity::Debug), 0, "the variable overrides the flags");
        assert_eq!(lines(Some("info"), Verbosity::Quiet), 2, "in both directions");
    }

    #[test]
    fn a_wrong_directive_is_refused_with_an_example() {
        let refused = log_filter(Some("forgeline=loud"), Verbosity::Normal).expect_err("no such level");
        assert_eq!(
            refused.to_string(),
            "`FORGELINE_LOG` is `forgeline=loud`; give directives such as `info` or `forgeline_store=debug,warn`"
        );
    }
}
