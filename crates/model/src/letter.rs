//! How bad it is that something was given up, and what letters have in common.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How bad a failure of a project is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criticality {
    /// Nobody is woken.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Owners are told at once.
    High,
    /// Everybody is told at once.
    Critical,
}

/// How urgent a dead letter is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterSeverity {
    /// Worth knowing.
    #[default]
    Info,
    /// Somebody should look when they have time.
    Warning,
    /// Work that was asked for is not done.
    Error,
    /// It cannot wait.
    Critical,
}

/// Tries after which it is plain that trying does not help: the first and three retries.
const MANY_ATTEMPTS: u32 = 4;

impl LetterSeverity {
    /// The rule: points for the project's criticality (0 to 3), for the kind of error (0 to 2), and one for having tried
    /// often. No point is `info`, one `warning`, two and three `error`, more `critical`.
    pub fn of(criticality: Criticality, error_kind: &str, attempts: u32) -> Self {
        let project = match criticality {
            Criticality::Low => 0,
            Criticality::Medium => 1,
            Criticality::High => 2,
            Criticality::Critical => 3,
        };
        match project + weight(error_kind) + u32::from(attempts >= MANY_ATTEMPTS) {
            0 => Self::Info,
            1 => Self::Warning,
            2 | 3 => Self::Error,
            _ => Self::Critical,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What was refused at the door hurts nobody yet; what broke on our side may break everything that follows.
fn weight(error_kind: &str) -> u32 {
    match error_kind {
        "contract" | "unreadable" | "subscription" => 0,
        "crash" | "lost" | "poison" | "publish" | "decide" => 2,
        _ => 1,
    }
}

impl Criticality {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What letters have in common when one thing went wrong many times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// Project.
    pub project: String,
    /// Agent or component.
    pub agent: String,
    /// Kind of error.
    pub error_kind: String,
}

impl fmt::Display for Cause {
    /// `project/agent/kind`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.project, self.agent, self.error_kind)
    }
}

/// The text is no cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cause; write it like `shop/backend-developer/timeout`, as `forgeline dlq list` shows it")]
pub struct NotACause(String);

impl FromStr for Cause {
    type Err = NotACause;

    /// Neither a project nor a kind has a slash; an agent's name from outside may.
    fn from_str(text: &str) -> Result<Self, NotACause> {
        let refuse = || NotACause(text.chars().take(200).collect());
        let (project, rest) = text.split_once('/').ok_or_else(refuse)?;
        let (agent, error_kind) = rest.rsplit_once('/').ok_or_else(refuse)?;
        if project.is_empty() || error_kind.is_empty() {
            return Err(refuse());
        }
        Ok(Self { project: project.to_owned(), agent: agent.to_owned(), error_kind: error_kind.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, Criticality, LetterSeverity};

    #[test]
    fn severity_grows_with_the_project_the_kind_and_the_tries() {
        use Criticality::{Critical, High, Low, Medium};
        for (criticality, kind, attempts, expected) in [
            (Low, "contract", 1, "info"),
            (Low, "template", 1, "warning"),
            (Low, "crash", 3, "error"),
            (Medium, "contract", 1, "warning"),
            (Medium, "template", 1, "error"),
            (Medium, "timeout", 4, "error"),
            (Medium, "publish", 1, "error"),
            (Medium, "decide", 5, "critical"),
            (High, "unreadable", 1, "error"),
            (High, "timeout", 3, "error"),
            (High, "timeout", 4, "critical"),
            (Critical, "contract", 1, "error"),
            (Critical, "template", 1, "critical"),
        ] {
            assert_eq!(LetterSeverity::of(criticality, kind, attempts).word(), expected, "{criticality:?} {kind}");
        }
    }

    #[test]
    fn a_cause_reads_as_it_prints() {
        for text in ["shop/backend-developer/timeout", "shop/a/b/contract", "default//decide"] {
            assert_eq!(text.parse::<Cause>().expect(text).to_string(), text);
        }
        for bad in ["", "shop", "shop/timeout", "/a/b", "shop/a/"] {
            assert!(bad.parse::<Cause>().is_err(), "{bad}");
        }
    }
}
