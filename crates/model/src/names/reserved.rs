//! Words that Rust keeps for itself.

/// Keywords, strict and reserved, and `harness`, which generated tests use as a module.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "harness", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

/// Types, traits and variants that every Rust file knows, and those that a generated module names.
const KNOWN_TYPES: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "Display",
    "Drop",
    "Eq",
    "Err",
    "Extend",
    "Fields",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromRow",
    "Into",
    "IntoIterator",
    "Iterator",
    "Link",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Resource",
    "Result",
    "Rule",
    "Self",
    "Send",
    "Serialize",
    "Sized",
    "Some",
    "Statement",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// The word as an identifier of a module, a field or a function.
pub(super) fn ident(snake: &str) -> String {
    if KEYWORDS.contains(&snake) { format!("{snake}_") } else { snake.to_owned() }
}

/// The word as the name of a type.
pub(super) fn type_name(pascal: &str) -> String {
    if KNOWN_TYPES.contains(&pascal) || pascal.ends_with("Input") {
        format!("{pascal}Entity")
    } else {
        pascal.to_owned()
    }
}
