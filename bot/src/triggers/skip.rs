//! Markers by which people say that a change is not to start anything. Pure.

use std::fmt;

/// What people write, in lower case. Forgeline's own words, and those that pipelines know.
const MARKERS: [&str; 8] = [
    "[skip forgeline]",
    "[forgeline skip]",
    "[skip ci]",
    "[ci skip]",
    "[no ci]",
    "[skip actions]",
    "[actions skip]",
    "***no_ci***",
];

/// A marker that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    marker: &'static str,
    place: &'static str,
}

impl Skip {
    /// The first marker in the message of a commit or the title of a pull request. The text of a pull request does not count:
    /// it is long, and often tells of others.
    pub fn find(message: &str, title: Option<&str>) -> Option<Self> {
        let of = |text: &str, place| {
            let text = text.to_lowercase();
            let marker = MARKERS.into_iter().find(|marker| text.contains(marker))?;
            Some(Self { marker, place })
        };
        title.and_then(|title| of(title, "the title")).or_else(|| of(message, "the commit's message"))
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}", self.marker, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::Skip;

    #[test]
    fn markers_are_found_in_any_letter_case_and_nowhere_else() {
        let found = |message: &str, title: Option<&str>| Skip::find(message, title).map(|skip| skip.to_string());
        for (message, title, expected) in [
            ("Fix\n\n[Skip Forgeline]", None, Some("`[skip forgeline]` in the commit's message")),
            ("Fix [forgeline skip]", Some("Fix"), Some("`[forgeline skip]` in the commit's message")),
            ("Fix", Some("Fix [CI SKIP]"), Some("`[ci skip]` in the title")),
            ("Fix [skip ci]", Some("Fix [ci skip]"), Some("`[ci skip]` in the title")),
            ("***NO_CI*** fix", None, Some("`***no_ci***` in the commit's message")),
            ("skip forgeline", Some("[skip] forgeline"), None),
            ("", None, None),
        ] {
            assert_eq!(found(message, title).as_deref(), expected, "{message} {title:?}");
        }
    }
}
