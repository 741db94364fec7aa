//! Ways to tell people, as the operator's file describes them.

use std::path::PathBuf;

use forgeline_forge::types::RepoId;
use forgeline_model::SecretReference;
use serde::Deserialize;

/// A way to tell people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A web service.
    Webhook(WebhookChannel),
    /// Mail.
    Smtp(SmtpChannel),
    /// An issue of a repository on the local forge.
    Issue(IssueChannel),
}

/// A web service that gets each notice as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookChannel {
    /// Its address.
    pub url: String,
    /// The key of the signature.
    pub secret: SecretReference,
}

/// A mail server and who gets mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SmtpChannel {
    /// The server.
    pub host: String,
    /// Its port; the usual one for `tls` otherwise.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: Tls,
    /// A certificate to trust besides those of the system, PEM.
    pub ca: Option<PathBuf>,
    /// Who logs in; nobody does otherwise.
    pub user: Option<String>,
    /// The password.
    pub password: Option<SecretReference>,
    /// Address of the sender.
    pub from: String,
    /// Addresses that get the mail.
    pub to: Vec<String>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It begins plain and must change over before anything is said.
    #[default]
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not at all: for a relay on this machine.
    None,
}

/// An issue for each cause.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IssueChannel {
    /// The repository.
    pub repository: RepoId,
    /// Labels of a new issue.
    #[serde(default)]
    pub labels: Vec<String>,
}
