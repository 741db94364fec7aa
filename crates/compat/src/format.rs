//! Formats of strings: what is known of them without a validator.

/// Formats that the validator checks, with values of each. Of `idn-email` and `idn-hostname` it takes any text.
const SAMPLES: &[(&str, &[&str])] = &[
    ("date", &["2024-01-31", "1999-12-31"]),
    ("date-time", &["2024-01-31T08:30:00Z", "1999-12-31T23:59:59.5+02:00"]),
    ("duration", &["P1D", "PT2H"]),
    ("email", &["a@example.com", "someone.else@example.org"]),
    ("hostname", &["example.com", "a", "localhost"]),
    ("ipv4", &["192.0.2.1", "0.0.0.0"]),
    ("ipv6", &["2001:db8::1", "::"]),
    ("iri", &["https://example.com/a", "urn:a:b"]),
    ("iri-reference", &["https://example.com/a", "a", ""]),
    ("json-pointer", &["/a", ""]),
    ("regex", &["^a$", "", "a"]),
    ("relative-json-pointer", &["0", "1/a"]),
    ("time", &["08:30:00Z", "23:59:59+02:00"]),
    ("uri", &["https://example.com/a", "urn:a:b", "mailto:a@example.com"]),
    ("uri-reference", &["https://example.com/a", "a", ""]),
    ("uri-template", &["https://example.com/{a}", "a", ""]),
    ("uuid", &["123e4567-e89b-42d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"]),
];

/// Each value of the first is one of the second.
const NARROWER: &[(&str, &str)] = &[
    ("uri", "uri-reference"),
    ("uri", "iri"),
    ("uri", "iri-reference"),
    ("uri-reference", "iri-reference"),
    ("iri", "iri-reference"),
];

/// Patterns that all values of a format match; not all that match are of the format.
const SHAPES: &[(&str, &str)] = &[
    ("date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    ("date-time", "^[0-9]{4}-[0-9]{2}-[0-9]{2}.[0-9]{2}:[0-9]{2}:[0-9]{2}[^\\s]+$"),
    ("duration", "^P"),
    ("email", "@"),
    ("ipv4", "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$"),
    ("ipv6", "^[0-9A-Fa-f:.]+$"),
    ("iri", ":"),
    ("json-pointer", "^($|/)"),
    ("relative-json-pointer", "^[0-9]"),
    ("time", "^[0-9]{2}:[0-9]{2}:[0-9]{2}"),
    ("uri", ":"),
    ("uuid", "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"),
];

/// A pattern that all values of a format match.
pub(crate) fn shape(format: &str) -> Option<&'static str> {
    SHAPES.iter().find(|(known, _)| *known == format).map(|(_, shape)| *shape)
}

/// Whether the validator knows this format; others are annotations.
pub(crate) fn is_checked(format: &str) -> bool {
    SAMPLES.iter().any(|(known, _)| *known == format)
}

/// Values of a format.
pub(crate) fn samples(format: &str) -> &'static [&'static str] {
    SAMPLES.iter().find(|(known, _)| *known == format).map_or(&[], |(_, samples)| samples)
}

/// Whether all values of one format are values of another.
pub(crate) fn is_within(narrow: &str, wide: &str) -> bool {
    narrow == wide || NARROWER.contains(&(narrow, wide))
}

/// Whether a text is of a format, where that is plain to see.
pub(crate) fn is_of(format: &str, text: &str) -> Option<bool> {
    if samples(format).contains(&text) {
        return Some(true);
    }
    if SAMPLES.iter().any(|(other, samples)| is_within(other, format) && samples.contains(&text)) {
        return Some(true);
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let cannot = match format {
        "date" => text.len() != 10 || !digits(&text[..text.floor_char_boundary(4)]),
        "date-time" => text.len() < 20 || !text.contains(':'),
        "time" => text.len() < 9 || !text.contains(':'),
        "duration" => !text.starts_with('P'),
        "email" => !text.contains('@'),
        "ipv4" => !text.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) || text.len() < 7,
        "ipv6" => !text.contains(':'),
        "uuid" => text.len() != 36,
        "uri" | "iri" => !text.contains(':'),
        "json-pointer" => !text.is_empty() && !text.starts_with('/'),
        "relative-json-pointer" => !text.starts_with(|c: char| c.is_ascii_digit()),
        "hostname" => text.is_empty() || text.contains(' '),
        _ => false,
    };
    cannot.then_some(false)
}
