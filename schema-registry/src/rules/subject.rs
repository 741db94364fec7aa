//! One contract under judgement: its head, what it follows, and who cares.

use std::collections::BTreeMap;

use forgeline_model::FileSet;
use jiff::civil::Date;
use semver::Version;
use serde_json::Value;

use super::{Finding, place::place};
use crate::{CompatibilityMode, Settings, load::Source};

/// When each version came to the branch, by the path of its file (`events/shop/OrderPlaced/versions/1.0.0.json`), and since
/// when the branch calls an event deprecated, by that of its event.yaml.
pub type Published = BTreeMap<String, Date>;

/// What a contract is judged by.
pub(crate) struct Subject<'a> {
    pub(crate) files: &'a FileSet,
    pub(crate) settings: &'a Settings,
    pub(crate) source: &'a Source,
    /// The head with its fragments.
    pub(crate) head: &'a Value,
    pub(crate) today: Date,
    pub(crate) published: &'a Published,
}

impl Subject<'_> {
    pub(crate) fn version(&self) -> &Version {
        &self.source.head_version
    }

    /// What is promised to earlier versions of the major: by the mode now, and by the one under which the last of
    /// them was published. A change cannot take back what it breaks.
    pub(crate) fn promise(&self) -> CompatibilityMode {
        let now = self.source.manifest.mode.unwrap_or(self.settings.mode);
        let last = self.of_major().pop().and_then(|(version, _)| self.source.locks.get(version));
        last.map_or(now, |lock| now.and(lock.mode))
    }

    pub(crate) fn head_file(&self) -> String {
        format!("{}/schema.json", self.source.folder)
    }

    /// Published versions before the head's, of its major, oldest first.
    pub(crate) fn of_major(&self) -> Vec<(&Version, &Value)> {
        let version = self.version();
        self.source.versions.iter().filter(|(one, _)| one.major == version.major && *one < version).collect()
    }

    /// The newest published version before the head's.
    pub(crate) fn last(&self) -> Option<(&Version, &Value)> {
        self.source.versions.iter().rfind(|(one, _)| *one < self.version())
    }

    /// The day on which a version was published, if it is known.
    pub(crate) fn date(&self, version: &Version) -> Option<Date> {
        self.published.get(&format!("{}/versions/{version}.json", self.source.folder)).copied()
    }

    pub(crate) fn producers(&self) -> Vec<String> {
        self.source.manifest.producers.iter().map(|name| format!("producer {name}")).collect()
    }

    pub(crate) fn consumers(&self) -> Vec<String> {
        self.source.manifest.consumers.iter().map(|name| format!("consumer {name}")).collect()
    }

    /// A finding on the head, compared with a version, at a place in it.
    pub(crate) fn finding(&self, rule: &'static str, from: &Version, pointer: &str, message: String) -> Finding {
        let file = self.head_file();
        let text = self.files.get(&file).map(String::from_utf8_lossy).unwrap_or_default();
        let mut finding =
            Finding::new(rule, &self.source.name, file, message).between(from, self.version()).at(pointer);
        (finding.line, finding.column) = place(&text, pointer);
        finding
    }
}
