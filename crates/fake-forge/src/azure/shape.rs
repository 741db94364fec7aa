//! The model's things as Azure DevOps shows them.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::call::Call;
use crate::model::item::Item;
use crate::model::people::Kind;
use crate::model::repository::Label;
use crate::model::{Id, Millis, World};

/// The id of something, as Azure DevOps writes ids.
pub(super) fn guid(kind: &str, id: Id) -> String {
    let digest = Sha256::digest(format!("{kind}:{id}"));
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

pub(super) fn time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

pub(super) fn login(world: &World, user: Id) -> String {
    world.users.get(&user).map_or_else(|| "ghost".to_owned(), |user| user.login.clone())
}

fn is_program(world: &World, user: Id) -> bool {
    world.users.get(&user).is_some_and(|user| user.kind == Kind::Bot)
}

pub(super) fn unique_name(world: &World, user: Id) -> String {
    format!("{}@fabrikam.example", login(world, user))
}

pub(super) fn subject(world: &World, user: Id) -> String {
    let kind = if is_program(world, user) { "aadsp" } else { "aad" };
    format!("{kind}.{}", guid("subject", user).replace('-', ""))
}

/// Under which permissions are kept.
pub(super) fn descriptor(world: &World, user: Id) -> String {
    format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;fabrikam\\{}", unique_name(world, user))
}

pub(super) fn identity(world: &World, user: Id, base: &str) -> Value {
    json!({
        "displayName": login(world, user), "uniqueName": unique_name(world, user), "id": guid("identity", user),
        "descriptor": subject(world, user), "url": format!("{base}/fabrikam/_apis/Identities/{}", guid("identity", user)),
        "imageUrl": format!("{base}/fabrikam/_apis/GraphProfile/MemberAvatars/{}", subject(world, user)),
    })
}

pub(super) fn project(world: &World, owner: Id, base: &str) -> Value {
    let private = world.repositories.values().any(|found| found.owner == owner && found.private);
    json!({
        "id": guid("project", owner), "name": login(world, owner), "state": "wellFormed", "revision": 1,
        "visibility": if private { "private" } else { "public" }, "lastUpdateTime": time(world.now()),
        "url": format!("{base}/fabrikam/_apis/projects/{}", guid("project", owner)),
    })
}

pub(super) fn repository(world: &World, id: Id, base: &str) -> Value {
    let Some(found) = world.repositories.get(&id) else { return Value::Null };
    let remote = format!("{base}/fabrikam/{}/_git/{}", login(world, found.owner), found.name);
    let mut shown = json!({
        "id": guid("repository", id), "name": found.name, "project": project(world, found.owner, base),
        "size": 1, "remoteUrl": remote, "webUrl": remote, "sshUrl": remote, "isDisabled": found.archived,
        "isInMaintenance": false, "url": format!("{base}/fabrikam/_apis/git/repositories/{}", guid("repository", id)),
    });
    if !found.branches.is_empty() {
        shown["defaultBranch"] = format!("refs/heads/{}", found.default_branch).into();
    }
    shown
}

pub(super) fn label(label: &Label) -> Value {
    json!({ "id": guid("label", label.id), "name": label.name, "active": true })
}

pub(super) fn commit(id: &str, base: &str) -> Value {
    json!({ "commitId": id, "url": format!("{base}/fabrikam/_apis/git/commits/{id}") })
}

/// A pull request; lists leave out its labels.
pub(super) fn pull(call: &Call<'_>, item: &Item, whole: bool) -> Value {
    let (world, base) = (call.look(), call.base.as_str());
    let Some(pull) = &item.pull else { return Value::Null };
    let status = match (&pull.merged, &item.closed) {
        (Some(_), _) => "completed",
        (None, Some(_)) => "abandoned",
        (None, None) => "active",
    };
    let mut shown = json!({
        "repository": repository(world, item.repository, base), "pullRequestId": item.id, "codeReviewId": item.id,
        "status": status, "createdBy": identity(world, item.author, base), "creationDate": time(item.created),
        "title": item.title, "description": item.body, "isDraft": pull.draft,
        "sourceRefName": format!("refs/heads/{}", pull.head_branch),
        "targetRefName": format!("refs/heads/{}", pull.base_branch),
        "mergeStatus": "succeeded", "mergeId": guid("merge", item.id), "supportsIterations": true, "reviewers": [],
        "lastMergeSourceCommit": commit(&pull.head, base), "lastMergeTargetCommit": commit(&pull.base, base),
        "url": format!("{base}/fabrikam/_apis/git/pullRequests/{}", item.id),
    });
    if let Some(closed) = &item.closed {
        shown["closedDate"] = time(closed.at).into();
        shown["closedBy"] = identity(world, closed.by, base);
    }
    if let Some(merged) = &pull.merged {
        shown["lastMergeCommit"] = commit(&merged.commit, base);
    }
    if pull.head_repository != item.repository {
        let name = format!("refs/heads/{}", pull.head_branch);
        shown["forkSource"] = json!({
            "name": name, "objectId": pull.head, "repository": repository(world, pull.head_repository, base),
            "creator": identity(world, item.author, base), "url": "", "statuses": [],
        });
    }
    if whole {
        shown["labels"] = world.labels_of(item).into_iter().map(label).collect();
    }
    shown
}

/// Text as a rich-text field holds it; what is rich text already stays.
pub(super) fn html(text: &str) -> String {
    if text.contains('<') || text.contains('&') {
        return text.to_owned();
    }
    format!("<div>{}</div>", text.replace('\n', "<br>"))
}
