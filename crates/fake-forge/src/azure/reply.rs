//! What handlers answer.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::model::Trouble;

/// How a handler ends.
pub(super) type Outcome = Result<Reply, Refusal>;

#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(super) const fn status(status: u16) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self { body: Some(body), ..Self::status(200) }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { body: Some(body), ..Self::status(201) }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let body = self.body.map(|body| body.to_string());
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
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
pub(super) struct Refusal {
    status: u16,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn missing(what: &str) -> Self {
        Self::new(404, format!("TF401019: {what} does not exist or you do not have permissions for the operation."))
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "TF401027: You need the Git 'PullRequestContribute' permission to perform this action.")
    }

    pub(super) fn into_reply(self) -> Reply {
        let body = json!({
            "$id": "1", "innerException": null, "message": self.message, "typeName": "Microsoft.Exception",
            "typeKey": "Exception", "errorCode": 0, "eventId": 3000,
        });
        Reply { status: self.status, body: Some(body), headers: Vec::new() }
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        let said = trouble.to_string();
        if said.contains("already exists") {
            let text = "TF401179: An active pull request for the source and target branch already exists.";
            return Self::new(409, text);
        }
        if said.contains("field head") || said.contains("field base") {
            let text = "TF401398: The pull request cannot be activated because the source and/or the target branch no longer exists";
            return Self::new(400, text);
        }
        Self::new(400, said)
    }
}
