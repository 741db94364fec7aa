//! Webhooks as GitHub sends them.

use serde_json::{Value, json};

use super::openapi;
use super::shape::{Show, extend};
use crate::model::happening::{CheckAction, CommentAction, Happening, ItemAction, RepositoryAction};
use crate::model::review::ReviewComment;
use crate::model::{Actor, Id};
use crate::server::State;
use crate::server::deliveries::Delivery;

/// What the payload has beside what every payload has.
struct Told {
    event: &'static str,
    action: Option<String>,
    repository: Option<Id>,
    actor: Id,
    fields: Value,
}

impl Told {
    /// As the description names it.
    fn name(&self) -> String {
        let action = self.action.as_ref().map(|action| format!("-{action}")).unwrap_or_default();
        format!("{}{action}", self.event).replace('_', "-")
    }
}

/// The headers of a delivery; the signature is over the body as it is sent.
pub(crate) fn headers(delivery: &Delivery, signature: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("user-agent", "GitHub-Hookshot/fake".to_owned()),
        ("x-github-delivery", delivery.guid.clone()),
        ("x-github-event", delivery.event.clone()),
        ("x-github-hook-id", "1".to_owned()),
        ("x-github-hook-installation-target-type", "integration".to_owned()),
    ];
    if !signature.is_empty() {
        headers.push(("x-hub-signature-256", signature.to_owned()));
    }
    headers
}

/// Makes deliveries of what happened: one for each installation that covers the repository. Where there are no Apps at
/// all the webhook is the repository's own, and there is one.
pub(crate) fn queue(state: &mut State, base: &str, happening: &Happening) {
    let show = Show { world: &state.world, web: base.to_owned(), api: base.to_owned(), viewer: None };
    let told = tell(&show, happening);
    for told in told {
        let installations: Vec<Option<Id>> = match (told.repository, happening) {
            (_, Happening::Installed { installation }) => vec![Some(*installation)],
            (Some(repository), _) if !state.world.apps.is_empty() => {
                let covering = state.world.installations.keys().copied();
                covering.filter(|id| state.world.covers(*id, repository)).map(Some).collect()
            }
            _ => vec![None],
        };
        for installation in installations {
            let payload = complete(&state.world, base, &told, installation);
            state.log.webhook_problems.extend(openapi::payload_problems(&told.name(), &payload));
            let id = state.world.fresh();
            let delivery = Delivery {
                id,
                guid: guid(id),
                event: told.event.to_owned(),
                action: told.action.clone(),
                redelivery: false,
                at: state.world.now(),
                payload,
                status: 0,
                repository: told.repository,
                installation,
            };
            state.deliveries.add(delivery);
        }
    }
}

/// A name in the form of a UUID that no other delivery has.
fn guid(id: Id) -> String {
    format!("{:08x}-fa4e-11ee-8000-{id:012x}", fastrand::u32(..))
}

fn complete(world: &crate::model::World, base: &str, told: &Told, installation: Option<Id>) -> Value {
    let show = Show { world, web: base.to_owned(), api: base.to_owned(), viewer: None };
    let mut payload = told.fields.clone();
    if let Some(action) = &told.action {
        payload["action"] = action.clone().into();
    }
    if let Some(repository) = told.repository {
        payload["repository"] = show.repository(repository);
    }
    payload["sender"] = show.user(told.actor);
    if let (Some(id), None) = (installation, payload.get("installation")) {
        payload["installation"] = json!({ "id": id, "node_id": format!("MDIz{id}") });
    }
    payload
}

fn tell(show: &Show<'_>, happening: &Happening) -> Vec<Told> {
    let world = show.world;
    let one = match happening {
        Happening::Installed { installation } => world.installations.get(installation).map(|found| Told {
            event: "installation",
            action: Some("created".to_owned()),
            repository: None,
            actor: found.account,
            fields: json!({ "installation": show.installation(found), "repositories": covered(show, *installation) }),
        }),
        Happening::Repository { repository, actor, action } => {
            let (action, fields) = match action {
                RepositoryAction::Renamed { from } => {
                    ("renamed", json!({ "changes": { "repository": { "name": { "from": from } } } }))
                }
                RepositoryAction::Archived => ("archived", json!({})),
                RepositoryAction::Unarchived => ("unarchived", json!({})),
            };
            Some(of("repository", action, *repository, *actor, fields))
        }
        Happening::Pushed { repository, actor, branch, before, after, forced } => {
            return pushed(show, *repository, *actor, branch, before.as_deref(), after.as_deref(), *forced);
        }
        Happening::Item { item, actor, action } => item_told(show, *item, *actor, action),
        Happening::Comment { comment, actor, action } => world.items.get(&comment.item).map(|item| {
            let (name, changes) = comment_action(action);
            let fields = json!({ "issue": show.issue(item), "comment": show.comment(comment) });
            of("issue_comment", name, comment.repository, *actor, extend(fields, changes))
        }),
        Happening::Review { review, actor } => world.reviews.get(review).and_then(|review| {
            let pull = show.pull(world.items.get(&review.item)?);
            let mut value = show.review(review);
            value["state"] = value["state"].as_str().unwrap_or_default().to_ascii_lowercase().into();
            let fields = json!({ "review": value, "pull_request": pull });
            Some(of("pull_request_review", "submitted", review.repository, *actor, fields))
        }),
        Happening::ReviewComment { comment, actor, action } => world.items.get(&comment.item).map(|item| {
            let (name, changes) = comment_action(action);
            let fields = json!({ "comment": remark(show, comment), "pull_request": show.pull(item) });
            of("pull_request_review_comment", name, comment.repository, *actor, extend(fields, changes))
        }),
        Happening::Check { check, actor, action } => world.checks.get(check).map(|check| {
            let (action, more) = match action {
                CheckAction::Created => ("created", json!({})),
                CheckAction::Completed => ("completed", json!({})),
                CheckAction::Rerequested => ("rerequested", json!({})),
                CheckAction::Requested(identifier) => {
                    ("requested_action", json!({ "requested_action": { "identifier": identifier } }))
                }
            };
            let fields = json!({ "check_run": show.check_with_suite(check) });
            of("check_run", action, check.repository, *actor, extend(fields, more))
        }),
        Happening::Status { status, actor } => world.statuses.get(status).map(|status| {
            let commits = world.depot.log(status.repository, &status.commit, None, 1).unwrap_or_default();
            let commit = commits.first().map(|commit| show.commit(status.repository, commit));
            let value = show.status(status);
            let fields = json!({
                "id": status.id, "sha": status.commit, "name": world.full_name(status.repository),
                "context": status.context, "state": status.state, "description": status.description,
                "target_url": status.target, "branches": [], "created_at": value["created_at"],
                "updated_at": value["updated_at"], "commit": commit,
            });
            Told { action: None, ..of("status", "", status.repository, *actor, fields) }
        }),
    };
    one.into_iter().collect()
}

/// The repositories that an installation covers, in short.
fn covered(show: &Show<'_>, installation: Id) -> Vec<Value> {
    let ids = show.world.repositories.keys().filter(|id| show.world.covers(installation, **id));
    ids.map(|id| {
        let whole = show.repository(*id);
        ["id", "node_id", "name", "full_name", "private"]
            .into_iter()
            .map(|key| (key.to_owned(), whole[key].clone()))
            .collect()
    })
    .collect()
}

fn of(event: &'static str, action: &str, repository: Id, actor: Actor, fields: Value) -> Told {
    Told { event, action: Some(action.to_owned()), repository: Some(repository), actor: actor.user, fields }
}

/// A comment on a line with the fields that only webhooks always have.
fn remark(show: &Show<'_>, comment: &ReviewComment) -> Value {
    let start = comment.start_line;
    let more = json!({
        "position": comment.line, "original_position": comment.line,
        "start_line": start, "original_start_line": start, "start_side": start.map(|_| "RIGHT"),
    });
    extend(show.review_comment(comment), more)
}

fn comment_action(action: &CommentAction) -> (&'static str, Value) {
    match action {
        CommentAction::Created => ("created", json!({})),
        CommentAction::Edited { from } => ("edited", json!({ "changes": { "body": { "from": from } } })),
        CommentAction::Deleted => ("deleted", json!({})),
    }
}

fn item_told(show: &Show<'_>, item: Id, actor: Actor, action: &ItemAction) -> Option<Told> {
    let item = show.world.items.get(&item)?;
    let label = |label| json!({ "label": show.label(item.repository, label) });
    let (name, more) = match action {
        ItemAction::Opened => ("opened", json!({})),
        ItemAction::Edited { title, body } => {
            let mut changes = serde_json::Map::new();
            for (field, from) in [("title", title), ("body", body)] {
                if let Some(from) = from {
                    changes.insert(field.to_owned(), json!({ "from": from }));
                }
            }
            ("edited", json!({ "changes": changes }))
        }
        ItemAction::Closed => ("closed", json!({})),
        ItemAction::Reopened => ("reopened", json!({})),
        ItemAction::Labeled(of) => ("labeled", label(of)),
        ItemAction::Unlabeled(of) => ("unlabeled", label(of)),
        ItemAction::Assigned(user) => ("assigned", json!({ "assignee": show.user(*user) })),
        ItemAction::Unassigned(user) => ("unassigned", json!({ "assignee": show.user(*user) })),
        ItemAction::Synchronized { before, after } => ("synchronize", json!({ "before": before, "after": after })),
        ItemAction::ReadyForReview => ("ready_for_review", json!({})),
        ItemAction::ConvertedToDraft => ("converted_to_draft", json!({})),
        ItemAction::ReviewRequested(user) => ("review_requested", json!({ "requested_reviewer": show.user(*user) })),
        ItemAction::ReviewRequestRemoved(user) => {
            ("review_request_removed", json!({ "requested_reviewer": show.user(*user) }))
        }
    };
    let (event, fields) = if item.pull.is_some() {
        let pull = show.full_pull(item).unwrap_or_else(|_| show.pull(item));
        ("pull_request", json!({ "number": item.number, "pull_request": pull }))
    } else {
        ("issues", json!({ "issue": show.issue(item) }))
    };
    Some(of(event, name, item.repository, actor, extend(fields, more)))
}

/// A push, and before it `create` or `delete` where the branch is new or gone.
fn pushed(
    show: &Show<'_>,
    repository: Id,
    actor: Actor,
    branch: &str,
    before: Option<&str>,
    after: Option<&str>,
    forced: bool,
) -> Vec<Told> {
    let nothing = "0".repeat(40);
    let (old, new) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let depot = &show.world.depot;
    let range = match (before, after) {
        (Some(old), Some(new)) => Some(format!("{old}..{new}")),
        (None, Some(new)) => Some(new.to_owned()),
        _ => None,
    };
    let mut commits = range.and_then(|range| depot.log(repository, &range, None, 20).ok()).unwrap_or_default();
    commits.reverse();
    let commits: Vec<Value> = commits
        .iter()
        .map(|commit| {
            let parent = commit.parents.first();
            let changes = parent.and_then(|parent| depot.changes(repository, parent, &commit.sha).ok()).unwrap_or_default();
            let paths = |status: &str| -> Vec<&str> {
                changes.iter().filter(|change| change.status == status).map(|change| change.path.as_str()).collect()
            };
            json!({
                "id": commit.sha, "tree_id": commit.tree, "distinct": true, "message": commit.message,
                "timestamp": commit.committer.2, "url": format!("{}/{}/commit/{}", show.web, show.world.full_name(repository), commit.sha),
                "author": { "name": commit.author.0, "email": commit.author.1 },
                "committer": { "name": commit.committer.0, "email": commit.committer.1 },
                "added": paths("added"), "removed": paths("removed"), "modified": paths("modified"),
            })
        })
        .collect();
    let pusher = show.world.users.get(&actor.user).map(|user| user.login.as_str());
    let push = json!({
        "ref": format!("refs/heads/{branch}"), "before": old, "after": new,
        "created": before.is_none(), "deleted": after.is_none(), "forced": forced, "base_ref": null,
        "compare": format!("{}/{}/compare/{old}...{new}", show.web, show.world.full_name(repository)),
        "head_commit": commits.last(), "commits": commits,
        "pusher": { "name": pusher, "email": null },
    });
    let default = show.world.repositories.get(&repository).map(|found| found.default_branch.as_str());
    let named = json!({ "ref": branch, "ref_type": "branch", "master_branch": default, "description": null, "pusher_type": "user" });
    let without_action = |event, fields| Told { action: None, ..of(event, "", repository, actor, fields) };
    let mut all = Vec::new();
    match (before, after) {
        (None, _) => all.push(without_action("create", named)),
        (_, None) => all.push(without_action("delete", named)),
        _ => {}
    }
    all.push(without_action("push", push));
    all
}
