//! The environment of a job in Azure Pipelines: its variables in capitals, with `_` for `.`.

use std::path::PathBuf;

use super::{AzureRepository, Ci, LOGIN_VARIABLE, System, address, branch, number};

/// Variables that may hold the token, the most particular first.
const TOKENS: [&str; 2] = ["FORGELINE_TOKEN", "SYSTEM_ACCESSTOKEN"];
/// How `BUILD_REPOSITORY_PROVIDER` calls Azure Repos.
const OWN: &str = "TfsGit";
/// Variables in which a pipeline names the work item: there is no event that does. The last is a parameter's usual name.
const ITEMS: [&str; 3] = ["FORGELINE_ITEM", "WORKITEM", "WORK_ITEM"];

pub(super) fn read(variable: &impl Fn(&str) -> Option<String>) -> Ci {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let collection = variable("SYSTEM_COLLECTIONURI").or_else(|| variable("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"));
    let collection = collection.and_then(|text| address(&text));
    let project = variable("SYSTEM_TEAMPROJECT");
    let is_own = variable("BUILD_REPOSITORY_PROVIDER").is_none_or(|provider| provider.eq_ignore_ascii_case(OWN));
    let name = variable("BUILD_REPOSITORY_NAME");
    let repository = match (&project, &name) {
        // A repository on GitHub that Azure Pipelines builds has its owner in its name.
        (_, Some(name)) if name.contains('/') => name.parse().ok(),
        (Some(project), Some(name)) => forgeline_azure_devops::repo_id(project, name),
        _ => None,
    };
    let azure = match (&collection, &project, &name, is_own) {
        (Some(collection), Some(project), Some(name), true) => {
            place(collection).map(|(base_url, organization)| AzureRepository {
                organization,
                base_url,
                project: project.clone(),
                repository: name.clone(),
                pages: format!("{}/{}", collection.trim_end_matches('/'), encoded(project)),
            })
        }
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
        azure,
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

/// A collection's address as the server's, none for Azure DevOps Services, and the organization.
fn place(collection: &str) -> Option<(Option<String>, String)> {
    let rest = collection.trim_end_matches('/');
    let (_, after) = rest.split_once("://")?;
    // What organizations were called before they stood in the path.
    if let Some(organization) = after.strip_suffix(".visualstudio.com") {
        return Some((None, organization.to_owned()));
    }
    let (server, organization) = rest.rsplit_once('/').filter(|(server, _)| !server.ends_with('/'))?;
    let is_services = server.eq_ignore_ascii_case("https://dev.azure.com");
    Some(((!is_services).then(|| server.to_owned()), organization.to_owned()))
}

/// A name as it stands in an address: projects may have spaces.
pub(super) fn encoded(name: &str) -> String {
    name.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_collections_address_names_the_server_and_the_organization() {
        for (address, expected) in [
            ("https://dev.azure.com/acme/", Some((None, "acme"))),
            ("https://acme.visualstudio.com/", Some((None, "acme"))),
            ("https://tfs.example/tfs/Default", Some((Some("https://tfs.example/tfs"), "Default"))),
            ("http://127.0.0.1:8080/fabrikam/", Some((Some("http://127.0.0.1:8080"), "fabrikam"))),
            ("https://tfs.example/", None),
            ("https://", None),
        ] {
            let expected =
                expected.map(|(base, name): (Option<&str>, &str)| (base.map(str::to_owned), name.to_owned()));
            assert_eq!(place(address), expected, "{address}");
        }
    }
}
