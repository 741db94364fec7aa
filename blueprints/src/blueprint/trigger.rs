//! What starts a blueprint, and the filters that narrow it. A filter that is left out lets everything through.

use serde::{Deserialize, Serialize};

use super::{EventTrigger, ScheduleTrigger};

/// What starts a blueprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An issue or work item gets this label.
    Label(String),
    /// A person comments `/forgeline <command> <blueprint> …` or types it.
    Command(String),
    /// A work item of a type reaches a state.
    WorkItem(WorkItemTrigger),
    /// Something happens to a pull request.
    PullRequest(PullRequestTrigger),
    /// A push to a branch, or of a tag.
    Push(PushTrigger),
    /// A time.
    Schedule(ScheduleTrigger),
    /// An event of the registry.
    Event(EventTrigger),
}

/// A work item of one of these types that is in one of these states.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkItemTrigger {
    /// Types, as the forge names them; any when empty.
    pub types: Vec<String>,
    /// State that it must have reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// States of which it must have reached one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<String>,
    /// Labels that it must have, or not.
    #[serde(skip_serializing_if = "LabelFilter::is_empty")]
    pub labels: LabelFilter,
    /// Who opened it.
    #[serde(flatten)]
    pub people: PeopleFilter,
}

impl WorkItemTrigger {
    /// All states that it names; any will do when there are none.
    pub fn all_states(&self) -> impl Iterator<Item = &String> {
        self.state.iter().chain(&self.states)
    }
}

/// A push.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PushTrigger {
    /// Globs; any path when empty. A tag has none.
    pub paths: Vec<String>,
    /// Globs over the branch pushed to. Without branches and tags it is the default branch.
    pub branches: Vec<String>,
    /// Globs over tags; no tag when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Who pushed.
    #[serde(flatten)]
    pub people: PeopleFilter,
    /// How much changed.
    #[serde(flatten)]
    pub size: SizeFilter,
}

/// Something that happens to a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PullRequestTrigger {
    /// What must have happened; see [`PullRequestTrigger::waits_for`] when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<PullRequestAction>,
    /// Globs; any path when empty.
    pub paths: Vec<String>,
    /// Globs over the branch that it would go into; the default branch when empty.
    pub branches: Vec<String>,
    /// Whether drafts count.
    #[serde(skip_serializing_if = "Drafts::is_any")]
    pub draft: Drafts,
    /// Labels that it must have, or not.
    #[serde(skip_serializing_if = "LabelFilter::is_empty")]
    pub labels: LabelFilter,
    /// Who opened it.
    #[serde(flatten)]
    pub people: PeopleFilter,
    /// How much it changes.
    #[serde(flatten)]
    pub size: SizeFilter,
    /// Whether pull requests may not be merged without its check.
    #[serde(skip_serializing_if = "CheckUse::is_optional")]
    pub check: CheckUse,
}

impl PullRequestTrigger {
    /// Whether this is something it waits for. What is not said follows from the filters: a blueprint that wants no drafts is
    /// asked again when one becomes ready, one that looks at labels when they change.
    pub fn waits_for(&self, action: PullRequestAction) -> bool {
        use PullRequestAction::{Closed, Labeled, Merged, Opened, Ready, Reopened, Unlabeled, Updated};
        if !self.actions.is_empty() {
            return self.actions.contains(&action);
        }
        match action {
            Opened | Reopened | Updated => true,
            Ready => self.draft == Drafts::Never,
            Labeled | Unlabeled => !self.labels.is_empty(),
            Closed | Merged => false,
        }
    }
}

/// What happens to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestAction {
    /// It is opened.
    Opened,
    /// It is opened again.
    Reopened,
    /// It has a new head.
    Updated,
    /// It is no draft any more.
    Ready,
    /// It gets a label.
    Labeled,
    /// It loses one.
    Unlabeled,
    /// It is closed without a merge.
    Closed,
    /// It is merged.
    Merged,
}

impl PullRequestAction {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Opened,
        Self::Reopened,
        Self::Updated,
        Self::Ready,
        Self::Labeled,
        Self::Unlabeled,
        Self::Closed,
        Self::Merged,
    ];
    /// The words for them.
    pub const WORDS: [&'static str; 8] =
        ["opened", "reopened", "updated", "ready", "labeled", "unlabeled", "closed", "merged"];

    /// The word for it, as in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Updated => "updated",
            Self::Ready => "ready",
            Self::Labeled => "labeled",
            Self::Unlabeled => "unlabeled",
            Self::Closed => "closed",
            Self::Merged => "merged",
        }
    }

    /// Whether the pull request is over by it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Closed | Self::Merged)
    }
}

/// Whether drafts count: `draft: true | false | any`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "DraftWord", into = "DraftWord")]
pub enum Drafts {
    /// Like any other.
    #[default]
    Any,
    /// Nothing else does.
    Only,
    /// They do not.
    Never,
}

impl Drafts {
    fn is_any(&self) -> bool {
        *self == Self::Any
    }
}

/// How it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum DraftWord {
    Flag(bool),
    Word(String),
}

impl From<DraftWord> for Drafts {
    fn from(word: DraftWord) -> Self {
        match word {
            DraftWord::Flag(true) => Self::Only,
            DraftWord::Flag(false) => Self::Never,
            // The shape lets no other word through.
            DraftWord::Word(_) => Self::Any,
        }
    }
}

impl From<Drafts> for DraftWord {
    fn from(drafts: Drafts) -> Self {
        match drafts {
            Drafts::Any => Self::Word("any".to_owned()),
            Drafts::Only => Self::Flag(true),
            Drafts::Never => Self::Flag(false),
        }
    }
}

/// Labels that there must be, or must not be. In each `*` stands for any text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelFilter {
    /// At least one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// Each of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<String>,
}

impl LabelFilter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.all.is_empty() && self.none.is_empty()
    }
}

/// Who may have done it. In each name `*` stands for any text; letter case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeopleFilter {
    /// One of these; anybody when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_authors: Vec<String>,
}

/// How much may change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SizeFilter {
    /// Most files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_files: Option<u64>,
    /// Most lines, added and removed together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u64>,
}

/// What hangs on a blueprint's check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckUse {
    /// Nothing: it is there when the blueprint runs.
    #[default]
    Optional,
    /// The forge asks for it before a merge, so it ends for each head, also when the blueprint does not run.
    Required,
}

impl CheckUse {
    fn is_optional(&self) -> bool {
        *self == Self::Optional
    }
}

/// Whether a name fits a pattern, in which `*` stands for any text. Letter case does not matter; everything else does, so
/// `*[bot]` means what it looks like.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(between) = last.replace(part) {
            match rest.find(between) {
                Some(at) => rest = &rest[at + between.len()..],
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

#[cfg(test)]
mod tests {
    use super::{PullRequestAction, PullRequestTrigger, fits};

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
        for (pattern, name, expected) in [
            ("ana", "Ana", true),
            ("ana", "anab", false),
            ("*", "", true),
            ("*[bot]", "renovate[bot]", true),
            ("*[bot]", "robot", false),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("**x**", "axb", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_waited_for_follows_from_the_filters() {
        let words = |yaml: serde_json::Value| {
            let trigger: PullRequestTrigger = serde_json::from_value(yaml).expect("a trigger");
            let wanted = PullRequestAction::ALL.into_iter().filter(|action| trigger.waits_for(*action));
            wanted.map(PullRequestAction::word).collect::<Vec<_>>().join(" ")
        };
        let json = |text: &str| serde_json::from_str(text).expect("JSON");
        assert_eq!(words(json("{}")), "opened reopened updated");
        assert_eq!(words(json(r#"{"draft": false}"#)), "opened reopened updated ready");
        assert_eq!(words(json(r#"{"draft": "any"}"#)), "opened reopened updated");
        assert_eq!(words(json(r#"{"labels": {"any": ["x"]}}"#)), "opened reopened updated labeled unlabeled");
        assert_eq!(words(json(r#"{"actions": ["merged", "closed"]}"#)), "closed merged");
        assert_eq!(PullRequestAction::ALL.map(PullRequestAction::word), PullRequestAction::WORDS);
    }
}
