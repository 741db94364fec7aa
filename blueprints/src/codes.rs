//! The catalogue of diagnostic codes, for `forgeline explain`.
//!
//! FL01xx the language of definitions · FL02xx inputs and plan · FL03xx contracts · FL04xx Git and the write gate ·
//! FL05xx forges · FL06xx run time · FL07xx knowledge · FL08xx configuration.

mod language;
mod planning;
mod settings;

pub use language::*;
pub use planning::*;
pub use settings::*;

/// Code, title, and a paragraph: why it is so, and what to do.
pub type Code = (&'static str, &'static str, &'static str);

/// Every range of the catalogue, in the order of their numbers.
pub static RANGES: &[&[Code]] =
    &[language::LANGUAGE, planning::PLANNING, forgeline_registry::codes::CODES, settings::SETTINGS];

/// All codes in order.
pub fn all() -> impl Iterator<Item = &'static Code> {
    RANGES.iter().copied().flatten()
}

/// The entry of a code, upper or lower case.
pub fn explain(code: &str) -> Option<&'static Code> {
    all().find(|(known, ..)| known.eq_ignore_ascii_case(code))
}

/// Defines constants for codes and the table that explains them.
macro_rules! codes {
    ($table:ident: $($name:ident = $code:literal, $title:literal, $explanation:literal;)*) => {
        $(#[doc = $title] pub const $name: &str = $code;)*
        /// This range of the catalogue.
        pub(super) static $table: &[super::Code] = &[
            $(($code, $title, $explanation)),*
        ];
    };
}
use codes;

#[cfg(test)]
mod tests {
    use super::{all, explain};

    #[test]
    fn codes_differ_rise_and_are_explained() {
        let codes: Vec<&str> = all().map(|(code, ..)| *code).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
        for (code, title, explanation) in all() {
            assert!(code.len() == 6 && code.starts_with("FL0"), "{code}");
            assert!(!title.is_empty() && explanation.len() > 40 && explanation.ends_with('.'), "{code}");
        }
        assert_eq!(explain("fl0118").map(|(code, ..)| *code), Some("FL0118"));
        assert_eq!(explain("FL9999"), None);
    }
}
