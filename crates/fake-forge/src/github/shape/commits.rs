//! Commits, files that changed, statuses, comparisons.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Show, extend, node};
use crate::git::{Change, CommitInfo};
use crate::model::Id;
use crate::model::check::Status;
use crate::model::clock::{iso, parse_iso};
use crate::model::refs::{Move, Tagged};

impl Show<'_> {
    /// A move of a branch.
    pub(crate) fn activity(&self, moved: &Move) -> Value {
        const NOTHING: &str = "0000000000000000000000000000000000000000";
        let kind = match (&moved.before, &moved.after) {
            (None, _) => "branch_creation",
            (_, None) => "branch_deletion",
            _ if moved.forced => "force_push",
            _ => "push",
        };
        json!({
            "id": moved.id,
            "node_id": node("PSH", moved.id),
            "before": moved.before.as_deref().unwrap_or(NOTHING),
            "after": moved.after.as_deref().unwrap_or(NOTHING),
            "ref": format!("refs/heads/{}", moved.branch),
            "timestamp": iso(moved.at),
            "activity_type": kind,
            "actor": self.user(moved.actor),
        })
    }

    /// That a tag was made.
    pub(crate) fn tag_made(&self, tagged: &Tagged) -> Value {
        let user = self.user(tagged.actor);
        let found = self.world.repositories.get(&tagged.repository);
        json!({
            "id": tagged.id.to_string(),
            "type": "CreateEvent",
            "actor": {
                "id": user["id"], "login": user["login"], "display_login": user["login"], "gravatar_id": "",
                "url": user["url"], "avatar_url": user["avatar_url"],
            },
            "repo": {
                "id": tagged.repository,
                "name": self.world.full_name(tagged.repository),
                "url": self.repo_api(tagged.repository),
            },
            "payload": {
                "ref": tagged.tag,
                "ref_type": "tag",
                "full_ref": format!("refs/tags/{}", tagged.tag),
                "master_branch": found.map(|found| found.default_branch.clone()).unwrap_or_default(),
                "description": null,
                "pusher_type": "user",
            },
            "public": found.is_some_and(|found| !found.private),
            "created_at": iso(tagged.at),
        })
    }

    pub(crate) fn commit(&self, repository: Id, commit: &CommitInfo) -> Value {
        let (api, web) = (self.repo_api(repository), self.repo_web(repository));
        let address = |sha: &str| format!("{api}/commits/{sha}");
        let parents = commit.parents.iter();
        let parents: Vec<Value> = parents
            .map(|sha| json!({ "sha": sha, "url": address(sha), "html_url": format!("{web}/commit/{sha}") }))
            .collect();
        json!({
            "sha": commit.sha,
            "node_id": format!("C_{}", commit.sha),
            "commit": {
                "author": person(&commit.author),
                "committer": person(&commit.committer),
                "message": commit.message,
                "tree": { "sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree) },
                "url": format!("{api}/git/commits/{}", commit.sha),
                "comment_count": 0,
                "verification": {
                    "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null,
                },
            },
            "url": address(&commit.sha),
            "html_url": format!("{web}/commit/{}", commit.sha),
            "comments_url": format!("{}/comments", address(&commit.sha)),
            "author": self.by_address(&commit.author.1),
            "committer": self.by_address(&commit.committer.1),
            "parents": parents,
        })
    }

    /// The user whose private address this is.
    fn by_address(&self, address: &str) -> Value {
        let id = address.split_once('+').and_then(|(id, _)| id.parse().ok());
        id.map_or(Value::Null, |id| self.user(id))
    }

    pub(crate) fn change(&self, repository: Id, commit: &str, change: &Change) -> Value {
        let (api, web, path) = (self.repo_api(repository), self.repo_web(repository), &change.path);
        let mut value = json!({
            "sha": change.blob,
            "filename": path,
            "status": change.status,
            "additions": change.added,
            "deletions": change.removed,
            "changes": change.added + change.removed,
            "blob_url": format!("{web}/blob/{commit}/{path}"),
            "raw_url": format!("{web}/raw/{commit}/{path}"),
            "contents_url": format!("{api}/contents/{path}?ref={commit}"),
        });
        if !change.patch.is_empty() {
            value["patch"] = change.patch.clone().into();
        }
        if let Some(before) = &change.before {
            value["previous_filename"] = before.clone().into();
        }
        value
    }

    pub(crate) fn status(&self, status: &Status) -> Value {
        let api = self.repo_api(status.repository);
        json!({
            "url": format!("{api}/statuses/{}", status.commit),
            "avatar_url": format!("{}/avatars/u/{}", self.web, status.creator),
            "id": status.id,
            "node_id": node("SC", status.id),
            "state": status.state,
            "description": status.description,
            "target_url": status.target,
            "context": status.context,
            "created_at": iso(status.created),
            "updated_at": iso(status.created),
            "creator": self.user(status.creator),
        })
    }

    /// The newest status of each context, and what they come to.
    pub(crate) fn combined(&self, repository: Id, commit: &str, newest: &[&Status]) -> Value {
        let api = self.repo_api(repository);
        let has = |states: &[&str]| newest.iter().any(|status| states.contains(&status.state.as_str()));
        let state = if has(&["error", "failure"]) {
            "failure"
        } else if newest.is_empty() || has(&["pending"]) {
            "pending"
        } else {
            "success"
        };
        let statuses: Vec<Value> = newest.iter().map(|status| self.status(status)).collect();
        json!({
            "state": state,
            "statuses": statuses,
            "sha": commit,
            "total_count": statuses.len(),
            "repository": self.repository(repository),
            "commit_url": format!("{api}/commits/{commit}"),
            "url": format!("{api}/commits/{commit}/status"),
        })
    }

    /// A file with its content, or an entry of a folder without.
    pub(crate) fn content(
        &self,
        repository: Id,
        commit: &str,
        path: &str,
        blob: &str,
        kind: &str,
        bytes: Option<&[u8]>,
    ) -> Value {
        let (api, web) = (self.repo_api(repository), self.repo_web(repository));
        let url = format!("{api}/contents/{path}?ref={commit}");
        let (git, html) = (format!("{api}/git/{kind}s/{blob}"), format!("{web}/{kind}/{commit}/{path}"));
        let file = kind == "blob";
        let value = json!({
            "type": if file { "file" } else { "dir" },
            "size": bytes.map_or(0, <[u8]>::len),
            "name": path.rsplit('/').next(),
            "path": path,
            "sha": blob,
            "url": url,
            "git_url": git,
            "html_url": html,
            "download_url": file.then(|| format!("{web}/raw/{commit}/{path}")),
            "_links": { "self": url, "git": git, "html": html },
        });
        match bytes {
            Some(bytes) => extend(value, json!({ "encoding": "base64", "content": STANDARD.encode(bytes) })),
            None => value,
        }
    }
}

/// Name, address and time, the time in UTC.
pub(crate) fn person((name, email, date): &(String, String, String)) -> Value {
    json!({ "name": name, "email": email, "date": parse_iso(date).map(iso) })
}
