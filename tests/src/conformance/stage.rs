//! What people can do and see on a forge. Scenarios know nothing else of it.

pub(super) mod azure_devops;
pub(super) mod github;
pub(super) mod local;

pub(super) use forgeline_forge::types::Role;

/// Something that not every forge has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Can {
    /// People change and delete comments.
    ChangeComments,
    /// People propose changes from a repository of their own.
    Fork,
    /// A repository can be closed for writing.
    Archive,
    /// Who may not write may label.
    LabelAsReader,
    /// The forge tells who put a label on a pull request.
    TellWhoLabels,
    /// A comment is acknowledged by a sign under it.
    React,
    /// Several machines, each with a state of its own, serve one repository.
    SeparateMachines,
    /// People talk on lines of a pull request, and settle what they talked about.
    CommentOnLines,
    /// People submit reviews that say something in words.
    SubmitReviews,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) author: String,
    /// Markdown, the hidden marker included.
    pub(super) body: String,
}

/// An issue or pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) title: String,
    pub(super) body: String,
    /// `open`, `closed` or `merged`.
    pub(super) state: String,
    /// In name order.
    pub(super) labels: Vec<String>,
    pub(super) pull: Option<Pull>,
}

/// What a pull request has besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pull {
    pub(super) head: String,
    pub(super) base: String,
    pub(super) draft: bool,
    pub(super) commit: String,
    /// What it changes: a letter and a path.
    pub(super) files: Vec<String>,
    /// Titles of its commits, oldest first.
    pub(super) commits: Vec<String>,
    /// Each check at its head: name, end, and how many marks it has.
    pub(super) checks: Vec<String>,
}

/// Files to write, and to delete where there is no text.
pub(super) type Files<'a> = [(&'a str, Option<&'a str>)];

/// A forge with people on it, and Forgeline beside it.
pub(super) trait Stage: Sync {
    /// As the matrix calls it.
    fn name(&self) -> &'static str;
    /// Why this forge has no such thing; none if it has.
    fn lacks(&self, what: Can) -> Option<&'static str>;
    /// The login under which Forgeline writes.
    fn me(&self) -> &'static str;

    /// Makes a repository of the owner's with a first commit.
    fn repository(&self, repo: &str, private: bool, files: &Files<'_>);
    fn role(&self, repo: &str, who: &str, role: Role);
    fn archive(&self, repo: &str);

    fn open_issue(&self, repo: &str, who: &str, title: &str, body: &str) -> u64;
    fn edit(&self, repo: &str, who: &str, number: u64, body: &str);
    fn comment(&self, repo: &str, who: &str, number: u64, body: &str) -> u64;
    fn edit_comment(&self, who: &str, comment: u64, body: &str);
    fn delete_comment(&self, who: &str, comment: u64);
    fn label(&self, repo: &str, who: &str, number: u64, label: &str, present: bool);
    /// The area of which all others of a repository's items are part.
    fn area_root(&self, _repo: &str) -> String {
        "Shop".to_owned()
    }
    /// Puts an issue into an area; on a forge without areas a label stands for one.
    fn area(&self, repo: &str, who: &str, number: u64, area: &str) {
        self.label(repo, who, number, &format!("area:{area}"), true);
    }
    fn set_open(&self, repo: &str, who: &str, number: u64, open: bool);

    /// Commits on a branch, which begins at `main` when it is new; the commit.
    fn push(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>) -> String;
    /// The same with a message.
    fn push_with(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>, message: &str) -> String;
    /// Makes or moves a tag at the tip of a branch.
    fn tag(&self, repo: &str, who: &str, tag: &str, branch: &str);
    /// Makes a fork of the person's own with this on a branch.
    fn fork(&self, repo: &str, who: &str, branch: &str, files: &Files<'_>);
    /// Proposes a branch; `who:branch` is one of a fork.
    fn open_pull(&self, repo: &str, who: &str, head: &str, title: &str, draft: bool) -> u64;
    fn ready(&self, repo: &str, who: &str, number: u64);
    fn merge(&self, repo: &str, who: &str, number: u64);

    /// Starts a thread on a line; its number.
    fn comment_line(&self, _repo: &str, _who: &str, _number: u64, _place: (&str, u32), _text: &str) -> u64 {
        unreachable!("this forge has no such thing; see `lacks`")
    }
    /// Says that a thread is settled.
    fn resolve(&self, _repo: &str, _who: &str, _number: u64, _thread: u64) {
        unreachable!("this forge has no such thing; see `lacks`")
    }
    /// Submits a review with words.
    fn review(&self, _repo: &str, _who: &str, _number: u64, _asks_for_changes: bool, _text: &str) {
        unreachable!("this forge has no such thing; see `lacks`")
    }
    /// What stands in threads of a pull request, with each one's file and line.
    fn line_notes(&self, _repo: &str, _number: u64) -> Vec<(String, Note)> {
        Vec::new()
    }

    fn notes(&self, repo: &str, number: u64) -> Vec<Note>;
    fn item(&self, repo: &str, number: u64) -> Item;
    /// Numbers and head branches of all pull requests, oldest first.
    fn pulls(&self, repo: &str) -> Vec<(u64, String)>;
    fn file(&self, repo: &str, branch: &str, path: &str) -> Option<String>;
    /// The tip of a branch.
    fn tip(&self, repo: &str, branch: &str) -> Option<String>;
    /// Signs under a comment.
    fn reactions(&self, repo: &str, comment: u64) -> Vec<String>;

    /// Forgeline looks and carries out what follows; with `at_once` so many processes do, at the same time. Whether
    /// there was nothing new.
    fn looks(&self, at_once: usize) -> bool;
    /// What must hold at the end besides.
    fn check(&self);
    /// Where the words of what is written down are not the forge's own, a paragraph for people.
    fn words(&self) -> &'static str {
        ""
    }
    /// Operations of the forge's API that were used.
    fn operations(&self) -> Vec<String>;
}
