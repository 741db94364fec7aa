//! `exceptions/<id>.yaml`: reviewed, for one finding, and over on a date.

use forgeline_model::{Digest, FileSet};
use jiff::civil::Date;
use serde::Deserialize;

use super::{Finding, rule};

/// What one file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    rule: String,
    event: String,
    from: String,
    to: String,
    /// Of the finding; empty for the whole schema.
    #[serde(default)]
    pointer: String,
    /// Digest of the witness, where the finding has one: another witness is another breakage.
    #[serde(default)]
    witness: Option<Digest>,
    reason: String,
    approver: String,
    expiry: Date,
}

/// Marks what is excepted; adds findings about exceptions that are over or say nothing.
pub(super) fn apply(files: &FileSet, today: Date, found: &mut Vec<Finding>) {
    let mut about = Vec::new();
    for (name, bytes) in files.below("exceptions").iter() {
        let file = format!("exceptions/{name}");
        let tell = |message: String| Finding::new("exception-expired", "", file.clone(), message);
        let read = serde_yaml::from_slice::<Exception>(bytes).map_err(|error| error.to_string());
        let read = read.and_then(|it| sound(&it).map(|()| it));
        match read {
            Err(why) => about.push(tell(format!("the exception cannot be used: {why}")).fix("correct the file")),
            Ok(it) if it.expiry < today => {
                let message = format!("the exception for `{}` of `{}` expired on {}", it.rule, it.event, it.expiry);
                about.push(tell(message).fix("settle what it covered and delete it, or have a new date reviewed"));
            }
            Ok(it) => {
                let id = name.trim_end_matches(".yaml");
                for finding in found.iter_mut().filter(|finding| covers(&it, finding)) {
                    finding.accepted = Some(id.to_owned());
                }
            }
        }
    }
    found.extend(about);
}

fn sound(it: &Exception) -> Result<(), String> {
    if rule(&it.rule).is_none() {
        return Err(format!("there is no rule `{}`", it.rule));
    }
    if matches!(it.rule.as_str(), "published-version-modified" | "exception-expired") {
        return Err(format!("`{}` has no exceptions", it.rule));
    }
    if it.reason.trim().is_empty() || it.approver.trim().is_empty() {
        return Err("`reason` and `approver` may not be empty".to_owned());
    }
    Ok(())
}

fn covers(it: &Exception, finding: &Finding) -> bool {
    finding.rule == it.rule
        && finding.event == it.event
        && finding.from.as_ref() == Some(&it.from)
        && finding.to.as_ref() == Some(&it.to)
        && finding.pointer == it.pointer
        && finding.witness_digest() == it.witness
}
