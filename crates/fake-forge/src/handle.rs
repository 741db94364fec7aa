//! What tests call: the handle of a running fake.

mod apps;
mod azure;
mod people;
mod watch;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::git::Depot;
use crate::model::clock::Clock;
use crate::model::people::Kind;
use crate::model::{Actor, Id, Millis, World};
use crate::server::{Shared, State, listen};

pub use apps::AppHandle;
pub use watch::Faults;

/// How a fake starts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the clock stands, in milliseconds since 1970. A clock that is set moves only when it is told to; without it
    /// the clock runs with the machine's.
    pub at: Option<i64>,
}

/// A running fake; it ends when this is dropped, and its repositories with it.
///
/// The methods that play people panic, with a reason, on what makes no sense in a test, such as an unknown repository.
/// Repositories are named `owner/name`; users and owners that are not there yet are made.
#[derive(Debug)]
pub struct FakeForge {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeForge {
    /// Starts a fake on a free port, with the real time.
    ///
    /// # Panics
    /// If there is no free port or no temporary folder.
    pub async fn start() -> Self {
        std::future::ready(Self::start_blocking()).await
    }

    /// The same for tests without a runtime: the fake has its own, on its own thread.
    ///
    /// # Panics
    /// As [`FakeForge::start`].
    #[must_use]
    pub fn start_blocking() -> Self {
        Self::start_with(Start::default()).expect("a fake forge starts on a free port")
    }

    /// Starts a fake as told.
    ///
    /// # Errors
    /// The port is taken, or there is no temporary folder.
    pub fn start_with(start: Start) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, start.port)))?;
        listener.set_nonblocking(true)?;
        let mut clock = Clock::running();
        if let Some(at) = start.at {
            clock.set(at);
        }
        let shared = Shared::new(World::new(clock, Depot::new()?), listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = shared.clone();
        let thread = std::thread::Builder::new().name("fake-forge".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a bound listener can be polled");
                tokio::select! {
                    () = listen::listen(served, listener) => {}
                    _ = stopped => {}
                }
            });
            // Handlers that are still at work hold the folder of the repositories.
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        })?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address of the API, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.base()
    }

    /// The base address for clients of an Enterprise Server.
    #[must_use]
    pub fn enterprise_url(&self) -> String {
        format!("{}/api/v3", self.shared.base())
    }

    /// The address from which Git clones a repository.
    #[must_use]
    pub fn git_url(&self, repository: &str) -> String {
        format!("{}/{repository}.git", self.shared.base())
    }

    /// What the clock shows, in milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.shared.lock().world.now()
    }

    /// Moves the clock on.
    pub fn advance_clock(&self, millis: i64) {
        self.shared.lock().world.clock.advance(millis);
    }

    /// Sets the clock to a time in milliseconds since 1970; from then on it stands still until it is moved.
    pub fn set_clock(&self, now: i64) {
        self.shared.lock().world.clock.set(now);
    }

    fn act<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        self.shared.act(what)
    }
}

impl Drop for FakeForge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server was shown where it happened.
            let _ = thread.join();
        }
    }
}

/// The user of that name, in person.
fn actor(world: &mut World, login: &str) -> Actor {
    Actor { user: world.ensure_user(login, Kind::Person), app: None }
}

/// The repository of that name.
fn repository(world: &World, full: &str) -> Id {
    let found = full.split_once('/').and_then(|(owner, name)| world.repository_named(owner, name));
    found.unwrap_or_else(|| panic!("the fake has no repository `{full}`; make it with `repository` first")).id
}

/// The item of that number.
fn item(world: &World, full: &str, number: u64) -> Id {
    let found = world.item_numbered(repository(world, full), number);
    found.unwrap_or_else(|| panic!("`{full}` has no item {number}")).id
}
