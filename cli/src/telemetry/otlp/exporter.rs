//! What happens to finished spans on their way out.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

use super::layer::stand_in;

/// Makes each run's first span the root of its trace again, and counts what could not be sent.
#[derive(Debug)]
pub(super) struct RunsAsRoots<E> {
    inner: E,
    losses: Arc<Losses>,
}

impl<E> RunsAsRoots<E> {
    pub(super) fn new(inner: E, losses: Arc<Losses>) -> Self {
        Self { inner, losses }
    }
}

impl<E: SpanExporter> SpanExporter for RunsAsRoots<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            if span.parent_span_is_remote && span.parent_span_id == stand_in(span.span_context.trace_id()) {
                span.parent_span_id = SpanId::INVALID;
                span.parent_span_is_remote = false;
            }
        }
        let spans = batch.len();
        let sent = self.inner.export(batch).await;
        if let Err(error) = &sent {
            self.losses.add(spans, error.to_string());
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Spans that the collector did not take, and the last reason.
#[derive(Debug, Default)]
pub(super) struct Losses(Mutex<Option<(usize, String)>>);

impl Losses {
    fn add(&self, spans: usize, reason: String) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = lost.as_ref().map_or(0, |(spans, _)| *spans);
        *lost = Some((before + spans, reason));
    }

    /// The losses as a sentence, when there are any.
    pub(super) fn told(&self) -> Option<String> {
        let lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.as_ref().map(|(spans, reason)| format!("{spans} spans: {reason}"))
    }
}
