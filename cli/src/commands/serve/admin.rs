//! Health and metrics, on an address of their own.

use std::{sync::Arc, time::Instant};

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use forgeline_runner::{Runner, Stop};

use super::{health::Health, metrics::Meters, process, sink::LEAST_SPACE};

/// What Prometheus asks for by itself.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Admin {
    runner: Runner,
    health: Arc<Health>,
    meters: Arc<Meters>,
    stop: Stop,
}

/// `/livez`, `/readyz`, `/health`, `/metrics`.
pub(super) fn router(runner: &Runner, health: &Arc<Health>, meters: &Arc<Meters>, stop: Stop) -> Router {
    let admin = Admin { runner: runner.clone(), health: health.clone(), meters: meters.clone(), stop };
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/health", get(healthy))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

/// Measures how long each request takes. `listener` says on which address it came.
pub(super) fn measured(router: Router, listener: &'static str, meters: &Arc<Meters>) -> Router {
    let meters = meters.clone();
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let meters = meters.clone();
        async move {
            let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
            let began = Instant::now();
            let response = next.run(request).await;
            // What no route fits is counted together: strangers choose its name.
            let route = route.unwrap_or_else(|| "none".to_owned());
            meters.request(listener, route, response.status().as_u16(), began.elapsed());
            response
        }
    }))
}

async fn ready(State(admin): State<Admin>) -> Response {
    let store = &admin.runner.store;
    let why = if *admin.stop.borrow() {
        Some("ending".to_owned())
    } else if process::free_space(store.folder()).is_some_and(|free| free < LEAST_SPACE) {
        Some("less than 1 GiB is free where state lies".to_owned())
    } else {
        store.unseen_hooks(1).await.err().map(|error| error.to_string())
    };
    match why {
        None => "ready\n".into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")).into_response(),
    }
}

async fn healthy(State(admin): State<Admin>) -> Response {
    let (is_well, document) = admin.health.document(process::now().rss);
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(document)).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let store = &admin.runner.store;
    match store.waits().await {
        Ok(waits) => admin.meters.waits(&waits, admin.runner.clock.now()),
        Err(error) => {
            tracing::warn!("what waits cannot be counted: {error}");
            admin.meters.error("store");
        }
    }
    admin.meters.process(process::now(), process::free_space(store.folder()), &admin.health);
    ([(header::CONTENT_TYPE, OPEN_METRICS)], admin.meters.text()).into_response()
}
