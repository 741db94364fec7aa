//! What is said of reviewers who could not be asked.

use forgeline_model::markdown::code;

/// The comment on the pull request, Markdown.
pub fn not_asked(names: &[String], reason: Option<&str>) -> String {
    let all: Vec<String> = names.iter().map(|name| code(name)).collect();
    let why = match reason {
        Some(reason) => format!("the forge says: {}", code(reason)),
        None => "the forge does not know them here, or they may not read this repository".to_owned(),
    };
    format!("**No review was asked of {}**: {why}. `policy.reviewers` in `forgeline.yaml` names them.", all.join(", "))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::not_asked;

    #[test]
    fn who_was_not_asked_is_named_with_why() {
        let names = ["eve".to_owned(), "acme/docs".to_owned()];
        assert_snapshot!(not_asked(&names, None), @"**No review was asked of `eve`, `acme/docs`**: the forge does not know them here, or they may not read this repository. `policy.reviewers` in `forgeline.yaml` names them.");
        assert_snapshot!(not_asked(&names[..1], Some("not allowed")), @"**No review was asked of `eve`**: the forge says: `not allowed`. `policy.reviewers` in `forgeline.yaml` names them.");
    }
}
