//! Names in all the forms that generated code needs.
//!
//! A name as a person wrote it ("Line Item", "Größe", "Orders") becomes words in plain ASCII, and the words become
//! identifiers. A name written in the plural is brought to the singular first, so `Orders` and `Order` are one thing.

mod ascii;
mod plural;
mod reserved;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name in its snake form, so that tables, routes and file names stay usable everywhere.
pub const MAX_NAME_LEN: usize = 48;

/// One name in every form. All forms but `label` are ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// As it was written, trimmed.
    pub label: String,
    /// `line_item`.
    pub snake: String,
    /// `line-item`.
    pub kebab: String,
    /// `lineItem`.
    pub camel: String,
    /// `LineItem`.
    pub pascal: String,
    /// `LINE_ITEM`.
    pub screaming: String,
    /// `Line Item`.
    pub title: String,
    /// `line item`.
    pub lower: String,
    /// `a line item`, `an order`.
    pub one: String,
    /// `line_item`, or `type_` where the plain form is a Rust keyword: a module, a field or a function.
    pub rust_ident: String,
    /// `LineItem`, or `OptionEntity` where the plain form would hide a type that every Rust file knows.
    pub rust_type: String,
    /// The same for more than one.
    pub plural: Plural,
}

/// The plural forms of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plural {
    /// `line_items`.
    pub snake: String,
    /// `line-items`.
    pub kebab: String,
    /// `lineItems`.
    pub camel: String,
    /// `LineItems`.
    pub pascal: String,
    /// `Line Items`.
    pub title: String,
    /// `line items`.
    pub lower: String,
}

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// Nothing is left of it.
    #[error("`{0}` has no letter that code can use")]
    Empty(String),
    /// A letter that has no ASCII form.
    #[error("`{name}` has the letter `{letter}`, which has no plain form")]
    Letter {
        /// The name.
        name: String,
        /// The letter.
        letter: char,
    },
    /// A sign that is neither letter, digit nor separator.
    #[error("`{name}` has the sign `{sign}`")]
    Sign {
        /// The name.
        name: String,
        /// The sign.
        sign: char,
    },
    /// It begins with a digit.
    #[error("`{0}` begins with a digit")]
    Digit(String),
    /// Too long.
    #[error("`{name}…` has {length} characters; at most {MAX_NAME_LEN} fit")]
    Long {
        /// Its beginning.
        name: String,
        /// Its length.
        length: usize,
    },
    /// A name that databases keep for themselves.
    #[error("`{0}` begins with `sqlite`, which the database keeps for itself")]
    Reserved(String),
}

impl NotAName {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty(_) | Self::Letter { .. } => "write the name with Latin letters, for example `Line Item`",
            Self::Sign { .. } => "use letters, digits, spaces, `-` and `_` only",
            Self::Digit(_) => "begin the name with a letter",
            Self::Long { .. } => "choose a shorter name",
            Self::Reserved(_) => "choose another first word",
        }
    }
}

impl Names {
    /// The forms of something that there may be many of: a plural is brought to the singular first.
    pub fn of_thing(text: &str) -> Result<Self, NotAName> {
        let mut words = words(text)?;
        if let Some(last) = words.last_mut() {
            *last = plural::singular(last);
        }
        Self::from_words(text.trim(), &words)
    }

    /// The forms of a property or a title, as it stands.
    pub fn of(text: &str) -> Result<Self, NotAName> {
        Self::from_words(text.trim(), &words(text)?)
    }

    fn from_words(label: &str, words: &[String]) -> Result<Self, NotAName> {
        let snake = words.join("_");
        if snake.starts_with("sqlite") {
            return Err(NotAName::Reserved(label.to_owned()));
        }
        let pascal = pascal(words);
        let mut many = words.to_vec();
        if let Some(last) = many.last_mut() {
            *last = plural::plural(last);
        }
        Ok(Self {
            label: label.to_owned(),
            kebab: words.join("-"),
            camel: camel(words),
            screaming: snake.to_uppercase(),
            title: title(words),
            one: format!("{} {}", plural::article(&words[0]), words.join(" ")),
            lower: words.join(" "),
            rust_ident: reserved::ident(&snake),
            rust_type: reserved::type_name(&pascal),
            plural: Plural {
                snake: many.join("_"),
                kebab: many.join("-"),
                camel: camel(&many),
                pascal: self::pascal(&many),
                title: self::title(&many),
                lower: many.join(" "),
            },
            snake,
            pascal,
        })
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// The lower-case ASCII words of a text, split at separators and at changes of case.
fn words(text: &str) -> Result<Vec<String>, NotAName> {
    let text = text.trim();
    let plain = ascii::fold(text)?;
    let signs: Vec<char> = plain.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    for (at, &sign) in signs.iter().enumerate() {
        if !sign.is_ascii_alphanumeric() {
            fresh = true;
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| signs.get(at)).copied().unwrap_or(' ');
        let after = signs.get(at + 1).copied().unwrap_or(' ');
        let hump = sign.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        if fresh || hump {
            words.push(String::new());
        }
        fresh = false;
        if let Some(word) = words.last_mut() {
            word.push(sign.to_ascii_lowercase());
        }
    }
    let length = words.iter().map(String::len).sum::<usize>() + words.len().saturating_sub(1);
    match words.first() {
        None => Err(NotAName::Empty(text.to_owned())),
        Some(first) if first.starts_with(|sign: char| sign.is_ascii_digit()) => Err(NotAName::Digit(text.to_owned())),
        Some(_) if length > MAX_NAME_LEN => Err(NotAName::Long { name: text.chars().take(24).collect(), length }),
        Some(_) => Ok(words),
    }
}

fn capital(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map(|first| first.to_ascii_uppercase().to_string() + signs.as_str()).unwrap_or_default()
}

fn pascal(words: &[String]) -> String {
    words.iter().map(|word| capital(word)).collect()
}

fn title(words: &[String]) -> String {
    words.iter().map(|word| capital(word)).collect::<Vec<_>>().join(" ")
}

fn camel(words: &[String]) -> String {
    match words.split_first() {
        Some((first, rest)) => first.clone() + &pascal(rest),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, NotAName};

    #[track_caller]
    fn check(written: &str, snake: &str, rust_type: &str, plural: &str) {
        let names = Names::of_thing(written).expect("a name");
        let shown = (names.snake.as_str(), names.rust_type.as_str(), names.plural.snake.as_str());
        assert_eq!(shown, (snake, rust_type, plural), "{written}");
    }

    #[test]
    fn names_become_identifiers() {
        check("Order", "order", "Order", "orders");
        check("Orders", "order", "Order", "orders");
        check("Line Item", "line_item", "LineItem", "line_items");
        check("line-items", "line_item", "LineItem", "line_items");
        check("LineItem", "line_item", "LineItem", "line_items");
        check("HTTPServer", "http_server", "HttpServer", "http_servers");
        check("Größe", "groesse", "Groesse", "groesses");
        check("Café", "cafe", "Cafe", "cafes");
        check("Type", "type", "Type", "types");
        check("Option", "option", "OptionEntity", "options");
        check("Series", "series", "Series", "series");
        check("News", "news", "News", "news");
        check("Address", "address", "Address", "addresses");
        check("Addresses", "address", "Address", "addresses");
        check("Categories", "category", "Category", "categories");
        check("People", "person", "Person", "people");
        check("Status", "status", "Status", "statuses");
        check("Box", "box", "BoxEntity", "boxes");
        check("Metrics", "metric", "Metric", "metrics");
        check("Warehouses", "warehouse", "Warehouse", "warehouses");
        check("Invoices", "invoice", "Invoice", "invoices");
        check("Courses", "course", "Course", "courses");
        check("Buses", "bus", "Bus", "buses");
        check("Analysis", "analysis", "Analysis", "analyses");
        check("Movies", "movie", "Movie", "movies");
        check("Shelves", "shelf", "Shelf", "shelves");
    }

    #[test]
    fn keywords_get_a_tail() {
        assert_eq!(Names::of_thing("Type").expect("a name").rust_ident, "type_");
        assert_eq!(Names::of("self").expect("a name").rust_ident, "self_");
        assert_eq!(Names::of("type").expect("a name").camel, "type");
    }

    #[test]
    fn what_code_cannot_carry_is_refused() {
        assert!(matches!(Names::of("注文"), Err(NotAName::Letter { .. })));
        assert!(matches!(Names::of("a;b"), Err(NotAName::Sign { .. })));
        assert!(matches!(Names::of(" - "), Err(NotAName::Empty(_))));
        assert!(matches!(Names::of("3D Model"), Err(NotAName::Digit(_))));
        assert!(matches!(Names::of(&"long ".repeat(20)), Err(NotAName::Long { .. })));
        assert!(matches!(Names::of("sqlite master"), Err(NotAName::Reserved(_))));
    }
}
