//! Names as the mirror takes them: repositories and people of Azure DevOps may be called almost anything.

use forgeline_forge::types::RepoId;

/// Longest name of a project in the mirror.
const LONGEST_OWNER: usize = 39;
/// Longest name of a repository in the mirror.
const LONGEST_NAME: usize = 100;
/// Longest part of a login that comes from a person's own name.
const LONGEST_LOGIN: usize = 30;

/// A repository's name in the mirror; none when nothing is left of it.
#[must_use]
pub fn repo_id(project: &str, repository: &str) -> Option<RepoId> {
    format!("{}/{}", owner(project), name(repository)).parse().ok()
}

/// A login: the first part of the account's name, which people know, and six digits of its id, which tell namesakes apart.
pub(crate) fn login(unique_name: &str, id: &str, is_program: bool) -> String {
    let own = unique_name.rsplit('\\').next().unwrap_or(unique_name);
    let local = own.split('@').next().unwrap_or(own).to_ascii_lowercase();
    let word = match dashed(&local, LONGEST_LOGIN) {
        word if word.is_empty() => "user".to_owned(),
        word => word,
    };
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(6).collect::<String>().to_ascii_lowercase();
    let digits = if digits.is_empty() { "0".to_owned() } else { digits };
    format!("{word}-{digits}{}", if is_program { "[bot]" } else { "" })
}

fn owner(text: &str) -> String {
    dashed(text, LONGEST_OWNER)
}

fn name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let text: String = text.chars().map(|c| if allowed(c) { c } else { '-' }).take(LONGEST_NAME).collect();
    let mut text = text.trim_start_matches(['.', '-']).trim_end_matches(['.', '-']);
    loop {
        let lower = text.to_ascii_lowercase();
        let end = [".git", ".lock"].into_iter().find(|end| lower.ends_with(end));
        match end {
            Some(end) => text = text[..text.len() - end.len()].trim_end_matches(['.', '-']),
            None => return text.to_owned(),
        }
    }
}

/// Letters and digits, everything else a single inner dash.
fn dashed(text: &str, most: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(most);
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use forgeline_forge::types::Login;

    use super::{login, repo_id};

    #[test]
    fn whatever_they_are_called_the_mirror_takes_it() {
        for (project, repository, expected) in [
            ("Shop", "shop", "Shop/shop"),
            ("My Shop (EU)", "web app.git", "My-Shop-EU/web-app"),
            ("  x ", "-_.a.", "x/_.a"),
            ("p", ".git", "p/git"),
            (&"p".repeat(64), "r", &format!("{}/r", "p".repeat(39))),
        ] {
            assert_eq!(repo_id(project, repository).map(|it| it.to_string()).as_deref(), Some(expected));
        }
        for (project, repository) in [("商店", "r"), ("con", "r"), ("p", "")] {
            assert_eq!(repo_id(project, repository), None, "{project}/{repository}");
        }
    }

    #[test]
    fn a_login_is_a_name_and_tells_namesakes_apart() {
        let id = "A1B2C3d4-0000-4000-8000-000000000001";
        for (name, is_program, expected) in [
            ("ana@acme.example", false, "ana-a1b2c3"),
            ("ACME\\Ana.Lima", false, "ana-lima-a1b2c3"),
            ("Build\\90e2", true, "90e2-a1b2c3[bot]"),
            ("", false, "user-a1b2c3"),
            ("--x--y--@z", false, "x-y-a1b2c3"),
        ] {
            let made = login(name, id, is_program);
            assert_eq!(made, expected);
            made.parse::<Login>().expect("a login of the mirror");
        }
        let long = login(&"n".repeat(80), id, true);
        assert!(long.parse::<Login>().expect("a login").is_bot());
    }
}
