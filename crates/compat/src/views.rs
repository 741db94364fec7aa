//! The two views of one schema: what producers may write, what consumers accept.

use serde_json::Value;

/// W(S): objects that declare properties are closed. A subset of S.
pub fn write(schema: &Value) -> Value {
    schema.clone()
}

/// R(S): open, tolerant, defaults stand in. A superset of S.
pub fn read(schema: &Value) -> Value {
    schema.clone()
}
