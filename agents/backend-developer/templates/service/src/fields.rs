//! The fields of a JSON body: read one by one, with all findings in one answer.

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem};

/// Largest body, bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// A JSON object on its way into an input.
#[derive(Debug, Default)]
pub struct Fields {
    open: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// A field that must be there.
    pub fn required<T: Default>(&mut self, name: &str, kind: impl Fn(&Value) -> Result<T, String>) -> T {
        match self.open.remove(name) {
            Some(value) => self.read(name, &value, kind).unwrap_or_default(),
            None => {
                self.errors.push(FieldError::field(name, "is missing"));
                T::default()
            }
        }
    }

    /// A field that may be left out or `null`.
    pub fn optional<T>(&mut self, name: &str, kind: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        let value = self.open.remove(name).filter(|value| !value.is_null())?;
        self.read(name, &value, kind)
    }

    /// Ends the reading: whatever is left is not ours.
    ///
    /// # Errors
    /// All findings.
    pub fn finish(mut self) -> Result<(), Problem> {
        self.errors.extend(self.open.keys().map(|name| FieldError::field(name, "is not a field of this resource")));
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    fn read<T>(&mut self, name: &str, value: &Value, kind: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        kind(value).map_err(|detail| self.errors.push(FieldError::field(name, detail))).ok()
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        if !is_json(&head.headers) {
            let detail = "the body must be `application/json`";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        match serde_json::from_slice(&read_body(body).await?) {
            Ok(Value::Object(open)) => Ok(Self { open, errors: Vec::new() }),
            Ok(_) => Err(Problem::invalid(vec![FieldError { pointer: String::new(), detail: "must be an object".into() }])),
            Err(error) => Err(Problem::bad_request(format!("the body is not JSON: {error}"))),
        }
    }
}

async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = cause {
                if error.to_string().contains("length limit exceeded") {
                    let detail = format!("the body is larger than {MAX_BODY_BYTES} bytes");
                    return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
                }
                cause = error.source();
            }
            Err(Problem::bad_request("the body could not be read"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
