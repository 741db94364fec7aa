//! What a child gives up before it reads its first message.

use std::ffi::OsString;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Bounds of a process. None can be raised again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Processor time in all, seconds.
    pub cpu_seconds: u64,
    /// Largest file it may write, bytes.
    pub file_bytes: u64,
    /// Open files.
    pub open_files: u64,
}

/// A limit that the system refuses to set. A child must not go on without it.
#[derive(Debug, thiserror::Error)]
#[error("cannot give up {what}")]
pub struct ConfineError {
    what: &'static str,
    source: rustix::io::Errno,
}

/// Bounds this process and drops what it could gain: no core dump, no new privileges, no debugger of the same user, and
/// death with the parent.
///
/// # Errors
/// The first bound that the system refuses.
pub fn confine(limits: &Limits) -> Result<(), ConfineError> {
    bound("core dumps", Resource::Core, 0)?;
    bound("address space", Resource::As, limits.memory_bytes)?;
    bound("processor time", Resource::Cpu, limits.cpu_seconds)?;
    bound("file size", Resource::Fsize, limits.file_bytes)?;
    bound("open files", Resource::Nofile, limits.open_files)?;
    drop_privileges()
}

fn bound(what: &'static str, resource: Resource, most: u64) -> Result<(), ConfineError> {
    let allowed = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
    let limit = Rlimit { current: Some(allowed), maximum: Some(allowed) };
    setrlimit(resource, limit).map_err(|source| ConfineError { what, source })
}

#[cfg(target_os = "linux")]
fn drop_privileges() -> Result<(), ConfineError> {
    use rustix::process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal};

    let failed = |what| move |source| ConfineError { what, source };
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed("life without a parent"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed("being debugged"))?;
    rustix::thread::set_no_new_privs(true).map_err(failed("new privileges"))
}

#[cfg(not(target_os = "linux"))]
fn drop_privileges() -> Result<(), ConfineError> {
    Ok(())
}

/// Names of environment variables other than the allowed ones.
pub fn foreign_variables(allowed: &[&str]) -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| !allowed.iter().any(|allowed| name == allowed)).collect()
}
