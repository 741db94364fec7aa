//! The strict second reader: budgets, strict booleans, no duplicate and no merge keys.

use forgeline_model::Diagnostic;
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy};

use super::{Findings, MAX_BYTES, MAX_DEPTH, Place};
use crate::codes;

/// The document as the strict reader reads it.
pub(super) fn values(findings: &Findings<'_>) -> Result<Value, Vec<Diagnostic>> {
    let budget = serde_saphyr::budget! {
        max_depth: MAX_DEPTH + 2,
        max_documents: 1,
        max_aliases: 0,
        max_anchors: 0,
        max_merge_keys: 0,
        max_total_scalar_bytes: MAX_BYTES,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
    };
    serde_saphyr::from_str_with_options(findings.source, options).map_err(|error| {
        let place = error.location().map_or(Place { line: 1, column: 1, length: 1 }, |location| Place {
            line: u32::try_from(location.line()).unwrap_or(1).max(1),
            column: u32::try_from(location.column()).unwrap_or(1).max(1),
            length: 1,
        });
        let text = error.without_snippet().to_string();
        let first_line = text.lines().next().unwrap_or_default();
        vec![findings.at(place, Diagnostic::error(codes::NOT_YAML, format!("not valid YAML: {first_line}")))]
    })
}
