//! The functions that templates may call. None of them does I/O or knows the time.

mod values;
mod words;

use handlebars::{Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson};
use serde_json::Value;

use super::error::{FunctionFault, TextErrorKind};

/// Largest value that a function returns, bytes of text.
const MAX_VALUE_BYTES: usize = 1 << 20;
/// Functions of the engine that stay as they are.
const BUILT_IN: [&str; 7] = ["lookup", "eq", "ne", "gt", "gte", "lt", "lte"];

/// Name, number of leading arguments that may be undefined, body.
type Entry = (&'static str, usize, fn(&Call<'_>) -> Result<Value, FunctionFault>);

const FUNCTIONS: &[Entry] = &[
    ("add", 0, values::add),
    ("and", usize::MAX, values::and),
    ("camel", 0, words::camel),
    ("comment-safe", 0, words::comment_safe),
    ("concat", 0, words::concat),
    ("contains", 0, values::contains),
    ("default", 1, values::default),
    ("ends_with", 0, words::ends_with),
    ("first_line", 0, words::first_line),
    ("indent", 0, words::indent),
    ("join", 0, values::join),
    ("json", 0, values::json),
    ("kebab", 0, words::kebab),
    ("len", 0, values::len),
    ("lower", 0, words::lower),
    ("markdown", 0, words::markdown),
    ("not", usize::MAX, values::not),
    ("or", usize::MAX, values::or),
    ("pascal", 0, words::pascal),
    ("replace", 0, words::replace),
    ("snake", 0, words::snake),
    ("starts_with", 0, words::starts_with),
    ("sub", 0, values::sub),
    ("title", 0, words::title),
    ("trim", 0, words::trim),
    ("upper", 0, words::upper),
    ("yaml", 0, values::yaml),
];

/// The names of all functions, in order within each kind; blocks are not among them.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _, _)| *name).chain(BUILT_IN)
}

pub(super) fn is_function(name: &str) -> bool {
    names().any(|known| known == name)
}

pub(super) fn register(engine: &mut Handlebars<'_>) {
    for (name, optional, body) in FUNCTIONS {
        engine.register_helper(name, Box::new(Function { name, optional: *optional, body: *body }));
    }
}

struct Function {
    name: &'static str,
    optional: usize,
    body: fn(&Call<'_>) -> Result<Value, FunctionFault>,
}

impl HelperDef for Function {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let missing = helper.params().iter().skip(self.optional).find(|param| param.is_value_missing());
        if let Some(param) = missing {
            return Err(RenderError::strict_error(param.relative_path()));
        }
        let call = Call { name: self.name, helper };
        let value = (self.body)(&call).and_then(|value| match &value {
            Value::String(text) if text.len() > MAX_VALUE_BYTES => Err(FunctionFault {
                kind: TextErrorKind::Limit,
                message: format!("`{}` makes a text of more than {MAX_VALUE_BYTES} bytes", self.name),
            }),
            _ => Ok(value),
        });
        match value {
            Ok(value) => Ok(ScopedJson::Derived(value)),
            Err(fault) => Err(RenderErrorReason::NestedError(Box::new(fault)).into()),
        }
    }
}

/// One call of a function.
struct Call<'a> {
    name: &'static str,
    helper: &'a Helper<'a>,
}

impl Call<'_> {
    fn arguments(&self) -> impl Iterator<Item = &Value> {
        self.helper.params().iter().map(|param| param.value())
    }

    fn argument(&self, index: usize) -> Result<&Value, FunctionFault> {
        let value = self.helper.param(index).map(|param| param.value());
        value.ok_or_else(|| self.fault(format!("needs an argument {}", index + 1)))
    }

    fn named(&self, name: &str) -> Option<&Value> {
        self.helper.hash_get(name).map(|param| param.value())
    }

    /// An argument as text: a string as it is, a number or boolean in its JSON form.
    fn text(&self, index: usize) -> Result<String, FunctionFault> {
        as_text(self.argument(index)?)
            .ok_or_else(|| self.fault(format!("works on text, and argument {} is a list or object", index + 1)))
    }

    fn fault(&self, what: impl std::fmt::Display) -> FunctionFault {
        FunctionFault { kind: TextErrorKind::Value, message: format!("`{}` {what}", self.name) }
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
