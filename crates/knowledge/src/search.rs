//! Finds chunks: by words and by meaning, within what a reference holds, with the commit that each hit speaks of.

mod fuse;
mod question;
mod view;

pub(crate) use view::RefView;

use std::{collections::HashMap, sync::Arc};

use forgeline_model::knowledge::{Found, Hit, IndexRequest, SearchMode, SearchRequest, StalePolicy};

use crate::{
    Index, KnowledgeError,
    chunk::ChunkId,
    index::{behind, present_head},
    search::{fuse::Ranked, question::Question, view::Place},
    table::{EXACT_ROWS, StoredText, TextColumn},
    truth::{RefHead, RefKey, short_name},
};

/// First number of rows that is asked for; four times as many each time that too few of them are on the reference.
const FIRST_LIMIT: usize = 200;
/// Candidates per list that the fusion gets for each wanted hit.
const CANDIDATES_PER_HIT: usize = 5;
/// Most hits.
const MOST_HITS: u32 = 100;
/// What is less similar than this is no answer: unrelated English and code pairs of the default model lie below it.
const LEAST_SIMILARITY: f32 = 0.30;

/// A reference that is searched, with where it stands now.
struct Searched {
    view: Arc<RefView>,
    present: Option<String>,
    behind: Option<u64>,
}

impl Index {
    /// Answers a question. No hit means that there is no answer in what was searched.
    ///
    /// # Errors
    /// The question is empty, what it names is not indexed, a reference is stale and that was not wanted, or the table
    /// cannot be read.
    pub async fn search(&self, request: &SearchRequest) -> Result<Found, KnowledgeError> {
        let question = Question::parse(&request.query)?;
        let mut searched = self.searched(request)?;
        if request.stale == StalePolicy::Wait && searched.iter().any(Searched::is_stale) {
            for stale in searched.iter().filter(|one| one.is_stale()) {
                self.index(&stale.view.head.again()).await?;
            }
            searched = self.searched(request)?;
        }
        if request.stale == StalePolicy::Error
            && let Some(stale) = searched.iter().find(|one| one.is_stale())
        {
            return Err(stale.refusal());
        }
        let notes = self.notes(&searched);
        let found = |hits| Found { hits, mode: self.mode(), notes };
        if !self.table.is_searchable().await? {
            return Ok(found(Vec::new()));
        }
        let k = request.k.clamp(1, MOST_HITS) as usize;
        let scope = Scope { searched: &searched, request };
        let ranked = self.ranked(&question, &scope, k * CANDIDATES_PER_HIT).await?;
        let places = scope.places(&ranked);
        let chosen = fuse::diverse(places, k);
        let ids: Vec<ChunkId> = chosen.iter().map(|candidate| candidate.chunk).collect();
        let texts = self.table.texts(&ids).await?;
        Ok(found(chosen.into_iter().filter_map(|candidate| candidate.hit(&searched, &texts)).collect()))
    }

    /// The references of a request, with a view each.
    fn searched(&self, request: &SearchRequest) -> Result<Vec<Searched>, KnowledgeError> {
        let heads: Vec<Arc<RefHead>> = {
            let state = self.read();
            let meant = |head: &&Arc<RefHead>| {
                request.repo.as_ref().is_none_or(|repo| *repo == head.key.repo)
                    && match &request.ref_name {
                        Some(name) => short_name(name) == head.key.ref_name,
                        None => head.role == forgeline_model::knowledge::RefRole::Default,
                    }
            };
            state.heads.iter().filter(meant).cloned().collect()
        };
        if heads.is_empty() {
            let what = match (&request.repo, &request.ref_name) {
                (Some(repo), Some(name)) => format!("reference `{name}` of `{repo}`"),
                (Some(repo), None) => format!("the default branch of `{repo}`"),
                (None, Some(name)) => format!("reference `{name}`"),
                (None, None) => "the default branch of any repository".to_owned(),
            };
            return Err(KnowledgeError::NotIndexed { what, known: self.read().known() });
        }
        Ok(heads.into_iter().map(|head| self.look_at(head)).collect())
    }

    fn look_at(&self, head: Arc<RefHead>) -> Searched {
        let present = present_head(&head);
        let behind = present.as_deref().and_then(|present| behind(&head, present));
        Searched { view: self.view(&head), present, behind }
    }

    fn view(&self, head: &Arc<RefHead>) -> Arc<RefView> {
        let key: &RefKey = &head.key;
        if let Some(view) = self.read().views.get(key).filter(|view| view.head.generation == head.generation) {
            return view.clone();
        }
        let mut state = self.write();
        let base = state.heads.default_of(&key.repo).cloned();
        let view = Arc::new(RefView::new(head.clone(), base.as_deref(), &state.blobs));
        state.views.insert(key.clone(), view.clone());
        view
    }

    fn notes(&self, searched: &[Searched]) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(reason) = self.reason() {
            notes.push(format!("searched by words only: {reason}"));
        }
        let state = self.read();
        for one in searched {
            let RefKey { repo, ref_name } = &one.view.head.key;
            let missing = state.missing(&one.view.head, self.mode() == SearchMode::Hybrid);
            if missing > 0 {
                notes.push(format!(
                    "{missing} chunks of `{ref_name}` of `{repo}` are not embedded; run `forgeline knowledge index`"
                ));
            }
            match &one.present {
                Some(present) if one.is_stale() => notes.push(format!(
                    "`{ref_name}` of `{repo}` is {} past the indexed {}",
                    match one.behind {
                        Some(commits) if commits > 0 => format!("{commits} commits"),
                        _ => format!("at {}, which is", short(present)),
                    },
                    short(&one.view.head.commit)
                )),
                Some(_) => {}
                None => notes.push(format!("`{ref_name}` of `{repo}` is gone, or its repository cannot be read")),
            }
        }
        notes
    }

    /// Candidates in the scope, best first.
    async fn ranked(
        &self,
        question: &Question,
        scope: &Scope<'_>,
        wanted: usize,
    ) -> Result<Vec<Ranked>, KnowledgeError> {
        let words = question.words();
        let code = self.by_words(words, TextColumn::Code, scope, wanted).await?;
        let prose = self.by_words(words, TextColumn::Prose, scope, wanted).await?;
        let meaning = self.by_meaning(question, scope, wanted).await?;
        Ok(fuse::fuse(&[(fuse::CODE, code), (fuse::PROSE, prose), (fuse::MEANING, meaning)]))
    }

    async fn by_words(
        &self,
        words: &str,
        column: TextColumn,
        scope: &Scope<'_>,
        wanted: usize,
    ) -> Result<Vec<ChunkId>, KnowledgeError> {
        let mut limit = FIRST_LIMIT;
        loop {
            let rows = self.table.by_words(words, column, limit).await?;
            let exhausted = rows.len() < limit;
            let inside = scope.filter(rows.into_iter().map(|(id, _)| id));
            if exhausted || inside.len() >= wanted {
                return Ok(inside);
            }
            limit *= 4;
        }
    }

    async fn by_meaning(
        &self,
        question: &Question,
        scope: &Scope<'_>,
        wanted: usize,
    ) -> Result<Vec<ChunkId>, KnowledgeError> {
        let Some(vectors) = self.embed(vec![question.text().to_owned()]).await? else { return Ok(Vec::new()) };
        let Some(vector) = vectors.into_iter().next() else { return Ok(Vec::new()) };
        let exact = scope.chunks() < EXACT_ROWS;
        let mut limit = FIRST_LIMIT;
        loop {
            let rows = self.table.by_meaning(&vector, limit, exact).await?;
            // Nearest first: once one is too far, so are all that follow.
            let exhausted = rows.len() < limit || rows.last().is_some_and(|(_, near)| *near < LEAST_SIMILARITY);
            let near = rows.into_iter().filter(|(_, near)| *near >= LEAST_SIMILARITY).map(|(id, _)| id);
            let inside = scope.filter(near);
            if exhausted || inside.len() >= wanted {
                return Ok(inside);
            }
            limit *= 4;
        }
    }
}

impl Searched {
    fn is_stale(&self) -> bool {
        self.present.as_ref().is_some_and(|present| *present != self.view.head.commit)
    }

    fn refusal(&self) -> KnowledgeError {
        let head = &self.view.head;
        KnowledgeError::Stale {
            repo: head.key.repo.clone(),
            ref_name: head.key.ref_name.clone(),
            commit: short(&head.commit).to_owned(),
            head: self.present.as_deref().map(short).unwrap_or_default().to_owned(),
        }
    }
}

impl RefHead {
    /// The request that brings it up to date.
    fn again(&self) -> IndexRequest {
        IndexRequest {
            repo: self.key.repo.clone(),
            git_dir: self.git_dir.clone(),
            ref_name: self.key.ref_name.clone(),
            commit: None,
            role: self.role,
            generated: Vec::new(),
            budget_ms: None,
        }
    }
}

/// Where hits may stand.
struct Scope<'a> {
    searched: &'a [Searched],
    request: &'a SearchRequest,
}

impl Scope<'_> {
    fn chunks(&self) -> usize {
        self.searched.iter().map(|one| one.view.chunks()).sum()
    }

    /// Those chunks that stand somewhere in the scope.
    fn filter(&self, ids: impl Iterator<Item = ChunkId>) -> Vec<ChunkId> {
        let inside = |id: &ChunkId| self.searched.iter().any(|one| self.allowed(one, *id).next().is_some());
        ids.filter(inside).collect()
    }

    fn allowed<'b>(&'b self, one: &'b Searched, id: ChunkId) -> impl Iterator<Item = &'b Place> {
        one.view.places(id).iter().filter(|place| {
            let file = one.view.file(place);
            let languages = &self.request.languages;
            (languages.is_empty() || languages.iter().any(|name| **name == *file.blob.language))
                && (self.request.under.is_empty() || self.request.under.iter().any(|under| is_under(&file.path, under)))
        })
    }

    /// Every candidate at its first place on each searched reference.
    fn places(&self, ranked: &[Ranked]) -> Vec<Candidate> {
        let mut out = Vec::new();
        for one in ranked {
            for (index, searched) in self.searched.iter().enumerate() {
                let mut allowed = self.allowed(searched, one.chunk);
                if let Some(place) = allowed.next() {
                    let copies = u32::try_from(allowed.count()).unwrap_or(u32::MAX);
                    let score = one.score * fuse::weight(searched.view.origin(place));
                    out.push(Candidate { chunk: one.chunk, searched: index, place: *place, copies, score });
                }
            }
        }
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
        out
    }
}

/// A chunk at a place, on the way to a hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    chunk: ChunkId,
    searched: usize,
    place: Place,
    copies: u32,
    score: f32,
}

impl Candidate {
    fn hit(self, searched: &[Searched], texts: &HashMap<ChunkId, StoredText>) -> Option<Hit> {
        let one = &searched[self.searched];
        let stored = texts.get(&self.chunk)?;
        let (head, file) = (&one.view.head, one.view.file(&self.place));
        Some(Hit {
            repo: head.key.repo.clone(),
            ref_name: head.key.ref_name.clone(),
            path: file.path.clone(),
            lines: self.place.lines,
            commit: head.commit.clone(),
            head: one.present.clone(),
            behind: one.behind,
            origin: one.view.origin(&self.place),
            score: self.score,
            language: file.blob.language.to_string(),
            symbols: stored.symbols.clone(),
            breadcrumb: stored.breadcrumb.clone(),
            text: stored.text.clone(),
            copies: self.copies,
        })
    }
}

/// Whether a path is `under` or lies below it.
fn is_under(path: &str, under: &str) -> bool {
    let under = under.trim_end_matches('/');
    path.strip_prefix(under).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
