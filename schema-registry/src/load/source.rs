//! One contract's files, parsed.

use std::{collections::BTreeMap, str};

use forgeline_model::{Diagnostic, FileSet, Span};
use semver::Version;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::layout::{self, Part};
use crate::{Manifest, Settings, codes, history::Lock, schema::DIALECT};

/// Largest file of a registry, bytes.
const MAX_FILE: usize = 256 << 10;

/// What the files of one contract or fragment say.
pub(crate) struct Source {
    pub(crate) folder: String,
    pub(crate) domain: String,
    pub(crate) name: String,
    pub(crate) manifest: Manifest,
    pub(crate) head: Value,
    pub(crate) head_version: Version,
    pub(crate) versions: BTreeMap<Version, Value>,
    pub(crate) locks: BTreeMap<Version, Lock>,
    pub(crate) changelog: String,
}

/// Parses files and collects what is wrong with them.
pub(crate) struct Reader<'a> {
    pub(crate) files: &'a FileSet,
    pub(crate) found: Vec<Diagnostic>,
}

impl Reader<'_> {
    pub(crate) fn settings(&mut self) -> Option<Settings> {
        const FILE: &str = "registry.yaml";
        let settings: Settings = self.yaml(codes::SETTINGS, FILE)?;
        let wrong = if settings.api_version != "forgeline.dev/v1" {
            format!("`apiVersion: {}` is unknown; expected `forgeline.dev/v1`", settings.api_version)
        } else if settings.kind != "Registry" {
            format!("`kind: {}` is not `Registry`", settings.kind)
        } else if settings.dialect != DIALECT {
            format!("dialect `{}` is not available; expected `{DIALECT}`", settings.dialect)
        } else if let Some(id) = settings.unknown_rule() {
            format!("`levels` names `{id}`, which is no rule; `forgeline contracts explain` lists them")
        } else {
            return Some(settings);
        };
        self.found.push(Diagnostic::error(codes::SETTINGS, wrong).in_file(FILE));
        None
    }

    pub(crate) fn fragments(&mut self) -> Vec<Source> {
        self.stray("common", 1);
        let names = self.files.folders("common");
        names.iter().filter_map(|name| self.source("common", "", name, layout::is_kebab_name(name))).collect()
    }

    pub(crate) fn events(&mut self) -> Vec<Source> {
        self.stray("events", 2);
        let mut all = Vec::new();
        for domain in self.files.folders("events") {
            let folder = format!("events/{domain}");
            for name in self.files.folders(&folder) {
                let known = layout::is_kebab_name(&domain) && layout::is_event_name(&name);
                all.extend(self.source(&folder, &domain, &name, known));
            }
        }
        all
    }

    /// Exceptions are read when a change is judged; here only their names are.
    pub(crate) fn exceptions(&mut self) {
        let below = self.files.below("exceptions");
        for (path, _) in below.iter().filter(|(path, _)| !layout::is_exception(path)) {
            self.unknown(format!("exceptions/{path}"));
        }
    }

    /// Files above the contracts' folders.
    fn stray(&mut self, top: &str, depth: usize) {
        let below = self.files.below(top);
        for (path, _) in below.iter().filter(|(path, _)| path.matches('/').count() < depth) {
            self.unknown(format!("{top}/{path}"));
        }
    }

    fn unknown(&mut self, path: String) {
        let message = format!("`{path}` is not part of a registry's layout");
        self.found.push(Diagnostic::error(codes::UNKNOWN_FILE, message).in_file(path));
    }

    fn source(&mut self, parent: &str, domain: &str, name: &str, well_named: bool) -> Option<Source> {
        let folder = format!("{parent}/{name}");
        if !well_named {
            let message = format!("`{folder}`: events are named like `OrderPlaced`, domains and fragments like `shop`");
            self.found.push(Diagnostic::error(codes::UNKNOWN_FILE, message).in_file(folder));
            return None;
        }
        let (mut versions, mut locks) = (BTreeMap::new(), BTreeMap::new());
        let paths: Vec<String> = self.files.below(&folder).iter().map(|(path, _)| path.to_owned()).collect();
        for path in paths {
            let full = format!("{folder}/{path}");
            match layout::part(&path) {
                Some(Part::Version(version)) => versions.extend(self.json(&full).map(|schema| (version, schema))),
                Some(Part::Lock(version)) => locks.extend(self.json(&full).map(|lock| (version, lock))),
                Some(Part::Manifest | Part::Head | Part::Changelog | Part::Example) => {}
                None => self.unknown(full),
            }
        }
        let manifest = self.yaml(codes::MANIFEST, &format!("{folder}/event.yaml"));
        let head = self.json::<Value>(&format!("{folder}/schema.json"));
        let head_version = head.as_ref().and_then(|head| self.head_version(head, &folder));
        let changelog = self.files.get(&format!("{folder}/CHANGELOG.md")).unwrap_or_default();
        let changelog = String::from_utf8_lossy(changelog).into_owned();
        Some(Source {
            name: name.to_owned(),
            domain: domain.to_owned(),
            manifest: manifest?,
            head: head?,
            head_version: head_version?,
            folder,
            versions,
            locks,
            changelog,
        })
    }

    fn head_version(&mut self, head: &Value, folder: &str) -> Option<Version> {
        let version = head.get("x-version").and_then(Value::as_str).and_then(layout::plain_version);
        if version.is_none() {
            self.found.push(
                Diagnostic::error(codes::VERSION, format!("`{folder}/schema.json` has no version of its own"))
                    .hint("add `\"x-version\": \"1.0.0\"`")
                    .in_file(format!("{folder}/schema.json")),
            );
        }
        version
    }

    fn text(&mut self, code: &str, path: &str) -> Option<String> {
        let wrong = match self.files.get(path) {
            None => format!("`{path}` is missing"),
            Some(bytes) if bytes.len() > MAX_FILE => format!("`{path}` is larger than 256 KiB"),
            Some(bytes) => match str::from_utf8(bytes) {
                Ok(text) => return Some(text.to_owned()),
                Err(_) => format!("`{path}` is not UTF-8"),
            },
        };
        self.found.push(Diagnostic::error(code, wrong).in_file(path));
        None
    }

    fn yaml<T: DeserializeOwned>(&mut self, code: &str, path: &str) -> Option<T> {
        let text = self.text(code, path)?;
        match serde_yaml::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
                self.found.push(Diagnostic::error(code, error.to_string()).at(span(path, line, column), &text));
                None
            }
        }
    }

    fn json<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let text = self.text(codes::NOT_JSON, path)?;
        match serde_json::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                let place = span(path, error.line(), error.column());
                self.found.push(Diagnostic::error(codes::NOT_JSON, error.to_string()).at(place, &text));
                None
            }
        }
    }
}

fn span(file: &str, line: usize, column: usize) -> Span {
    let number = |n: usize| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
    Span { file: file.to_owned(), line: number(line), column: number(column), length: 1 }
}
