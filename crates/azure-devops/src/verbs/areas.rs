//! Area and type of a work item, which say what it is about.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use forgeline_forge::{remote::ItemPlace, types::RepoId};
use forgeline_model::Timestamp;

use super::work_items;
use crate::{
    api::{Api, Result},
    ids::Item,
    shapes::WorkItem,
};

/// How long what a look read is good for, milliseconds: as long as the pass that looked needs to decide by it.
const LAST: u64 = 60_000;

/// Where work items were when they were read last, by project and id.
#[derive(Default)]
pub(crate) struct Areas(Mutex<HashMap<(String, i32), (Timestamp, ItemPlace)>>);

impl Areas {
    /// Remembers where a work item is, so that nobody has to ask again in the same pass.
    pub(super) fn note(&self, it: &WorkItem, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Once in a while is enough: what is too old is not used.
        if known.len().is_power_of_two() {
            known.retain(|_, (at, _)| is_fresh(*at, now));
        }
        known.insert((it.text("System.TeamProject").to_lowercase(), it.id), (now, place_of(it)));
    }

    fn get(&self, project: &str, id: i32, now: Timestamp) -> Option<ItemPlace> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(project.to_lowercase(), id)).filter(|(at, _)| is_fresh(*at, now)).map(|(_, place)| place.clone())
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    now.millis_since(at) < LAST
}

fn place_of(it: &WorkItem) -> ItemPlace {
    let text = |field: &str| Some(it.text(field).to_owned()).filter(|text| !text.is_empty());
    ItemPlace { kind: text("System.WorkItemType"), area: text("System.AreaPath") }
}

/// None for a pull request, and for what is not there.
pub(crate) async fn of(api: &Api, repo: &RepoId, number: u64) -> Result<Option<ItemPlace>> {
    let doing = format!("read the area of {repo}#{number}");
    let talk = api.talk(&doing);
    let place = api.places.of(talk, repo).await?;
    let Some(Item::WorkItem(id)) = Item::of(number).filter(|_| place.has_work_items) else { return Ok(None) };
    if let Some(known) = api.areas.get(&place.project_name, id, api.now()) {
        return Ok(Some(known));
    }
    let Some(found) = work_items::get(talk, &place, id).await? else { return Ok(None) };
    api.areas.note(&found, api.now());
    Ok(Some(place_of(&found)))
}
