//! What is known of formats is what the validator says of them.

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::{format, language::Languages};

/// Formats, with texts that are none of theirs for sure and texts of which that is not known.
const TEXTS: &[(&str, &[&str], &[&str])] = &[
    ("date", &["", "2023-05-5", "x023-05-05", "20é3-05-05"], &["2023-05-06"]),
    ("date-time", &["2023-01-01T00:00:00", "2023-01-01T00.00.00ZZZ"], &["2023-01-01T00:00:00Z"]),
    ("duration", &["", "2D"], &["P2D"]),
    ("email", &["", "b"], &["b@example.org"]),
    ("hostname", &["", "a b"], &["b"]),
    ("ipv4", &["1.1.1.", "a.b.c.d.e"], &["1.1.1.1", "10.0.0.1"]),
    ("ipv6", &["", "1"], &["::1"]),
    ("iri", &["", "bc"], &["b:c"]),
    ("iri-reference", &[], &["b"]),
    ("json-pointer", &["b"], &["/b"]),
    ("regex", &[], &["b"]),
    ("relative-json-pointer", &["", "a"], &["2"]),
    ("time", &["08:31:00", "08.31.00ZZ"], &["08:31:00Z"]),
    ("uri", &["", "bc"], &["b:c"]),
    ("uri-reference", &[], &["b"]),
    ("uri-template", &[], &["b"]),
    ("uuid", &["123e4567-e89b-42d3-a456-42661417400"], &["123e4567-e89b-42d3-a456-426614174001"]),
];

fn validator(format: &str) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&json!({"format": format}))
        .expect("a format")
}

#[test]
fn texts_are_judged_as_far_as_is_plain_to_see() {
    for (format, none, unknown) in TEXTS {
        let validator = validator(format);
        let is_valid = |text: &str| validator.is_valid(&Value::from(text));
        assert!(format::is_checked(format));
        assert!(format::samples(format).len() > 1, "{format}");
        assert!(["", "(", "{", "\\"].iter().any(|text| !is_valid(text)), "the validator does not check {format}");
        for text in format::samples(format) {
            assert!(is_valid(text), "{text} is a sample of {format}");
            assert_eq!(format::is_of(format, text), Some(true), "{text} {format}");
        }
        for text in *none {
            assert!(!is_valid(text), "{text} {format}");
            assert_eq!(format::is_of(format, text), Some(false), "{text} {format}");
        }
        for text in *unknown {
            assert!(is_valid(text), "{text} {format}");
            assert_eq!(format::is_of(format, text), None, "{text} {format}");
        }
    }
    for annotation in ["colour", "idn-email", "idn-hostname"] {
        assert!(validator(annotation).is_valid(&json!("")), "the validator checks {annotation}");
        assert!(!format::is_checked(annotation) && format::samples(annotation).is_empty());
        assert_eq!((format::is_of(annotation, "red"), format::shape(annotation)), (None, None));
    }
}

#[test]
fn what_is_known_of_a_format_is_never_wrong() {
    let all = |of: &'static [&'static str]| of.iter().copied();
    let texts: Vec<&str> = TEXTS
        .iter()
        .flat_map(|(format, none, unknown)| all(format::samples(format)).chain(all(none)).chain(all(unknown)))
        .collect();
    let mut languages = Languages::default();
    for (format, ..) in TEXTS {
        let validator = validator(format);
        let shape = format::shape(format).map(|shape| languages.read(shape).expect("a shape is a regular language"));
        for text in &texts {
            let is_valid = validator.is_valid(&Value::from(*text));
            let known = format::is_of(format, text);
            assert!(known.is_none_or(|known| known == is_valid), "{text} {format}: {known:?}");
            let has_shape = shape.is_none_or(|shape| languages.accepts(shape, text));
            assert!(has_shape || !is_valid, "{text} is of {format} and not of its shape");
        }
    }
}

#[test]
fn some_formats_are_within_others() {
    let all = || TEXTS.iter().map(|(format, ..)| *format);
    let pairs: Vec<String> = all()
        .flat_map(|one| all().map(move |other| (one, other)))
        .filter(|(one, other)| one != other && format::is_within(one, other))
        .map(|(one, other)| format!("{one} {other}"))
        .collect();
    let expected =
        ["iri iri-reference", "uri iri", "uri iri-reference", "uri uri-reference", "uri-reference iri-reference"];
    assert_eq!(pairs, expected);
    assert!(all().all(|format| format::is_within(format, format)));
    assert_eq!(format::is_of("iri", "mailto:a@example.com"), Some(true), "a sample of `uri`");
}
