//! What a dead letter is about.

use std::fmt;

use forgeline_model::RunId;

/// What was given up. Its text stands in the table and names the letter in decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An event that broke its contract, by id.
    Event(String),
    /// Something handed in that is no event, by digest.
    Published(String),
    /// An event that a subscription could not take.
    Offer {
        /// The event's id.
        event: String,
        /// The subscription.
        subscription: String,
    },
    /// A delivery that could not be decided, by key.
    Delivery(String),
    /// A task of a run.
    Task {
        /// The run.
        run: RunId,
        /// The task, `code` or `code[orders]`.
        task: String,
    },
    /// A run that failed outside of its tasks.
    Run(RunId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(id) => write!(f, "event {id}"),
            Self::Published(digest) => write!(f, "published {digest}"),
            Self::Offer { event, subscription } => write!(f, "event {event} for {subscription}"),
            Self::Delivery(key) => write!(f, "delivery {key}"),
            Self::Task { run, task } => write!(f, "{run} {task}"),
            Self::Run(run) => write!(f, "{run}"),
        }
    }
}

impl Subject {
    /// From its text.
    pub(crate) fn read(text: &str) -> Self {
        if let Some(rest) = text.strip_prefix("event ") {
            return match rest.split_once(" for ") {
                Some((event, name)) => Self::Offer { event: event.to_owned(), subscription: name.to_owned() },
                None => Self::Event(rest.to_owned()),
            };
        }
        if let Some(key) = text.strip_prefix("delivery ") {
            return Self::Delivery(key.to_owned());
        }
        let (first, rest) = text.split_once(' ').map_or((text, None), |(first, rest)| (first, Some(rest)));
        match (first.parse::<RunId>(), rest) {
            (Ok(run), Some(task)) => Self::Task { run, task: task.to_owned() },
            (Ok(run), None) => Self::Run(run),
            (Err(_), _) => Self::Published(text.strip_prefix("published ").unwrap_or(text).to_owned()),
        }
    }

    /// The stage, if it is a task.
    pub fn stage(&self) -> Option<&str> {
        match self {
            Self::Task { task, .. } => task.split('[').next(),
            Self::Event(_) | Self::Published(_) | Self::Offer { .. } | Self::Delivery(_) | Self::Run(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn a_subject_reads_as_it_prints() {
        let run = "run_0123456789abcdef";
        for text in [
            "event 0190c2a4".to_owned(),
            "event 0190c2a4 for acme/shop/docs-page/Made".to_owned(),
            "published ba7816bf8f01".to_owned(),
            "delivery local/7".to_owned(),
            format!("{run} code[orders and more]"),
            run.to_owned(),
        ] {
            assert_eq!(Subject::read(&text).to_string(), text);
        }
        assert_eq!(Subject::read(&format!("{run} code[orders]")).stage(), Some("code"));
    }
}
