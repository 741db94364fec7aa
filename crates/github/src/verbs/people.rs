//! What people may do, and who did what.

use forgeline_forge::types::{RepoId, Role};
use serde::de::IgnoredAny;

use super::repositories::is_private;
use crate::{
    api::{Api, Result},
    auth::{Identity, Need},
    shapes::{self, Activity, IssueEvent, Numbered, Occurred, Permission},
};

pub(crate) async fn role_of(api: &Api, repo: &RepoId, login: &str) -> Result<Option<Role>> {
    let doing = format!("ask what somebody may do on {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "collaborators", login, "permission"])?;
    let role = talk.get_fresh::<Permission>(&path).await?.and_then(|permission| role(&permission));
    if role >= Some(Role::Editor) {
        return Ok(role);
    }
    match is_private(api, repo).await? {
        Some(true) => Ok(role),
        // Of a public repository GitHub says that everybody reads it; a reader is who was made one.
        Some(false) if role.is_some() => {
            let path = talk.path(&["repos", repo.owner(), repo.name(), "collaborators", login])?;
            let is_one = talk.get_fresh::<IgnoredAny>(&path).await?.is_some();
            Ok(Some(if is_one { Role::Reader } else { Role::Guest }))
        }
        Some(false) => Ok(Some(Role::Guest)),
        None => Ok(None),
    }
}

/// The number of the account that has this login now.
pub(crate) async fn account_id(api: &Api, repo: &RepoId, login: &str) -> Result<Option<u64>> {
    let talk = api.talk(Identity::Repo(repo, Need::Read), "ask who somebody is");
    let path = talk.path(&["users", login])?;
    Ok(talk.get_fresh::<Numbered>(&path).await?.map(|account| account.id))
}

/// The role's own name tells more; an organisation's own roles are known by what they build on.
fn role(permission: &Permission) -> Option<Role> {
    let named = permission.role_name.as_deref().and_then(by_word);
    named.or_else(|| permission.permission.as_deref().and_then(by_word)).flatten()
}

fn by_word(word: &str) -> Option<Option<Role>> {
    match word {
        "admin" => Some(Some(Role::Admin)),
        "maintain" => Some(Some(Role::Maintainer)),
        "write" => Some(Some(Role::Editor)),
        "triage" | "read" => Some(Some(Role::Reader)),
        "none" => Some(None),
        _ => None,
    }
}

pub(crate) async fn labelled_by(api: &Api, repo: &RepoId, number: u64, label: &str) -> Result<Option<String>> {
    let is_it = |event: &IssueEvent| {
        let named = event.label.clone().map(|named| shapes::names(vec![named])).unwrap_or_default();
        event.event == "labeled" && named.iter().any(|name| name.eq_ignore_ascii_case(label))
    };
    last_actor(api, repo, number, &format!("ask who labelled {repo}#{number}"), is_it).await
}

pub(crate) async fn reopened_by(api: &Api, repo: &RepoId, number: u64) -> Result<Option<String>> {
    let doing = format!("ask who opened {repo}#{number} again");
    last_actor(api, repo, number, &doing, |event| event.event == "reopened").await
}

/// Who caused the last event of this kind.
async fn last_actor(
    api: &Api,
    repo: &RepoId,
    number: u64,
    doing: &str,
    is_it: impl FnMut(&IssueEvent) -> bool,
) -> Result<Option<String>> {
    let talk = api.talk(Identity::Repo(repo, Need::Read), doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "issues", &number.to_string(), "events"])?;
    let events: Vec<IssueEvent> = talk.pages(path).await?;
    let last = events.into_iter().rev().find(is_it);
    Ok(last.and_then(|event| event.actor).map(|actor| actor.login))
}

/// By GitHub's record of activity, which servers of some age lack: then nobody knows.
pub(crate) async fn pushed_by(api: &Api, repo: &RepoId, branch: &str, commit: &str) -> Result<Option<String>> {
    let doing = format!("ask who pushed to {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "activity"])?;
    let path = path.with("ref", &format!("refs/heads/{branch}")).with("per_page", "100");
    let moves: Vec<Activity> = match talk.find(&path).await {
        Ok(moves) => moves.unwrap_or_default(),
        Err(error) if error.is_passing() => return Err(error),
        Err(_) => return Ok(None),
    };
    let found = moves.into_iter().find(|it| it.after.as_deref() == Some(commit));
    Ok(found.and_then(|it| it.actor).map(|actor| actor.login))
}

/// By GitHub's list of what happened, which may be half a minute late, and at times hours.
pub(crate) async fn tagged_by(api: &Api, repo: &RepoId, tag: &str) -> Result<Option<String>> {
    let doing = format!("ask who made a tag in {repo}");
    let talk = api.talk(Identity::Repo(repo, Need::Read), &doing);
    let path = talk.path(&["repos", repo.owner(), repo.name(), "events"])?.with("per_page", "100");
    let events: Vec<Occurred> = match talk.find(&path).await {
        Ok(events) => events.unwrap_or_default(),
        Err(error) if error.is_passing() => return Err(error),
        Err(_) => return Ok(None),
    };
    // The newest stands first.
    Ok(events.into_iter().find(|it| it.made_tag(tag)).and_then(|it| it.actor).map(|actor| actor.login))
}

#[cfg(test)]
mod tests {
    use forgeline_forge::types::Role;

    use super::{Permission, role};

    #[test]
    fn each_permission_has_its_role() {
        let check = |permission: &str, role_name: Option<&str>, expected| {
            let shape = Permission { permission: Some(permission.into()), role_name: role_name.map(str::to_owned) };
            assert_eq!(role(&shape), expected, "{permission} {role_name:?}");
        };
        check("admin", Some("admin"), Some(Role::Admin));
        check("write", Some("maintain"), Some(Role::Maintainer));
        check("write", Some("write"), Some(Role::Editor));
        check("read", Some("triage"), Some(Role::Reader));
        check("read", None, Some(Role::Reader));
        check("write", Some("release crew"), Some(Role::Editor));
        check("none", Some("none"), None);
        check("king", Some("emperor"), None);
    }
}
