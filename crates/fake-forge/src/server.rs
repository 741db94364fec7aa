//! What stands between the wire and a dialect: connections, the log of requests, faults, limits, conditional requests.

pub(crate) mod conditional;
pub(crate) mod deliveries;
pub(crate) mod faults;
pub(crate) mod git;
pub(crate) mod limits;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use deliveries::Deliveries;
use faults::Plan;
use limits::Limits;
use log::Log;

use crate::github;
use crate::model::World;

/// Everything that changes, behind one lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) log: Log,
    pub(crate) plan: Plan,
    pub(crate) limits: Limits,
    pub(crate) deliveries: Deliveries,
}

/// What the server's tasks and the handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) address: SocketAddr,
    /// Told when something was put into the queue of deliveries.
    pub(crate) queued: tokio::sync::Notify,
    /// Told when a delivery was dealt with.
    pub(crate) delivered: Condvar,
}

impl Shared {
    pub(crate) fn new(world: World, address: SocketAddr) -> Arc<Self> {
        let state = State {
            world,
            log: Log::default(),
            plan: Plan::default(),
            limits: Limits::default(),
            deliveries: Deliveries::default(),
        };
        let queued = tokio::sync::Notify::new();
        Arc::new(Self { state: Mutex::new(state), address, queued, delivered: Condvar::new() })
    }

    /// The state; a handler that panicked was recorded and stops nobody else.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the state, and queues the webhooks that tell of it.
    pub(crate) fn act<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = what(&mut state);
        self.settle_happenings(&mut state);
        result
    }

    /// Makes webhooks of what happened.
    pub(crate) fn settle_happenings(&self, state: &mut State) {
        let happenings = std::mem::take(&mut state.world.happenings);
        if state.deliveries.hook.is_some() {
            for happening in &happenings {
                github::payload::queue(state, &self.base(), happening);
            }
        }
        // There may be more in the queue: somebody can have asked for a delivery again.
        self.queued.notify_one();
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}
