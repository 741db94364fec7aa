//! `forgeline init azure-devops`: what to create there. Nothing is sent.

use serde_json::{Value, json};

/// Where a hook is taken.
pub(super) const PATH: &str = "/webhooks/azure-devops";
/// The header that shows the secret.
pub(super) const HEADER: &str = "X-Forgeline-Secret";
/// What hooks are subscribed to, and what each is called on the page where they are made.
pub(super) const EVENTS: [(&str, &str); 8] = [
    ("git.push", "Code pushed"),
    ("git.pullrequest.created", "Pull request created"),
    ("git.pullrequest.updated", "Pull request updated"),
    ("git.pullrequest.merged", "Pull request merge attempted"),
    ("ms.vss-code.git-pullrequest-comment-event", "Pull request commented on"),
    ("workitem.created", "Work item created"),
    ("workitem.updated", "Work item updated"),
    ("workitem.commented", "Work item commented on"),
];
/// Scopes of a personal access token.
const SCOPES: [(&str, &str); 6] = [
    ("vso.code_write", "Code: Read & write"),
    ("vso.code_status", "Code: Status"),
    ("vso.work_write", "Work Items: Read & write"),
    ("vso.project", "Project and Team: Read"),
    ("vso.identity", "Identity: Read"),
    ("vso.security_manage", "Security: Manage (permissions are read with it)"),
];
/// Permissions of the account on repositories and areas.
const PERMISSIONS: [&str; 7] = [
    "repositories: Read",
    "repositories: Contribute",
    "repositories: Create branch",
    "repositories: Contribute to pull requests",
    "areas: View work items in this node",
    "areas: Edit work items in this node",
    "areas: Edit work item comments in this node",
];

pub(super) fn value() -> Value {
    let named =
        |all: &[(&str, &str)]| -> Vec<Value> { all.iter().map(|(id, name)| json!({"id": id, "name": name})).collect() };
    json!({
        "forge": "azure-devops", "permissions": PERMISSIONS, "scopes": named(&SCOPES),
        "subscriptions": named(&EVENTS), "path": PATH, "header": HEADER,
    })
}

pub(super) fn text() -> String {
    let named =
        |all: &[(&str, &str)]| -> String { all.iter().map(|(id, name)| format!("   {id:<42} {name}\n")).collect() };
    let permissions: String = PERMISSIONS.iter().map(|it| format!("   {it}\n")).collect();
    format!(
        "1. Permissions of Forgeline's account, a service principal or a machine user, in each project:\n{permissions}\
         2. Scopes, for a personal access token:\n{}\
         3. In the operator's file:\n   \
         forges:\n     azure_devops: {{organization: <name>, token: \"env:AZDO_PAT\", hook_secret: \"env:AZDO_HOOK_SECRET\"}}\n\
         4. Service hooks of the kind Web Hooks, to https://<your server>{PATH} with the header\n   \
         `{HEADER}: <the secret>`, made by `openssl rand -hex 32`:\n{}   \
         `forgeline init azure-devops --create --url https://<your server>` makes them\n\
         \nnext: `forgeline serve --dry-run` checks the settings, `forgeline bot once` looks; without hooks it looks by itself\n",
        named(&SCOPES),
        named(&EVENTS),
    )
}
