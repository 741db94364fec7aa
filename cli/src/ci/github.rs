//! The environment of a job in GitHub Actions.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ci, LOGIN_VARIABLE, System, address, branch, number};

/// The account of a job's own token.
const ACCOUNT: &str = "github-actions[bot]";
/// Variables that may hold the token, the most particular first.
const TOKENS: [&str; 2] = ["INPUT_TOKEN", "GITHUB_TOKEN"];
/// Names under which a person who starts a job by hand may give the issue's number.
const ASKED: [&str; 3] = ["issue", "item", "number"];

pub(super) fn read(variable: &impl Fn(&str) -> Option<String>, read: &impl Fn(&Path) -> Result<Vec<u8>, String>) -> Ci {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let event = variable("GITHUB_EVENT_NAME").unwrap_or_default();
    let server = variable("GITHUB_SERVER_URL").and_then(|text| address(&text));
    let repository = variable("GITHUB_REPOSITORY").and_then(|name| name.parse().ok());
    let item = match path("GITHUB_EVENT_PATH") {
        Some(path) => read(&path)
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()))
            .map(|payload| item(&event, &payload))
            .map_err(|error| format!("the event in `{}` cannot be read: {error}", path.display())),
        None => Ok(None),
    };
    let base = variable("GITHUB_BASE_REF").and_then(|name| branch(&format!("refs/heads/{name}")));
    let run = variable("GITHUB_RUN_ID").filter(|id| id.bytes().all(|b| b.is_ascii_digit()));
    let attempt = variable("GITHUB_RUN_ATTEMPT").filter(|id| id.bytes().all(|b| b.is_ascii_digit()) && id != "1");
    let url = match (&server, &repository, run) {
        (Some(server), Some(repository), Some(run)) => {
            let attempt = attempt.map(|attempt| format!("/attempts/{attempt}")).unwrap_or_default();
            Some(format!("{}/{repository}/actions/runs/{run}{attempt}", server.trim_end_matches('/')))
        }
        _ => None,
    };
    Ci {
        system: System::GitHub,
        azure: None,
        base: base.or_else(|| branch(&variable("GITHUB_REF")?)),
        repository,
        commit: variable("GITHUB_SHA").filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit())),
        item,
        actor: variable("GITHUB_TRIGGERING_ACTOR").or_else(|| variable("GITHUB_ACTOR")),
        api: variable("GITHUB_API_URL"),
        token: TOKENS.into_iter().find(|name| variable(name).is_some()),
        login: variable(LOGIN_VARIABLE).unwrap_or_else(|| ACCOUNT.to_owned()),
        url,
        scratch: path("RUNNER_TEMP"),
        workspace: path("GITHUB_WORKSPACE"),
        outputs: path("GITHUB_OUTPUT"),
        summary: path("GITHUB_STEP_SUMMARY"),
        event,
        server,
    }
}

/// The issue that an event is about. A pull request is none: what is proposed there is no work to be done.
fn item(event: &str, payload: &Value) -> Option<u64> {
    let issue = &payload["issue"];
    if matches!(event, "issues" | "issue_comment") {
        return if issue.get("pull_request").is_some() { None } else { issue["number"].as_u64() };
    }
    let asked = match event {
        "workflow_dispatch" | "workflow_call" => &payload["inputs"],
        "repository_dispatch" => &payload["client_payload"],
        _ => return None,
    };
    let given = |name: &str| match &asked[name] {
        Value::String(text) => number(text),
        other => other.as_u64(),
    };
    ASKED.into_iter().find_map(given)
}
