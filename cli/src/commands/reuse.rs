//! Why results were taken over from earlier runs, or not, for people.

use forgeline_runner::{
    Runner,
    reuse::{Reuse, explain},
};
use forgeline_store::RunView;

/// A line for each finished task.
pub async fn text(runner: &Runner, view: &RunView) -> anyhow::Result<String> {
    let before = earlier(runner, view).await?;
    let lines = explain(view, before.as_ref()).into_iter().map(|(task, reuse)| {
        let why = match reuse {
            Reuse::Reused => "taken over: nothing that it depends on has changed".to_owned(),
            Reuse::First => "done: no earlier run of this item finished it".to_owned(),
            Reuse::Changed(parts) => format!("done anew, because this has changed: {}", parts.join(", ")),
            Reuse::Gone => "done anew: its earlier result is not kept here".to_owned(),
        };
        format!("  cache     {task}: {why}\n")
    });
    Ok(lines.collect())
}

/// The run before this one of the same blueprint, on the same repository and item.
async fn earlier(runner: &Runner, view: &RunView) -> anyhow::Result<Option<RunView>> {
    let spec = &view.spec;
    let item = spec.item.as_ref().map_or("", |item| item.id.as_str());
    let name = format!("{}@", spec.plan.blueprint.name);
    let rows = runner.store.runs_of(spec.item_home(), item).await?;
    let mut rows = rows.iter().skip_while(|row| row.run_id != spec.id.as_str()).skip(1);
    match rows.find(|row| row.blueprint.starts_with(&name)).and_then(|row| row.run_id.parse().ok()) {
        Some(run) => Ok(Some(runner.store.run(&run).await?)),
        None => Ok(None),
    }
}
