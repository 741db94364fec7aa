//! Work items: issues of the model, of whatever repository in the project.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::list;
use super::reply::{Outcome, Refusal, Reply};
use super::{repositories, shape};
use crate::model::item::{EventKind, Item, Subject};
use crate::model::{Id, World};

const TYPE: &str = "Issue";
/// Types of work items of every project.
pub(crate) const TYPES: [&str; 4] = ["Bug", "Epic", TYPE, "Task"];
const OPEN: &str = "To Do";
const DONE: &str = "Done";

pub(super) fn find(call: &mut Call<'_>, owner: Id, id: &str) -> Result<Id, Refusal> {
    let missing = || {
        Refusal::new(
            404,
            format!("TF401232: Work item {id} does not exist, or you do not have permissions to read it."),
        )
    };
    let number: Id = id.parse().map_err(|_| missing())?;
    let found = call.look().items.get(&number).filter(|it| is_of(call, it, owner));
    found.map(|it| it.id).ok_or_else(missing)
}

fn is_of(call: &Call<'_>, item: &Item, owner: Id) -> bool {
    item.pull.is_none() && call.look().repositories.get(&item.repository).is_some_and(|it| it.owner == owner)
}

pub(super) fn kinds(call: &mut Call<'_>) -> Outcome {
    let base = call.base.clone();
    let state = |name: &str, category: &str| json!({ "name": name, "color": "b2b2b2", "category": category });
    let states = [state(OPEN, "Proposed"), state("Doing", "InProgress"), state(DONE, "Completed")];
    let kind = |name: &str| {
        json!({
            "name": name, "referenceName": format!("Microsoft.VSTS.WorkItemTypes.{name}"), "description": "",
            "color": "339933", "isDisabled": false, "states": states, "url": format!("{base}/fabrikam/{name}"),
        })
    };
    Ok(Reply::ok(list(TYPES.map(kind).to_vec())))
}

fn tags(call: &Call<'_>, item: &Item) -> String {
    let names: Vec<&str> = call.look().labels_of(item).into_iter().map(|label| label.name.as_str()).collect();
    names.join("; ")
}

fn state(item: &Item) -> &'static str {
    if item.closed.is_some() { DONE } else { OPEN }
}

fn shown(call: &Call<'_>, id: Id) -> Value {
    with_relations(call, id, false)
}

fn with_relations(call: &Call<'_>, id: Id, expanded: bool) -> Value {
    let (world, base) = (call.look(), &call.base);
    let Some(item) = world.items.get(&id) else { return Value::Null };
    let owner = world.repositories.get(&item.repository).map_or(0, |it| it.owner);
    let project = shape::login(world, owner);
    let comments = world.comments.values().filter(|it| it.item == id).count();
    let area = world.area_of.get(&id).unwrap_or(&project);
    let kind = world.type_of.get(&id).map_or(TYPE, String::as_str);
    let mut fields = json!({
        "System.Id": item.id, "System.Rev": item.rev, "System.TeamProject": project, "System.AreaPath": area,
        "System.IterationPath": project, "System.WorkItemType": kind, "System.State": state(item),
        "System.Title": item.title, "System.Description": shape::html(&item.body), "System.CommentCount": comments,
        "System.CreatedDate": shape::time(item.created), "System.ChangedDate": shape::time(item.updated),
        "System.CreatedBy": shape::identity(world, item.author, base),
        "System.ChangedBy": shape::identity(world, item.author, base),
    });
    let tags = tags(call, item);
    if !tags.is_empty() {
        fields["System.Tags"] = tags.into();
    }
    if let Some(closed) = &item.closed {
        fields["Microsoft.VSTS.Common.ClosedBy"] = shape::identity(world, closed.by, base);
    }
    let url = format!("{base}/fabrikam/_apis/wit/workItems/{id}");
    let mut shown = json!({ "id": id, "rev": item.rev, "fields": fields, "url": url, "_links": {} });
    let artifact = |pull: Id| {
        let repository = world.items.get(&pull).map_or(0, |it| it.repository);
        let (project, repository) = (shape::guid("project", owner), shape::guid("repository", repository));
        format!("vstfs:///Git/PullRequestId/{project}%2F{repository}%2F{pull}")
    };
    let pulls = world.links.iter().filter(|(work_item, _)| *work_item == id);
    let relations: Vec<Value> = pulls
        .map(|(_, pull)| {
            json!({ "rel": "ArtifactLink", "url": artifact(*pull), "attributes": { "name": "Pull Request" } })
        })
        .collect();
    if expanded && !relations.is_empty() {
        shown["relations"] = relations.into();
    }
    shown
}

pub(super) fn one(call: &mut Call<'_>, item: Id) -> Outcome {
    let expanded = call.param("$expand").is_some_and(|what| what == "relations" || what == "all");
    Ok(Reply::ok(with_relations(call, item, expanded)))
}

/// A query of the few forms that are understood.
pub(super) fn query(call: &mut Call<'_>, owner: Id) -> Outcome {
    let text = call.text("/query").unwrap_or_default();
    let precise = call.param("timePrecision").as_deref() == Some("true");
    let top = call.number("$top").unwrap_or(20_000);
    let head = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND ";
    let parts = text.strip_prefix(head).and_then(|rest| rest.split_once(" ORDER BY "));
    let Some((conditions, order)) = parts else {
        call.problem(format!("the fake does not understand the query `{text}`"));
        return Err(Refusal::new(400, "TF51006: The query statement is missing a clause."));
    };
    let mut found: Vec<&Item> = call.look().items.values().filter(|it| is_of(call, it, owner)).collect();
    let mut strange = Vec::new();
    for condition in conditions.split(" AND ") {
        if let Some(value) = condition.strip_prefix("[System.ChangedDate] >= ") {
            let since: Option<jiff::Timestamp> = value.trim_matches('\'').parse().ok();
            let (Some(since), true) = (since, precise) else {
                strange.push("a time needs `timePrecision`".to_owned());
                continue;
            };
            found.retain(|it| it.updated >= since.as_millisecond());
        } else if let Some(value) = condition.strip_prefix("[System.Id] > ") {
            let least: Id = value.parse().unwrap_or(Id::MAX);
            found.retain(|it| it.id > least);
        } else if let Some(values) = condition.strip_prefix("[System.State] NOT IN ") {
            let names: Vec<&str> =
                values.trim_matches(['(', ')']).split(", ").map(|it| it.trim_matches('\'')).collect();
            found.retain(|it| !names.contains(&state(it)));
        } else {
            strange.push(format!("the fake does not understand the condition `{condition}`"));
        }
    }
    match order {
        "[System.Id]" => found.sort_by_key(|it| it.id),
        "[System.ChangedDate], [System.Id]" => found.sort_by_key(|it| (it.updated, it.id)),
        other => strange.push(format!("the fake does not understand the order `{other}`")),
    }
    let base = &call.base;
    let url = |id: Id| format!("{base}/fabrikam/_apis/wit/workItems/{id}");
    let ids: Vec<Value> = found.iter().take(top).map(|it| json!({ "id": it.id, "url": url(it.id) })).collect();
    let at = shape::time(call.look().now());
    for problem in strange {
        call.problem(problem);
    }
    Ok(Reply::ok(json!({
        "queryType": "flat", "queryResultType": "workItem", "asOf": at, "columns": [], "sortColumns": [], "workItems": ids,
    })))
}

pub(super) fn batch(call: &mut Call<'_>, owner: Id) -> Outcome {
    let ids: Vec<Id> =
        call.body["ids"].as_array().map(|ids| ids.iter().filter_map(Value::as_u64).collect()).unwrap_or_default();
    if ids.is_empty() || ids.len() > 200 {
        call.problem("a batch has 1 to 200 work items");
        return Err(Refusal::new(400, "VS403474: You requested work items in a batch of the wrong size."));
    }
    let found = ids.into_iter().filter(|id| call.look().items.get(id).is_some_and(|it| is_of(call, it, owner)));
    let shown: Vec<Value> = found.map(|id| shown(call, id)).collect();
    Ok(Reply::ok(list(shown)))
}

pub(super) fn create(call: &mut Call<'_>, owner: Id, kind: &str) -> Outcome {
    if !TYPES.contains(&kind) {
        return Err(Refusal::new(404, format!("VS402323: Work item type {kind} does not exist in the project.")));
    }
    let all = repositories::of(call.look(), owner);
    let name = shape::login(call.look(), owner);
    let same = |id: &&Id| call.look().repositories.get(*id).is_some_and(|it| it.name.eq_ignore_ascii_case(&name));
    let repository = all.iter().find(same).or(all.first()).copied().unwrap_or_default();
    let fields = fields(call)?;
    let field = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (title, body) = (field("System.Title"), field("System.Description"));
    if title.is_empty() || title.chars().count() > 255 {
        return Err(Refusal::new(400, "TF401320: Rule Error for field Title."));
    }
    let actor = call.actor();
    let item = call.world().open_item(actor, repository, &title, &body);
    if kind != TYPE {
        call.world().type_of.insert(item, kind.to_owned());
    }
    for tag in field("System.Tags").split(';').map(str::trim).filter(|tag| !tag.is_empty()) {
        call.world().label(actor, item, tag);
    }
    Ok(Reply::ok(shown(call, item)))
}

/// The fields that a patch sets.
fn fields(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let Some(operations) = call.body.as_array().cloned() else {
        call.problem("a work item is changed with a list of operations");
        return Err(Refusal::new(400, "You must pass a valid patch document in the body of the request."));
    };
    let mut set = Map::new();
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default().to_owned();
        match (operation["op"].as_str(), path.strip_prefix("/fields/")) {
            (Some("test"), None) if path == "/rev" => {}
            (Some("add" | "replace"), Some(name)) => {
                set.insert(name.to_owned(), operation["value"].clone());
            }
            _ => call.problem(format!("the fake does not understand the operation `{operation}`")),
        }
    }
    Ok(set)
}

pub(super) fn change(call: &mut Call<'_>, item: Id) -> Outcome {
    let rev = call.look().items.get(&item).map_or(0, |it| it.rev);
    let operations = call.body.as_array().cloned().unwrap_or_default();
    let test = operations.iter().find(|it| it["op"] == "test" && it["path"] == "/rev");
    match test {
        None => call.problem("a work item is changed as it was read: test `/rev` first"),
        Some(test) if test["value"].as_u64() != Some(rev) => {
            return Err(Refusal::new(412, "VS403351: Test Operation for path /rev failed."));
        }
        Some(_) => {}
    }
    let set = fields(call)?;
    let actor = call.actor();
    for (name, value) in set {
        let text = value.as_str().unwrap_or_default().to_owned();
        match name.as_str() {
            "System.Title" => call.world().edit_item(actor, item, Some(&text), None),
            "System.Description" => call.world().edit_item(actor, item, None, Some(&text)),
            "System.State" if text == DONE => call.world().close(actor, item, true, None),
            "System.State" if text == OPEN || text == "Doing" => call.world().reopen(actor, item)?,
            "System.Tags" => retag(call, item, &text),
            "System.AreaPath" => call.world().set_area(item, &text).map_err(|error| Refusal::new(400, error))?,
            _ => call.problem(format!("the fake has no field `{name}` with the value `{text}`")),
        }
    }
    Ok(Reply::ok(shown(call, item)))
}

impl World {
    /// Moves a work item to an area, which its project must have.
    pub(crate) fn set_area(&mut self, item: Id, area: &str) -> Result<(), String> {
        let owner = self.items.get(&item).and_then(|it| self.repositories.get(&it.repository)).map_or(0, |it| it.owner);
        if area.eq_ignore_ascii_case(&shape::login(self, owner)) {
            self.area_of.remove(&item);
        } else {
            let Some((_, area)) =
                self.areas.iter().find(|(of, known)| *of == owner && known.eq_ignore_ascii_case(area)).cloned()
            else {
                return Err(format!(
                    "TF401347: Invalid tree name given for work item {item}, field 'System.AreaPath': `{area}`."
                ));
            };
            self.area_of.insert(item, area);
        }
        self.touch(item);
        Ok(())
    }
}

fn retag(call: &mut Call<'_>, item: Id, text: &str) {
    let actor = call.actor();
    let wanted: Vec<&str> = text.split(';').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    let world = call.look();
    let there: Vec<String> = world
        .items
        .get(&item)
        .map_or_else(Vec::new, |it| world.labels_of(it).into_iter().map(|label| label.name.clone()).collect());
    for tag in there.iter().filter(|tag| !wanted.iter().any(|it| it.eq_ignore_ascii_case(tag))) {
        call.world().unlabel(actor, item, tag);
    }
    for tag in wanted {
        call.world().label(actor, item, tag);
    }
}

pub(super) fn updates(call: &mut Call<'_>, item: Id) -> Outcome {
    let (top, skip) = (call.number("$top").unwrap_or(200), call.number("$skip").unwrap_or(0));
    let (world, base) = (call.look(), &call.base);
    let mut tags: Vec<String> = Vec::new();
    let mut shown = Vec::new();
    for event in world.events.values().filter(|it| it.item == item) {
        let old = tags.join("; ");
        match &event.what {
            EventKind::Labeled(label) => tags.push(label.name.clone()),
            EventKind::Unlabeled(label) => tags.retain(|tag| *tag != label.name),
            _ => {}
        }
        let new = tags.join("; ");
        let fields =
            if old == new { json!({}) } else { json!({ "System.Tags": { "oldValue": old, "newValue": new } }) };
        shown.push(json!({
            "id": shown.len() + 1, "workItemId": item, "rev": shown.len() + 1, "fields": fields,
            "revisedBy": shape::identity(world, event.actor, base), "revisedDate": shape::time(event.at),
            "url": format!("{base}/fabrikam/_apis/wit/workItems/{item}/updates/{}", shown.len() + 1),
        }));
    }
    Ok(Reply::ok(list(shown.into_iter().skip(skip).take(top).collect())))
}

fn comment_shown(call: &Call<'_>, id: Id) -> Value {
    let (world, base) = (call.look(), &call.base);
    let Some(comment) = world.comments.get(&id) else { return Value::Null };
    let is_markdown = world.markdown.contains(&id);
    let text = if is_markdown { comment.body.clone() } else { shape::html(&comment.body) };
    let mut shown = json!({
        "id": id, "workItemId": comment.item, "version": 1, "text": text,
        "createdBy": shape::identity(world, comment.author, base), "createdDate": shape::time(comment.created),
        "modifiedBy": shape::identity(world, comment.author, base), "modifiedDate": shape::time(comment.updated),
        "url": format!("{base}/fabrikam/_apis/wit/workItems/{}/comments/{id}", comment.item),
    });
    if !world.is_old {
        shown["format"] = if is_markdown { "markdown" } else { "html" }.into();
    }
    shown
}

pub(super) fn comments(call: &mut Call<'_>, item: Id) -> Outcome {
    let top = call.number("$top").unwrap_or(200).min(call.look().page);
    let from = call.number("continuationToken").unwrap_or(0);
    let ids: Vec<Id> = call.look().comments.values().filter(|it| it.item == item).map(|it| it.id).collect();
    // The newest first, as Azure DevOps does.
    let page: Vec<Value> = ids.iter().rev().skip(from).take(top).map(|id| comment_shown(call, *id)).collect();
    let url = format!("{}/fabrikam/_apis/wit/workItems/{item}/comments", call.base);
    let mut shown = json!({ "totalCount": ids.len(), "count": page.len(), "comments": page, "url": url });
    if from + top < ids.len() {
        shown["continuationToken"] = (from + top).to_string().into();
        shown["nextPage"] = format!("{}/fabrikam/next", call.base).into();
    }
    Ok(Reply::ok(shown))
}

fn without_hidden(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, hidden)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = hidden.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

fn is_markdown(call: &mut Call<'_>) -> bool {
    call.param("format").is_some_and(|format| format.eq_ignore_ascii_case("markdown"))
}

pub(super) fn comment(call: &mut Call<'_>, item: Id) -> Outcome {
    let markdown = is_markdown(call);
    let Some(text) = call.text("/text").filter(|text| !text.is_empty()) else {
        call.problem("a comment has a text");
        return Err(Refusal::new(400, "The request is invalid."));
    };
    let actor = call.actor();
    let text = if call.look().is_old { without_hidden(&text) } else { text };
    let id = call.world().comment(actor, item, &text);
    if markdown {
        call.world().markdown.insert(id);
    }
    Ok(Reply::ok(comment_shown(call, id)))
}

fn comment_of(call: &Call<'_>, item: Id, id: &str) -> Result<Id, Refusal> {
    let id = id.parse::<Id>().ok().filter(|id| call.look().comments.get(id).is_some_and(|it| it.item == item));
    id.ok_or_else(|| Refusal::new(404, "VS402911: The comment does not exist."))
}

pub(super) fn edit_comment(call: &mut Call<'_>, item: Id, id: &str) -> Outcome {
    let id = comment_of(call, item, id)?;
    let markdown = is_markdown(call);
    let text = call.text("/text").unwrap_or_default();
    let actor = call.actor();
    call.world().edit_comment(actor, id, &text);
    call.world().touch(item);
    if markdown {
        call.world().markdown.insert(id);
    }
    Ok(Reply::ok(comment_shown(call, id)))
}

pub(super) fn react(call: &mut Call<'_>, item: Id, id: &str, kind: &str) -> Outcome {
    const KINDS: [&str; 6] = ["like", "dislike", "heart", "hooray", "smile", "confused"];
    let id = comment_of(call, item, id)?;
    if !KINDS.contains(&kind) {
        return Err(Refusal::new(400, "there is no such reaction"));
    }
    let user = call.actor().user;
    call.world().react(user, Subject::Comment(id), kind);
    Ok(Reply::ok(json!({ "type": kind, "commentId": id, "count": 1, "isCurrentUserEngaged": true, "url": "" })))
}
