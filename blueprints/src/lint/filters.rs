//! Filters of a trigger that no event can meet at once.

use forgeline_model::Diagnostic;

use crate::{
    blueprint::{
        CheckUse, Drafts, LabelFilter, PeopleFilter, PullRequestAction, PullRequestTrigger, PushTrigger, Trigger,
        WorkItemTrigger, fits,
    },
    codes,
};

/// Two filters that do not go together.
pub(super) struct Contradiction {
    /// Where, below the trigger's own place.
    pub(super) at: String,
    message: String,
    hint: &'static str,
}

impl Contradiction {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(codes::IMPOSSIBLE_TRIGGER, self.message.clone()).hint(self.hint)
    }
}

/// All contradictions of one trigger.
pub(super) fn check(trigger: &Trigger) -> Vec<Contradiction> {
    let mut found = Finds(Vec::new());
    match trigger {
        Trigger::WorkItem(it) => found.work_item(it),
        Trigger::Push(it) => found.push(it),
        Trigger::PullRequest(it) => found.pull_request(it),
        Trigger::Label(_) | Trigger::Command(_) | Trigger::Schedule(_) | Trigger::Event(_) => {}
    }
    found.0
}

struct Finds(Vec<Contradiction>);

impl Finds {
    fn add(&mut self, at: &str, message: impl Into<String>, hint: &'static str) {
        self.0.push(Contradiction { at: at.to_owned(), message: message.into(), hint });
    }

    fn work_item(&mut self, it: &WorkItemTrigger) {
        if it.state.is_some() && !it.states.is_empty() {
            self.add("/work_item/states", "`state` and `states` are both there", "write all of them in `states`");
        }
        self.people("/work_item", &it.people);
        self.labels("/work_item", &it.labels);
    }

    fn push(&mut self, it: &PushTrigger) {
        if !it.tags.is_empty() && it.branches.is_empty() {
            const HINT: &str =
                "a tag changes no file; take it out, or write an element of `on` for branches of its own";
            let narrowed = [
                ("paths", !it.paths.is_empty()),
                ("max_files", it.size.max_files.is_some()),
                ("max_lines", it.size.max_lines.is_some()),
            ];
            for (name, _) in narrowed.into_iter().filter(|(_, is_there)| *is_there) {
                self.add(&format!("/push/{name}"), format!("`{name}` and only `tags`"), HINT);
            }
        }
        self.people("/push", &it.people);
    }

    fn pull_request(&mut self, it: &PullRequestTrigger) {
        use PullRequestAction::{Merged, Opened, Ready, Updated};
        let only = |action| !it.actions.is_empty() && it.actions.iter().all(|one| *one == action);
        if it.draft == Drafts::Only && (only(Ready) || only(Merged)) {
            let message = format!("`draft: true` and only `actions: [{}]`", it.actions[0].word());
            self.add("/pull_request/draft", message, "such a pull request is no draft any more");
        }
        if it.check == CheckUse::Required && !(it.waits_for(Opened) && it.waits_for(Updated)) {
            let message = "`check: required` without the actions `opened` and `updated`";
            let hint = "each head needs its check; add both to `actions`, or leave `actions` out";
            self.add("/pull_request/check", message, hint);
        }
        self.people("/pull_request", &it.people);
        self.labels("/pull_request", &it.labels);
    }

    fn people(&mut self, at: &str, people: &PeopleFilter) {
        let is_out = |name: &String| people.not_authors.iter().any(|out| fits(out, name));
        if !people.authors.is_empty() && people.authors.iter().all(is_out) {
            let message = "everybody in `authors` is in `not_authors` too".to_owned();
            self.add(&format!("{at}/not_authors"), message, "take one of the two out");
        } else if people.not_authors.iter().any(|out| out == "*") {
            self.add(&format!("{at}/not_authors"), "`not_authors` names everybody", "name those who are meant");
        }
    }

    fn labels(&mut self, at: &str, labels: &LabelFilter) {
        let is_out = |label: &String| labels.none.iter().any(|out| fits(out, label));
        if let Some(label) = labels.all.iter().find(|label| is_out(label)) {
            let message = format!("the label `{label}` is in `all` and in `none`");
            self.add(&format!("{at}/labels/none"), message, "take it out of one of them");
        }
        if !labels.any.is_empty() && labels.any.iter().all(is_out) {
            let message = "every label of `any` is in `none` too";
            self.add(&format!("{at}/labels/none"), message, "take them out of one of them");
        }
    }
}
