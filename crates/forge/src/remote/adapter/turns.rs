//! One at a time, the urgent first.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

/// How urgent a write is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A person waits for it: an answer, a sign that a comment was seen.
    Answer,
    /// The work itself: pull requests, issues.
    Work,
    /// What is told beside it: checks, labels.
    Report,
}

#[derive(Default)]
struct Line {
    taken: bool,
    arrived: u64,
    waiting: BTreeMap<(Priority, u64), oneshot::Sender<Turn>>,
}

/// A line in front of one door.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<Line>>);

/// The right to go; dropped, it passes to the next in line.
pub struct Turn(Option<Turns>);

impl Turns {
    /// Waits until it is this one's turn: the more urgent first, then who came first.
    pub async fn wait(&self, priority: Priority) -> Turn {
        let receiver = {
            let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !line.taken {
                line.taken = true;
                return Turn(Some(self.clone()));
            }
            line.arrived += 1;
            let place = (priority, line.arrived);
            let (sender, receiver) = oneshot::channel();
            line.waiting.insert(place, sender);
            receiver
        };
        // The line keeps the sender until it has sent.
        receiver.await.unwrap_or(Turn(None))
    }

    fn pass_on(&self) {
        loop {
            let next = {
                let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((_, sender)) = line.waiting.pop_first() else {
                    line.taken = false;
                    return;
                };
                sender
            };
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Who stood there went away.
                Err(mut turn) => turn.0 = None,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Priority, Turns};

    #[tokio::test]
    async fn the_urgent_go_first_and_who_leaves_the_line_holds_nobody_up() {
        let turns = Turns::default();
        let first = turns.wait(Priority::Report).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, priority) in [
            ("label", Priority::Report),
            ("gone", Priority::Answer),
            ("answer", Priority::Answer),
            ("work", Priority::Work),
        ] {
            let (turns, order) = (turns.clone(), order.clone());
            tasks.push(tokio::spawn(async move {
                let _turn = turns.wait(priority).await;
                order.lock().expect("no panic").push(name);
            }));
            tokio::task::yield_now().await;
        }
        tasks.remove(1).abort();
        tokio::task::yield_now().await;
        drop(first);
        for task in tasks {
            task.await.expect("it ends");
        }
        assert_eq!(*order.lock().expect("no panic"), ["answer", "work", "label"]);
        drop(turns.wait(Priority::Report).await);
    }
}
