//! What a task's result depends on, part by part. Two tasks whose parts are equal give equal results, so the second one is not
//! done; where they differ, the parts say why it was.

use std::collections::BTreeMap;

use forgeline_engine::{
    RunSpec, TaskId,
    plan::PlannedStage,
    spec::{CommitNote, ReviewNotes, ThreadNote},
};
use forgeline_model::{Digest, StageId};
use serde_json::{Value, json};

/// Digests of all that the result of `task` depends on, by name: the stage's own parts, and each root of the context.
pub(crate) fn parts(spec: &RunSpec, stage: &PlannedStage, task: &TaskId, context: &Value) -> BTreeMap<String, Digest> {
    let own = [
        ("agent", json!(stage.agent())),
        ("stage", json!(stage.id)),
        ("with", stage.with.clone()),
        ("produces", json!(stage.produces)),
        ("emits", json!(stage.emits)),
    ];
    let mut parts: BTreeMap<String, Digest> =
        own.into_iter().map(|(name, value)| (name.to_owned(), Digest::of(&value))).collect();
    if let Value::Object(roots) = context {
        for (name, value) in roots.iter().filter(|(name, _)| *name != "stages") {
            parts.insert(format!("context.{name}"), Digest::of(value));
        }
        if let Some(Value::Object(stages)) = roots.get("stages") {
            let of_stages = stages.iter().map(|(id, value)| (format!("context.stages.{id}"), Digest::of(value)));
            parts.extend(of_stages);
        }
    }
    if spec.again.as_ref().is_some_and(|again| again.fresh.iter().any(|fresh| covers(fresh, task))) {
        parts.insert("fresh".into(), Digest::of(&spec.id));
    }
    parts
}

/// What a person wants otherwise of this stage, as templates see it: it is the one that they named, or needs it, directly or
/// not. Where the forge keeps what was said does not matter to anybody, so it makes nobody do anything again.
pub(super) fn revision(spec: &RunSpec, stage: &PlannedStage) -> Value {
    let revision = spec.again.as_ref().and_then(|again| again.revision.as_ref());
    let Some(revision) = revision.filter(|revision| hears(spec, stage, &revision.stage)) else { return Value::Null };
    let nothing = ReviewNotes::default();
    let notes = revision.notes.as_deref().unwrap_or(&nothing);
    let threads = notes.threads.iter().map(|thread| {
        let ThreadNote { path, line, start_line, quote, comments, .. } = thread;
        json!({
            "path": path, "line": line, "start_line": start_line.or(*line), "quote": quote, "comments": comments,
            "untrusted": true,
        })
    });
    let reviews = notes.reviews.iter().map(|it| json!({"author": it.author, "text": it.text, "untrusted": true}));
    let commits = notes.commits.iter().map(|commit| {
        let CommitNote { sha, author, subject, paths } = commit;
        json!({"sha": sha, "author": author, "subject": subject, "paths": paths, "untrusted": true})
    });
    json!({
        "stage": revision.stage, "text": revision.text, "untrusted": true,
        "threads": threads.collect::<Vec<_>>(), "reviews": reviews.collect::<Vec<_>>(),
        "commits": commits.collect::<Vec<_>>(),
    })
}

fn covers(fresh: &TaskId, task: &TaskId) -> bool {
    fresh.stage == task.stage && (fresh.item.is_none() || fresh.item == task.item)
}

fn hears(spec: &RunSpec, stage: &PlannedStage, first: &StageId) -> bool {
    stage.id == *first
        || stage.needs.iter().filter_map(|id| spec.plan.stage(id)).any(|needed| hears(spec, needed, first))
}
