//! CEL conditions: `when` of a stage, filters of a trigger.
//!
//! A condition comes from a repository, so it is bounded before the parser sees it: length, nesting, number of tokens,
//! and loops within loops. Evaluating one reads nothing but its context.

mod bounds;
mod names;

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

/// Longest condition, in bytes.
pub const MAX_BYTES: usize = 4096;
/// Bytes of stack that the deepest condition within the bounds leaves room in; without optimisation its parser takes about
/// 3.5 MiB, more than a worker thread has.
const STACK: usize = 8 << 20;

/// A condition that has been parsed.
#[derive(Debug)]
pub struct Condition {
    program: cel::Program,
    text: String,
}

/// A text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a condition: {message} (line {line}, column {column} of `{text}`)")]
pub struct ConditionError {
    /// What is wrong.
    pub message: String,
    /// Line in the condition, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The condition, shortened.
    pub text: String,
}

impl Condition {
    /// Parses a condition.
    ///
    /// # Errors
    /// The first fault, with its place.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let refuse = |message: String, line: u32, column: u32| ConditionError {
            message,
            line,
            column,
            text: text.chars().take(80).collect(),
        };
        bounds::check(text).map_err(|fault| {
            let before = &text[..fault.offset.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            refuse(fault.message, narrow(line), narrow(column))
        })?;
        let program = with_room(|| cel::Program::compile(text)).map_err(|errors| {
            let Some(first) = errors.errors.first() else { return refuse("it cannot be read".into(), 1, 1) };
            let at = |number: isize| u32::try_from(number).unwrap_or(1).max(1);
            let message = first.msg.lines().next().unwrap_or_default().to_owned();
            refuse(message, at(first.pos.0), at(first.pos.1))
        })?;
        if names::loop_depth(program.expression()) > bounds::MAX_LOOPS {
            return Err(refuse("loops may nest at most two deep".into(), 1, 1));
        }
        Ok(Self { program, text: text.to_owned() })
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names at the root of what it reads: `inputs`, `work_item`.
    pub fn variables(&self) -> BTreeSet<String> {
        let root = |path: String| path.split('.').next().unwrap_or_default().to_owned();
        self.references().into_iter().map(root).collect()
    }

    /// What it reads, as dotted paths as far as they are fixed: `inputs.language`, `stages.api.outputs`.
    /// `stages["api"].outputs` is the same path.
    pub fn references(&self) -> BTreeSet<String> {
        names::references(self.program.expression())
    }

    /// Whether the condition holds.
    ///
    /// # Errors
    /// It names something that the context lacks, mixes types, or its value is not a boolean.
    pub fn evaluate(&self, context: &Value) -> Result<bool, String> {
        let mut scope = cel::Context::default();
        for (name, value) in context.as_object().into_iter().flatten() {
            scope.add_variable_from_value(name.as_str(), to_cel(value));
        }
        match with_room(|| self.program.execute(&scope)) {
            Ok(cel::Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(format!("the condition `{}` is neither true nor false", self.text)),
            Err(error) => Err(format!("the condition `{}` cannot be decided: {error}", self.text)),
        }
    }
}

/// Does this with [`STACK`] bytes of stack, wherever it is called.
fn with_room<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK, STACK, work)
}

/// Whole numbers become `int`, so that they compare with the literals that people write.
fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => cel::Value::Int(whole),
            (None, Some(whole)) => cel::Value::UInt(whole),
            (None, None) => cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(to_cel).collect::<Vec<_>>().into(),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), to_cel(value))).collect::<HashMap<_, _>>().into()
        }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Condition;

    fn context() -> Value {
        json!({
            "inputs": {"language": "rust", "count": 3, "ratio": 1.5, "big": 18_446_744_073_709_551_615_u64},
            "work_item": {"labels": ["generate", "urgent"], "title": "Orders"},
            "stages": {"api-v1": {"outputs": {"n": 2}}, "api": {"skipped": null}},
        })
    }

    fn decide(text: &str) -> Result<bool, String> {
        Condition::parse(text).map_err(|error| error.to_string())?.evaluate(&context())
    }

    #[test]
    fn conditions_decide_over_the_context() {
        for (text, holds) in [
            ("inputs.language == \"rust\"", true),
            ("inputs.count == 3 && inputs.count < 4", true),
            ("inputs.ratio > 1.0", true),
            ("inputs.big > 5u", true),
            ("\"urgent\" in work_item.labels", true),
            ("work_item.labels.exists(l, l.startsWith(\"gen\"))", true),
            ("has(inputs.missing)", false),
            ("stages[\"api-v1\"].outputs.n == 2", true),
            ("work_item.title.matches(\"^Or\")", true),
            ("size(work_item.labels) == 1", false),
            ("stages.api.skipped == null", true),
            ("work_item.labels.exists(a, work_item.labels.exists(b, a != b))", true),
        ] {
            assert_eq!(decide(text), Ok(holds), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_decided_is_an_error_and_never_false() {
        for text in ["inputs.missing", "nothing == 1", "inputs.count", "\"a\" < 1", "1 / 0 == 1", "unknown(1)"] {
            assert!(decide(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fault_has_its_place() {
        let fault = Condition::parse("inputs.a ==\n  == 2").expect_err("two operators");
        assert_eq!((fault.line, fault.column > 1), (2, true), "{fault}");
        let fault = Condition::parse("true &&\n  'open").expect_err("not closed");
        assert_eq!((fault.line, fault.column), (2, 3), "{fault}");
        assert!(Condition::parse("").is_err() && Condition::parse("  ").is_err());
    }

    #[test]
    fn a_text_may_be_as_deep_and_as_long_as_the_limits_and_no_more() {
        let deep = |depth: usize| Condition::parse(&format!("{}true{}", "(".repeat(depth), ")".repeat(depth))).is_ok();
        assert!(deep(24) && !deep(25));
        let side_by_side = format!("true{}", " && (true)".repeat(40));
        assert!(Condition::parse(&side_by_side).is_ok(), "brackets that are closed do not count");
        // Tokens: `true`, then `|`, `|`, `a`.
        let long = |more: usize| Condition::parse(&format!("true{}", " || a".repeat(more))).is_ok();
        assert!(long(83) && !long(84));
        let text = |bytes: usize| format!("'{}' == 'a'", "a".repeat(bytes - 9));
        assert_eq!((Condition::parse(&text(4096)).is_ok(), Condition::parse(&text(4097)).is_ok()), (true, false));
    }

    #[test]
    fn references_are_paths_without_local_names() {
        let condition = Condition::parse(
            "inputs.language == \"x\" && stages[\"api-v1\"].outputs.n > 1 && work_item.labels.all(l, l != inputs.tag)",
        );
        let references: Vec<String> = condition.expect("valid").references().into_iter().collect();
        assert_eq!(references, ["inputs.language", "inputs.tag", "stages.api-v1.outputs.n", "work_item.labels"]);
        let both = Condition::parse("inputs.a && work_item.b && inputs.c").expect("valid").variables();
        assert_eq!(both.into_iter().collect::<Vec<_>>(), ["inputs", "work_item"]);
    }

    #[test]
    fn hostile_conditions_are_refused_and_do_not_crash() {
        let hostile = [
            "(".repeat(4000),
            "!".repeat(4000),
            "-".repeat(4000) + "1",
            format!("1{}", "+1".repeat(2000)),
            format!("a{}", ".b".repeat(2000)),
            format!("a{}", "[0]".repeat(1300)),
            "a?b:".repeat(1000) + "c",
            format!("{}1{}", "[".repeat(1000), "]".repeat(1000)),
            "x".repeat(5000),
            "\"unclosed".into(),
            "'\\x'".into(),
            "r'\\".into(),
            "b'\u{e9}'".into(),
            "\u{0}\u{1}\u{202e}".into(),
            "1".repeat(400),
            "0xffffffffffffffffffffffff == 1".into(),
            "[1].all(a, [1].all(b, [1].all(c, true)))".into(),
            "a{b:1}".into(),
            "/* */ // ".into(),
            "`a`".into(),
            "1 ? 2".into(),
            "has(1)".into(),
            "[1].map(1, 2)".into(),
        ];
        for text in hostile {
            assert!(
                Condition::parse(&text)
                    .and_then(|c| c.evaluate(&context()).map_err(|message| super::ConditionError {
                        message,
                        line: 1,
                        column: 1,
                        text: String::new()
                    }))
                    .is_err(),
                "{}",
                &text.chars().take(40).collect::<String>()
            );
        }
        let longest = format!("true{}", " && true".repeat(60));
        assert_eq!(decide(&longest), Ok(true));
    }

    #[test]
    fn no_text_crashes_the_parser() {
        let pieces = [
            "inputs",
            ".",
            "a",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "&&",
            "||",
            "!",
            "==",
            "<",
            "\"x\"",
            "'",
            "\"",
            "\\",
            "1",
            "-",
            "u",
            "1e9",
            "0x",
            ".all(x, ",
            ".map(",
            "has(",
            "?",
            ":",
            ",",
            " ",
            "in",
            "r'",
            "b\"",
            "é",
            "\u{10ffff}",
            "@",
            "#",
            "\n",
            "`",
            "true",
            "null",
            "//",
            "%",
        ];
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..1500 {
            let mut text = String::new();
            for _ in 0..12 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                text.push_str(pieces[usize::try_from(seed % pieces.len() as u64).expect("small")]);
            }
            if let Ok(condition) = Condition::parse(&text) {
                let _ = condition.references();
                let _ = condition.evaluate(&context());
            }
        }
    }
}
