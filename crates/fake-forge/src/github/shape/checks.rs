//! Check runs and suites.

use serde_json::{Value, json};

use super::{Show, extend, node, time};
use crate::model::check::{Annotation, CheckRun};

impl Show<'_> {
    pub(crate) fn check(&self, check: &CheckRun) -> Value {
        let url = format!("{}/check-runs/{}", self.repo_api(check.repository), check.id);
        let web = format!("{}/runs/{}", self.repo_web(check.repository), check.id);
        json!({
            "id": check.id,
            "node_id": node("CR", check.id),
            "name": check.name,
            "head_sha": check.commit,
            "external_id": check.external_id,
            "url": url,
            "html_url": web,
            "details_url": check.details.as_ref().unwrap_or(&web),
            "status": check.state,
            "conclusion": check.conclusion,
            "started_at": time(check.started),
            "completed_at": time(check.completed),
            "output": {
                "title": check.title,
                "summary": check.summary,
                "text": check.text,
                "annotations_count": check.annotations.len(),
                "annotations_url": format!("{url}/annotations"),
            },
            "check_suite": { "id": check.suite },
            "app": self.app(check.app),
            "pull_requests": self.mentions(check),
        })
    }

    /// The open pull requests of the same repository with that head.
    fn mentions(&self, check: &CheckRun) -> Vec<Value> {
        let items =
            self.world.items.values().filter(|item| item.closed.is_none() && item.repository == check.repository);
        items
            .filter_map(|item| item.pull.as_ref().map(|pull| (item, pull)))
            .filter(|(item, pull)| pull.head == check.commit && pull.head_repository == item.repository)
            .map(|(item, pull)| self.mention(item, pull))
            .collect()
    }

    /// A check as webhooks have it, which is with its suite.
    pub(crate) fn check_with_suite(&self, check: &CheckRun) -> Value {
        let suite = json!({
            "id": check.suite,
            "node_id": node("CS", check.suite),
            "head_branch": self.branch_of(check),
            "head_sha": check.commit,
            "status": check.state,
            "conclusion": check.conclusion,
            "url": format!("{}/check-suites/{}", self.repo_api(check.repository), check.suite),
            "before": null,
            "after": check.commit,
            "pull_requests": self.mentions(check),
            "app": self.app(check.app),
            "created_at": time(check.started),
            "updated_at": time(check.completed.or(check.started)),
        });
        extend(self.check(check), json!({ "check_suite": suite }))
    }

    fn branch_of(&self, check: &CheckRun) -> Option<&String> {
        let branches = &self.world.repositories.get(&check.repository)?.branches;
        branches.iter().find(|(_, commit)| **commit == check.commit).map(|(name, _)| name)
    }

    pub(crate) fn annotation(&self, check: &CheckRun, annotation: &Annotation) -> Value {
        let web = self.repo_web(check.repository);
        let mut value = serde_json::to_value(annotation).unwrap_or_default();
        value["blob_href"] = format!("{web}/blob/{}/{}", check.commit, annotation.path).into();
        value
    }
}
