//! Every refusal, as `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

/// Why a request was not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// What happened, for a person.
    pub detail: String,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

impl Problem {
    /// A problem without fields.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new() }
    }

    /// 400: the request cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 405; the router adds `Allow`.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not available here; see the `Allow` header")
    }

    /// 409: the request is fine and the data stand against it.
    pub fn conflict(detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self { status: StatusCode::CONFLICT, detail: detail.into(), errors }
    }

    /// 422: the body is read and its fields are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = "some fields are not valid; see `errors`".to_owned();
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail, errors }
    }

    /// 503.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }
}

impl FieldError {
    /// About a field of the body.
    pub fn field(name: &str, detail: impl Into<String>) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("/{name}"), detail: detail.into() }
    }
}

/// A broken rule of the database is the client's conflict; anything else is ours, and its cause stays in the log.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => return Self::not_found("there is no such record"),
            sqlx::Error::PoolTimedOut => return Self::unavailable("the database is busy"),
            sqlx::Error::Database(cause) if cause.is_unique_violation() => {
                let column = cause.message().rsplit('.').next().unwrap_or_default();
                let taken = FieldError::field(column, "another record has this value");
                return Self::conflict("a value that must be unique is taken", vec![taken]);
            }
            sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => {
                return Self::conflict("other records refer to this one", Vec::new());
            }
            _ => {}
        }
        tracing::error!(error = &error as &dyn std::error::Error, "the database failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the service failed; the log has the cause under the trace id")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        let kind = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
    }
}
