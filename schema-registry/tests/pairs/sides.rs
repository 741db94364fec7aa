//! The views of a pair, as the relation reads them, with validators of two makers.

use forgeline_compat::{dialect, views};
use forgeline_registry::ContentModel;
use jsonschema::Validator;
use serde_json::Value;

/// One side of the relation.
pub(crate) struct Side {
    pub(crate) view: Value,
    pub(crate) validator: Validator,
}

impl Side {
    fn new(view: Value) -> Self {
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&view)
            .expect("a view of a schema that was compared builds");
        Self { view, validator }
    }

    /// What the second implementation says; nothing where it cannot read a pattern of the schema, and of numbers that
    /// it takes for the double next to them.
    pub(crate) fn second_opinion(&self, value: &Value) -> Option<bool> {
        if has_large_number(value) {
            return None;
        }
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.set_default_draft(boon::Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource("memory:view.json", self.view.clone()).expect("the view is JSON");
        match compiler.compile("memory:view.json", &mut schemas) {
            Ok(place) => Some(schemas.validate(value, place).is_ok()),
            Err(why) if format!("{why:?}").contains("UnsupportedLookAround") => None,
            Err(why) => panic!("boon does not read {}: {why:?}", self.view),
        }
    }
}

fn has_large_number(value: &Value) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => number.as_f64().is_none_or(|number| number.abs() >= EXACT),
        Value::Array(items) => items.iter().any(has_large_number),
        Value::Object(members) => members.values().any(has_large_number),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Whether both validators agree that the writer may write this and the reader refuses it.
pub(crate) fn is_witness(writer: &Side, reader: &Side, value: &Value) -> Result<(), &'static str> {
    if !writer.validator.is_valid(value) || reader.validator.is_valid(value) {
        return Err("the validator does not confirm the witness");
    }
    if writer.second_opinion(value) == Some(false) || reader.second_opinion(value) == Some(true) {
        return Err("the second validator does not confirm the witness");
    }
    Ok(())
}

/// What the writer is held to and what the reader is held to.
pub(crate) fn sides(writer: &Value, reader: &Value, model: ContentModel) -> (Side, Side) {
    let lowered = |schema: &Value| dialect::lower(schema).expect("compared before");
    let (writer, reader) = (lowered(writer), lowered(reader));
    match model {
        ContentModel::Views => (Side::new(views::write(&writer)), Side::new(views::read(&reader))),
        ContentModel::Strict => (Side::new(writer), Side::new(reader)),
    }
}
