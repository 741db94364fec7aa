//! Liveness, readiness and metrics.

use axum::{
    Json,
    extract::State,
    http::header,
    response::IntoResponse,
};
use serde_json::{Value, json};

use crate::{app::App, problem::Problem};

/// `GET /livez`: the process answers.
pub async fn live() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /readyz`: the database answers too.
///
/// # Errors
/// 503 when it does not.
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, Problem> {
    match sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(&app.store).await {
        Ok(_) => Ok(Json(json!({"status": "ok"}))),
        Err(_) => Err(Problem::unavailable("the database does not answer")),
    }
}

/// `GET /metrics`: Prometheus text.
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render())
}
