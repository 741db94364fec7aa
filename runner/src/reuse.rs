//! Why a stage's result was taken over from an earlier run, or not. Pure.

use std::collections::{BTreeMap, BTreeSet};

use forgeline_engine::{TaskId, run::TaskStatus};
use forgeline_model::Digest;
use forgeline_store::RunView;

/// What became of one task's earlier result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reuse {
    /// It was taken over.
    Reused,
    /// There is no earlier run of the same blueprint on the same item that finished this task.
    First,
    /// These parts of what it depends on differ from the earlier run's.
    Changed(Vec<String>),
    /// Nothing differs, and yet it was not there: the earlier run is of another state directory or its result is gone.
    Gone,
}

/// Of each finished task of a run, held against the run before it.
pub fn explain(view: &RunView, before: Option<&RunView>) -> Vec<(TaskId, Reuse)> {
    let finished = view.state.tasks().filter_map(|task| match &task.status {
        TaskStatus::Done(output) => Some((task.id.clone(), output)),
        _ => None,
    });
    finished
        .map(|(id, output)| {
            let earlier = before.and_then(|before| parts_of(before, &id));
            let reuse = match earlier {
                _ if output.reused => Reuse::Reused,
                None => Reuse::First,
                Some(earlier) => match differences(&output.parts, earlier) {
                    none if none.is_empty() => Reuse::Gone,
                    some => Reuse::Changed(some),
                },
            };
            (id, reuse)
        })
        .collect()
}

fn parts_of<'a>(view: &'a RunView, id: &TaskId) -> Option<&'a BTreeMap<String, Digest>> {
    match &view.state.task(id)?.status {
        TaskStatus::Done(output) => Some(&output.parts),
        _ => None,
    }
}

fn differences(now: &BTreeMap<String, Digest>, before: &BTreeMap<String, Digest>) -> Vec<String> {
    let names: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
    names.into_iter().filter(|name| now.get(*name) != before.get(*name)).cloned().collect()
}
