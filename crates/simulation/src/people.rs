//! What people do, on the forge and at the terminal.

use forgeline_engine::{Approval, Input, Outcome};
use forgeline_model::{Digest, RunId};

use crate::{
    forge::{Happening, PEOPLE, Person, PullState, Says},
    git::{Commit, MAIN},
    seen::{Noted, Word},
    world::World,
};

/// Work items there are.
const ITEMS: usize = 3;

impl World {
    pub(crate) fn people_act(&mut self) {
        let actor = *self.dice.pick(&PEOPLE).expect("there are people");
        match self.dice.between(0, 99) {
            0..22 => self.ask_for_a_run(actor),
            22..28 => self.comment(actor, None, Says::Retry),
            28..32 => self.comment(actor, None, Says::Cancel),
            32..56 => self.answer(actor),
            56..60 => self.comment(actor, None, Says::Other),
            60..72 => self.push(actor),
            72..82 => self.end_a_pull_request(),
            82..90 => self.steer(actor),
            90..94 => {
                self.store.is_held = !self.store.is_held;
                let is_held = self.store.is_held;
                self.note("operator holds or lets go", || format!("held: {is_held}"));
            }
            _ => self.ask_for_a_run(actor),
        }
    }

    fn ask_for_a_run(&mut self, actor: Person) {
        let blueprint = self.dice.index(self.blueprints.len()).expect("there are blueprints");
        self.comment(actor, None, Says::Run { blueprint });
    }

    fn comment(&mut self, actor: Person, item: Option<usize>, says: Says) {
        let item = item.or_else(|| self.dice.index(ITEMS)).expect("there are items");
        self.note("comment", || format!("{} on item {item}: {says:?}", actor.name));
        self.forge.happen(Happening { actor, item, says });
    }

    /// Somebody says yes or no to a question that waits, or to what they once saw.
    fn answer(&mut self, actor: Person) {
        let rows = self.store.runs.values().filter(|row| !row.is_finished());
        let waiting: Vec<_> = rows
            .flat_map(|row| row.state.questions().map(|(id, question)| (row.item, id.clone(), question.subject)))
            .collect();
        let Some((item, stage, subject)) = self.dice.pick(&waiting).cloned() else { return };
        if self.dice.chance(12) {
            return self.comment(actor, Some(item), Says::Reject { stage });
        }
        let saw = if self.dice.chance(20) { Digest::of_bytes(b"something else") } else { subject };
        self.store.seen.words.push(Word { item, stage: stage.clone(), person: actor.name, saw });
        self.comment(actor, Some(item), Says::Approve { stage, saw });
    }

    /// Everybody who may, says yes to everything that waits.
    pub(crate) fn answer_all(&mut self) {
        for actor in PEOPLE {
            let rows = self.store.runs.values().filter(|row| !row.is_finished());
            let waiting: Vec<_> = rows
                .flat_map(|row| row.state.questions().map(|(id, question)| (row.item, id.clone(), question.subject)))
                .collect();
            for (item, stage, saw) in waiting {
                self.store.seen.words.push(Word { item, stage: stage.clone(), person: actor.name, saw });
                self.comment(actor, Some(item), Says::Approve { stage, saw });
            }
        }
    }

    /// Somebody pushes to the main branch or to a branch of ours, perhaps to a file that a run writes.
    fn push(&mut self, actor: Person) {
        let branches: Vec<String> = self.git.refs.keys().cloned().collect();
        let branch = self.dice.pick(&branches).cloned().unwrap_or_else(|| MAIN.to_owned());
        let Some(tip) = self.git.tip(&branch) else { return };
        let mut tree = self.git.commits[tip].tree.clone();
        let ours: Vec<String> = tree.keys().filter(|path| path.starts_with("out/")).cloned().collect();
        let path = match self.dice.pick(&ours) {
            Some(path) if self.dice.chance(60) => path.clone(),
            _ => "README".to_owned(),
        };
        tree.insert(path, Digest::of_bytes(format!("push at {}", self.step).as_bytes()));
        let by = actor.name.to_owned();
        let commit = self.git.commit(Commit { parents: vec![tip], tree, key: None, by });
        self.git.write(&branch, commit);
        self.note("push", || format!("{} moves `{branch}` to {commit}", actor.name));
    }

    /// Somebody merges, squashes or closes a pull request.
    fn end_a_pull_request(&mut self) {
        let is_open = |number: &usize| self.forge.pulls[*number].state == PullState::Open;
        let open: Vec<usize> = (0..self.forge.pulls.len()).filter(is_open).collect();
        let Some(number) = self.dice.pick(&open).copied() else { return };
        let head = self.forge.pulls[number].head.clone();
        let Some(tip) = self.git.tip(&head) else { return };
        if self.dice.chance(35) {
            self.forge.end_pull(&self.git, number, PullState::Closed);
            return self.note("pull request closed", || format!("{number} of `{head}`"));
        }
        let main = self.git.main();
        let mut tree = self.git.commits[main].tree.clone();
        tree.extend(self.git.commits[tip].tree.clone());
        let is_squashed = self.dice.chance(50);
        let parents = if is_squashed { vec![main] } else { vec![main, tip] };
        let merged = self.git.commit(Commit { parents, tree, key: None, by: "a merge".into() });
        self.git.write(MAIN, merged);
        self.forge.end_pull(&self.git, number, PullState::Merged);
        self.note("pull request merged", || format!("{number} of `{head}`, squashed: {is_squashed}"));
    }

    /// Somebody pauses, resumes or stops a run at the terminal.
    fn steer(&mut self, actor: Person) {
        let Some(run) = self.any_open_run() else { return };
        let by = actor.name.to_owned();
        let input = match self.dice.between(0, 9) {
            0..4 => Input::Pause { by },
            4..8 => Input::Resume { by },
            8 => Input::Cancel { by },
            _ => Input::Terminate { by },
        };
        self.note("steered", || format!("{run}: {input:?}"));
        // What does not fit is refused, which changes nothing.
        self.offer(&run, &input);
    }

    fn any_open_run(&mut self) -> Option<RunId> {
        let open: Vec<RunId> =
            self.store.runs.iter().filter(|(_, row)| !row.is_finished()).map(|(id, _)| id.clone()).collect();
        self.dice.pick(&open).cloned()
    }

    /// An input out of the blue, to any run in any state.
    pub(crate) fn offer_nonsense(&mut self) {
        let Some(run) = self.dice.pick(&self.store.order).cloned() else { return };
        let state = &self.store.runs[&run].state;
        let Some(task) = state.tasks().next().map(|task| task.id.clone()) else { return };
        let by = "nobody".to_owned();
        let input = match self.dice.between(0, 6) {
            0 => Input::Start,
            1 => Input::Queue { behind: run.clone() },
            2 => Input::Settled { outcome: Outcome::NoChange { reason: "because".into() } },
            3 => Input::Resume { by },
            4 => Input::Tick,
            5 => {
                let approval = Approval {
                    id: by.clone(),
                    name: by,
                    role: "maintainer".into(),
                    subject: Digest::of_bytes(b"nothing"),
                    self_approved: false,
                };
                Input::Approve { stage: task.stage, approval }
            }
            _ => Input::Reject { stage: "none".parse().expect("a stage id"), by, reason: String::new() },
        };
        // These are legal now and then; a world in which a stranger may resume or settle a run proves nothing.
        let is_publishing = state.word() == "publishing";
        let is_paused = state.paused_by.is_some();
        let is_queued = state.word() == "queued";
        match input {
            Input::Settled { .. } if is_publishing => {}
            Input::Resume { .. } if is_paused => {}
            Input::Start if is_queued => {}
            input => self.offer(&run, &input),
        }
    }

    /// Puts an input in that may not fit; then nothing may change.
    fn offer(&mut self, run: &RunId, input: &Input) {
        let before = self.store.runs[run].clone();
        let effects = self.store.outbox.len();
        if self.store.input(run, input, self.now).is_err() {
            self.store.seen.count("input refused");
            if self.store.runs[run] != before || self.store.outbox.len() != effects {
                self.store.seen.noted.push(Noted::ChangedThoughIllegal { run: run.clone() });
            }
        }
    }
}
