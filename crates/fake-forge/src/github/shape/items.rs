//! Issues, pull requests, comments, reactions.

use serde_json::{Value, json};

use super::{Show, extend, node, time};
use crate::git::GitError;
use crate::model::Id;
use crate::model::clock::iso;
use crate::model::item::{Comment, Item, Reaction, Subject};
use crate::model::pull::Pull;

/// GitHub's words for reactions.
const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

impl Show<'_> {
    pub(crate) fn issue_url(&self, item: &Item) -> String {
        format!("{}/issues/{}", self.repo_api(item.repository), item.number)
    }

    fn pull_url(&self, item: &Item) -> String {
        format!("{}/pulls/{}", self.repo_api(item.repository), item.number)
    }

    pub(crate) fn item_web(&self, item: &Item) -> String {
        let kind = if item.pull.is_some() { "pull" } else { "issues" };
        format!("{}/{kind}/{}", self.repo_web(item.repository), item.number)
    }

    /// What issues and pull requests have in common.
    fn common(&self, item: &Item) -> Value {
        let assignees: Vec<Value> = item.assignees.iter().map(|user| self.user(*user)).collect();
        let labels: Vec<Value> =
            self.world.labels_of(item).into_iter().map(|label| self.label(item.repository, label)).collect();
        json!({
            "number": item.number,
            "html_url": self.item_web(item),
            "comments_url": format!("{}/comments", self.issue_url(item)),
            "state": if item.closed.is_some() { "closed" } else { "open" },
            "locked": false,
            "active_lock_reason": null,
            "title": item.title,
            "body": item.body,
            "user": self.user(item.author),
            "labels": labels,
            "assignee": assignees.first(),
            "assignees": assignees,
            "milestone": null,
            "created_at": iso(item.created),
            "updated_at": iso(item.updated),
            "closed_at": time(item.closed.as_ref().map(|closed| closed.at)),
            "author_association": self.association(item.author, item.repository),
        })
    }

    pub(crate) fn issue(&self, item: &Item) -> Value {
        let url = self.issue_url(item);
        let reason = match &item.closed {
            Some(closed) if item.pull.is_none() => json!(if closed.planned { "completed" } else { "not_planned" }),
            _ => Value::Null,
        };
        let mut value = extend(
            self.common(item),
            json!({
                "id": item.id,
                "node_id": node("I", item.id),
                "url": url,
                "repository_url": self.repo_api(item.repository),
                "labels_url": format!("{url}/labels{{/name}}"),
                "events_url": format!("{url}/events"),
                "timeline_url": format!("{url}/timeline"),
                "comments": self.comment_count(item.id),
                "state_reason": reason,
                "closed_by": item.closed.as_ref().map(|closed| self.user(closed.by)),
                "performed_via_github_app": self.via(item.app),
                "reactions": self.rollup(Subject::Item(item.id), &url),
            }),
        );
        if let Some(pull) = &item.pull {
            let (url, web) = (self.pull_url(item), self.item_web(item));
            value["draft"] = pull.draft.into();
            value["pull_request"] = json!({
                "url": url,
                "html_url": web,
                "diff_url": format!("{web}.diff"),
                "patch_url": format!("{web}.patch"),
                "merged_at": time(pull.merged.as_ref().map(|merged| merged.at)),
            });
        }
        value
    }

    fn comment_count(&self, item: Id) -> usize {
        self.world.comments.values().filter(|comment| comment.item == item).count()
    }

    /// A pull request as lists have it.
    pub(crate) fn pull(&self, item: &Item) -> Value {
        let Some(pull) = &item.pull else { return Value::Null };
        let (url, issue, web) = (self.pull_url(item), self.issue_url(item), self.item_web(item));
        let api = self.repo_api(item.repository);
        let statuses = format!("{api}/statuses/{}", pull.head);
        let link = |href: String| json!({ "href": href });
        let reviewers: Vec<Value> = pull.reviewers.iter().map(|user| self.user(*user)).collect();
        extend(
            self.common(item),
            json!({
                "id": pull.id,
                "node_id": node("PR", pull.id),
                "url": url,
                "diff_url": format!("{web}.diff"),
                "patch_url": format!("{web}.patch"),
                "issue_url": issue,
                "commits_url": format!("{url}/commits"),
                "review_comments_url": format!("{url}/comments"),
                "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
                "statuses_url": statuses,
                "merged_at": time(pull.merged.as_ref().map(|merged| merged.at)),
                "merge_commit_sha": pull.merged.as_ref().map(|merged| &merged.commit),
                "requested_reviewers": reviewers,
                "requested_teams": [],
                "head": self.end(pull.head_repository, &pull.head_branch, &pull.head),
                "base": self.end(item.repository, &pull.base_branch, &pull.base),
                "_links": {
                    "self": link(url.clone()),
                    "html": link(web),
                    "issue": link(issue.clone()),
                    "comments": link(format!("{issue}/comments")),
                    "review_comments": link(format!("{url}/comments")),
                    "review_comment": link(format!("{api}/pulls/comments{{/number}}")),
                    "commits": link(format!("{url}/commits")),
                    "statuses": link(statuses.clone()),
                },
                "auto_merge": null,
                "draft": pull.draft,
            }),
        )
    }

    /// A pull request as its own page has it.
    pub(crate) fn full_pull(&self, item: &Item) -> Result<Value, GitError> {
        let Some(pull) = &item.pull else { return Ok(Value::Null) };
        let depot = &self.world.depot;
        let base =
            self.world.repositories.get(&item.repository).and_then(|found| found.branches.get(&pull.base_branch));
        let base = base.filter(|_| pull.merged.is_none()).unwrap_or(&pull.base);
        let fork = depot.merge_base(item.repository, base, &pull.head)?.unwrap_or_else(|| base.clone());
        let changes = depot.changes(item.repository, &fork, &pull.head)?;
        let mergeable =
            if item.closed.is_some() { None } else { Some(depot.mergeable(item.repository, base, &pull.head)?) };
        let state = match mergeable {
            None => "unknown",
            Some(false) => "dirty",
            Some(true) if pull.draft => "draft",
            Some(true) => "clean",
        };
        let remarks = self.world.review_comments.values().filter(|comment| comment.item == item.id).count();
        let more = json!({
            "merged": pull.merged.is_some(),
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": state,
            "merged_by": pull.merged.as_ref().map(|merged| self.user(merged.by)),
            "comments": self.comment_count(item.id),
            "review_comments": remarks,
            "maintainer_can_modify": false,
            "commits": depot.count(item.repository, &format!("{fork}..{}", pull.head))?,
            "additions": changes.iter().map(|change| change.added).sum::<u64>(),
            "deletions": changes.iter().map(|change| change.removed).sum::<u64>(),
            "changed_files": changes.len(),
        });
        Ok(extend(self.pull(item), more))
    }

    /// Head or base of a pull request.
    fn end(&self, repository: Id, branch: &str, commit: &str) -> Value {
        let owner = self.world.repositories.get(&repository).map(|found| found.owner).unwrap_or_default();
        let login = self.world.users.get(&owner).map_or("?", |user| &user.login);
        json!({
            "label": format!("{login}:{branch}"),
            "ref": branch,
            "sha": commit,
            "user": self.user(owner),
            "repo": self.repository(repository),
        })
    }

    /// A pull request as checks mention it.
    pub(crate) fn mention(&self, item: &Item, pull: &Pull) -> Value {
        let end = |repository: Id, branch: &str, commit: &str| {
            let name = self.world.repositories.get(&repository).map(|found| found.name.as_str());
            json!({
                "ref": branch, "sha": commit,
                "repo": { "id": repository, "url": self.repo_api(repository), "name": name },
            })
        };
        json!({
            "id": pull.id,
            "number": item.number,
            "url": self.pull_url(item),
            "head": end(pull.head_repository, &pull.head_branch, &pull.head),
            "base": end(item.repository, &pull.base_branch, &pull.base),
        })
    }

    pub(crate) fn comment(&self, comment: &Comment) -> Value {
        let api = self.repo_api(comment.repository);
        let url = format!("{api}/issues/comments/{}", comment.id);
        let (issue, web) = self
            .world
            .items
            .get(&comment.item)
            .map(|item| (self.issue_url(item), self.item_web(item)))
            .unwrap_or_default();
        json!({
            "id": comment.id,
            "node_id": node("IC", comment.id),
            "url": url,
            "html_url": format!("{web}#issuecomment-{}", comment.id),
            "issue_url": issue,
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": iso(comment.created),
            "updated_at": iso(comment.updated),
            "author_association": self.association(comment.author, comment.repository),
            "performed_via_github_app": self.via(comment.app),
            "reactions": self.rollup(Subject::Comment(comment.id), &url),
        })
    }

    pub(crate) fn reaction(&self, reaction: &Reaction) -> Value {
        json!({
            "id": reaction.id,
            "node_id": node("REA", reaction.id),
            "user": self.user(reaction.user),
            "content": reaction.content,
            "created_at": iso(reaction.created),
        })
    }

    /// How many reactions of each kind there are.
    pub(crate) fn rollup(&self, on: Subject, url: &str) -> Value {
        let there: Vec<&str> =
            self.world.reactions.values().filter(|found| found.on == on).map(|found| found.content.as_str()).collect();
        let mut value = json!({ "url": format!("{url}/reactions"), "total_count": there.len() });
        for content in REACTIONS {
            value[content] = there.iter().filter(|found| **found == content).count().into();
        }
        value
    }
}
