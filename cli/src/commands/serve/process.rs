//! What this process uses, as the kernel says. What it does not say is left out.

use std::{fs, path::Path};

/// Ticks of the kernel's clock in a second, as it tells them to programs.
const TICKS: f64 = 100.0;

/// What this process uses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Use {
    /// Memory that is resident, bytes.
    pub(super) rss: u64,
    /// Processor time, seconds.
    pub(super) cpu: f64,
    /// Processor time of child processes that have ended, seconds.
    pub(super) children: f64,
    /// Open files.
    pub(super) files: u64,
}

/// Now.
pub(super) fn now() -> Use {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let (cpu, children) = fs::read_to_string("/proc/self/stat").ok().and_then(|text| times(&text)).unwrap_or_default();
    let files = fs::read_dir("/proc/self/fd").map_or(0, |all| all.count() as u64);
    Use { rss: resident(&status).unwrap_or(0), cpu, children, files }
}

/// Free bytes where a folder lies; none when that cannot be told.
pub(super) fn free_space(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Bytes, from the line `VmRSS:     1234 kB`.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// Own time and that of children, seconds. The program's name, in parentheses, may hold anything.
fn times(stat: &str) -> Option<(f64, f64)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> = rest.split_whitespace().skip(11).take(4).filter_map(|text| text.parse().ok()).collect();
    let [user, system, children_user, children_system] = ticks[..] else { return None };
    Some(((user + system) / TICKS, (children_user + children_system) / TICKS))
}

#[cfg(test)]
mod tests {
    use super::{now, resident, times};

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(resident("Name:\tx\n"), None);
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 20 5 20 0";
        assert_eq!(times(stat), Some((2.0, 0.25)));
        assert_eq!(times("42 (x) S 1"), None);
        let now = now();
        assert!(now.rss > 1 << 20 && now.files > 2, "{now:?}");
    }
}
