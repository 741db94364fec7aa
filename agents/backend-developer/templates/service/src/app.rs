//! The router with all that stands around the resources.

use axum::{
    Router,
    http::{Uri, header},
    middleware,
    response::IntoResponse,
    routing::get,
};
use sqlx::SqlitePool;

use crate::{entities, feed, health, metrics::Metrics, observe, problem::Problem};

/// What every handler may use.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub store: SqlitePool,
    /// Counters of this process.
    pub metrics: Metrics,
}

impl App {
    /// The service on a database that [`crate::store::open`] prepared.
    pub fn new(store: SqlitePool) -> Self {
        Self { store, metrics: Metrics::default() }
    }

    /// All routes.
    pub fn router(self) -> Router {
        Router::new()
            .merge(entities::routes())
            .route("/events", get(feed::list))
            .route("/livez", get(health::live))
            .route("/readyz", get(health::ready))
            .route("/metrics", get(health::metrics))
            .route("/openapi.yaml", get(openapi))
            .fallback(async |uri: Uri| Problem::not_found(format!("there is nothing at `{}`", uri.path())))
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(middleware::from_fn_with_state(self.clone(), observe::observe))
            .with_state(self)
    }
}

async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/yaml")], include_str!("../api/openapi.yaml"))
}
