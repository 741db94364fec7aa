//! After a run has ended: people are told, and the index learns of its branch.

use std::collections::BTreeSet;

use forgeline_engine::{BotEffect, Outcome, spec::Forge};
use forgeline_model::knowledge::{Hit, IndexRequest, RefRole, SearchRequest};
use forgeline_store::RunView;
use serde_json::{Value, json};

use crate::{
    Runner, RunnerError, TargetError, agent_cache::CachedAgent, report, standing::Standing, target::with_repo,
};

/// Most characters of a hit's text in a task's context.
const SNIPPET_CHARS: usize = 600;

impl Runner {
    /// Brings the one comment on the work item or pull request up to date, or what a review says of it.
    pub(crate) async fn report(&self, view: &RunView) -> Result<(), RunnerError> {
        let spec = &view.spec;
        if spec.target.forge != Forge::Local {
            return Ok(());
        }
        self.answer_threads(view).await?;
        // What it works on, or what started it.
        let number = match (&spec.pull_request, &spec.item) {
            (Some(at), _) if self.report_review(view, at).await? => return Ok(()),
            (Some(at), _) => Some(at.number),
            (None, Some(item)) => item.id.as_str().parse::<u64>().ok(),
            (None, None) => None,
        };
        if let Some(number) = number {
            self.report_on_item(view, number).await?;
        }
        self.report_checks(view).await
    }

    async fn report_on_item(&self, view: &RunView, number: u64) -> Result<(), RunnerError> {
        let spec = &view.spec;
        let home = if spec.pull_request.is_some() { &spec.target.repository } else { spec.item_home() };
        let repo = home.parse().map_err(|error| TargetError::Name(format!("{error}")))?;
        let marker = format!("status:{}", spec.plan.blueprint.name);
        let name = format!("{}@", spec.plan.blueprint.name);
        let item = spec.item.as_ref().map(|item| item.id.as_str());
        let mut earlier = match item {
            Some(item) => self.store.runs_of(home, item).await?,
            None => Vec::new(),
        };
        earlier.retain(|row| row.finished && row.blueprint.starts_with(&name) && row.run_id != spec.id.as_str());
        let waits = self.store.waits_for_room(&spec.id).await?.map(|(reason, _)| reason);
        let text = report::item_comment(view, waits.as_deref(), &earlier);
        // That the run has started may still wait for its next try.
        let repository = home.to_owned();
        let there = BotEffect::Say { repository, number, thread: None, key: marker.clone(), text: String::new() };
        self.store.supersede(&there, &spec.id).await?;
        self.forge.upsert_comment(&repo, number, &marker, &text, self.clock.now()).await?;
        self.show_standing(spec, Standing::of(view)).await?;
        Ok(())
    }

    /// Brings the index up to the run's branch.
    pub(crate) async fn index(&self, view: &RunView) -> Result<(), RunnerError> {
        let Some(Outcome::Published(publication)) = view.state.outcome() else { return Ok(()) };
        let path = self.repository_path(&view.spec.target).await?;
        let generated = view.state.tasks().flat_map(|task| match &task.status {
            forgeline_engine::run::TaskStatus::Done(output) => {
                output.artifacts.iter().map(|it| it.path.clone()).collect()
            }
            _ => Vec::new(),
        });
        let request = IndexRequest {
            repo: view.spec.target.repository.clone(),
            git_dir: path.to_string_lossy().into_owned(),
            ref_name: format!("refs/heads/{}", publication.branch),
            commit: Some(publication.commit.clone()),
            role: RefRole::Run,
            generated: generated.collect(),
            budget_ms: None,
        };
        self.index_ref(request).await
    }

    /// Indexes a ref; an index that is not to be had is a warning, never a failure of the run.
    pub async fn index_ref(&self, request: IndexRequest) -> Result<(), RunnerError> {
        match self.knowledge.index(request, |_| {}).await {
            Ok(indexed) => self.watch.indexing(format!(
                "{} files, {} chunks ({} new) of {} at {}",
                indexed.files,
                indexed.chunks,
                indexed.chunks_stored,
                indexed.ref_name,
                &indexed.commit[..indexed.commit.len().min(12)]
            )),
            Err(error) => self.watch.warn(format!("not indexed: {error}")),
        }
        Ok(())
    }

    /// Earlier artifacts and code that fit what the agent asks for, as templates see them.
    pub(crate) async fn earlier_work(&self, view: &RunView, agent: &CachedAgent, context: &Value) -> Vec<Value> {
        let Some(wanted) = &agent.knowledge else { return Vec::new() };
        let Some(query) = query(view, wanted.query.as_deref(), context) else { return Vec::new() };
        let request =
            SearchRequest { repo: Some(view.spec.target.repository.clone()), k: wanted.k, ..SearchRequest::new(query) };
        match self.knowledge.search(request).await {
            Ok(found) => self
                .worth_citing(view, found.hits)
                .await
                .iter()
                .map(|hit| {
                    json!({
                        "citation": hit.citation().to_string(),
                        "path": hit.path,
                        "lines": [hit.lines.0, hit.lines.1],
                        "snippet": hit.text.chars().take(SNIPPET_CHARS).collect::<String>(),
                    })
                })
                .collect(),
            Err(error) => {
                tracing::debug!("no knowledge hits: {error}");
                Vec::new()
            }
        }
    }
}

impl Runner {
    /// One hit for each file, cited at the commit that last changed it, so that the same question on the same content
    /// gives the same text whatever else was committed. What earlier runs of the same item wrote is left out: an
    /// answer that quotes itself never comes to rest.
    async fn worth_citing(&self, view: &RunView, hits: Vec<Hit>) -> Vec<Hit> {
        let own = self.own_paths(view).await.unwrap_or_default();
        let mut seen = BTreeSet::new();
        let hits: Vec<Hit> =
            hits.into_iter().filter(|hit| !own.contains(&hit.path) && seen.insert(hit.path.clone())).collect();
        let Ok(path) = self.repository_path(&view.spec.target).await else { return hits };
        let fallback = hits.clone();
        let stable = with_repo(&path, move |repo| -> Result<Vec<Hit>, TargetError> {
            let settle = |mut hit: Hit| {
                let changed = hit.commit.parse().ok().and_then(|tip| repo.last_change(tip, &hit.path).ok().flatten());
                hit.commit = changed.map_or(hit.commit, |commit| commit.to_string());
                hit
            };
            Ok(hits.into_iter().map(settle).collect())
        });
        stable.await.unwrap_or(fallback)
    }

    /// What runs of this item have written so far.
    async fn own_paths(&self, view: &RunView) -> Result<BTreeSet<String>, RunnerError> {
        let Some(item) = &view.spec.item else { return Ok(BTreeSet::new()) };
        let mut paths = BTreeSet::new();
        for row in self.store.runs_of(view.spec.item_home(), item.id.as_str()).await? {
            if let Ok(run) = row.run_id.parse() {
                paths.extend(self.store.artifacts(Some(&run), None).await?.into_iter().map(|artifact| artifact.path));
            }
        }
        Ok(paths)
    }
}

/// The agent's own query, else the work item's title.
fn query(view: &RunView, own: Option<&str>, context: &Value) -> Option<String> {
    let text = match own {
        Some(own) => forgeline_blueprints::text::render_text(own, context).ok()?,
        None => view.spec.item.as_ref()?.title.clone(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(400).collect())
}
