//! The environment of a job in Azure Pipelines: its variables in capitals, with `_` for `.`.

use std::path::PathBuf;

use super::{Ci, LOGIN_VARIABLE, System, address, branch, number};

/// Variables that may hold the token, the most particular first.
const TOKENS: [&str; 2] = ["FORGELINE_TOKEN", "SYSTEM_ACCESSTOKEN"];
/// Variables in which a pipeline names the work item: there is no event that does. The last is a parameter's usual name.
const ITEMS: [&str; 3] = ["FORGELINE_ITEM", "WORKITEM", "WORK_ITEM"];

pub(super) fn read(variable: &impl Fn(&str) -> Option<String>) -> Ci {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let collection = variable("SYSTEM_COLLECTIONURI").or_else(|| variable("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"));
    let collection = collection.and_then(|text| address(&text));
    let project = variable("SYSTEM_TEAMPROJECT");
    let repository = match (&project, variable("BUILD_REPOSITORY_NAME")) {
        // A repository on GitHub that Azure Pipelines builds has its owner in its name.
        (_, Some(name)) if name.contains('/') => name.parse().ok(),
        (Some(project), Some(name)) => format!("{project}/{name}").parse().ok(),
        _ => None,
    };
    let named = ITEMS.iter().find_map(|name| variable(name));
    let item = match named {
        // What a pipeline writes for a variable that it does not have.
        Some(text) if text.starts_with("$(") => Ok(None),
        Some(text) => match number(&text) {
            Some(number) => Ok(Some(number)),
            None => Err("the variable that names the work item holds no number".to_owned()),
        },
        None => Ok(None),
    };
    let build = variable("BUILD_BUILDID").filter(|id| id.bytes().all(|b| b.is_ascii_digit()));
    let url = match (&collection, &project, build) {
        (Some(collection), Some(project), Some(build)) => {
            Some(format!("{}/{}/_build/results?buildId={build}", collection.trim_end_matches('/'), encoded(project)))
        }
        _ => None,
    };
    let target = variable("SYSTEM_PULLREQUEST_TARGETBRANCH");
    let target = target.map(|name| if name.starts_with("refs/") { name } else { format!("refs/heads/{name}") });
    Ci {
        system: System::Azure,
        event: variable("BUILD_REASON").unwrap_or_default(),
        repository,
        commit: variable("BUILD_SOURCEVERSION").filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit())),
        base: target.or_else(|| variable("BUILD_SOURCEBRANCH")).and_then(|name| branch(&name)),
        item,
        actor: variable("BUILD_REQUESTEDFOR"),
        server: collection.clone(),
        api: collection,
        token: TOKENS.into_iter().find(|name| variable(name).is_some_and(|value| !value.starts_with("$("))),
        login: variable(LOGIN_VARIABLE).unwrap_or_default(),
        url,
        scratch: path("AGENT_TEMPDIRECTORY"),
        workspace: path("BUILD_SOURCESDIRECTORY"),
        outputs: None,
        summary: None,
    }
}

/// A name as it stands in an address: projects may have spaces.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
