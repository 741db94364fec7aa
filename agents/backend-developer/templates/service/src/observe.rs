//! Around every request: trace, log line, metrics and a time limit.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tracing::Instrument as _;

use crate::{app::App, problem::Problem, trace::TraceContext};

/// Longest time that a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// W3C trace context.
const TRACEPARENT: &str = "traceparent";

/// The middleware.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let header = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let trace = TraceContext::join(header);
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", trace_id = %trace.trace_id, span_id = %trace.span_id);
    let answer = async {
        match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::unavailable("the request took too long").into_response(),
        }
    };
    let mut response = answer.instrument(span).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    app.metrics.record(method, &route, status, took);
    let duration_ms = took.as_secs_f64() * 1000.0;
    tracing::info!(trace_id = %trace.trace_id, span_id = %trace.span_id, method, route, status, duration_ms, "answered");
    if let Ok(value) = HeaderValue::try_from(trace.to_string()) {
        response.headers_mut().insert(TRACEPARENT, value);
    }
    response
}

/// A method's name; those that clients make up share one, so that series stay few.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
