//! `forgeline init github-app`: a GitHub App with exactly the rights and events that Forgeline uses.
//!
//! GitHub takes an App's settings from the query of the page on which one is registered, so that nothing has to be running and
//! nothing is sent from here.

use serde_json::{Value, json};

/// Rights of the App, as GitHub names them.
pub(super) const RIGHTS: [(&str, &str, &str); 5] = [
    ("metadata", "read", "which repositories there are, and who may do what"),
    ("contents", "write", "reading repositories, pushing branches below `forgeline/`"),
    ("issues", "write", "reading issues, commenting, labelling"),
    ("pull_requests", "write", "opening and updating pull requests"),
    ("checks", "write", "checks with marks on lines"),
];

/// Events that say where to look.
pub(super) const EVENTS: [&str; 8] = [
    "check_run",
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
];

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The organisation that is to own the App; none means the person.
    pub organization: Option<&'a str>,
    /// Address under which the server is reached; none means an App without webhooks, for polling.
    pub url: Option<&'a str>,
    /// Address of a GitHub server of one's own, `https://host`.
    pub server: Option<&'a str>,
}

/// The page on which the App is registered, all filled in.
pub(super) fn page(wanted: Wanted<'_>) -> String {
    let server = wanted.server.unwrap_or("https://github.com").trim_end_matches('/');
    let owner = match wanted.organization {
        Some(organization) => format!("organizations/{}/settings/apps/new", encoded(organization)),
        None => "settings/apps/new".to_owned(),
    };
    let mut query = vec![
        ("name".to_owned(), "Forgeline".to_owned()),
        ("description".to_owned(), "The assembly line behind your forge.".to_owned()),
        ("url".to_owned(), wanted.url.unwrap_or("https://forgeline.dev").to_owned()),
        ("public".to_owned(), "false".to_owned()),
        ("webhook_active".to_owned(), wanted.url.is_some().to_string()),
    ];
    if let Some(url) = wanted.url {
        query.push(("webhook_url".to_owned(), format!("{}/webhooks/github", url.trim_end_matches('/'))));
    }
    query.extend(RIGHTS.iter().map(|(name, access, _)| ((*name).to_owned(), (*access).to_owned())));
    if wanted.url.is_some() {
        query.extend(EVENTS.iter().map(|event| ("events[]".to_owned(), (*event).to_owned())));
    }
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    format!("{server}/{owner}?{}", query.join("&"))
}

/// For machines.
pub(super) fn value(wanted: Wanted<'_>) -> Value {
    let rights: serde_json::Map<String, Value> =
        RIGHTS.iter().map(|(name, access, _)| ((*name).to_owned(), json!(access))).collect();
    json!({"page": page(wanted), "permissions": rights, "events": if wanted.url.is_some() { &EVENTS[..] } else { &[] }})
}

/// For people.
pub(super) fn text(wanted: Wanted<'_>) -> String {
    let mut text = format!(
        "1. Open this page; everything is filled in. Choose a name and create the App.\n\n{}\n\n",
        page(wanted)
    );
    text += "   It asks for these rights and no others:\n";
    for (name, access, why) in RIGHTS {
        text += &format!("   {name:<14} {access:<6} {why}\n");
    }
    text += "   Add `workflows: write` only if blueprints are to change files below `.github/workflows`.\n\n";
    text += "2. Generate a private key on the App's page and put the file where only the server can read it.\n\n";
    if wanted.url.is_some() {
        text += "3. Set the webhook's secret: `openssl rand -hex 32`, into a file beside the key.\n\n";
    } else {
        text += "3. No webhook is set: `forgeline serve` looks every 30 seconds, and a scheduled `forgeline bot once` when it runs.\n\n";
    }
    text += "4. Install the App on the repositories that Forgeline may work in.\n\n";
    text += "5. Name it in the operator file:\n\n   forges:\n     github:\n       app_id: <the number on its page>\n       private_key: \"file:/etc/forgeline/github.pem\"\n";
    if wanted.url.is_some() {
        text += "       webhook_secret: \"file:/etc/forgeline/github-hook\"\n";
    }
    if let Some(server) = wanted.server {
        text += &format!("       base_url: \"{}/api/v3\"\n", server.trim_end_matches('/'));
    }
    text + "\nnext: `forgeline doctor` looks whether the key can be read, `forgeline bot once` learns what is there\n"
}

/// Percent-encoded, all but letters, digits and `-._~`.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Wanted, page, text};

    #[test]
    fn the_page_asks_for_what_is_used_and_nothing_runs() {
        let polling = Wanted { organization: None, url: None, server: None };
        insta::assert_snapshot!(page(polling), @"https://github.com/settings/apps/new?name=Forgeline&description=The%20assembly%20line%20behind%20your%20forge.&url=https%3A%2F%2Fforgeline.dev&public=false&webhook_active=false&metadata=read&contents=write&issues=write&pull_requests=write&checks=write");
        let whole = Wanted {
            organization: Some("a/b"),
            url: Some("https://fl.example.org/"),
            server: Some("https://git.example.org/"),
        };
        let shown = page(whole);
        assert!(shown.starts_with("https://git.example.org/organizations/a%2Fb/settings/apps/new?"), "{shown}");
        assert!(shown.contains("webhook_url=https%3A%2F%2Ffl.example.org%2Fwebhooks%2Fgithub"), "{shown}");
        assert!(shown.contains("events%5B%5D=push"), "{shown}");
        assert!(text(whole).contains("base_url: \"https://git.example.org/api/v3\""));
    }
}
