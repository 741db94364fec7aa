//! Traces for a collector, over OTLP as protobuf in HTTP.

mod exporter;
mod layer;

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

use self::exporter::{Losses, RunsAsRoots};

/// The longest that the end of the process waits for a collector.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Where traces go, from the environment; `None` when they go nowhere.
pub(super) fn endpoint(variable: impl Fn(&str) -> Option<String>) -> Result<Option<String>> {
    if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let (name, address) = if let Some(traces) = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces)
    } else if let Some(base) = variable("OTEL_EXPORTER_OTLP_ENDPOINT") {
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}/v1/traces", base.trim_end_matches('/')))
    } else {
        return Ok(None);
    };
    // Before any message could show them.
    if address.contains('@') {
        bail!("`{name}` holds credentials; put them into `OTEL_EXPORTER_OTLP_HEADERS`");
    }
    if !address.starts_with("http://") {
        bail!("`{name}` gives `{address}`; this build speaks plain HTTP: name a collector as `http://host:4318`");
    }
    Ok(Some(address))
}

/// An open way to a collector. Dropping it sends what is left and says what was lost.
pub(super) struct Traces {
    provider: SdkTracerProvider,
    losses: Arc<Losses>,
    endpoint: String,
    patience: Duration,
}

impl Traces {
    /// Opens the way; nothing is sent yet, so a collector that is down is not noticed here.
    pub(super) fn to(endpoint: String, patience: Duration) -> Result<Self> {
        forgeline_runner::use_one_provider();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&endpoint)
            .with_timeout(patience)
            .with_retry_policy(RetryPolicy::default().with_max_retries(1))
            .build()
            .with_context(|| format!("traces cannot be sent to `{endpoint}`"))?;
        let losses = Arc::new(Losses::default());
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(RunsAsRoots::new(exporter, Arc::clone(&losses)))
            .with_resource(resource())
            .build();
        Ok(Self { provider, losses, endpoint, patience })
    }

    /// The layer that turns Forgeline's spans into traces.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        layer::exporting(self.provider.tracer("forgeline"))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // On a thread of its own: a collector that takes the connection and never answers must not hold the exit, and
        // the HTTP client refuses to be stopped by a thread that runs async tasks.
        let (provider, patience) = (self.provider.clone(), self.patience);
        let (ended, end) = mpsc::channel();
        thread::spawn(move || {
            let sent = provider.shutdown_with_timeout(patience).map_err(|error| error.to_string());
            // Nobody listens any more when patience ran out.
            drop(ended.send(sent));
        });
        let failure = match end.recv_timeout(self.patience) {
            Ok(Ok(())) => self.losses.told(),
            Ok(Err(error)) => Some(error),
            Err(_) => Some(format!("no answer within {} ms", self.patience.as_millis())),
        };
        if let Some(failure) = failure {
            tracing::warn!(endpoint = self.endpoint, failure, "traces were lost; check that the collector is up");
        }
    }
}

/// Who sends: `forgeline` and its version, unless the environment names another service.
fn resource() -> Resource {
    let from_environment = Resource::builder().build();
    let named = from_environment
        .iter()
        .any(|(key, value)| key.as_str() == "service.name" && !value.as_str().starts_with("unknown_service"));
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    if named { builder } else { builder.with_service_name("forgeline") }.build()
}

#[cfg(test)]
mod tests;
