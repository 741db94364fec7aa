//! The operator's file: what the person who runs Forgeline decides. It holds references to secrets, never secrets.

use std::{collections::BTreeMap, path::PathBuf};

use forgeline_model::{Diagnostic, SecretRef, Usd, diagnostic::has_errors};
use serde::Deserialize;
use serde_json::Value;

use super::{OPERATOR_SHAPE, SHAPE};
use crate::{
    codes,
    period::Period,
    shape::{self, Object},
    yaml::{Document, Kind},
};

/// What this build takes from the file; the rest is checked and kept for builds that have a use for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct OperatorConfig {
    /// Where state lies.
    pub state_dir: Option<PathBuf>,
    /// Form of log lines, `human` or `json`.
    pub log_format: Option<String>,
    /// The knowledge process.
    #[serde(default)]
    pub knowledge: Knowledge,
    /// Ceilings that no repository can raise.
    #[serde(default)]
    pub limits: Limits,
    /// Keys that sign what Forgeline writes.
    #[serde(default)]
    pub signing: Signing,
    /// What the server listens to.
    #[serde(default)]
    pub serve: Serve,
    /// Forges elsewhere.
    #[serde(default)]
    pub forges: Forges,
    /// Factory repositories: `owner/name` of one that is served, a Git URL, or a path.
    #[serde(default)]
    pub factories: Vec<String>,
}

/// What the server listens to, and how often it looks by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Serve {
    /// Address for webhooks.
    pub listen: Option<String>,
    /// Address for health and metrics.
    pub admin: Option<String>,
    /// Seconds between looks when nothing calls.
    pub poll: Option<u64>,
    /// Addresses of proxies that are believed when they say whose request it is.
    #[serde(default)]
    pub proxies: Vec<String>,
}

/// Forges elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Forges {
    /// GitHub.
    #[serde(default)]
    pub github: GitHub,
    /// Azure DevOps.
    #[serde(default)]
    pub azure_devops: AzureDevOps,
}

/// GitHub, as an App or with a token, and the secrets of its webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct GitHub {
    /// The App's number.
    pub app_id: Option<u64>,
    /// The App's private key.
    pub private_key: Option<SecretRef>,
    /// A personal access token, in place of an App.
    pub token: Option<SecretRef>,
    /// Address of the API of a server of one's own.
    pub base_url: Option<String>,
    /// Repositories in which Forgeline may act, as globs over `owner/name`; all that the credential shows when left out.
    pub repositories: Option<Vec<String>>,
    /// Secret of webhooks in force.
    pub webhook_secret: Option<SecretRef>,
    /// The one before it, while it is replaced.
    pub webhook_secret_previous: Option<SecretRef>,
}

/// Azure DevOps, with a personal access token or as a service principal, and the secrets of its service hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct AzureDevOps {
    /// Name of the organization; on a server of one's own, of the collection.
    pub organization: Option<String>,
    /// A personal access token.
    pub token: Option<SecretRef>,
    /// The directory of a service principal, in place of a token.
    pub tenant: Option<String>,
    /// The service principal's application id.
    pub client_id: Option<String>,
    /// The service principal's secret.
    pub client_secret: Option<SecretRef>,
    /// Where the directory makes tokens, when not at Microsoft's.
    pub authority: Option<String>,
    /// Address of a server of one's own.
    pub base_url: Option<String>,
    /// Repositories in which Forgeline may act, as globs over `project/repository`; all that the credential shows when left out.
    pub repositories: Option<Vec<String>>,
    /// The repository whose issues a project's work items are, by project.
    #[serde(default)]
    pub work_items: BTreeMap<String, String>,
    /// The one in force.
    pub hook_secret: Option<SecretRef>,
    /// The one before it, while it is replaced.
    pub hook_secret_previous: Option<SecretRef>,
}

/// Keys that sign what Forgeline writes, as references.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Signing {
    /// Signs provenance.
    pub key: Option<String>,
    /// Signs commits.
    pub commit_key: Option<String>,
}

/// The knowledge process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Knowledge {
    /// Its executable.
    pub program: Option<PathBuf>,
}

/// Ceilings that no repository can raise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Limits {
    /// US dollars of a run.
    pub usd: Option<Usd>,
    /// Model tokens of a run.
    pub tokens: Option<u64>,
    /// Wall time of a run.
    pub wall: Option<Period>,
    /// Wall time of one attempt at a task.
    pub timeout: Option<Period>,
    /// Tasks of a run at once.
    pub tasks: Option<u32>,
}

/// The ceilings that a plan is held to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// US dollars of a run.
    pub usd: Option<Ceiling<Usd>>,
    /// Model tokens of a run.
    pub tokens: Option<Ceiling<u64>>,
    /// Wall time of a run.
    pub wall: Option<Ceiling<Period>>,
    /// Wall time of one attempt at a task.
    pub timeout: Option<Ceiling<Period>>,
}

/// A ceiling and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling<T> {
    /// The most that is allowed.
    pub most: T,
    /// File and line, `/etc/forgeline/operator.yaml:7`.
    pub place: String,
}

/// A file that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorFile {
    /// What it says; the defaults when it has errors.
    pub config: OperatorConfig,
    /// Its text and places, when it is YAML.
    pub document: Option<Document>,
    /// Everything that is wrong with it. None of it shows a line of the file: secrets may stand there by mistake.
    pub findings: Vec<Diagnostic>,
}

impl OperatorFile {
    /// Reads the file's bytes.
    pub fn read(file: &str, bytes: &[u8]) -> Self {
        let document = match Document::parse(file, bytes) {
            Ok(document) => document,
            Err(findings) => return Self { findings: hidden(findings), ..Self::default() },
        };
        let mut findings = check(&document);
        let mut config = OperatorConfig::default();
        if !has_errors(&findings) {
            match serde_json::from_value(document.value()) {
                Ok(read) => config = read,
                Err(error) => findings.push(document.at("", Diagnostic::error(codes::DISAGREEMENT, error.to_string()))),
            }
        }
        Self { config, document: Some(document), findings: hidden(findings) }
    }

    /// The ceilings with their places.
    pub fn ceilings(&self) -> Ceilings {
        let limits = &self.config.limits;
        Ceilings {
            usd: limits.usd.map(|most| self.ceiling(most, "usd")),
            tokens: limits.tokens.map(|most| self.ceiling(most, "tokens")),
            wall: limits.wall.map(|most| self.ceiling(most, "wall")),
            timeout: limits.timeout.map(|most| self.ceiling(most, "timeout")),
        }
    }

    fn ceiling<T>(&self, most: T, name: &str) -> Ceiling<T> {
        Ceiling { most, place: self.origin(&format!("/limits/{name}")).unwrap_or_default() }
    }

    /// File and line of a key, if the file has it.
    pub fn origin(&self, pointer: &str) -> Option<String> {
        let document = self.document.as_ref()?;
        document.value().pointer(pointer)?;
        Some(format!("{}:{}", document.file, document.key_place(pointer).line))
    }

    /// Every value below the head of the file, with its JSON pointer.
    pub fn leaves(&self) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        if let Some(document) = &self.document {
            leaves(&document.value(), "", &mut found);
        }
        found.retain(|(pointer, _)| !matches!(pointer.as_str(), "/apiVersion" | "/kind"));
        found
    }

    /// Every reference to a secret, with its JSON pointer.
    pub fn secrets(&self) -> Vec<(String, SecretRef)> {
        let reference = |(pointer, value): (String, Value)| Some((pointer, value.as_str()?.parse().ok()?));
        self.leaves().into_iter().filter_map(reference).collect()
    }
}

fn leaves(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    let below = |name: &str| format!("{at}/{}", crate::yaml::pointer_token(name));
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(name, it)| leaves(it, &below(name), found)),
        other => found.push((at.to_owned(), other.clone())),
    }
}

/// Differences from its shape, keys of `forgeline.yaml` named as such, and URLs that carry a password.
fn check(document: &Document) -> Vec<Diagnostic> {
    let has = |object: &Object, key: &str| object.fields.iter().any(|field| field.name == key);
    let Kind::Map(entries) = &document.root.kind else { return shape::check(document, &OPERATOR_SHAPE) };
    let mut found: Vec<Diagnostic> = entries
        .iter()
        .filter(|entry| has(&SHAPE, &entry.key) && !has(&OPERATOR_SHAPE, &entry.key))
        .map(|entry| {
            let message = format!("`{}` belongs to a repository's `forgeline.yaml`, not to the operator", entry.key);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, message).hint("move it there");
            document.at_place(entry.key_place, diagnostic)
        })
        .collect();
    let known: Vec<_> = found.iter().map(|finding| finding.span.clone()).collect();
    found.extend(shape::check(document, &OPERATOR_SHAPE).into_iter().filter(|it| !known.contains(&it.span)));
    for (pointer, text) in shape::texts(&document.value(), "") {
        if has_password(text) {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            let diagnostic =
                Diagnostic::error(codes::SECRET_LITERAL, format!("the URL in `{name}` carries a password"));
            found.push(document.at(&pointer, diagnostic.hint("take it out of the URL")));
        }
    }
    found
}

fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.is_some_and(|authority| authority.contains('@'))
}

fn hidden(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.into_iter().map(|finding| Diagnostic { snippet: None, ..finding }).collect()
}

#[cfg(test)]
mod tests {
    use forgeline_model::SecretRef;

    use super::OperatorFile;

    const HEAD: &str = "apiVersion: forgeline.dev/v1\nkind: Operator\n";

    fn read(text: &str) -> OperatorFile {
        OperatorFile::read("operator.yaml", format!("{HEAD}{text}").as_bytes())
    }

    #[track_caller]
    fn refused(text: &str, code: &str, line: u32) {
        let found = read(text).findings;
        let is_it =
            |it: &forgeline_model::Diagnostic| it.code == code && it.span.as_ref().is_some_and(|s| s.line == line);
        assert!(found.iter().any(is_it), "{text}: {found:?}");
        assert!(found.iter().all(|it| it.snippet.is_none() && !it.message.contains("hunter2")), "{found:?}");
    }

    #[test]
    fn settings_and_ceilings_know_their_lines() {
        let file = read("state_dir: /srv/forgeline\nlimits: {usd: \"1.50\", wall: 1h}\n");
        assert_eq!(file.findings, []);
        assert_eq!(file.config.state_dir.as_deref(), Some("/srv/forgeline".as_ref()));
        let ceilings = file.ceilings();
        assert_eq!(
            ceilings.usd.map(|it| (it.most.to_string(), it.place)),
            Some(("1.50".into(), "operator.yaml:4".into()))
        );
        assert_eq!(ceilings.tokens, None);
    }

    #[test]
    fn a_secret_is_a_reference() {
        let file =
            read("forges:\n  github: {app_id: 7, private_key: \"file:/run/app.pem\", webhook_secret: \"env:HOOK\"}\n");
        assert_eq!(file.findings, []);
        let secrets: Vec<_> = file.secrets().into_iter().map(|(_, it)| it).collect();
        let (key, hook) = (SecretRef::File("/run/app.pem".into()), SecretRef::Env("HOOK".into()));
        assert!(secrets.len() == 2 && secrets.contains(&key) && secrets.contains(&hook), "{secrets:?}");
        refused("forges:\n  azure_devops: {token: hunter2}\n", "FL0811", 4);
        refused("forges:\n  azure_devops: {token: \"env:hunter2 x\"}\n", "FL0811", 4);
        refused("models:\n  default: {base_url: \"https://me:hunter2@example.com\"}\n", "FL0811", 4);
        refused("models:\n  default: {kye: hunter2}\n", "FL0107", 4);
    }

    #[test]
    fn the_server_and_the_secrets_of_hooks() {
        let file = read(concat!(
            "serve: {listen: \"127.0.0.1:8080\", admin: \"127.0.0.1:9090\", poll: 10, proxies: [\"10.0.0.1\"]}\n",
            "forges:\n  github: {webhook_secret: \"env:NEW\", webhook_secret_previous: \"env:OLD\"}\n",
            "  azure_devops: {hook_secret: \"file:/run/hook\"}\n",
        ));
        assert_eq!(file.findings, []);
        assert_eq!(file.config.serve.poll, Some(10));
        assert_eq!(file.config.forges.github.webhook_secret_previous, Some(SecretRef::Env("OLD".into())));
        assert_eq!(file.config.forges.azure_devops.hook_secret, Some(SecretRef::File("/run/hook".into())));
        refused("serve: {poll: 0}\n", "FL0109", 3);
        refused("serve: {port: 1}\n", "FL0107", 3);
        refused("forges:\n  github: {webhook_secret_previous: hunter2}\n", "FL0811", 4);
    }

    #[test]
    fn what_is_unknown_or_misplaced_is_an_error() {
        refused("stat_dir: /srv\n", "FL0107", 3);
        refused("projects: []\n", "FL0107", 3);
        refused("limits: {usd: 2}\n", "FL0109", 3);
        refused("limits: {tasks: 0}\n", "FL0109", 3);
        refused("state_dir: here\n", "FL0110", 3);
        refused("log_format: xml\n", "FL0110", 3);
    }
}
