//! For programs.

use serde_json::{Value, json as object};

use crate::rules::Report;

/// The report as a value.
pub fn json(report: &Report) -> Value {
    object!({"clean": report.is_clean(), "introduced": report.introduced, "accepted": report.accepted})
}
