//! Equal reads that are under way at the same time are one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use forgeline_forge::remote::Trouble;
use tokio::sync::watch;

use super::{Answer, Credential};

type Outcome = Result<Answer, Trouble>;
type Landing = watch::Receiver<Option<Outcome>>;

#[derive(Default)]
struct Board {
    count: u64,
    under_way: HashMap<(Credential, String), (u64, Landing)>,
}

/// Reads that are under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<Board>);

/// What a reader does.
pub(super) enum Seat<'a> {
    /// It reads, and tells the others.
    First(Flight<'a>),
    /// It waits for what the first one reads.
    Other(Landing),
}

/// A read that others may wait for.
pub(super) struct Flight<'a> {
    flights: &'a Flights,
    key: (Credential, String),
    number: u64,
    tell: watch::Sender<Option<Outcome>>,
}

/// Ends with something having been changed: reads that began before are not joined any more, so that who writes and then
/// reads sees what was written.
pub(super) struct Change<'a>(pub(super) &'a Flights);

impl Flights {
    pub(super) fn join(&self, credential: &Credential, url: &str) -> Seat<'_> {
        let mut board = self.board();
        let key = (credential.clone(), url.to_owned());
        if let Some((_, landing)) = board.under_way.get(&key) {
            return Seat::Other(landing.clone());
        }
        board.count += 1;
        let number = board.count;
        let (tell, landing) = watch::channel(None);
        board.under_way.insert(key.clone(), (number, landing));
        Seat::First(Flight { flights: self, key, number, tell })
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight<'_> {
    pub(super) fn land(self, outcome: &Outcome) {
        self.tell.send_replace(Some(outcome.clone()));
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut board = self.flights.board();
        if board.under_way.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            board.under_way.remove(&self.key);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.board().under_way.clear();
    }
}

/// What the first one read; none when it went away before it had an answer.
pub(super) async fn landed(mut landing: Landing) -> Option<Outcome> {
    let outcome = landing.wait_for(Option::is_some).await.ok()?;
    outcome.clone()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Change, Flights, Seat, landed};
    use crate::http::{Answer, Credential};

    fn is_first(seat: &Seat<'_>) -> bool {
        matches!(seat, Seat::First(_))
    }

    #[tokio::test]
    async fn equal_reads_are_one_until_something_is_written() {
        let flights = Flights::default();
        let (ours, theirs) = (Credential::bearer("a").expect("a token"), Credential::bearer("b").expect("a token"));
        let Seat::First(first) = flights.join(&ours, "/x") else { panic!("nobody was there") };
        let Seat::Other(waiting) = flights.join(&ours, "/x") else { panic!("one is under way") };
        let Seat::Other(left) = flights.join(&ours, "/x") else { panic!("one is under way") };
        assert!(is_first(&flights.join(&theirs, "/x")), "others may see other things");
        assert!(is_first(&flights.join(&ours, "/y")));
        drop(Change(&flights));
        let Seat::First(second) = flights.join(&ours, "/x") else { panic!("the write came after the first read") };
        first.land(&Ok(Answer { body: Bytes::from_static(b"1"), next: None }));
        assert_eq!(landed(waiting).await.expect("it landed").expect("a success").body, "1");
        assert!(!is_first(&flights.join(&ours, "/x")), "the second goes on after the first has landed");
        drop(second);
        assert!(is_first(&flights.join(&ours, "/x")), "who went away holds nobody up");
        assert!(landed(left).await.is_some());
    }
}
