//! Runs for the tests of this crate.

use forgeline_engine::spec::{Forge, Trigger};
use forgeline_model::{Timestamp, WorkItem};
use forgeline_store::NewRun;
use serde_json::json;

use crate::{
    InForce,
    prepare::{Request, prepare},
};

/// A run of `docs-page` for a work item, asked for by `acme` at `now`.
pub(crate) fn docs_page(
    (forge, repository): (Forge, &str),
    item: u32,
    base: &str,
    trigger_key: String,
    now: Timestamp,
) -> NewRun {
    let in_force = InForce::built_in();
    let item = WorkItem {
        id: item.to_string().parse().expect("an item id"),
        title: "Page".into(),
        body: String::new(),
        kind: "issue".into(),
        labels: Vec::new(),
        author: "acme".into(),
    };
    let request = Request {
        factory: &in_force.factory,
        definitions: in_force.source.clone(),
        registry: &in_force.registry,
        blueprint: "docs-page",
        inputs: json!({}),
        max_usd: None,
        item: Some(item),
        item_spec: None,
        item_repository: None,
        pull_request: None,
        project: "shop".parse().expect("a project id"),
        forge,
        repository: repository.to_owned(),
        base_branch: "main".into(),
        base: base.to_owned(),
        trigger: Trigger { kind: "cli".into(), actor: "acme".into(), detail: "run".into(), chain_depth: 0 },
        trigger_key,
        event: None,
        again: None,
    };
    prepare(request, now).expect("a plan")
}
