//! The fake's answers, read with the types that `azure_devops_rust_api` has for them: made from Microsoft's own descriptions,
//! they are the nearest thing to a published one. The adapter itself reads less.

use azure_devops_rust_api::{core, git, ims, security, wit};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place::{Place, SHOP};

#[track_caller]
fn fits<T: DeserializeOwned>(what: &str, value: &Value) {
    if let Err(error) = serde_json::from_value::<T>(value.clone()) {
        panic!("{what}: {error}\n{value:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_fits_the_types_made_from_microsofts_descriptions() {
    let place = Place::new();
    let head = place.there.push("ana", SHOP, "fix", &[("a", "1")]);
    let issue = place.there.open_issue("ana", SHOP, "It is slow", "Very.");
    place.there.comment("ana", SHOP, issue, "Really.");
    place.there.label("ana", SHOP, issue, "urgent");
    let number = place.there.open_pull("ana", SHOP, "fix", "main", "Mend it", "Please.");
    place.there.label("ana", SHOP, number, "urgent");
    place.there.comment("ana", SHOP, number, "Look.");
    let (issue, pull) = (place.there.azure_id(SHOP, issue), place.there.azure_id(SHOP, number));
    let peek = |path: &str| place.there.azure_peek(path);
    let base = "acme/_apis/git/repositories";
    let one = format!("{base}/shop/pullRequests/{pull}");

    fits::<core::models::TeamProjectReferenceList>("projects", &peek("_apis/projects"));
    fits::<git::models::GitRepositoryList>("repositories", &peek(base));
    fits::<git::models::GitPullRequestList>("pull requests", &peek(&format!("{base}/shop/pullrequests")));
    fits::<git::models::GitPullRequest>("a pull request", &peek(&one));
    fits::<git::models::WebApiTagDefinitionList>("labels", &peek(&format!("{one}/labels")));
    fits::<git::models::GitPullRequestCommentThreadList>("threads", &peek(&format!("{one}/threads")));
    fits::<git::models::GitPullRequestStatusList>("statuses", &peek(&format!("{one}/statuses")));
    fits::<git::models::GitStatusList>("statuses", &peek(&format!("{base}/shop/commits/{head}/statuses")));
    fits::<git::models::GitRefList>("refs", &peek(&format!("{base}/shop/refs")));
    let pushes = format!("{base}/shop/pushes?searchCriteria.includeRefUpdates=true");
    fits::<git::models::GitPushList>("pushes", &peek(&pushes));
    fits::<wit::models::WorkItem>("a work item", &peek(&format!("acme/_apis/wit/workitems/{issue}")));
    fits::<wit::models::WorkItemTypeList>("types", &peek("acme/_apis/wit/workitemtypes"));
    fits::<wit::models::WorkItemUpdateList>("updates", &peek(&format!("acme/_apis/wit/workItems/{issue}/updates")));
    fits::<wit::models::CommentList>("comments", &peek(&format!("acme/_apis/wit/workItems/{issue}/comments")));
    let id = place.there.azure_identity("ana");
    let identity = peek(&format!("_apis/identities?identityIds={id}"));
    fits::<ims::models::IdentityList>("identities", &identity);
    let descriptor = identity["value"][0]["descriptor"].as_str().expect("a descriptor").to_owned();
    let repository = &peek(base)["value"][0];
    let token = format!(
        "repoV2/{}/{}",
        repository["project"]["id"].as_str().expect("an id"),
        repository["id"].as_str().expect("an id")
    );
    let lists = peek(&format!(
        "_apis/accesscontrollists/2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87?token={token}&descriptors={descriptor}&includeExtendedInfo=true"
    ));
    assert_eq!(lists["count"], 1);
    fits::<security::models::AccessControlListList>("permissions", &lists);
}
