//! The log of requests, in the order in which they came.

use serde_json::Value;

use crate::model::Millis;

/// With what a request was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// None was sent.
    Nobody,
    /// A JWT of the App with this id.
    App(u64),
    /// A token of the installation with this id.
    Installation(u64),
    /// A token of the person with this login.
    Person(String),
    /// Something that is no valid credential, or no longer.
    Unknown,
}

/// What was wrong with a request or with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The request does not fit the forge's description of its API.
    Request(String),
    /// The answer does not fit it, or the handler panicked: a bug of the fake.
    Answer(String),
    /// The request came before the time that an earlier answer set.
    TooEarly {
        /// How long the client should still have waited, in milliseconds.
        remaining_ms: i64,
    },
}

/// One request and how it ended.
#[derive(Debug, Clone)]
pub struct Request {
    /// Counts from 1.
    pub number: u64,
    /// In capitals.
    pub method: String,
    /// Without query and without the prefix of an Enterprise Server.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// The operation of the API that answered, as `METHOD /path/{parameter}`; none for Git and unknown paths.
    pub operation: Option<String>,
    /// When it came, by the fake's clock: milliseconds since 1970.
    pub at: i64,
    /// Who asked.
    pub credential: Credential,
    /// The body, if it was JSON.
    pub body: Option<Value>,
    /// The answer's status; none if the connection was reset or the answer is still out.
    pub status: Option<u16>,
    /// The planned fault that it met.
    pub fault: Option<String>,
    /// What was wrong with it.
    pub problems: Vec<Problem>,
}

/// All requests since the start or since the log was emptied.
#[derive(Debug, Default)]
pub(crate) struct Log {
    last: u64,
    pub(crate) requests: Vec<Request>,
    /// Ways in which webhooks did not fit the description: bugs of the fake.
    pub(crate) webhook_problems: Vec<String>,
}

impl Log {
    pub(crate) fn begin(&mut self, method: &str, path: &str, query: &str, at: Millis, credential: Credential) -> u64 {
        self.last += 1;
        self.requests.push(Request {
            number: self.last,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            operation: None,
            at,
            credential,
            body: None,
            status: None,
            fault: None,
            problems: Vec::new(),
        });
        self.last
    }

    /// The request of that number, unless the log was emptied meanwhile.
    pub(crate) fn entry(&mut self, number: u64) -> Option<&mut Request> {
        self.requests.iter_mut().rev().find(|request| request.number == number)
    }

    pub(crate) fn problem(&mut self, number: u64, problem: Problem) {
        if let Some(entry) = self.entry(number) {
            entry.problems.push(problem);
        }
    }
}
