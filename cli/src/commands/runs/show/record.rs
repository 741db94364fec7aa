//! `forgeline runs show --record`: what is compared between machines.

use anyhow::Context as _;
use forgeline_engine::record::record;
use forgeline_model::{Digest, canonical};
use forgeline_repo::{CommitId, Repo};
use forgeline_runner::Runner;
use forgeline_store::RunView;
use serde_json::json;

use crate::{commands::Session, exit::Exit, output};

pub(super) async fn perform(session: &Session, runner: &Runner, view: &RunView) -> anyhow::Result<Exit> {
    let record = record(&view.spec, &view.state, &base_tree(runner, view).await?);
    let digest = Digest::of(&record);
    if session.out.json {
        session.out.print("record", &json!({"digest": digest, "record": record}), String::new);
    } else {
        session.out.exact(&format!("{}\n", canonical::to_string(&record)));
        output::note(&format!("digest    {digest}"));
    }
    Ok(Exit::Success)
}

/// The tree of the commit that the run started from.
async fn base_tree(runner: &Runner, view: &RunView) -> anyhow::Result<String> {
    let target = &view.spec.target;
    let path = runner.repository_path(target).await?;
    let base: CommitId = target.base.parse().context("the stored base commit is no object id")?;
    let repo = Repo::open(&path)
        .with_context(|| format!("the repository of the run, `{}`, cannot be opened", target.repository))?;
    Ok(repo.tree_of(base)?.to_string())
}
