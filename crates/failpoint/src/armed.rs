//! What the environment asks for, read once.

use std::{
    env,
    fmt::Display,
    fs::{File, OpenOptions},
    io::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
};

use rustix::process::{Signal, getpid, kill_process};

const KILL_AT: &str = "FORGELINE_FAILPOINT";
const LOG: &str = "FORGELINE_FAILPOINT_LOG";

struct Armed {
    /// Where to die, and at which pass, counted from 1.
    kill_at: Option<(String, u64)>,
    log: Option<File>,
}

static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
    let kill_at = env::var(KILL_AT).ok().map(|text| read(&text));
    let log = env::var_os(LOG).map(|path| {
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        opened.unwrap_or_else(|error| panic!("{LOG}: {}: {error}", path.display()))
    });
    (kill_at.is_some() || log.is_some()).then_some(Armed { kill_at, log })
});

/// Passes of the fatal place.
static PASSES: Mutex<u64> = Mutex::new(0);

pub(crate) fn pass(what: &str, after_step: &str, subject: Option<&dyn Display>) {
    let Some(armed) = &*ARMED else { return };
    let place = format!("{what}:{after_step}");
    if let Some(mut log) = armed.log.as_ref() {
        let line = subject.map_or_else(|| format!("{place}\n"), |subject| format!("{place} {subject}\n"));
        // One write for a line: several processes append to one file.
        log.write_all(line.as_bytes()).expect("the log of failpoints is written");
    }
    let Some((fatal, nth)) = &armed.kill_at else { return };
    if place == *fatal {
        let mut passes = PASSES.lock().unwrap_or_else(PoisonError::into_inner);
        *passes += 1;
        if *passes == *nth {
            die();
        }
    }
}

fn die() -> ! {
    kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
    // The signal is delivered before the call returns to user space.
    unreachable!("a killed process goes on")
}

/// Reads `place#n`; without a number it is the first pass.
fn read(text: &str) -> (String, u64) {
    let (place, nth) = text.split_once('#').unwrap_or((text, "1"));
    let nth = nth.parse().unwrap_or_else(|_| panic!("{KILL_AT}: `{nth}` is no number of passes"));
    (place.to_owned(), nth)
}
