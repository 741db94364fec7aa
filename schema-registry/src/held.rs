//! What runs for one published version: the view that producers are held to, and the one that consumers are.

use std::sync::OnceLock;

use forgeline_compat::views;
use jsonschema::Validator;
use serde_json::Value;

use crate::{
    defaults::Defaults,
    schema::{self, Fault, Limits, lowered},
    settings::ContentModel,
};

/// The validators of one version, each built once, when it is first used or when the registry is loaded.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    model: ContentModel,
    written: OnceLock<Validator>,
    read: OnceLock<Reader>,
}

/// What consumers go by.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) validator: Validator,
    /// Nothing where no schema has a default.
    pub(crate) defaults: Option<Defaults>,
}

impl Held {
    /// To be built when used: for schemas that are known to build.
    pub(crate) fn lazy(model: ContentModel) -> Self {
        Self { model, written: OnceLock::new(), read: OnceLock::new() }
    }

    /// Built at once, so that what does not build is found.
    pub(crate) fn built(schema: &Value, model: ContentModel, limits: Limits) -> Result<Self, Fault> {
        // The schema first: what is wrong with it is told in its own terms.
        drop(schema::compile(schema, limits)?);
        let written = writer(schema, model, limits)?;
        let read = reader(schema, model, limits)?;
        Ok(Self { model, written: written.into(), read: read.into() })
    }

    pub(crate) fn written(&self, schema: &Value) -> &Validator {
        self.written.get_or_init(|| writer(schema, self.model, Limits::default()).expect(KNOWN))
    }

    pub(crate) fn read(&self, schema: &Value) -> &Reader {
        self.read.get_or_init(|| reader(schema, self.model, Limits::default()).expect(KNOWN))
    }
}

const KNOWN: &str = "built when loaded, or built in, and a test builds those";

fn writer(schema: &Value, model: ContentModel, limits: Limits) -> Result<Validator, Fault> {
    match model {
        ContentModel::Strict => schema::compile(schema, limits),
        ContentModel::Views => schema::compile(&views::write(&lowered(schema)?), limits.of_views()),
    }
}

fn reader(schema: &Value, model: ContentModel, limits: Limits) -> Result<Reader, Fault> {
    let lowered = lowered(schema)?;
    let validator = match model {
        ContentModel::Strict => schema::compile(schema, limits)?,
        ContentModel::Views => schema::compile(&views::read(&lowered), limits.of_views())?,
    };
    Ok(Reader { validator, defaults: Defaults::of(lowered) })
}
