//! Many pairs of schemas, one question and one answer a line: NDJSON in, NDJSON out.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Budget, Comparison, ContentModel, Relation, Verdict, compare};

/// One question.
#[derive(Debug, Deserialize)]
struct Pair {
    #[serde(default)]
    id: Value,
    old: Value,
    new: Value,
    #[serde(default = "backward")]
    mode: Relation,
    #[serde(default)]
    content_model: ContentModel,
}

/// As much of a line as tells whose answer it is.
#[derive(Debug, Deserialize)]
struct Named {
    id: Value,
}

/// What is said of one line.
#[derive(Debug)]
pub struct Answer {
    /// The line of the answer.
    pub told: Value,
    /// Whether the line was a pair of schemas.
    pub usable: bool,
}

fn backward() -> Relation {
    Relation::Backward
}

/// The answer to one line: `{"id", "verdict", "direction"?, "witness"?, "reasons", "ms"}`, `ms` in milliseconds of
/// wall-clock time. A line or schema that cannot be used is undecided, and the reason says why.
pub fn answer(line: &str, budget: &Budget) -> Answer {
    let pair: Pair = match serde_json::from_str(line) {
        Ok(pair) => pair,
        Err(why) => {
            // What else stands in the line is skipped over, so that the id is found beside what cannot be read.
            let id = serde_json::from_str::<Named>(line).map_or(Value::Null, |named| named.id);
            let told = refused(&id, &format!("the line is not a pair: {why}"));
            return Answer { told, usable: false };
        }
    };
    match compare(&pair.old, &pair.new, pair.mode, pair.content_model, budget) {
        Ok(comparison) => Answer { told: told(&pair.id, &comparison), usable: true },
        Err(why) => Answer { told: refused(&pair.id, &why), usable: false },
    }
}

fn refused(id: &Value, why: &str) -> Value {
    let reason = json!({"rule": "schema-invalid", "pointer": "", "message": why});
    json!({"id": id, "verdict": Verdict::Undecided, "reasons": [reason], "ms": 0.0})
}

fn told(id: &Value, comparison: &Comparison) -> Value {
    let mut told = json!({
        "id": id,
        "verdict": comparison.verdict,
        "reasons": comparison.reasons,
        "ms": comparison.took.as_secs_f64() * 1e3,
    });
    if let Some(direction) = comparison.direction {
        told["direction"] = json!(direction);
    }
    if let Some(witness) = &comparison.witness {
        told["witness"] = witness.clone();
    }
    told
}
