//! Filters of triggers on changes and items: who, which labels, how much, drafts, skip markers.

use forgeline_blueprints::blueprint::{
    Drafts, LabelFilter, PeopleFilter, PullRequestTrigger, PushTrigger, SizeFilter, WorkItemTrigger, fits,
};

use super::{
    Failed, Skip,
    conditions::{Asked, matches, one_of, some_of},
    occurrence::{Change, ItemFacts, Proposed, Pushed},
};

impl Asked {
    pub(super) fn work_item(&mut self, wanted: &WorkItemTrigger, item: Option<&ItemFacts>) -> Result<(), Failed> {
        let (kind, state) = item.map_or(("none", "none"), |item| (&item.kind, &item.state));
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let is_of_type = wanted.types.is_empty() || wanted.types.iter().any(|one| same(one, kind));
        self.meet("type", is_of_type, || (one_of(&wanted.types), kind.to_owned()))?;
        let states: Vec<String> = wanted.all_states().cloned().collect();
        let is_in_state = states.is_empty() || states.iter().any(|one| same(one, state));
        self.meet("state", is_in_state, || (one_of(&states), state.to_owned()))?;
        self.labels(&wanted.labels, item.map(|item| item.labels.as_slice()).unwrap_or_default())?;
        self.people(&wanted.people, item.map(|item| item.author.as_str()).unwrap_or_default())
    }

    pub(super) fn push(&mut self, wanted: &PushTrigger, pushed: &Pushed) -> Result<(), Failed> {
        match pushed {
            Pushed::Tag { tag, author, skip } => {
                let is_wanted = wanted.tags.iter().any(|glob| matches(glob, tag));
                let tags = || if wanted.tags.is_empty() { "a branch".into() } else { one_of(&wanted.tags) };
                self.meet("tag", is_wanted, || (tags(), format!("the tag {tag}")))?;
                self.people(&wanted.people, author)?;
                self.skip(skip.as_ref())
            }
            Pushed::Branch(change) => {
                let is_wanted = match wanted.branches.as_slice() {
                    [] => change.is_default && wanted.tags.is_empty(),
                    globs => globs.iter().any(|glob| matches(glob, &change.branch)),
                };
                let expected = match (wanted.branches.as_slice(), wanted.tags.as_slice()) {
                    ([], []) => "the default branch".into(),
                    ([], tags) => format!("the tag {}", one_of(tags)),
                    (branches, _) => one_of(branches),
                };
                self.meet("branch", is_wanted, || (expected, change.branch.clone()))?;
                self.paths(&wanted.paths, change)?;
                self.people(&wanted.people, &change.author)?;
                self.size(&wanted.size, change)?;
                self.skip(change.skip.as_ref())
            }
        }
    }

    pub(super) fn pull_request(&mut self, wanted: &PullRequestTrigger, it: &Proposed) -> Result<(), Failed> {
        let change = &it.change;
        let actions = || match wanted.actions.as_slice() {
            [] => "opened or updated".to_owned(),
            actions => actions.iter().map(|action| action.word()).collect::<Vec<_>>().join(" or "),
        };
        self.meet("action", wanted.waits_for(it.action), || (actions(), it.action.word().to_owned()))?;
        let is_wanted = match wanted.branches.as_slice() {
            [] => change.is_default,
            globs => globs.iter().any(|glob| matches(glob, &change.branch)),
        };
        let branches =
            || if wanted.branches.is_empty() { "the default branch".into() } else { one_of(&wanted.branches) };
        self.meet("branch", is_wanted, || (branches(), change.branch.clone()))?;
        self.paths(&wanted.paths, change)?;
        let (fits, draft, ready) = match wanted.draft {
            Drafts::Any => (true, "", ""),
            Drafts::Only => (it.is_draft, "a draft", "no draft"),
            Drafts::Never => (!it.is_draft, "no draft", "a draft"),
        };
        self.meet("draft", fits, || (draft.to_owned(), ready.to_owned()))?;
        self.labels(&wanted.labels, &it.labels)?;
        self.people(&wanted.people, &change.author)?;
        self.size(&wanted.size, change)?;
        self.skip(change.skip.as_ref())
    }

    fn paths(&mut self, globs: &[String], change: &Change) -> Result<(), Failed> {
        let touches = |glob: &String| change.paths.iter().any(|path| matches(glob, path));
        let is_touched = globs.is_empty() || globs.iter().any(touches);
        self.meet("paths", is_touched, || (one_of(globs), some_of(&change.paths)))
    }

    fn labels(&mut self, wanted: &LabelFilter, labels: &[String]) -> Result<(), Failed> {
        let has = |pattern: &String| labels.iter().any(|label| fits(pattern, label));
        let shown = || if labels.is_empty() { "no label".to_owned() } else { some_of(labels) };
        let all = wanted.all.iter().find(|pattern| !has(pattern));
        self.meet("labels", all.is_none(), || (format!("all of {}", wanted.all.join(", ")), shown()))?;
        let any = wanted.any.is_empty() || wanted.any.iter().any(has);
        self.meet("labels", any, || (one_of(&wanted.any), shown()))?;
        let none = wanted.none.iter().find(|pattern| has(pattern));
        self.meet("labels", none.is_none(), || (format!("none of {}", wanted.none.join(", ")), shown()))
    }

    fn people(&mut self, wanted: &PeopleFilter, author: &str) -> Result<(), Failed> {
        let is_in = wanted.authors.is_empty() || wanted.authors.iter().any(|pattern| fits(pattern, author));
        self.meet("author", is_in, || (one_of(&wanted.authors), author.to_owned()))?;
        let is_out = wanted.not_authors.iter().any(|pattern| fits(pattern, author));
        self.meet("author", !is_out, || (format!("not {}", one_of(&wanted.not_authors)), author.to_owned()))
    }

    fn size(&mut self, wanted: &SizeFilter, change: &Change) -> Result<(), Failed> {
        for (name, most, is) in [("files", wanted.max_files, change.files), ("lines", wanted.max_lines, change.lines)] {
            let fits = most.is_none_or(|most| is <= most);
            self.meet("size", fits, || {
                (format!("at most {} {name}", most.unwrap_or_default()), format!("{is} {name}"))
            })?;
        }
        Ok(())
    }

    fn skip(&mut self, skip: Option<&Skip>) -> Result<(), Failed> {
        self.meet("skip", skip.is_none(), || {
            ("no skip marker".into(), skip.map_or_else(String::new, ToString::to_string))
        })
    }
}
