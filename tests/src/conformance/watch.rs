//! What a scenario sees of its items, and what Forgeline changed of it.

use std::collections::BTreeMap;

use forgeline_forge::marker;

use super::{
    stage::{Item, Note, Stage},
    tidy::Names,
};

/// Which items belong to a scenario.
pub(super) struct Watch {
    pub(super) repo: String,
    /// Whether everything in the repository does.
    pub(super) whole: bool,
    pub(super) numbers: Vec<u64>,
}

/// Items with their comments, by number.
pub(super) type Seen = BTreeMap<u64, (Item, Vec<Note>)>;

impl Watch {
    /// What is there now; pull requests of Forgeline for an item belong to whom the item does.
    pub(super) fn look(&mut self, stage: &dyn Stage) -> Seen {
        for (number, head) in stage.pulls(&self.repo) {
            let of_item = || {
                let item = head.strip_prefix("forgeline/")?.split('/').nth(1)?.split('-').next()?;
                item.parse::<u64>().ok()
            };
            let is_own = self.whole || of_item().is_some_and(|item| self.numbers.contains(&item));
            if is_own && !self.numbers.contains(&number) {
                self.numbers.push(number);
            }
        }
        let look = |number: &u64| {
            let (item, mut notes) = (stage.item(&self.repo, *number), stage.notes(&self.repo, *number));
            if item.pull.is_some() {
                let placed = |(place, note): (String, Note)| Note { body: format!("({place}) {}", note.body), ..note };
                notes.extend(stage.line_notes(&self.repo, *number).into_iter().map(placed));
            }
            (*number, (item, notes))
        };
        self.numbers.iter().map(look).collect()
    }
}

/// What happened from one look to the next, as lines.
pub(super) fn told(names: &mut Names, before: &Seen, after: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    for number in after.keys() {
        names.meet(*number);
    }
    for (number, (item, notes)) in after {
        let nobody = (Vec::new(), None);
        let (old_notes, old) = before.get(number).map_or(nobody, |(item, notes)| (notes.clone(), Some(item.clone())));
        let at = names.number(*number);
        tell_item(names, &at, old.as_ref(), item, &mut lines);
        for note in notes {
            match old_notes.iter().find(|it| it.id == note.id) {
                Some(old) if old.body == note.body => {}
                Some(_) => lines.push(said(names, &format!("changes a comment on #{at}"), note)),
                None => lines.push(said(names, &format!("on #{at}"), note)),
            }
        }
        for gone in old_notes.iter().filter(|old| notes.iter().all(|it| it.id != old.id)) {
            lines.push(said(names, &format!("deleted a comment on #{at}"), gone));
        }
    }
    lines
}

fn tell_item(names: &mut Names, at: &str, old: Option<&Item>, item: &Item, lines: &mut Vec<String>) {
    let is_new = old.is_none();
    if is_new {
        let what = match &item.pull {
            Some(pull) => {
                let draft = if pull.draft { "draft " } else { "" };
                format!("{draft}pull request #{at} from {} into {}", names.tidy(&pull.head), names.tidy(&pull.base))
            }
            None => format!("issue #{at}"),
        };
        lines.push(format!("forgeline: opens {what}: {}\n{}", names.tidy(&item.title), block(&names.tidy(&item.body))));
    }
    if let Some(old) = old {
        if (&old.title, &old.body) != (&item.title, &item.body) {
            let (title, body) = (names.tidy(&item.title), names.tidy(&item.body));
            let (was_title, was_body) = (names.tidy(&old.title), names.tidy(&old.body));
            if (&title, &body) == (&was_title, &was_body) {
                lines.push(format!("forgeline: brings the text of #{at} up to date"));
            } else {
                lines.push(format!("forgeline: changes #{at}: {title}\n{}", block(&body)));
            }
        }
        if old.state != item.state {
            lines.push(format!("forgeline: #{at} is {}", item.state));
        }
    }
    let labels = |item: Option<&Item>| item.map(|it| it.labels.clone()).unwrap_or_default();
    let (was, is) = (labels(old), labels(Some(item)));
    for label in is.iter().filter(|label| !was.contains(label)) {
        lines.push(format!("forgeline: labels #{at} `{label}`"));
    }
    for label in was.iter().filter(|label| !is.contains(label)) {
        lines.push(format!("forgeline: takes `{label}` off #{at}"));
    }
    let Some(pull) = &item.pull else { return };
    let was = old.and_then(|old| old.pull.as_ref());
    if was.is_none_or(|was| was.commit != pull.commit) {
        lines.push(format!("{} files, {} commits", pull.files.len(), pull.commits.len()));
        lines.extend(pull.files.iter().map(|file| format!("    {}", names.tidy(file))));
        lines.extend(pull.commits.iter().map(|title| format!("    * {}", names.tidy(title))));
    }
    if was.is_none_or(|was| was.base != pull.base) && !is_new {
        lines.push(format!("forgeline: #{at} goes into {}", names.tidy(&pull.base)));
    }
    let mut old_checks = was.map(|was| was.checks.clone()).unwrap_or_default();
    for check in &pull.checks {
        match old_checks.iter().position(|old| old == check) {
            Some(place) => drop(old_checks.remove(place)),
            None => lines.push(format!("forgeline: check on #{at}: {check}")),
        }
    }
}

fn said(names: &mut Names, does: &str, note: &Note) -> String {
    format!("{}: {does}\n{}", names.tidy(&note.author), block(&names.tidy(&marker::strip(&note.body))))
}

/// Text, set off from what is told.
pub(super) fn block(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "    |".to_owned() } else { format!("    | {line}") };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}
