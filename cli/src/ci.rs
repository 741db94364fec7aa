//! A job of a pipeline: what its environment says, and how its system wants to be spoken to.
//!
//! `github` and `azure` read the environment, `speech` knows the commands of both systems, `outputs` and `summary` say what a
//! job leaves behind. All of that is pure; `job` is the edge.

mod azure;
mod github;
pub mod job;
mod marks;
mod outputs;
mod speech;
mod summary;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use forgeline_forge::types::RepoId;
use forgeline_model::Secret;

pub use speech::{Level, Mark};

/// Switches the job mode off, or says which system's it is.
pub const VARIABLE: &str = "FORGELINE_CI";
/// The login under which the job's token writes, where it is an App's of your own.
const LOGIN_VARIABLE: &str = "FORGELINE_CI_LOGIN";

/// A system that runs jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    GitHub,
    /// Azure Pipelines.
    Azure,
}

/// What a job knows about itself. Everything in it is an outsider's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ci {
    /// Who runs the job.
    pub system: System,
    /// What started it, in the system's word: `issues`, `schedule`, `PullRequest`.
    pub event: String,
    /// The repository that it belongs to, if its name is one that a forge takes.
    pub repository: Option<RepoId>,
    /// The commit that it is about.
    pub commit: Option<String>,
    /// The branch that work starts from and goes back into; none when it is not about a branch.
    pub base: Option<String>,
    /// The issue or work item that it is about, or why that cannot be told.
    pub item: Result<Option<u64>, String>,
    /// Who caused it.
    pub actor: Option<String>,
    /// Address of the forge's pages.
    pub server: Option<String>,
    /// Address of the forge's API.
    pub api: Option<String>,
    /// Where it belongs to on Azure Repos; none for a job of GitHub, and for one of Azure Pipelines with a repository elsewhere.
    pub azure: Option<AzureRepository>,
    /// Variable that holds the token. The token itself is read where it is used.
    pub token: Option<&'static str>,
    /// The login under which the token writes, if the forge does not tell.
    pub login: String,
    /// Where the job itself is looked at.
    pub url: Option<String>,
    /// A folder that is there and may be written to.
    pub scratch: Option<PathBuf>,
    /// The checkout.
    pub workspace: Option<PathBuf>,
    /// File that outputs are added to.
    pub outputs: Option<PathBuf>,
    /// File that the summary is added to.
    pub summary: Option<PathBuf>,
}

/// A repository on Azure Repos, by its own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureRepository {
    /// The organization, or the collection.
    pub organization: String,
    /// Address of a server of one's own.
    pub base_url: Option<String>,
    pub project: String,
    pub repository: String,
    /// Address of the project's pages, without a slash at its end.
    pub pages: String,
}

impl Ci {
    /// The job that this process is part of; none outside of one, or when the mode is off. `variable` reads the environment,
    /// `read` a file.
    pub fn detect(
        variable: &impl Fn(&str) -> Option<String>,
        read: &impl Fn(&Path) -> Result<Vec<u8>, String>,
    ) -> Option<Self> {
        // An empty variable says nothing: that is how systems write what they do not know.
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let is = |name: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let system = match variable(VARIABLE).as_deref() {
            Some("github") => System::GitHub,
            Some("azure") => System::Azure,
            Some(_) => return None,
            None if is("GITHUB_ACTIONS") => System::GitHub,
            None if is("TF_BUILD") => System::Azure,
            None => return None,
        };
        Some(match system {
            System::GitHub => github::read(&variable, read),
            System::Azure => azure::read(&variable),
        })
    }

    /// The token, to keep it out of all that is written.
    pub fn secret(&self, variable: &impl Fn(&str) -> Option<String>) -> Option<Secret<String>> {
        variable(self.token?).map(Secret::new)
    }

    /// Whether the repository is on the system's own forge, so that the job can work there.
    pub fn is_at_home(&self) -> bool {
        match self.system {
            System::GitHub => true,
            System::Azure => self.azure.is_some(),
        }
    }

    /// What people there call an issue or pull request.
    pub fn name_of(&self, number: u64) -> String {
        let id = self.azure.as_ref().and_then(|_| forgeline_azure_devops::pull_request_id(number));
        id.map_or_else(|| format!("#{number}"), |id| format!("!{id}"))
    }

    /// Where an issue or pull request is looked at.
    pub fn item_url(&self, number: u64) -> Option<String> {
        match &self.azure {
            Some(azure) if forgeline_azure_devops::pull_request_id(number).is_none() => {
                Some(format!("{}/_workitems/edit/{number}", azure.pages))
            }
            // GitHub leads on from there when it is an issue.
            _ => self.pull_request_url(number),
        }
    }

    /// Where a pull request is looked at.
    pub fn pull_request_url(&self, number: u64) -> Option<String> {
        if let Some(azure) = &self.azure {
            let id = forgeline_azure_devops::pull_request_id(number)?;
            return Some(format!("{}/_git/{}/pullrequest/{id}", azure.pages, azure::encoded(&azure.repository)));
        }
        let (server, repository) = (self.server.as_deref()?.trim_end_matches('/'), self.repository.as_ref()?);
        match self.system {
            System::GitHub => Some(format!("{server}/{}/{}/pull/{number}", repository.owner(), repository.name())),
            System::Azure => None,
        }
    }
}

/// A branch's name out of a full reference; none for a tag, a pull request, and Forgeline's own branches, from which no work
/// starts.
fn branch(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("refs/heads/")?;
    (!name.starts_with("forgeline/")).then(|| name.to_owned())
}

/// An address that may stand in a summary: of a web page, without anything that Markdown or a log acts on.
fn address(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%?=&+,".contains(c);
    (!rest.is_empty() && rest.chars().all(is_plain)).then(|| text.to_owned())
}

/// A number as an outsider writes it.
fn number(text: &str) -> Option<u64> {
    text.trim().trim_start_matches('#').parse().ok().filter(|number| *number > 0)
}
