//! What a verification says to people.

use std::fmt::{self, Write as _};

use super::{Change, FileStatus, Origin, Signed, Standing, StatementReport, Verification};

impl Standing {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Edited => "edited since",
            Self::Refused => "not verified",
            Self::Unreadable => "unreadable",
            Self::Nothing => "nothing found",
        }
    }
}

impl FileStatus {
    /// The word for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Superseded { .. } => "superseded",
            Self::Edited(_) => "edited since",
            Self::Missing { .. } => "missing",
            Self::Tampered(_) => "tampered",
        }
    }
}

impl fmt::Display for Change {
    /// `0123456789ab by Ana <ana@example.org>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", short(&self.commit), self.by)
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.statements {
            writeln!(f, "{statement}")?;
        }
        writeln!(f, "{} at {}", self.standing().word(), short(&self.commit))
    }
}

impl fmt::Display for StatementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path)?;
        if let Some(reason) = &self.unreadable {
            return writeln!(f, "  unreadable    {reason}");
        }
        writeln!(f, "  made by       {}, run {}", self.blueprint, short(&self.run_key))?;
        writeln!(f, "  signature     {}", self.signed)?;
        writeln!(f, "  commit        {}", self.origin)?;
        for file in &self.files {
            write!(f, "  {:<12}  {}", file.status.word(), file.path)?;
            match &file.status {
                FileStatus::Verified => {}
                FileStatus::Superseded { by } => write!(f, ": now as {by} says")?,
                FileStatus::Edited(change) => write!(f, ": {change}")?,
                FileStatus::Missing { removed: Some(change) } => write!(f, ": removed in {change}")?,
                FileStatus::Missing { removed: None } => f.write_str(": history does not tell who removed it")?,
                FileStatus::Tampered(change) => {
                    write!(f, ": commit {} claims to be Forgeline's and holds other bytes", short(&change.commit))?;
                }
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("none; whoever can commit could have written this statement"),
            Self::Unchecked { keys } => {
                write!(f, "by {}, not checked; give the public key with `--key`", keys.join(" and "))
            }
            Self::Good { key } => write!(f, "good, by {key}"),
            Self::Bad { key } => write!(f, "bad: there is none of {key} over this statement"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attested { commit } => write!(f, "{} names it", short(commit)),
            Self::Bare { commit: Some(commit) } => {
                write!(f, "{} brings it without Forgeline's trailers (squashed or rewritten?)", short(commit))
            }
            Self::Bare { commit: None } => f.write_str("unknown"),
            Self::Tampered { reason, change } => write!(f, "tampered in {change}: {reason}"),
        }
    }
}

/// The first twelve digits.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
