//! Rules about how much is written.

use super::{
    GateInput, RuleOutcome,
    verdict::{Answers, Decision, counted},
};

/// Bounds of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateLimits {
    /// Most files.
    pub files: usize,
    /// All files together, bytes.
    pub total_bytes: u64,
    /// One file, bytes.
    pub file_bytes: u64,
}

impl Default for GateLimits {
    /// 100 files, 4 MiB, 1 MiB a file.
    fn default() -> Self {
        Self { files: 100, total_bytes: 4 << 20, file_bytes: 1 << 20 }
    }
}

/// `count`: at most as many files as allowed.
pub(super) fn count(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let (n, most) = (input.files.len(), input.limits.files);
    let reason = format!("{} (at most {most})", counted(n, "file"));
    if n > most {
        answers.whole(Decision::Deny, reason.clone());
    }
    answers.or_passed(reason)
}

/// `size`: each file and all of them within bounds.
pub(super) fn size(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    for file in input.files.iter().filter(|file| bytes(file.content) > input.limits.file_bytes) {
        let reason = format!("{} bytes (at most {} a file)", file.content.len(), input.limits.file_bytes);
        answers.about(Decision::Deny, file.path, reason);
    }
    let total: u64 = input.files.iter().map(|file| bytes(file.content)).sum();
    let reason = format!("{total} bytes (at most {})", input.limits.total_bytes);
    if total > input.limits.total_bytes {
        answers.whole(Decision::Deny, reason.clone());
    }
    answers.or_passed(reason)
}

fn bytes(content: &[u8]) -> u64 {
    u64::try_from(content.len()).unwrap_or(u64::MAX)
}
