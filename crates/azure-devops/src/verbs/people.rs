//! What people may do, and who did what.

use forgeline_forge::{
    remote::Scan,
    types::{RepoId, Role},
};
use serde_json::Value;

use super::{pulls, work_items};
use crate::{
    api::{Api, MOST_PAGES, Result, Talk, sent},
    http::Manner,
    ids::Item,
    places::Place,
    shapes::{AccessControlEntry, AccessControlList, Identity, List, Push, Update},
};

/// The security namespace of Git repositories.
const GIT: &str = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87";
const ADMINISTER: u32 = 1;
const READ: u32 = 2;
const CONTRIBUTE: u32 = 4;
const EDIT_POLICIES: u32 = 2048;
const MANAGE_PERMISSIONS: u32 = 8192;
/// Changes of a work item on a page.
const PAGE: i32 = 200;

/// By the effective permissions on the repository.
pub(crate) async fn role_of(api: &Api, repo: &RepoId, login: &str) -> Result<Option<Role>> {
    let doing = format!("ask what somebody may do on {repo}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    // Everybody may look at what is public.
    let least = place.is_public.then_some(Role::Guest);
    let Some(id) = id_of(talk, &place, login).await? else { return Ok(least) };
    let client = talk.ims(Manner::Read)?.identities_client();
    let request = client.read_identities(talk.organization()).identity_ids(id);
    let found: List<Option<Identity>> = talk.read(sent!(request))?;
    let Some(descriptor) = found.value.into_iter().flatten().next().and_then(|it| it.descriptor) else {
        return Ok(least);
    };
    Ok(role(allowed(talk, &place, &descriptor).await?).max(least))
}

/// What is in force for somebody: a repository that says nothing of them has what its project has.
async fn allowed(talk: Talk<'_>, place: &Place, descriptor: &str) -> Result<u32> {
    let tokens = [
        format!("repoV2/{}/{}", place.project, place.repository),
        format!("repoV2/{}", place.project),
        "repoV2".to_owned(),
    ];
    for token in tokens {
        let client = talk.security(Manner::Read)?.access_control_lists_client();
        let request = client
            .query(GIT, talk.organization())
            .token(token)
            .descriptors(descriptor)
            .include_extended_info(true)
            .recurse(false);
        let lists: List<AccessControlList> = talk.read(sent!(request))?;
        let entries = lists.value.into_iter().filter_map(|list| list.aces_dictionary);
        let found = entries.flatten().find(|(who, _)| who.eq_ignore_ascii_case(descriptor));
        if let Some((_, entry)) = found {
            return Ok(effective(&entry));
        }
    }
    Ok(0)
}

/// Allowed and not denied, inherited or not.
fn effective(entry: &AccessControlEntry) -> u32 {
    let extended = entry.extended_info.as_ref();
    let allow = extended.and_then(|it| it.effective_allow).unwrap_or(entry.allow);
    let deny = extended.and_then(|it| it.effective_deny).unwrap_or(entry.deny);
    allow & !deny
}

fn role(bits: u32) -> Option<Role> {
    let has = |wanted: u32| bits & wanted != 0;
    if has(ADMINISTER) || has(MANAGE_PERMISSIONS) {
        Some(Role::Admin)
    } else if has(EDIT_POLICIES) {
        Some(Role::Maintainer)
    } else if has(CONTRIBUTE) {
        Some(Role::Editor)
    } else if has(READ) {
        Some(Role::Reader)
    } else {
        None
    }
}

/// Who has this login. One that was not seen since the start is looked for where people leave their names.
pub(super) async fn id_of(talk: Talk<'_>, place: &Place, login: &str) -> Result<Option<String>> {
    let people = &talk.api.people;
    if let Some(id) = people.id_of(login) {
        return Ok(Some(id));
    }
    // All that is open, and who wrote on it: whoever asks for something stands there.
    pulls::scan(talk, place, Scan::Open).await?;
    if people.id_of(login).is_none() && place.has_work_items {
        work_items::scan(talk, place, Scan::Open).await?;
    }
    if people.id_of(login).is_none() {
        let recent = forgeline_model::Timestamp::from_millis(talk.api.now().millis() - 30 * 24 * 3_600_000);
        super::comments::since(talk.api, &place.repo, recent).await?;
    }
    Ok(people.id_of(login))
}

/// Of a pull request nobody knows.
pub(crate) async fn labelled_by(api: &Api, repo: &RepoId, number: u64, label: &str) -> Result<Option<String>> {
    let doing = format!("ask who labelled {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let id = match Item::of(number) {
        Some(Item::WorkItem(id)) if place.has_work_items => id,
        _ => return Ok(None),
    };
    let mut last = None;
    for page in 0..MOST_PAGES {
        let skip = i32::try_from(page).unwrap_or(i32::MAX).saturating_mul(PAGE);
        let client = talk.wit(Manner::Read)?.updates_client();
        let request = client.list(talk.organization(), id, &place.project).top(PAGE).skip(skip);
        let updates: Vec<Update> = talk.list(sent!(request))?;
        let length = updates.len();
        last = updates.into_iter().rev().find(|update| adds(update, label)).or(last);
        if length < usize::try_from(PAGE).unwrap_or_default() {
            break;
        }
    }
    let who = last.and_then(|update| update.revised_by);
    let login = talk.api.people.login(talk, who.as_ref()).await?;
    Ok(Some(login).filter(|login| !login.is_empty()))
}

fn adds(update: &Update, label: &str) -> bool {
    let Some(change) = update.fields.as_ref().and_then(|fields| fields.get(work_items::TAGS)) else { return false };
    let has = |value: &Value| {
        let tags = work_items::tags(value.as_str().unwrap_or_default());
        tags.iter().any(|tag| tag.to_lowercase() == label.to_lowercase())
    };
    has(&change.new_value) && !has(&change.old_value)
}

pub(crate) async fn pushed_by(api: &Api, repo: &RepoId, branch: &str, commit: &str) -> Result<Option<String>> {
    moved_by(api, repo, &format!("refs/heads/{branch}"), Some(commit)).await
}

/// An annotated tag is an object of its own, so the last push of the name counts, whatever it points to.
pub(crate) async fn tagged_by(api: &Api, repo: &RepoId, tag: &str) -> Result<Option<String>> {
    moved_by(api, repo, &format!("refs/tags/{tag}"), None).await
}

async fn moved_by(api: &Api, repo: &RepoId, name: &str, commit: Option<&str>) -> Result<Option<String>> {
    let doing = format!("ask who pushed to {repo}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let client = talk.git(Manner::Read)?.pushes_client();
    let request = client
        .list(talk.organization(), &place.repository, &place.project)
        .search_criteria_ref_name(name)
        .search_criteria_include_ref_updates(true)
        .top(100);
    let pushes: Vec<Push> = talk.list(sent!(request))?;
    let moved = |push: &Push| {
        push.ref_updates.iter().any(|it| {
            commit.is_none_or(|commit| it.new_object_id.as_deref() == Some(commit))
                && it.name.as_deref().is_none_or(|found| found == name)
        })
    };
    let who = pushes.into_iter().find(moved).and_then(|push| push.pushed_by);
    let login = talk.api.people.login(talk, who.as_ref()).await?;
    Ok(Some(login).filter(|login| !login.is_empty()))
}

#[cfg(test)]
mod tests {
    use forgeline_forge::types::Role;

    use super::{AccessControlEntry, effective, role};
    use crate::shapes::ExtendedInfo;

    #[test]
    fn each_permission_has_its_role() {
        for (bits, expected) in [
            (0, None),
            (2, Some(Role::Reader)),
            (6, Some(Role::Editor)),
            (16_384 + 2, Some(Role::Reader)),
            (2048 + 6, Some(Role::Maintainer)),
            (8192 + 2, Some(Role::Admin)),
            (1, Some(Role::Admin)),
        ] {
            assert_eq!(role(bits), expected, "{bits}");
        }
    }

    #[test]
    fn what_is_denied_is_not_allowed() {
        let entry = AccessControlEntry { allow: 6, deny: 4, extended_info: None };
        assert_eq!(effective(&entry), 2);
        let inherited = ExtendedInfo { effective_allow: Some(6), effective_deny: Some(2) };
        assert_eq!(effective(&AccessControlEntry { allow: 0, deny: 0, extended_info: Some(inherited) }), 4);
    }
}
