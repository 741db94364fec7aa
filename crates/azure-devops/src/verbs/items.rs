//! Issues and pull requests: work items and pull requests there.

use forgeline_forge::{
    remote::{RemoteItem, Scan, Trouble},
    types::RepoId,
};

use super::{pulls, work_items};
use crate::{
    api::{Api, Result, Talk},
    ids::Item,
    places::Place,
};

pub(crate) async fn scan(api: &Api, repo: &RepoId, scan: Scan) -> Result<Vec<RemoteItem>> {
    let doing = format!("read the items of {repo}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    // Pull requests first: they are dated by the time of this answer, and what changes on a work item after it is newer.
    let mut all = pulls::scan(talk, &place, scan).await?;
    if place.has_work_items {
        all.extend(work_items::scan(talk, &place, scan).await?);
    }
    all.sort_by_key(|item| (item.updated_at, item.number));
    Ok(all)
}

pub(crate) async fn one(api: &Api, repo: &RepoId, number: u64) -> Result<Option<RemoteItem>> {
    let doing = format!("read {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    match Item::of(number) {
        Some(Item::Pull(id)) => pulls::one(talk, &place, id).await,
        Some(Item::WorkItem(id)) if place.has_work_items => work_items::one(talk, &place, id).await,
        _ => Ok(None),
    }
}

pub(crate) async fn open(api: &Api, repo: &RepoId, title: &str, body: &str, labels: &[String]) -> Result<RemoteItem> {
    let doing = format!("open a work item of {repo}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    if !place.has_work_items {
        return Err(talk.error(Trouble::Refused(format!(
            "the work items of the project `{}` are not this repository's issues; name it in `work_items`",
            place.project_name
        ))));
    }
    work_items::create(talk, &place, title, body, labels).await
}

pub(crate) async fn set_open(api: &Api, repo: &RepoId, number: u64, open: bool) -> Result<RemoteItem> {
    let doing = format!("{} {repo}#{number}", if open { "reopen" } else { "close" });
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    match known(talk, &place, number)? {
        Item::Pull(id) => pulls::set_open(talk, &place, id, open).await,
        Item::WorkItem(id) => work_items::set_open(talk, &place, id, open).await,
    }
}

/// What a number means; an error for what can be nothing in this repository.
pub(super) fn known(talk: Talk<'_>, place: &Place, number: u64) -> Result<Item> {
    match Item::of(number) {
        Some(Item::WorkItem(_)) if !place.has_work_items => {}
        Some(item) => return Ok(item),
        None => {}
    }
    Err(talk.error(Trouble::Missing(format!("{}#{number} is nothing there", place.repo))))
}
