//! Work items: the issues of one repository of their project.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use azure_devops_rust_api::wit::models::{
    JsonPatchOperation, Wiql, WorkItemBatchGetRequest, json_patch_operation::Op,
    work_item_batch_get_request::ErrorPolicy,
};
use forgeline_forge::remote::{RemoteItem, RemoteState, Scan, Trouble};
use forgeline_model::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use super::text;
use crate::{
    api::{MOST_PAGES, Result, Talk, done_all_the_same, sent},
    html,
    http::Manner,
    ids::{Item, inward, outward},
    limits::Priority,
    places::Place,
    shapes::{Found, List, WorkItem, WorkItemType},
};

/// Work items that are read at once; the server takes no more.
const BATCH: usize = 200;
/// Work items that a query finds at most; the next one begins where it ended.
const PAGE: i32 = 1000;
/// Tries of a change when somebody else changes the same work item.
const TRIES: usize = 5;
/// Longest title, UTF-16 units.
const LONGEST_TITLE: usize = 255;
/// How long the kinds of work items of a project are remembered, milliseconds.
const KINDS_LAST: u64 = 10 * 60_000;
/// What is opened, the first of these that the project has.
const KINDS: [&str; 5] = ["Issue", "Task", "Bug", "User Story", "Product Backlog Item"];
/// States that end work in projects whose states have no category.
const ENDS: [&str; 4] = ["Closed", "Done", "Removed", "Resolved"];

pub(super) const TAGS: &str = "System.Tags";

/// The kinds of work items of a project, with their states.
type Types = Arc<Vec<WorkItemType>>;

/// What kinds of work items projects have, and when they were asked for.
#[derive(Default)]
pub(crate) struct Kinds(Mutex<HashMap<String, (Timestamp, Types)>>);

impl Kinds {
    async fn of(&self, talk: Talk<'_>, place: &Place) -> Result<Types> {
        let now = talk.api.now();
        let mut known = self.0.lock().await;
        if let Some((at, kinds)) = known.get(&place.project)
            && now.millis_since(*at) < KINDS_LAST
        {
            return Ok(kinds.clone());
        }
        let client = talk.wit(Manner::Read)?.work_item_types_client();
        // A project without the Boards service has none.
        let found: Option<List<WorkItemType>> = talk.find(sent!(client.list(talk.organization(), &place.project)))?;
        let kinds = Arc::new(found.map(|list| list.value).unwrap_or_default());
        known.insert(place.project.clone(), (now, kinds.clone()));
        Ok(kinds)
    }
}

pub(super) async fn scan(talk: Talk<'_>, place: &Place, scan: Scan) -> Result<Vec<RemoteItem>> {
    let kinds = talk.api.kinds.of(talk, place).await?;
    let mut all = Vec::new();
    for work_item in changed(talk, place, scan).await? {
        let shown = item(talk, &kinds, work_item).await?;
        if scan != Scan::Open || shown.state == RemoteState::Open {
            all.push(shown);
        }
    }
    Ok(all)
}

/// Those that changed since, or that are open; of the latter also some that are not.
pub(super) async fn changed(talk: Talk<'_>, place: &Place, scan: Scan) -> Result<Vec<WorkItem>> {
    let kinds = talk.api.kinds.of(talk, place).await?;
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut all: BTreeMap<i32, WorkItem> = BTreeMap::new();
    let mut since = match scan {
        Scan::After(since) => since,
        Scan::Open => Timestamp::from_millis(0),
    };
    for _ in 0..MOST_PAGES {
        let query = match scan {
            Scan::After(_) => {
                let at = jiff::Timestamp::from_millisecond(since.millis()).unwrap_or_default();
                format!("[System.ChangedDate] >= '{at}' ORDER BY [System.ChangedDate], [System.Id]")
            }
            Scan::Open => {
                let last = all.keys().next_back().copied().unwrap_or(0);
                format!("{}[System.Id] > {last} ORDER BY [System.Id]", without_ended(&kinds))
            }
        };
        let found = find(talk, place, &query).await?;
        let new: Vec<i32> = found.iter().copied().filter(|id| !all.contains_key(id)).collect();
        for ids in new.chunks(BATCH) {
            for work_item in batch(talk, place, ids).await? {
                since = work_item.time("System.ChangedDate").map_or(since, |at| at.max(since));
                all.insert(work_item.id, work_item);
            }
        }
        if new.is_empty() || found.len() < usize::try_from(PAGE).unwrap_or_default() {
            return Ok(all.into_values().collect());
        }
    }
    Err(talk.error(Trouble::Unreadable("the list has no end".into())))
}

/// A condition that leaves out the states which end work in every kind that has them.
fn without_ended(kinds: &[WorkItemType]) -> String {
    let states = |ended: bool| {
        let of_kind = |kind: &WorkItemType| {
            let named = kind.states.iter().filter(|state| is_end(state.category.as_deref(), &state.name) == ended);
            named.map(|state| state.name.clone()).collect::<Vec<_>>()
        };
        kinds.iter().flat_map(of_kind).collect::<BTreeSet<String>>()
    };
    let (ended, open) = (states(true), states(false));
    let quoted: Vec<String> = ended.difference(&open).map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    if quoted.is_empty() { String::new() } else { format!("[System.State] NOT IN ({}) AND ", quoted.join(", ")) }
}

async fn find(talk: Talk<'_>, place: &Place, condition: &str) -> Result<Vec<i32>> {
    let query = format!("SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND {condition}");
    let wiql = Wiql { query: Some(query) };
    // Without a team the other crate leaves an empty segment, which the transport takes out.
    let client = talk.wit(Manner::Read)?.wiql_client();
    let request = client.query_by_wiql(talk.organization(), wiql, &place.project, "").time_precision(true).top(PAGE);
    let found: Found = talk.read(sent!(request))?;
    Ok(found.work_items.into_iter().map(|it| it.id).collect())
}

async fn batch(talk: Talk<'_>, place: &Place, ids: &[i32]) -> Result<Vec<WorkItem>> {
    // No list of fields: not every process has all that are of use, and one that is not there fails the whole request.
    let body = WorkItemBatchGetRequest {
        ids: ids.to_vec(),
        error_policy: Some(ErrorPolicy::Omit),
        ..WorkItemBatchGetRequest::default()
    };
    let client = talk.wit(Manner::Read)?.work_items_client();
    let request = client.get_work_items_batch(talk.organization(), body, &place.project);
    // What was deleted in between is `null`.
    let list: List<Option<WorkItem>> = talk.read(sent!(request))?;
    Ok(list.value.into_iter().flatten().collect())
}

pub(super) async fn one(talk: Talk<'_>, place: &Place, id: i32) -> Result<Option<RemoteItem>> {
    let Some(found) = get(talk, place, id).await? else { return Ok(None) };
    let kinds = talk.api.kinds.of(talk, place).await?;
    item(talk, &kinds, found).await.map(Some)
}

pub(super) async fn get(talk: Talk<'_>, place: &Place, id: i32) -> Result<Option<WorkItem>> {
    let client = talk.wit(Manner::Read)?.work_items_client();
    let found: Option<WorkItem> = talk.find(sent!(client.get_work_item(talk.organization(), id, &place.project)))?;
    // Ids are the organization's; one of another project is none of this repository's issues.
    let is_here = |it: &WorkItem| it.text("System.TeamProject").eq_ignore_ascii_case(&place.project_name);
    Ok(found.filter(is_here))
}

pub(super) async fn create(
    talk: Talk<'_>,
    place: &Place,
    title: &str,
    body: &str,
    labels: &[String],
) -> Result<RemoteItem> {
    let kinds = talk.api.kinds.of(talk, place).await?;
    let has = |name: &&&str| kinds.iter().any(|kind| kind.name.eq_ignore_ascii_case(name));
    let Some(kind) = KINDS.iter().find(has) else {
        let wanted = KINDS.join(", ");
        return Err(talk.error(Trouble::Refused(format!("the project has none of the work item types {wanted}"))));
    };
    let mut operations = vec![
        set("System.Title", text::line(&outward(title), LONGEST_TITLE)),
        set("System.Description", html::from_text(&outward(body))),
    ];
    if !labels.is_empty() {
        operations.push(set(TAGS, labels.join("; ")));
    }
    let client = talk.wit(Manner::Write(Priority::Work))?.work_items_client();
    // The name of a type is a segment of a path; the known ones have letters and spaces only.
    let request = client.create(talk.organization(), operations, &place.project, *kind);
    let made: WorkItem = talk.written(sent!(request))?;
    item(talk, &kinds, made).await.map_err(done_all_the_same)
}

pub(super) async fn set_open(talk: Talk<'_>, place: &Place, id: i32, open: bool) -> Result<RemoteItem> {
    let kinds = talk.api.kinds.of(talk, place).await?;
    let changed = change(talk, place, id, Priority::Work, |it| {
        let kind = kinds.iter().find(|kind| kind.name == it.text("System.WorkItemType"));
        let is_open = state_of(&kinds, it) == RemoteState::Open;
        let states = kind.map(|kind| kind.states.as_slice()).unwrap_or_default();
        let first = |wanted: &str| states.iter().find(|state| state.category.as_deref() == Some(wanted));
        let target = if open { first("Proposed").or(first("InProgress")) } else { first("Completed") };
        let fallback = if open { "New" } else { "Closed" };
        (is_open != open).then(|| set("System.State", target.map_or(fallback, |state| state.name.as_str())))
    })
    .await?;
    item(talk, &kinds, changed).await.map_err(done_all_the_same)
}

/// Changes a work item as it is now: whoever changed it in between is not overwritten. No operation: nothing is to be changed.
pub(super) async fn change(
    talk: Talk<'_>,
    place: &Place,
    id: i32,
    priority: Priority,
    operation: impl Fn(&WorkItem) -> Option<JsonPatchOperation>,
) -> Result<WorkItem> {
    let mut refused = None;
    for _ in 0..TRIES {
        let Some(now) = get(talk, place, id).await? else {
            return Err(talk.error(Trouble::Missing("there is no such work item in the project".to_owned())));
        };
        let Some(operation) = operation(&now) else { return Ok(now) };
        let test = JsonPatchOperation {
            from: None,
            op: Some(Op::Test),
            path: Some("/rev".to_owned()),
            value: now.rev.map(Value::from),
        };
        let client = talk.wit(Manner::Write(priority))?.work_items_client();
        let request = client.update(talk.organization(), vec![test, operation], id, &place.project);
        match talk.answer_or_status(sent!(request)) {
            Ok(answer) => return talk.shape(&answer).map_err(done_all_the_same),
            // Nothing was done, since it is not as it was any more.
            Err((error, Some(409 | 412))) => refused = Some(error),
            Err((error, _)) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| talk.error(Trouble::Refused("others change it all the time".to_owned()))))
}

pub(super) fn set(field: &str, value: impl Into<Value>) -> JsonPatchOperation {
    JsonPatchOperation {
        from: None,
        op: Some(Op::Add),
        path: Some(format!("/fields/{field}")),
        value: Some(value.into()),
    }
}

pub(super) fn tags(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

async fn item(talk: Talk<'_>, kinds: &[WorkItemType], it: WorkItem) -> Result<RemoteItem> {
    talk.api.areas.note(&it, talk.api.now());
    let people = &talk.api.people;
    let state = state_of(kinds, &it);
    let closed_by = it.person("Microsoft.VSTS.Common.ClosedBy").filter(|_| state != RemoteState::Open);
    let closed_by = people.login(talk, closed_by.as_ref()).await?;
    let created = it.time("System.CreatedDate").unwrap_or(Timestamp::from_millis(0));
    Ok(RemoteItem {
        number: Item::WorkItem(it.id).number(),
        title: inward(it.text("System.Title")),
        body: inward(&body(&it)),
        state,
        author: people.login(talk, it.person("System.CreatedBy").as_ref()).await?,
        labels: tags(it.text(TAGS)),
        created_at: created,
        updated_at: it.time("System.ChangedDate").unwrap_or(created),
        closed_by: Some(closed_by).filter(|login| !login.is_empty()),
        pull: None,
    })
}

fn body(it: &WorkItem) -> String {
    const FIELD: &str = "System.Description";
    let is_markdown = it.multiline_fields_format.as_ref().and_then(|formats| formats.get(FIELD));
    if is_markdown.is_some_and(|format| format.eq_ignore_ascii_case("markdown")) {
        return it.text(FIELD).to_owned();
    }
    // Bugs have no description, but steps.
    match it.text(FIELD) {
        "" => html::to_markdown(it.text("Microsoft.VSTS.TCM.ReproSteps")),
        text => html::to_markdown(text),
    }
}

fn state_of(kinds: &[WorkItemType], it: &WorkItem) -> RemoteState {
    let (kind, state) = (it.text("System.WorkItemType"), it.text("System.State"));
    let known = kinds.iter().find(|found| found.name == kind).and_then(|found| {
        found.states.iter().find(|found| found.name == state).and_then(|found| found.category.as_deref())
    });
    if is_end(known, state) { RemoteState::Closed } else { RemoteState::Open }
}

fn is_end(category: Option<&str>, state: &str) -> bool {
    match category {
        Some(category) => matches!(category, "Completed" | "Removed"),
        None => ENDS.contains(&state),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{RemoteState, WorkItem, WorkItemType, body, state_of, tags, without_ended};

    fn kinds() -> Vec<WorkItemType> {
        let state = |name: &str, category: &str| json!({ "name": name, "category": category });
        let shown = json!([
            { "name": "Bug", "states": [state("New", "Proposed"), state("Resolved", "Resolved"), state("Won't do", "Removed")] },
            { "name": "Task", "states": [state("New", "Proposed"), state("Closed", "Completed")] },
            { "name": "Old", "states": [{ "name": "Open" }, { "name": "Done" }, { "name": "Closed" }] },
            { "name": "Odd", "states": [state("Done", "InProgress")] },
        ]);
        serde_json::from_value(shown).expect("kinds")
    }

    fn work_item(fields: serde_json::Value) -> WorkItem {
        serde_json::from_value(json!({ "id": 1, "rev": 1, "fields": fields })).expect("a work item")
    }

    #[test]
    fn the_category_of_its_state_says_whether_work_goes_on() {
        for (kind, state, expected) in [
            ("Bug", "Resolved", RemoteState::Open),
            ("Bug", "Won't do", RemoteState::Closed),
            ("Task", "Closed", RemoteState::Closed),
            ("Task", "New", RemoteState::Open),
            ("Old", "Done", RemoteState::Closed),
            ("Odd", "Done", RemoteState::Open),
            ("Unknown", "Removed", RemoteState::Closed),
        ] {
            let it = work_item(json!({ "System.WorkItemType": kind, "System.State": state }));
            assert_eq!(state_of(&kinds(), &it), expected, "{kind} {state}");
        }
    }

    #[test]
    fn a_query_leaves_out_only_what_is_over_in_every_type() {
        assert_eq!(without_ended(&kinds()), "[System.State] NOT IN ('Closed', 'Won''t do') AND ");
        assert_eq!(without_ended(&[]), "");
    }

    #[test]
    fn tags_and_texts() {
        assert_eq!(tags(" a; b c ;;"), ["a", "b c"]);
        assert_eq!(body(&work_item(json!({ "Microsoft.VSTS.TCM.ReproSteps": "<p>x</p>" }))), "x");
        let mut it = work_item(json!({ "System.Description": "a <b> c" }));
        assert_eq!(body(&it), "a ** c");
        it.multiline_fields_format =
            serde_json::from_value(json!({ "System.Description": "Markdown" })).expect("formats");
        assert_eq!(body(&it), "a <b> c");
    }
}
