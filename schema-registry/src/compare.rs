//! Compatibility of two versions of a contract: the relation, asked of [`forgeline_compat`] and confirmed by the
//! validator that runs.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use forgeline_compat::{Budget, Inclusion, dialect, included, views};
use jsonschema::Validator;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::{self, Limits};

/// Bounds of a schema that is compared.
const LIMITS: Limits = Limits { bytes: 4 << 20, nodes: 400_000, depth: 96 };
/// Most schemas that one unfolds to: the validator has no deadline of its own.
const MAX_UNFOLDED: u64 = 2_000_000;

/// Which way data flows between the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// New consumers read what old producers wrote.
    Backward,
    /// Old consumers read what new producers write.
    Forward,
    /// Both.
    Full,
}

/// What producers and consumers are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentModel {
    /// Producers write the closed view, consumers read the tolerant one.
    #[default]
    Views,
    /// Both the schema as it stands.
    Strict,
}

/// What is known of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Proven.
    Compatible,
    /// Refuted by a witness that the validator confirms.
    Breaking,
    /// Neither; counts as breaking.
    Undecided,
}

/// The answer for two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What is known.
    pub verdict: Verdict,
    /// The direction that broke or is undecided: [`Relation::Backward`] or [`Relation::Forward`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Relation>,
    /// A value that one side writes and the other refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
    /// Why, in the terms of the rules.
    pub reasons: Vec<Reason>,
    /// Time it took.
    #[serde(skip)]
    pub took: Duration,
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// `compat-backward`, `compat-forward` or `compat-undecided`.
    pub rule: &'static str,
    /// JSON pointer: into the witness where there is one, else into the schema.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

/// Compares two self-contained schemas, draft-07 or 2020-12. The error says which of them cannot be used and why.
pub fn compare(
    old: &Value,
    new: &Value,
    relation: Relation,
    model: ContentModel,
    budget: &Budget,
) -> Result<Comparison, String> {
    let start = Instant::now();
    let old = Side::new(old, model).map_err(|why| format!("old schema: {why}"))?;
    let new = Side::new(new, model).map_err(|why| format!("new schema: {why}"))?;
    // Somebody else's schema has to be one that the validator takes, whatever can be proven of it.
    for (name, side, writes) in
        [("old", &old, relation != Relation::Forward), ("new", &new, relation != Relation::Backward)]
    {
        side.build(writes, !writes || relation == Relation::Full).map_err(|why| format!("{name} schema: {why}"))?;
    }
    let mut answer = relate(&old, &new, relation, budget);
    answer.took = start.elapsed();
    Ok(answer)
}

/// The same of two sides that are ready.
pub(crate) fn relate(old: &Side, new: &Side, relation: Relation, budget: &Budget) -> Comparison {
    let start = Instant::now();
    let mut answer = Comparison {
        verdict: Verdict::Compatible,
        direction: None,
        witness: None,
        reasons: Vec::new(),
        took: Duration::ZERO,
    };
    for (direction, writer, reader) in [(Relation::Backward, old, new), (Relation::Forward, new, old)] {
        if relation == direction || relation == Relation::Full {
            let left = Budget { time: budget.time.saturating_sub(start.elapsed()), ..budget.clone() };
            answer.absorb(direction, ask(writer, reader, &left), reader);
        }
    }
    answer.took = start.elapsed();
    answer
}

/// The structural differences from `old` to `new`, field by field: pointer and sentence. The proof does not depend on
/// them; they say what to look at.
pub fn differences(old: &Value, new: &Value) -> Vec<(String, String)> {
    crate::rules::changes(old, new).into_iter().map(|change| (change.pointer, change.message)).collect()
}

/// The schema as consumers read it.
pub(crate) fn read_view(schema: &Value, model: ContentModel) -> Result<Value, String> {
    let schema = dialect::lower(schema)?;
    Ok(match model {
        ContentModel::Views => views::read(&schema),
        ContentModel::Strict => schema,
    })
}

fn ask(writer: &Side, reader: &Side, budget: &Budget) -> Inclusion {
    // Without validators nothing is confirmed, and what is not confirmed is undecided.
    let confirm = |value: &Value| match (writer.write.validator(), reader.read.validator()) {
        (Ok(writer), Ok(reader)) => writer.is_valid(value) && !reader.is_valid(value),
        _ => false,
    };
    included(&writer.write.schema, &reader.read.schema, budget, &confirm)
}

/// One version with its views.
pub(crate) struct Side {
    write: View,
    read: View,
}

/// A view, and its validator once somebody needs it: most proofs do without.
struct View {
    schema: Value,
    validator: OnceLock<Result<Validator, String>>,
}

impl View {
    fn new(schema: Value) -> Self {
        Self { schema, validator: OnceLock::new() }
    }

    fn validator(&self) -> Result<&Validator, &String> {
        let build = || schema::compile_foreign(&self.schema).map_err(|fault| fault.to_string());
        self.validator.get_or_init(build).as_ref()
    }
}

impl Side {
    /// The views of a schema within the bounds.
    pub(crate) fn new(schema: &Value, model: ContentModel) -> Result<Self, String> {
        schema::measure(schema, LIMITS).map_err(|what| format!("the schema has {what}"))?;
        // The order of members says nothing, and must not decide which witness is found.
        let mut schema = dialect::lower(schema)?;
        schema.sort_all_objects();
        if dialect::unfolded(&schema) > MAX_UNFOLDED {
            return Err(format!("the schema unfolds to more than {MAX_UNFOLDED} schemas through its references"));
        }
        let (write, read) = match model {
            ContentModel::Views => (views::write(&schema), views::read(&schema)),
            ContentModel::Strict => (schema.clone(), schema),
        };
        Ok(Self { write: View::new(write), read: View::new(read) })
    }

    /// Builds the validators of the views that are asked about.
    fn build(&self, writes: bool, reads: bool) -> Result<(), String> {
        for view in [writes.then_some(&self.write), reads.then_some(&self.read)].into_iter().flatten() {
            view.validator().map_err(String::clone)?;
        }
        Ok(())
    }
}

impl Comparison {
    /// A breaking direction outweighs an undecided one, which outweighs a compatible one.
    fn absorb(&mut self, direction: Relation, inclusion: Inclusion, reader: &Side) {
        match inclusion {
            Inclusion::Proven => {}
            Inclusion::Refuted(mut witness) => {
                witness.sort_all_objects();
                let rule = if direction == Relation::Backward { "compat-backward" } else { "compat-forward" };
                let errors = reader.read.validator().into_iter().flat_map(|it| it.iter_errors(&witness)).take(5);
                let reasons = errors.map(|error| Reason {
                    rule,
                    pointer: error.instance_path().as_str().to_owned(),
                    message: error.to_string(),
                });
                let reasons: Vec<Reason> = reasons.collect();
                if self.verdict != Verdict::Breaking {
                    (self.verdict, self.direction) = (Verdict::Breaking, Some(direction));
                    self.witness = Some(witness);
                }
                self.reasons.extend(reasons);
            }
            Inclusion::Undecided(whys) => {
                if self.verdict == Verdict::Compatible {
                    (self.verdict, self.direction) = (Verdict::Undecided, Some(direction));
                }
                self.reasons.extend(whys.into_iter().map(|why| Reason {
                    rule: "compat-undecided",
                    pointer: why.pointer,
                    message: why.message,
                }));
            }
        }
    }
}
