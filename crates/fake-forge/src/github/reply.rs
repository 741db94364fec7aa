//! What handlers answer.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use super::status;
use crate::model::Trouble;

/// An answer of an operation that went well.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) const fn status(status: u16) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::status(200).with(body)
    }

    pub(crate) fn created(body: Value) -> Self {
        Self::status(201).with(body)
    }

    pub(crate) const fn no_content() -> Self {
        Self::status(204)
    }

    pub(crate) fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = self.body.map(|body| body.to_string());
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status(self.status);
        let headers = response.headers_mut();
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        headers.insert("x-github-api-version-selected", HeaderValue::from_static("2022-11-28"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        *response.body_mut() = body.map_or_else(Body::empty, Body::from);
        response
    }
}

/// An answer that says no.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: u16,
    message: String,
    /// Boxed, since a refusal is handed on through every call.
    errors: Option<Box<Value>>,
    headers: Vec<(&'static str, String)>,
    url: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: None, headers: Vec::new(), url: None }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::new(401, "Bad credentials")
    }

    pub(crate) fn forbidden(message: &str) -> Self {
        Self::new(403, message)
    }

    /// 422 with an explanation.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(422, message)
    }

    /// 422 because a field of a resource is wrong; `code` is `missing`, `invalid`, `already_exists` or such.
    pub(crate) fn field(resource: &str, field: &str, code: &str) -> Self {
        let mut refusal = Self::new(422, "Validation Failed");
        refusal.errors = Some(Box::new(json!([{ "resource": resource, "field": field, "code": code }])));
        refusal
    }

    /// What was asked for is at another address now.
    pub(crate) fn moved(reads: bool, url: String) -> Self {
        let refusal =
            Self::new(if reads { 301 } else { 307 }, "Moved Permanently").with_header("location", url.clone());
        Self { url: Some(url), ..refusal }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_reply(self) -> Reply {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.to_string(),
        });
        if let Some(errors) = self.errors {
            body["errors"] = *errors;
        }
        if let Some(url) = self.url {
            body["url"] = Value::String(url);
        }
        Reply { status: self.status, body: Some(body), headers: self.headers }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        self.into_reply().into_response()
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Invalid(message) => {
                let mut refusal = Self::new(422, "Validation Failed");
                refusal.errors =
                    Some(Box::new(json!([{ "resource": "PullRequest", "code": "custom", "message": message }])));
                refusal
            }
            Trouble::Conflict(message) => Self::new(409, message),
            Trouble::Git(error) => Self::new(422, error.to_string()),
        }
    }
}

impl From<crate::git::GitError> for Refusal {
    fn from(error: crate::git::GitError) -> Self {
        Trouble::from(error).into()
    }
}
