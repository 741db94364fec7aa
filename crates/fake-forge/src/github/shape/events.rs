//! What happened to an item, as event lists and timelines have it.

use serde_json::{Value, json};

use super::{Show, extend, node};
use crate::model::clock::iso;
use crate::model::item::{Comment, Event, EventKind};
use crate::model::review::Review;

impl Show<'_> {
    pub(crate) fn event(&self, event: &Event) -> Value {
        let api = self.repo_api(event.repository);
        let commit = |sha: &str| json!({ "commit_id": sha, "commit_url": format!("{api}/commits/{sha}") });
        let label = |label: &crate::model::repository::Label| json!({ "name": label.name, "color": label.color });
        let (name, more) = match &event.what {
            EventKind::Labeled(of) => ("labeled", json!({ "label": label(of) })),
            EventKind::Unlabeled(of) => ("unlabeled", json!({ "label": label(of) })),
            EventKind::Closed { commit: Some(sha) } => ("closed", extend(commit(sha), json!({ "state_reason": null }))),
            EventKind::Closed { commit: None } => ("closed", json!({ "state_reason": null })),
            EventKind::Reopened => ("reopened", json!({ "state_reason": null })),
            EventKind::Merged { commit: sha } => ("merged", commit(sha)),
            EventKind::Renamed { from, to } => ("renamed", json!({ "rename": { "from": from, "to": to } })),
            EventKind::Assigned(user) => {
                ("assigned", json!({ "assignee": self.user(*user), "assigner": self.user(event.actor) }))
            }
            EventKind::Unassigned(user) => {
                ("unassigned", json!({ "assignee": self.user(*user), "assigner": self.user(event.actor) }))
            }
            EventKind::ReviewRequested(user) => (
                "review_requested",
                json!({ "review_requester": self.user(event.actor), "requested_reviewer": self.user(*user) }),
            ),
            EventKind::ReviewRequestRemoved(user) => (
                "review_request_removed",
                json!({ "review_requester": self.user(event.actor), "requested_reviewer": self.user(*user) }),
            ),
            EventKind::ReadyForReview => ("ready_for_review", json!({})),
            EventKind::ConvertedToDraft => ("convert_to_draft", json!({})),
            EventKind::HeadForcePushed { after } => ("head_ref_force_pushed", commit(after)),
            EventKind::HeadDeleted => ("head_ref_deleted", json!({})),
        };
        let common = json!({
            "id": event.id,
            "node_id": node("EV", event.id),
            "url": format!("{api}/issues/events/{}", event.id),
            "actor": self.user(event.actor),
            "event": name,
            "commit_id": null,
            "commit_url": null,
            "created_at": iso(event.at),
            "performed_via_github_app": self.via(event.app),
        });
        extend(common, more)
    }

    /// An event in a list of the whole repository, which says what it is on.
    pub(crate) fn event_with_issue(&self, event: &Event) -> Value {
        let issue = self.world.items.get(&event.item).map(|item| self.issue(item));
        extend(self.event(event), json!({ "issue": issue }))
    }

    pub(crate) fn timeline_comment(&self, comment: &Comment) -> Value {
        extend(self.comment(comment), json!({ "event": "commented", "actor": self.user(comment.author) }))
    }

    pub(crate) fn timeline_review(&self, review: &Review) -> Value {
        let state = self.review(review)["state"].as_str().unwrap_or_default().to_ascii_lowercase();
        extend(self.review(review), json!({ "event": "reviewed", "state": state }))
    }
}
