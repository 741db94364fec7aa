//! What runs.

use forgeline_model::RunId;

use super::markdown::code;

/// A run of the item, for the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// The run.
    pub run: RunId,
    /// Blueprint with version.
    pub blueprint: String,
    /// State, as a word: `running`, `succeeded`, `failed`, ….
    pub state: String,
    /// Stages that have ended, and all of them.
    pub stages: (usize, usize),
    /// The stage that runs, waits or failed.
    pub stage: Option<String>,
    /// Number of its pull request.
    pub pull_request: Option<u64>,
    /// The repository that it writes to, if that is another one.
    pub elsewhere: Option<String>,
    /// What it waits for that cannot open its pull request yet.
    pub waits: Option<String>,
}

/// The runs of an item, newest first.
pub fn status(runs: &[RunLine], is_held: bool) -> String {
    let mut out = String::new();
    if is_held {
        out += "**On hold:** no new run starts on this item until `/forgeline hold cancel`.\n\n";
    }
    if runs.is_empty() {
        return out + "No run of this item yet. `/forgeline help` shows how to start one.";
    }
    out += "| run | blueprint | state | stages | at | pull request |\n|---|---|---|---|---|---|\n";
    for one in runs {
        let (ended, all) = one.stages;
        let at = one.stage.as_deref().map(cell).unwrap_or_default();
        let pull_request = one
            .pull_request
            .map(|number| format!("{}#{number}", one.elsewhere.as_deref().unwrap_or_default()))
            .unwrap_or_default();
        let (run, blueprint, state) = (cell(one.run.as_str()), cell(&one.blueprint), &one.state);
        out += &format!("| {run} | {blueprint} | {state} | {ended} of {all} | {at} | {pull_request} |\n");
    }
    for one in runs {
        if let Some(waits) = &one.waits {
            out += &format!("\n{} {waits}\n", code(one.run.as_str()));
        }
    }
    out.trim_end().to_owned()
}

fn cell(text: &str) -> String {
    code(&text.replace('|', "/"))
}
