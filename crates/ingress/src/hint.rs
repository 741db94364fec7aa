//! Where a hook says that something happened. It never fails and never panics: what cannot be read hints at nothing, and then
//! everything is looked at.
//!
//! Only the few fields that are asked for are kept, each with a longest length; the rest is skipped without being stored, however
//! deep and long it is.

mod loose;

use serde::Deserialize;

use self::loose::{Loose, Text};
use crate::header::is_word;

/// Longest name of a repository, bytes.
const LONGEST_NAME: usize = 300;

/// What a hook says of itself. Nothing of it is more than a hint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint {
    /// The repository, `owner/name`; on Azure DevOps `project/name`.
    pub repository: Option<String>,
    /// What happened, where that is said apart from the event.
    pub action: Option<String>,
}

/// What Azure DevOps says in the body, for lack of headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Number of this delivery; a redelivery has the same.
    pub delivery: Option<String>,
    /// Kind of event, `git.push`.
    pub event: Option<String>,
    /// Where to look.
    pub hint: Hint,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GitHub {
    action: Text,
    repository: Loose<GitHubRepository>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GitHubRepository {
    full_name: Text,
}

/// What GitHub sends; `is_form` when the JSON stands in the field `payload` of a form.
pub fn github(body: &[u8], is_form: bool) -> Hint {
    if !is_form {
        return of_github(body);
    }
    let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
    payload.map(|(_, value)| of_github(value.as_bytes())).unwrap_or_default()
}

fn of_github(json: &[u8]) -> Hint {
    let read: GitHub = object(json);
    let name = read.repository.0.and_then(|it| it.full_name.0);
    Hint { repository: name.filter(|name| is_repository(name)), action: word(read.action) }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Azure {
    id: Text,
    subscription_id: Text,
    event_type: Text,
    resource: Loose<AzureResource>,
}

/// Pushes and pull requests name their repository, comments that of their pull request.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct AzureResource {
    repository: Loose<AzureRepository>,
    pull_request: Loose<AzurePullRequest>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AzurePullRequest {
    repository: Loose<AzureRepository>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AzureRepository {
    name: Text,
    project: Loose<AzureProject>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AzureProject {
    name: Text,
}

/// What Azure DevOps sends, of resource version 1.0 or 2.0.
pub fn azure(body: &[u8]) -> Told {
    let read: Azure = object(body);
    // Each subscription delivers an event under the event's id.
    let delivery = match (word(read.id), word(read.subscription_id)) {
        (Some(id), Some(subscription)) => Some(format!("{subscription}/{id}")),
        (id, _) => id,
    };
    let resource = read.resource.0.unwrap_or_default();
    let of_request = || resource.pull_request.0.and_then(|it| it.repository.0);
    let repository = resource.repository.0.or_else(of_request);
    let named = repository.and_then(|it| Some(format!("{}/{}", it.project.0?.name.0?, it.name.0?)));
    let hint = Hint { repository: named.filter(|name| is_repository(name)), action: None };
    Told { delivery, event: word(read.event_type), hint }
}

/// What is wanted of an object; of anything else, nothing.
fn object<T: for<'de> Deserialize<'de> + Default>(json: &[u8]) -> T {
    serde_json::from_slice::<Loose<T>>(json).ok().and_then(|it| it.0).unwrap_or_default()
}

fn word(text: Text) -> Option<String> {
    text.0.filter(|text| is_word(text))
}

/// Whether this may name a repository of any forge.
fn is_repository(text: &str) -> bool {
    let mut parts = text.split('/');
    let is_part = |part: Option<&str>| part.is_some_and(|part| !part.trim().is_empty());
    let has_both = is_part(parts.next()) && is_part(parts.next()) && parts.next().is_none();
    has_both && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::{Hint, Told, azure, github};

    fn hint(repository: &str, action: &str) -> Hint {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Hint { repository: some(repository), action: some(action) }
    }

    #[test]
    fn github_hints_at_its_repository_and_whatever_else_comes_at_nothing() {
        let deep = format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let long = format!("{{\"repository\":{{\"full_name\":\"acme/{}\"}}}}", "x".repeat(400));
        for (body, expected) in [
            (r#"{"action":"opened","repository":{"id":1,"full_name":"acme/shop"}}"#, hint("acme/shop", "opened")),
            (r#"{"repository":{"full_name":"acme/shop"},"action":7}"#, hint("acme/shop", "")),
            (r#"{"action":{"a":[1]},"repository":{"full_name":"acme/shop","owner":[[]]}}"#, hint("acme/shop", "")),
            (r#"{"action":"opened","repository":"acme/shop"}"#, hint("", "opened")),
            (r#"{"action":"opened","repository":[{"full_name":"acme/shop"}]}"#, hint("", "opened")),
            (r#"{"action":"so long","repository":null}"#, hint("", "")),
            (r#"{"repository":{"full_name":"acme/shop/../x"}}"#, hint("", "")),
            (r#"{"repository":{"full_name":"acme/"}}"#, hint("", "")),
            (r#"{"repository":{"full_name":"a\u0000/b"}}"#, hint("", "")),
            (r#"{"repository":{"full_name":"a\ud800/b"}}"#, hint("", "")),
            (r#"["repository"]"#, hint("", "")),
            ("", hint("", "")),
            ("{", hint("", "")),
            ("\u{feff}{}", hint("", "")),
            (&deep, hint("", "")),
            (&long, hint("", "")),
        ] {
            assert_eq!(github(body.as_bytes(), false), expected, "{}", &body[..body.len().min(80)]);
        }
        assert_eq!(github(b"\xff\xfe{\"action\":\"x\"}", false), Hint::default());
    }

    #[test]
    fn a_form_holds_the_same_in_one_field() {
        let body = "x=1&payload=%7B%22repository%22%3A%7B%22full_name%22%3A%22acme%2Fshop%22%7D%7D";
        assert_eq!(github(body.as_bytes(), true), hint("acme/shop", ""));
        assert_eq!(github(b"payload=%ff%&payload=x", true), Hint::default());
        assert_eq!(github(b"no form", true), Hint::default());
    }

    #[test]
    fn azure_devops_tells_in_the_body_what_others_put_into_headers() {
        let repository = r#"{"name":"shop","project":{"name":"Acme Corp"}}"#;
        let told = |delivery: &str, event: &str, repository: &str| Told {
            delivery: Some(delivery.to_owned()).filter(|it| !it.is_empty()),
            event: Some(event.to_owned()).filter(|it| !it.is_empty()),
            hint: hint(repository, ""),
        };
        for (body, expected) in [
            (
                format!(
                    r#"{{"id":"e1","subscriptionId":"s1","eventType":"git.push","resource":{{"repository":{repository}}}}}"#
                ),
                told("s1/e1", "git.push", "Acme Corp/shop"),
            ),
            (
                format!(
                    r#"{{"id":"e2","eventType":"ms.vss-code.git-pullrequest-comment-event","resource":{{"pullRequest":{{"repository":{repository}}}}}}}"#
                ),
                told("e2", "ms.vss-code.git-pullrequest-comment-event", "Acme Corp/shop"),
            ),
            (
                r#"{"id":3,"eventType":"workitem.created","resource":{"id":7,"fields":{}}}"#.to_owned(),
                told("", "workitem.created", ""),
            ),
            (r#"{"id":"e4","resource":{"repository":{"name":"shop"}}}"#.to_owned(), told("e4", "", "")),
            (String::new(), told("", "", "")),
        ] {
            assert_eq!(azure(body.as_bytes()), expected, "{body}");
        }
    }
}
