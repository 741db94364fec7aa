//! From `tracing` spans to OpenTelemetry spans, with the run's own trace id.

use opentelemetry::{
    Context as OtelContext,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{
    Event, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, registry::LookupSpan};

use crate::telemetry::run_trace;

/// Exports Forgeline's own spans, and the events in them, through `tracer`.
pub(super) fn exporting<S: Subscriber + for<'a> LookupSpan<'a>>(tracer: SdkTracer) -> impl Layer<S> {
    let inner = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    InTraceOfRun { inner }.with_filter(filter_fn(run_trace::is_ours).with_max_level_hint(LevelFilter::INFO))
}

/// The span id that stands in for the parent of a run's first span. OpenTelemetry takes a trace id from a parent only,
/// and a run has none; the exporter takes the stand-in out again.
pub(super) fn stand_in(trace: TraceId) -> SpanId {
    let mut half = [0; 8];
    half.copy_from_slice(&trace.to_bytes()[8..]);
    // Zero would mean "no span".
    half[7] |= 1;
    SpanId::from_bytes(half)
}

/// Hands everything on to OpenTelemetry's layer; a span that opens a run goes there as the root of the run's trace.
struct InTraceOfRun<S> {
    inner: OpenTelemetryLayer<S, SdkTracer>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for InTraceOfRun<S> {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        match opened_trace(id, &context) {
            None => self.inner.on_new_span(attributes, id, context),
            Some(trace) => {
                let parent = SpanContext::new(trace, stand_in(trace), TraceFlags::SAMPLED, true, TraceState::default());
                let _parent = OtelContext::new().with_remote_span_context(parent).attach();
                // Without the parent that `tracing` sees, which belongs to another trace or to none.
                let detached = Attributes::new(attributes.metadata(), attributes.values());
                self.inner.on_new_span(&detached, id, context);
            }
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.inner.on_record(id, values, context);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        self.inner.on_follows_from(id, follows, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.inner.on_event(event, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.inner.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.inner.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.inner.on_close(id, context);
    }
}

/// The trace that this span opens: it names one, and the span around it is not in that trace already.
fn opened_trace<S: Subscriber + for<'a> LookupSpan<'a>>(id: &Id, context: &Context<'_, S>) -> Option<TraceId> {
    let span = context.span(id)?;
    let trace = run_trace::of_span(&span)?;
    let around = span.parent().and_then(|parent| run_trace::of_span(&parent));
    if around.as_ref() == Some(&trace) { None } else { TraceId::from_hex(trace.as_str()).ok() }
}
