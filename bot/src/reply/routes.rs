//! Which repository a work item is about.

use super::markdown::code;
use crate::Refusal;

/// Nobody said which repository is meant.
pub fn which_repository(choices: &[String]) -> String {
    let how = match choices {
        [] => "None may be named yet: please add repositories to `targets` in `forgeline.yaml`, or give Forgeline \
               the ones that stand there"
            .to_owned(),
        some => format!(
            "Please name one of these in the command, as in {}:\n{}\n\nA line in `routes` of `forgeline.yaml` makes that unnecessary",
            code(&format!("/forgeline run <blueprint> repo={}", some[0])),
            list(some)
        ),
    };
    format!("**Which repository?** This one keeps work items only, and no route takes this item. {how}.")
}

/// The repository that was named is none, or none that this person may know of.
pub fn no_such_target(name: &str, choices: &[String]) -> String {
    let shown: String = name.chars().take(140).collect();
    let hint = match choices {
        [] => "There is none that may be named here.".to_owned(),
        some => format!("These may be named:\n{}", list(some)),
    };
    format!("**Refused.** There is no repository {} that Forgeline serves and you may write to. {hint}", code(&shown))
}

/// Somebody may not do that in the repository that is meant.
pub fn refused_there(repository: &str, refusal: &Refusal) -> String {
    let reason = refusal.to_string().replacen(" here", " there", 1);
    format!("**Refused** for {}: {}.", code(repository), reason.trim_end_matches('.'))
}

/// An answer about work that goes into another repository.
pub fn routed(repository: &str, answer: &str) -> String {
    format!("In {}: {answer}", code(repository))
}

fn list(repositories: &[String]) -> String {
    repositories.iter().map(|it| format!("- {}\n", code(it))).collect::<String>().trim_end().to_owned()
}
