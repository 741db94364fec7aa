//! Where repositories are: names of the mirror and ids of Azure DevOps.

use std::{collections::HashMap, sync::Arc};

use forgeline_forge::{
    remote::{RemoteRepository, Trouble},
    types::RepoId,
};
use tokio::sync::RwLock;

use crate::{
    api::{MOST_PAGES, Result, Talk, sent},
    http::Manner,
    names,
    shapes::{List, Project, Repository},
};

/// Projects on a page.
const PAGE: i32 = 100;

/// A repository there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) repo: RepoId,
    /// Ids, which stay when names change.
    pub(crate) project: String,
    pub(crate) repository: String,
    pub(crate) project_name: String,
    pub(crate) repository_name: String,
    /// Whether the project's work items are this repository's issues.
    pub(crate) has_work_items: bool,
    /// Whether everybody may read it.
    pub(crate) is_public: bool,
}

/// What is known of where repositories are.
#[derive(Default)]
pub(crate) struct Places(RwLock<HashMap<String, Arc<Place>>>);

impl Places {
    /// Lists all repositories of all projects, and remembers them.
    pub(crate) async fn all(&self, talk: Talk<'_>) -> Result<Vec<RemoteRepository>> {
        let mut shown = Vec::new();
        let mut known: HashMap<String, Arc<Place>> = HashMap::new();
        for project in projects(talk).await? {
            let list = talk.git(Manner::Read)?.repositories_client().list(talk.organization(), &project.id);
            // A project without the Repos service has none.
            let found: Option<List<Repository>> = talk.find(sent!(list))?;
            let mut repositories = found.map(|list| list.value).unwrap_or_default();
            repositories.sort_by(|a, b| a.id.cmp(&b.id));
            let keeper = keeper_of_work_items(talk, &project, &repositories);
            for repository in repositories {
                let Some(repo) = names::repo_id(&project.name, &repository.name) else {
                    tracing::warn!(
                        project = project.name,
                        repository = repository.name,
                        "no name is left of it; rename it to have it watched"
                    );
                    continue;
                };
                let key = repo.to_string().to_ascii_lowercase();
                if let Some(first) = known.get(&key) {
                    tracing::warn!(%repo, id = repository.id, first = first.repository, "two repositories have this name; the second is left out until it is renamed");
                    continue;
                }
                let is_public = project.visibility.as_deref() == Some("public");
                let branch = repository.default_branch.as_deref().and_then(|name| name.strip_prefix("refs/heads/"));
                shown.push(RemoteRepository {
                    id: repository.id.clone(),
                    repo: repo.clone(),
                    private: !is_public,
                    archived: repository.is_disabled == Some(true),
                    default_branch: branch.and_then(|name| name.parse().ok()),
                    pushed_at: None,
                });
                let has_work_items = keeper.as_deref() == Some(&*repository.id);
                let place = Place {
                    repo,
                    project: project.id.clone(),
                    repository: repository.id,
                    project_name: project.name.clone(),
                    repository_name: repository.name,
                    has_work_items,
                    is_public,
                };
                known.insert(key, Arc::new(place));
            }
        }
        let mut places = self.0.write().await;
        // What is under way goes on by the name that it began with.
        for (former, place) in places.iter() {
            let now = known.values().find(|it| it.repository == place.repository).cloned();
            if let (Some(now), false) = (now, known.contains_key(former)) {
                known.insert(former.clone(), now);
            }
        }
        *places = known;
        drop(places);
        Ok(shown)
    }

    /// Where a repository is.
    pub(crate) async fn of(&self, talk: Talk<'_>, repo: &RepoId) -> Result<Arc<Place>> {
        let key = repo.to_string().to_ascii_lowercase();
        if let Some(place) = self.0.read().await.get(&key) {
            return Ok(place.clone());
        }
        self.all(talk).await?;
        let found = self.0.read().await.get(&key).cloned();
        found.ok_or_else(|| talk.error(Trouble::Missing(format!("no project has a repository `{repo}`"))))
    }
}

pub(crate) async fn projects(talk: Talk<'_>) -> Result<Vec<Project>> {
    if let Some(only) = &talk.api.project {
        let request = talk.core(Manner::Read)?.projects_client().get(talk.organization(), only);
        return Ok(talk.find::<Project>(sent!(request))?.into_iter().collect());
    }
    let mut all: Vec<Project> = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut request = talk.core(Manner::Read)?.projects_client().list(talk.organization()).top(PAGE);
        // The other crate takes a number for it, and that is what servers send.
        match next.as_ref().map(|token| token.parse::<i32>()) {
            Some(Ok(token)) => request = request.continuation_token(token),
            Some(Err(_)) => request = request.skip(i32::try_from(all.len()).unwrap_or(i32::MAX)),
            None => {}
        }
        let answer = talk.answer(sent!(request))?;
        let page: List<Project> = talk.shape(&answer)?;
        all.extend(page.value);
        match answer.next {
            Some(token) => next = Some(token),
            None => {
                // The order that stays when a project is renamed.
                all.sort_by(|a, b| a.id.cmp(&b.id));
                return Ok(all);
            }
        }
    }
    Err(talk.error(Trouble::Unreadable("the list has no end".into())))
}

/// The id of the repository whose issues the project's work items are.
fn keeper_of_work_items(talk: Talk<'_>, project: &Project, repositories: &[Repository]) -> Option<String> {
    let named = talk.api.work_items.iter().find(|(name, _)| name.eq_ignore_ascii_case(&project.name));
    let wanted = named.map_or(&project.name, |(_, repository)| repository);
    let found = repositories.iter().find(|repository| repository.name.eq_ignore_ascii_case(wanted));
    match (found, named, repositories) {
        (Some(repository), ..) => Some(repository.id.clone()),
        (None, Some(_), _) => {
            tracing::warn!(
                project = project.name,
                repository = wanted,
                "`work_items` names a repository that the project does not have"
            );
            None
        }
        (None, None, [only]) => Some(only.id.clone()),
        (None, None, []) => None,
        (None, None, _) => {
            tracing::debug!(
                project = project.name,
                "no repository has the project's name; name the one of its work items in `work_items`"
            );
            None
        }
    }
}
