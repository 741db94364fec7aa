//! What refusals of Azure DevOps mean.

use forgeline_forge::remote::Trouble;
use http::StatusCode;
use serde::Deserialize;

use super::shown;

/// Longest text of theirs that is repeated, characters.
const LONGEST: usize = 300;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Refusal {
    message: String,
    type_key: String,
}

/// What an answer that is no success means. `writes`: whether the request would have changed something.
pub(crate) fn trouble(status: StatusCode, body: &[u8], writes: bool) -> Trouble {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let message = if refusal.message.is_empty() {
        format!("Azure DevOps answers {status}")
    } else {
        shown(refusal.message.trim_end_matches('.'), LONGEST)
    };
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word) || refusal.type_key.contains(word));
    match status.as_u16() {
        // Whoever is not known is led to a page where people sign in.
        203 | 300..=399 | 401 => Trouble::Unauthorized(if status == StatusCode::UNAUTHORIZED {
            message
        } else {
            "it leads to the page where people sign in".to_owned()
        }),
        _ if says(&["TF401179", "GitPullRequestExists"]) => Trouble::Exists(message),
        _ if says(&["TF401398", "GitPullRequestSourceBranchNotFound"]) => {
            Trouble::Refused(format!("{message}; the head branch or the base branch is not there"))
        }
        403 => Trouble::Forbidden(message),
        404 | 410 => Trouble::Missing(message),
        500..=599 => Trouble::Unavailable { reason: message, perhaps_done: writes },
        _ => Trouble::Refused(message),
    }
}

#[cfg(test)]
mod tests {
    use forgeline_forge::remote::Trouble;
    use http::StatusCode;
    use serde_json::{Value, json};

    use super::trouble;

    #[track_caller]
    fn check(status: u16, body: &Value, expected: &Trouble) {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(&trouble(status, body.to_string().as_bytes(), true), expected);
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let say = |text: &str| json!({ "$id": "1", "message": text, "typeKey": "SomeException", "errorCode": 0 });
        check(401, &say("TF400813: not authorized."), &Trouble::Unauthorized("TF400813: not authorized".into()));
        for status in [203, 302] {
            let page = Trouble::Unauthorized("it leads to the page where people sign in".into());
            check(status, &Value::Null, &page);
        }
        check(403, &say("TF401027: You need it."), &Trouble::Forbidden("TF401027: You need it".into()));
        check(404, &say("TF200016"), &Trouble::Missing("TF200016".into()));
        let there = "TF401179: An active pull request for the source and target branch already exists.";
        check(409, &say(there), &Trouble::Exists(there.trim_end_matches('.').into()));
        let Trouble::Refused(said) = trouble(StatusCode::NOT_FOUND, say("TF401398: no").to_string().as_bytes(), true)
        else {
            panic!("a branch that is not there yet is waited for")
        };
        assert!(said.contains("head"), "{said}");
        check(412, &say("VS403351: Test Operation"), &Trouble::Refused("VS403351: Test Operation".into()));
        check(
            500,
            &json!("x"),
            &Trouble::Unavailable {
                reason: "Azure DevOps answers 500 Internal Server Error".into(),
                perhaps_done: true,
            },
        );
    }
}
