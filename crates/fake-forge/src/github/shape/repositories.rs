//! Repositories, branches, refs, labels.

use serde_json::{Value, json};

use super::people::permissions;
use super::{Show, extend, node};
use crate::model::Id;
use crate::model::access::Level;
use crate::model::clock::iso;
use crate::model::repository::Label;

/// Addresses below a repository's own: the field and what is appended.
const BELOW: [(&str, &str); 38] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
    ("svn_url", ""),
];

impl Show<'_> {
    pub(crate) fn repository(&self, id: Id) -> Value {
        let Some(repository) = self.world.repositories.get(&id) else { return Value::Null };
        let (api, web, full) = (self.repo_api(id), self.repo_web(id), self.world.full_name(id));
        let open = self.world.items.values().filter(|item| item.repository == id && item.closed.is_none()).count();
        let forks = self.world.repositories.values().filter(|found| found.parent == Some(id)).count();
        let mut value = json!({
            "id": id,
            "node_id": node("R", id),
            "name": repository.name,
            "full_name": full,
            "owner": self.user(repository.owner),
            "private": repository.private,
            "visibility": if repository.private { "private" } else { "public" },
            "html_url": web,
            "description": null,
            "fork": repository.parent.is_some(),
            "created_at": iso(repository.created),
            "updated_at": iso(repository.updated),
            "pushed_at": iso(repository.pushed),
            "git_url": format!("git:{}.git", web.trim_start_matches("http:")),
            "ssh_url": format!("git@127.0.0.1:{full}.git"),
            "clone_url": format!("{web}.git"),
            "homepage": null,
            "size": 1,
            "stargazers_count": 0,
            "watchers_count": 0,
            "watchers": 0,
            "language": null,
            "has_issues": true,
            "has_projects": false,
            "has_downloads": false,
            "has_wiki": false,
            "has_pages": false,
            "has_discussions": false,
            "forks_count": forks,
            "forks": forks,
            "mirror_url": null,
            "archived": repository.archived,
            "disabled": false,
            "open_issues_count": open,
            "open_issues": open,
            "license": null,
            "allow_forking": true,
            "is_template": false,
            "web_commit_signoff_required": false,
            "topics": [],
            "default_branch": repository.default_branch,
        });
        for (field, rest) in BELOW {
            value[field] = Value::String(format!("{api}{rest}"));
        }
        if let Some(viewer) = self.viewer {
            value["permissions"] = permissions(self.world.level(viewer, id));
        }
        value
    }

    /// A repository as its own page has it.
    pub(crate) fn full_repository(&self, id: Id) -> Value {
        let more = json!({
            "network_count": 0,
            "subscribers_count": 0,
            "allow_rebase_merge": false,
            "allow_squash_merge": true,
            "allow_merge_commit": true,
            "delete_branch_on_merge": false,
        });
        let mut value = extend(self.repository(id), more);
        if let Some(parent) = self.world.repositories.get(&id).and_then(|repository| repository.parent) {
            value["parent"] = self.repository(parent);
            value["source"] = self.repository(parent);
        }
        value
    }

    pub(crate) fn label(&self, repository: Id, label: &Label) -> Value {
        json!({
            "id": label.id,
            "node_id": node("LA", label.id),
            "url": format!("{}/labels/{}", self.repo_api(repository), crate::github::call::encode(&label.name)),
            "name": label.name,
            "color": label.color,
            "default": false,
            // In lists of pull requests GitHub's description has no other value for none.
            "description": label.description.as_deref().unwrap_or_default(),
        })
    }

    pub(crate) fn git_ref(&self, repository: Id, name: &str, object: &str, kind: &str) -> Value {
        let api = self.repo_api(repository);
        json!({
            "ref": name,
            "node_id": node("REF", repository),
            "url": format!("{api}/git/{name}"),
            "object": { "type": kind, "sha": object, "url": format!("{api}/git/{kind}s/{object}") },
        })
    }

    /// A branch in a list.
    pub(crate) fn short_branch(&self, repository: Id, name: &str, commit: &str) -> Value {
        let api = self.repo_api(repository);
        json!({ "name": name, "commit": { "sha": commit, "url": format!("{api}/commits/{commit}") }, "protected": false })
    }

    /// What somebody may do: `maintain` and `triage` have names of their own only in the role.
    pub(crate) fn permission(&self, user: Id, level: Level) -> Value {
        let permission = match level {
            Level::Maintain => "write",
            Level::Triage => "read",
            level => level.name(),
        };
        json!({ "permission": permission, "role_name": level.name(), "user": self.collaborator(user, level) })
    }
}
