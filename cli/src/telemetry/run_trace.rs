//! Which run a span belongs to: told by a field `trace_id` of 32 hex digits on the span that opens the run.

use forgeline_model::TraceId;
use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, filter_fn},
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

const FIELD: &str = "trace_id";

/// Keeps a span's `trace_id` with the span, where the log format and the exporter find it. It must be added to the
/// subscriber before them.
pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    RunTraces.with_filter(our_spans())
}

/// The spans that tell what Forgeline does: its own, down to `info`.
pub(super) fn our_spans() -> FilterFn {
    let ours: fn(&Metadata<'_>) -> bool = |span| span.is_span() && is_ours(span);
    filter_fn(ours).with_max_level_hint(LevelFilter::INFO)
}

/// Is this span or event one of Forgeline's own, and of interest to those who run it?
pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO && metadata.target().starts_with("forgeline")
}

/// The trace that this span, or the nearest span around it, was opened for.
pub(super) fn of_span<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<TraceId> {
    span.scope().find_map(|span| span.extensions().get::<RunTrace>().map(|trace| trace.0.clone()))
}

struct RunTraces;

/// Kept in the extensions of a span that opens a run.
struct RunTrace(TraceId);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for RunTraces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = Finder(None);
        attributes.record(&mut found);
        if let (Some(trace), Some(span)) = (found.0, context.span(id)) {
            span.extensions_mut().insert(RunTrace(trace));
        }
    }
}

/// Reads the field; text of another form is no trace id and is left alone.
struct Finder(Option<TraceId>);

impl Visit for Finder {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            self.0 = value.parse().ok();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == FIELD {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}
