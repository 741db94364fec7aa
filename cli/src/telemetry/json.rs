//! Log lines as JSON objects, each with the trace id of the run that it was written in.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use forgeline_model::Timestamp;
use serde_json::{Map, Value, json};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormattedFields, format::JsonFields, format::Writer},
    registry::LookupSpan,
};

use super::run_trace;

/// One object a line; keys that would be empty are left out. Span fields must be formatted by [`JsonFields`].
pub(super) struct JsonLines;

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for JsonLines {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let mut line = Map::new();
        line.insert("timestamp".into(), json!(now().to_string()));
        line.insert("level".into(), json!(event.metadata().level().as_str()));
        line.insert("target".into(), json!(event.metadata().target()));
        line.insert("message".into(), fields.0.remove("message").unwrap_or_default());
        if let Some(span) = context.lookup_current() {
            if let Some(trace) = run_trace::of_span(&span) {
                line.insert("trace_id".into(), json!(trace));
            }
            let spans = span.scope().from_root().map(|span| {
                let mut shown = Map::from_iter([("name".to_owned(), json!(span.name()))]);
                shown.extend(formatted(span.extensions().get::<FormattedFields<JsonFields>>()));
                Value::Object(shown)
            });
            line.insert("spans".into(), spans.collect());
        }
        if !fields.0.is_empty() {
            line.insert("fields".into(), Value::Object(fields.0));
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The fields of a span, which the registry keeps as the text of a JSON object.
fn formatted(fields: Option<&FormattedFields<JsonFields>>) -> Map<String, Value> {
    fields.and_then(|fields| serde_json::from_str(fields.fields.as_str()).ok()).unwrap_or_default()
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The fields of an event, `message` among them.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, json!(value.to_string()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }
}
