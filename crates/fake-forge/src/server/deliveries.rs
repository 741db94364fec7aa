//! Webhooks: what is to be sent, what was sent, and how the way there loses, doubles and reorders them.

use serde_json::Value;

use crate::model::{Id, Millis};

/// Where webhooks go. The secret is not shown.
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Shares of the deliveries, from 0 to 1, that do not arrive as they should. The same seed meets the same ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeliveryFaults {
    /// Never sent; the list of deliveries shows them as failed.
    pub drop: f64,
    /// Sent twice with the same id.
    pub double: f64,
    /// Sent after the one that follows.
    pub reorder: f64,
    /// Chooses which.
    pub seed: u64,
}

/// One delivery and how it ended.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Names this attempt.
    pub id: u64,
    /// Names what is told; a redelivery has the same.
    pub guid: String,
    /// The event, such as `issue_comment`.
    pub event: String,
    /// What happened, such as `created`.
    pub action: Option<String>,
    /// Is it a repetition that somebody asked for?
    pub redelivery: bool,
    /// When it was made, by the fake's clock: milliseconds since 1970.
    pub at: i64,
    /// What is told.
    pub payload: Value,
    /// The receiver's status; 0 while it is under way, 502 if it was dropped or nobody listened.
    pub status: u16,
    /// The repository that it is about.
    pub repository: Option<u64>,
    /// The installation through which it comes.
    pub installation: Option<u64>,
}

/// What the sender is to do next.
#[derive(Debug)]
pub(crate) struct Shipment {
    pub(crate) id: Id,
    pub(crate) copies: u8,
    pub(crate) after_next: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) hook: Option<Hook>,
    pub(crate) all: Vec<Delivery>,
    /// In the order in which they are to leave.
    pub(crate) queue: std::collections::VecDeque<Shipment>,
    /// Taken out of the queue and not dealt with yet.
    pub(crate) under_way: usize,
    faults: Option<(DeliveryFaults, fastrand::Rng)>,
}

impl Deliveries {
    pub(crate) fn set_faults(&mut self, faults: DeliveryFaults) {
        self.faults = Some((faults, fastrand::Rng::with_seed(faults.seed)));
    }

    /// Adds a delivery and decides what becomes of it.
    pub(crate) fn add(&mut self, mut delivery: Delivery) {
        let mut shipment = Shipment { id: delivery.id, copies: 1, after_next: false };
        if let Some((faults, random)) = self.faults.as_mut().filter(|_| !delivery.redelivery) {
            // Three draws each time, so that changing one share does not move the others.
            let (drop, double, reorder) = (random.f64(), random.f64(), random.f64());
            if drop < faults.drop {
                delivery.status = 502;
                shipment.copies = 0;
            } else {
                shipment.copies += u8::from(double < faults.double);
                shipment.after_next = reorder < faults.reorder;
            }
        }
        self.all.push(delivery);
        if shipment.copies > 0 {
            self.queue.push_back(shipment);
        }
    }

    /// Takes out what leaves next.
    pub(crate) fn next(&mut self) -> Option<Shipment> {
        let late = self.queue.front().is_some_and(|first| first.after_next) && self.queue.len() > 1;
        let next = if late { self.queue.remove(1) } else { self.queue.pop_front() }?;
        self.under_way += 1;
        Some(next)
    }

    /// Whether a lone delivery waits for the one that it should come after.
    pub(crate) fn lone(&self) -> bool {
        self.queue.len() == 1 && self.queue.front().is_some_and(|first| first.after_next)
    }

    pub(crate) fn idle(&self) -> bool {
        self.queue.is_empty() && self.under_way == 0
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Delivery> {
        self.all.iter().find(|delivery| delivery.id == id)
    }

    /// Sends one again; none if there is no such delivery.
    pub(crate) fn again(&mut self, of: Id, id: Id, now: Millis) -> Option<()> {
        let old = self.get(of)?.clone();
        self.add(Delivery { id, redelivery: true, at: now, status: 0, ..old });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(faults: DeliveryFaults) -> (Vec<Id>, usize) {
        let mut deliveries = Deliveries::default();
        deliveries.set_faults(faults);
        for id in 0..200 {
            let (guid, event, payload) = (id.to_string(), "push".to_owned(), Value::Null);
            let (action, repository, installation) = (None, None, None);
            let one = Delivery {
                id,
                guid,
                event,
                action,
                redelivery: false,
                at: 0,
                payload,
                status: 0,
                repository,
                installation,
            };
            deliveries.add(one);
        }
        let mut order = Vec::new();
        while let Some(shipment) = deliveries.next() {
            order.extend(std::iter::repeat_n(shipment.id, shipment.copies.into()));
        }
        let dropped = deliveries.all.iter().filter(|delivery| delivery.status == 502).count();
        (order, dropped)
    }

    #[test]
    fn shares_are_met_and_a_seed_repeats() {
        let faults = DeliveryFaults { drop: 0.3, double: 0.3, reorder: 0.3, seed: 7 };
        let (order, dropped) = told(faults);
        assert!((40..80).contains(&dropped), "{dropped} of 200");
        let mut once = order.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), 200 - dropped, "nothing else is lost");
        assert!(order.len() > once.len(), "some came twice");
        assert!(!order.is_sorted(), "some came late");
        assert_eq!(told(faults), (order, dropped));
    }

    #[test]
    fn without_faults_all_arrive_once_and_in_order() {
        let (order, dropped) = told(DeliveryFaults { drop: 0.0, double: 0.0, reorder: 0.0, seed: 7 });
        assert_eq!((order, dropped), ((0..200).collect(), 0));
    }
}
