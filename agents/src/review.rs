//! The contract review skill: what changes of a registry comes with the request, the review goes back as an output.

use forgeline_model::{
    Review,
    task::{Proposal, TaskFailure, TaskRequest},
};
use serde_json::json;

use crate::failure::terminal;

pub(crate) fn propose(request: &TaskRequest, skill: String) -> Result<Proposal, TaskFailure> {
    let Some(change) = &request.registry_change else {
        let message = "there is no pull request to review; `schema-review` runs on pull requests";
        return Err(terminal("input", message));
    };
    let review = forgeline_registry::review(change).map_err(|error| terminal("input", error.to_string()))?;
    let outputs = [(Review::OUTPUT.to_owned(), json!(review))].into_iter().collect();
    Ok(Proposal { outputs, skill, ..Proposal::default() })
}
