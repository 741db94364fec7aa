//! The knowledge index: questions, answers and citations.
//!
//! These are the messages of the typed pipe to the knowledge process, the only one that opens an index. Every answer
//! says which commit it speaks of, so that a reader can tell what was true then from what is true now.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What the knowledge process is asked. One message a line; each is answered by one [`Response`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// What the index holds and how it searches.
    Status,
    /// Bring the index of one reference up to a commit.
    Index(IndexRequest),
    /// Find chunks.
    Search(SearchRequest),
    /// Leave a reference, or a whole repository, out of the index.
    Forget(ForgetRequest),
}

/// Bring the index of one reference up to a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRequest {
    /// Name of the repository, as hits cite it.
    pub repo: String,
    /// Its directory on this machine, bare or with a work tree.
    pub git_dir: String,
    /// Branch name, or a full name that starts with `refs/`. `refs/heads/main` is the same as `main`.
    pub ref_name: String,
    /// The commit; none for what the reference names now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What the reference is to its repository.
    pub role: RefRole,
    /// Paths that a merged run wrote. They are remembered for the reference as long as they exist on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generated: Vec<String>,
    /// About how long to work before answering [`Response::Progress`], milliseconds; none for until it is done. The
    /// same request again goes on from there, and other requests have their turn in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<u64>,
}

/// What a reference is to its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefRole {
    /// Searched when a question names no reference. A repository has one; the last one told wins.
    Default,
    /// Found only by its name.
    Branch,
    /// A run's own branch: found only by its name; what differs from the default branch is marked as the run's.
    Run,
}

/// Find chunks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// Words, identifiers or a question.
    pub query: String,
    /// Only this repository; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Only this reference; none for each repository's default branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ref_name: Option<String>,
    /// Most hits.
    pub k: u32,
    /// Only these languages (`rust`, `markdown`); empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Only these files or folders; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<String>,
    /// What to do when a reference has moved past its indexed commit.
    #[serde(default)]
    pub stale: StalePolicy,
}

impl SearchRequest {
    /// A question over all default branches, with ten hits.
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            repo: None,
            ref_name: None,
            k: 10,
            languages: Vec::new(),
            under: Vec::new(),
            stale: StalePolicy::Warn,
        }
    }
}

/// What to do when a reference has moved past its indexed commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StalePolicy {
    /// Answer from what is indexed, and flag it.
    #[default]
    Warn,
    /// Refuse.
    Error,
    /// Index the new head first, then answer.
    Wait,
}

/// Leave a reference, or a whole repository, out of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetRequest {
    /// The repository.
    pub repo: String,
    /// The reference; none for all of the repository's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ref_name: Option<String>,
}

/// What the knowledge process answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// To [`Request::Index`] when the budget is used up: ask again.
    Progress(Progress),
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Index`].
    Indexed(Indexed),
    /// To [`Request::Search`].
    Found(Found),
    /// To [`Request::Forget`].
    Forgotten(Forgotten),
    /// It cannot be done.
    Refused(Refusal),
}

/// How far indexing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Files looked at.
    pub files: u64,
    /// Files on the commit.
    pub files_total: u64,
    /// Chunks stored so far.
    pub chunks: u64,
}

/// What the index holds and how it searches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How questions are answered.
    pub mode: SearchMode,
    /// Why there is no search by meaning; none when there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Fingerprint of the embedding model: weights, tokenizer, pooling, length.
    pub model: String,
    /// Unique chunks.
    pub chunks: u64,
    /// Indexed references.
    pub refs: Vec<RefStatus>,
}

/// One indexed reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefStatus {
    /// Repository.
    pub repo: String,
    /// Branch or full reference name.
    pub ref_name: String,
    /// What it is to its repository.
    pub role: RefRole,
    /// The indexed commit.
    pub commit: String,
    /// What the reference names now; none when it is gone or cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// How often it was indexed.
    pub generation: u64,
    /// Indexed files.
    pub files: u64,
    /// Chunks of theirs that the index does not hold, because the model or the rows changed: index it again.
    pub missing: u64,
}

/// How questions are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// By words and by meaning.
    Hybrid,
    /// By words only.
    Keywords,
}

/// What indexing did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indexed {
    /// Repository.
    pub repo: String,
    /// Reference.
    pub ref_name: String,
    /// The commit that is indexed now.
    pub commit: String,
    /// Indexed files.
    pub files: u64,
    /// Files left out, by reason: `binary`, `large`, `lockfile`, `vendored`, `not_text`, `not_a_file`.
    pub skipped: std::collections::BTreeMap<String, u64>,
    /// Files whose content was new to the index.
    pub files_read: u64,
    /// Chunks of the commit, equal ones counted once.
    pub chunks: u64,
    /// Chunks that were new and were stored.
    pub chunks_stored: u64,
    /// Chunks that were embedded; zero without embeddings.
    pub chunks_embedded: u64,
    /// Wall time, milliseconds.
    pub millis: u64,
    /// How the reference can be searched now.
    pub mode: SearchMode,
    /// Why it cannot be searched by meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Hits, and what they were looked for in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Best first. Empty when nothing matches: there is no answer in what was searched.
    pub hits: Vec<Hit>,
    /// How the question was answered.
    pub mode: SearchMode,
    /// What a reader should know: no embeddings, stale references, references to index again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One chunk that answers, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Repository.
    pub repo: String,
    /// Reference.
    pub ref_name: String,
    /// Path of the file.
    pub path: String,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// The commit whose tree holds it so.
    pub commit: String,
    /// What the reference named when the question was asked; none when it is gone or cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Commits that `head` has and `commit` does not; none when that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
    /// Who wrote it.
    pub origin: Origin,
    /// For ranking within one answer only.
    pub score: f32,
    /// Language of the file.
    pub language: String,
    /// Names that the chunk defines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<String>,
    /// Headings or enclosing item, outermost first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub breadcrumb: String,
    /// The text of those lines.
    pub text: String,
    /// Further places on the same reference that hold the same text.
    #[serde(default)]
    pub copies: u32,
}

impl Hit {
    /// Whether the reference has moved past what this hit speaks of.
    pub fn is_stale(&self) -> bool {
        self.head.as_ref().is_some_and(|head| *head != self.commit)
    }

    /// `path@commit`.
    pub fn citation(&self) -> Citation {
        Citation { path: self.path.clone(), commit: self.commit.clone() }
    }
}

/// Who wrote the text of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// People.
    Source,
    /// A merged run, or a tool that marks its output. Weighs less.
    Generated,
    /// A run whose result is not merged.
    Run,
}

/// A file as it was at a commit, `path@commit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Citation {
    /// Path of the file.
    pub path: String,
    /// Object id of the commit.
    pub commit: String,
}

/// The text is not a citation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a citation; expected `path@commit` with 7 to 64 hex digits")]
pub struct NotACitation(String);

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.commit)
    }
}

impl FromStr for Citation {
    type Err = NotACitation;

    fn from_str(text: &str) -> Result<Self, NotACitation> {
        let hex = |commit: &str| {
            (7..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        match text.rsplit_once('@') {
            Some((path, commit)) if !path.is_empty() && hex(commit) => {
                Ok(Self { path: path.to_owned(), commit: commit.to_owned() })
            }
            _ => Err(NotACitation(text.chars().take(120).collect())),
        }
    }
}

impl TryFrom<String> for Citation {
    type Error = NotACitation;

    fn try_from(text: String) -> Result<Self, NotACitation> {
        text.parse()
    }
}

impl From<Citation> for String {
    fn from(citation: Citation) -> Self {
        citation.to_string()
    }
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// References.
    pub refs: u64,
    /// Chunks that nothing else needed.
    pub chunks: u64,
}

/// Why a request cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Whose matter it is.
    pub kind: RefusalKind,
    /// What is wrong and what to do.
    pub message: String,
}

/// Whose matter a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The question names something that is not there.
    User,
    /// The index directory, the model or the runtime is not as it must be.
    Configuration,
    /// Another process or the disk is in the way; later it may work.
    External,
    /// A fault of Forgeline.
    Bug,
}

#[cfg(test)]
mod tests {
    use super::{Citation, Request, SearchRequest};

    #[test]
    fn a_citation_is_path_at_commit() {
        let text = "docs/a@b.md@0123456789abcdef0123456789abcdef01234567";
        let citation: Citation = text.parse().expect("valid");
        assert_eq!(citation.path, "docs/a@b.md");
        assert_eq!(citation.to_string(), text);
        for bad in ["", "a.md", "@0123456", "a.md@", "a.md@012", "a.md@main", "a.md@0123456G"] {
            assert!(bad.parse::<Citation>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_short_question_is_enough() {
        let asked: Request = serde_json::from_str(r#"{"ask":"search","query":"retry","k":10}"#).expect("defaults");
        assert_eq!(asked, Request::Search(SearchRequest::new("retry")));
    }
}
