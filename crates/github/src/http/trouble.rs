//! What GitHub's refusals mean.

use forgeline_forge::remote::Trouble;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::shown;

/// Longest text of GitHub's that is repeated, characters.
const LONGEST: usize = 300;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    #[serde(rename_all = "snake_case")]
    Full {
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        field: Option<String>,
        #[serde(default)]
        message: Option<String>,
    },
    Other(serde::de::IgnoredAny),
}

impl Detail {
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Full { message: Some(text), .. } => Some(text.clone()),
            Self::Full { field: Some(field), code: Some(code), .. } => Some(format!("`{field}` is {code}")),
            Self::Full { code: Some(code), .. } => Some(code.clone()),
            Self::Full { .. } | Self::Other(_) => None,
        }
    }

    fn is_duplicate(&self) -> bool {
        matches!(self, Self::Full { code: Some(code), .. } if code == "already_exists")
    }
}

/// What an answer that is no success means. `writes`: whether the request would have changed something.
pub(crate) fn trouble(status: StatusCode, headers: &HeaderMap, body: &[u8], writes: bool) -> Trouble {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let message = text(status, &refusal);
    let lower = message.to_ascii_lowercase();
    match status.as_u16() {
        401 => Trouble::Unauthorized(message),
        403 if lower.contains("archived") || lower.contains("locked") => Trouble::Refused(message),
        403 if lower.contains("not permitted to create") => Trouble::Forbidden(format!(
            "{message}; the repository's settings allow it: Actions, General, Workflow permissions"
        )),
        403 => Trouble::Forbidden(with_needed(message, headers)),
        410 if lower.contains("disabled") => Trouble::Refused(message),
        404 | 410 => Trouble::Missing(message),
        422 if refusal.errors.iter().any(Detail::is_duplicate)
            || lower.contains("already exist")
            || lower.contains("already_exists") =>
        {
            Trouble::Exists(message)
        }
        500..=599 => Trouble::Unavailable { reason: message, perhaps_done: writes },
        300..=399 => Trouble::Missing(format!("{message}; it has moved: use its new name")),
        _ => Trouble::Refused(message),
    }
}

fn text(status: StatusCode, refusal: &Refusal) -> String {
    let mut said = vec![if refusal.message.is_empty() {
        format!("GitHub answers {status}")
    } else {
        refusal.message.trim_end_matches('.').to_owned()
    }];
    said.extend(refusal.errors.iter().filter_map(Detail::text));
    shown(&said.join("; "), LONGEST)
}

/// Names what the credential lacks, when GitHub says what it would have taken.
fn with_needed(message: String, headers: &HeaderMap) -> String {
    let named = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty()).then(|| shown(value, LONGEST))
    };
    if let Some(permissions) = named("x-accepted-github-permissions") {
        return format!("{message}; it takes the permission {}", permissions.replace('=', ": ").replace("; ", " or "));
    }
    match named("x-accepted-oauth-scopes") {
        Some(scopes) => format!("{message}; it takes one of the scopes {scopes}"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use forgeline_forge::remote::Trouble;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use serde_json::{Value, json};

    use super::trouble;

    #[track_caller]
    fn check(status: u16, body: Value, expected: Trouble) {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(trouble(status, &HeaderMap::new(), body.to_string().as_bytes(), true), expected);
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let say = |text: &str| json!({ "message": text, "documentation_url": "https://docs.example" });
        check(401, say("Bad credentials"), Trouble::Unauthorized("Bad credentials".into()));
        check(403, say("Must have admin rights."), Trouble::Forbidden("Must have admin rights".into()));
        let jobs = "GitHub Actions is not permitted to create or approve pull requests.";
        let hint = "the repository's settings allow it: Actions, General, Workflow permissions";
        check(403, say(jobs), Trouble::Forbidden(format!("{}; {hint}", jobs.trim_end_matches('.'))));
        let archived = "Repository was archived so is read-only.";
        check(403, say(archived), Trouble::Refused(archived.trim_end_matches('.').into()));
        let locked = "Unable to create comment because issue is locked.";
        check(403, say(locked), Trouble::Refused(locked.trim_end_matches('.').into()));
        check(404, say("Not Found"), Trouble::Missing("Not Found".into()));
        check(409, say("Conflict"), Trouble::Refused("Conflict".into()));
        check(410, say("This issue was deleted"), Trouble::Missing("This issue was deleted".into()));
        let disabled = "Issues has been disabled in this repository.";
        check(410, say(disabled), Trouble::Refused(disabled.trim_end_matches('.').into()));
        check(502, say("Server Error"), Trouble::Unavailable { reason: "Server Error".into(), perhaps_done: true });
        check(400, say("Problems parsing JSON"), Trouble::Refused("Problems parsing JSON".into()));
        check(
            301,
            say("Moved Permanently"),
            Trouble::Missing("Moved Permanently; it has moved: use its new name".into()),
        );
        check(418, json!("tea"), Trouble::Refused("GitHub answers 418 I'm a teapot".into()));
    }

    #[test]
    fn what_is_there_already_is_told_from_what_is_wrong() {
        check(
            422,
            json!({ "message": "Validation Failed", "errors": [{ "resource": "PullRequest", "code": "custom",
                "message": "A pull request already exists for acme:fix." }] }),
            Trouble::Exists("Validation Failed; A pull request already exists for acme:fix.".into()),
        );
        check(
            422,
            json!({ "message": "Validation Failed", "errors": [{ "resource": "Label", "code": "already_exists", "field": "name" }] }),
            Trouble::Exists("Validation Failed; `name` is already_exists".into()),
        );
        check(
            422,
            json!({ "message": "Validation Failed", "errors": [{ "field": "base", "code": "invalid" }, "odd", 7] }),
            Trouble::Refused("Validation Failed; `base` is invalid; odd".into()),
        );
    }

    #[test]
    fn the_missing_permission_is_named() {
        let mut headers = HeaderMap::new();
        headers.insert("x-accepted-github-permissions", HeaderValue::from_static("issues=write; pull_requests=write"));
        let body = br#"{"message":"Resource not accessible by integration"}"#;
        let said = trouble(StatusCode::FORBIDDEN, &headers, body, true).to_string();
        assert!(said.ends_with("it takes the permission issues: write or pull_requests: write"), "{said}");
        let scopes = HeaderMap::from_iter([(
            "x-accepted-oauth-scopes".parse().expect("a name"),
            HeaderValue::from_static("repo"),
        )]);
        let said = trouble(StatusCode::FORBIDDEN, &scopes, body, true).to_string();
        assert!(said.ends_with("it takes one of the scopes repo"), "{said}");
    }
}
