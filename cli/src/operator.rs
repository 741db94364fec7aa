//! The operator's file: found, read, and in force for the whole program.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use forgeline_blueprints::{config::operator::OperatorFile, yaml::MAX_BYTES};
use forgeline_model::diagnostic::has_errors;
use forgeline_runner::{Channel, Escalation, InForce, Runner, checkpoint::Witness};
use serde::de::DeserializeOwned;

use crate::{
    args::Global,
    exit::{Exit, Failure},
    input,
};

/// Below the configuration directory of a user and of the system.
const FILE: &str = "forgeline/operator.yaml";
/// The configuration directory of the system.
const SYSTEM: &str = "/etc";

/// The operator's file, if there is one.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    /// Which file, and why this one: `flag --config`, `user`, `system`.
    pub found: Option<(PathBuf, &'static str)>,
    /// What it says.
    pub file: OperatorFile,
}

impl Operator {
    /// The file that the flag or its variable names, else the user's, else the system's. `variable` reads the environment.
    ///
    /// # Errors
    /// It cannot be read. What is wrong in it is among its findings.
    pub fn find(global: &Global, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let Some((path, why)) = place(global, &variable, Path::is_file) else { return Ok(Self::default()) };
        let file = read(&path)?;
        Ok(Self { found: Some((path, why)), file })
    }

    /// Refuses a file with errors.
    pub fn usable(self) -> anyhow::Result<Self> {
        match &self.found {
            Some((path, _)) if has_errors(&self.file.findings) => {
                let message = format!("the operator file `{}` has errors", path.display());
                Err(Failure::invalid(message, self.file.findings).into())
            }
            _ => Ok(self),
        }
    }
}

impl Operator {
    /// Whether the operator says who Forgeline is on GitHub.
    pub fn has_github(&self) -> bool {
        let github = &self.file.config.forges.github;
        github.token.is_some() || github.app_id.is_some()
    }

    /// Whether the operator says who Forgeline is on Azure DevOps.
    pub fn has_azure_devops(&self) -> bool {
        let azure = &self.file.config.forges.azure_devops;
        azure.token.is_some() || azure.client_id.is_some()
    }

    /// Who is told of dead letters, by the rules of these definitions where a repository has none of its own.
    ///
    /// # Errors
    /// A channel is not what a channel must be.
    pub fn escalation(&self, in_force: &InForce) -> anyhow::Result<Escalation> {
        let channels: BTreeMap<String, Channel> = self.part("notify")?.unwrap_or_default();
        Ok(Escalation { channels, config: in_force.factory.config.clone() })
    }

    /// Keeps the end of the chain of decisions, if the operator wants that and it has moved.
    ///
    /// # Errors
    /// It cannot be read or kept.
    pub async fn witness(&self, runner: &Runner) -> anyhow::Result<()> {
        let Some(witness) = self.audit()? else { return Ok(()) };
        let Some(checkpoint) = runner.store.checkpoint(runner.clock.now()).await? else { return Ok(()) };
        tokio::task::spawn_blocking(move || witness.keep(&checkpoint)).await??;
        Ok(())
    }

    /// Where the chain of decisions is witnessed.
    ///
    /// # Errors
    /// The setting is not what it must be.
    pub fn audit(&self) -> anyhow::Result<Option<Witness>> {
        self.part("audit")
    }

    /// A part of the file whose type belongs to whoever uses it.
    fn part<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let value = self.file.document.as_ref().and_then(|document| document.value().get(name).cloned());
        let read = value.map(serde_json::from_value).transpose();
        read.with_context(|| format!("`{name}` of the operator file cannot be used"))
    }
}

/// Which file it is: exactly one is in force.
fn place(
    global: &Global,
    variable: &impl Fn(&str) -> Option<String>,
    is_file: impl Fn(&Path) -> bool,
) -> Option<(PathBuf, &'static str)> {
    if let Some(named) = &global.config {
        let is_variable = variable("FORGELINE_CONFIG").is_some_and(|value| Path::new(&value) == named);
        return Some((named.clone(), if is_variable { "variable FORGELINE_CONFIG" } else { "flag --config" }));
    }
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let user = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    let places = [user.map(|folder| (folder.join(FILE), "user")), Some((Path::new(SYSTEM).join(FILE), "system"))];
    places.into_iter().flatten().find(|(path, _)| is_file(path))
}

fn read(path: &Path) -> anyhow::Result<OperatorFile> {
    let shown = path.display().to_string();
    let bytes = input::read(path, "operator file", MAX_BYTES as u64 + 1)?;
    if bytes.len() > MAX_BYTES {
        anyhow::bail!(Failure::new(
            Exit::Invalid,
            format!("operator file `{shown}` is larger than {} KiB", MAX_BYTES >> 10)
        ));
    }
    Ok(OperatorFile::read(&shown, &bytes))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser as _;

    use super::place;
    use crate::args::Cli;

    #[track_caller]
    fn found(words: &[&str], variables: &[(&str, &str)], there: &[&str], expected: Option<(&str, &str)>) {
        let cli = Cli::try_parse_from([&["forgeline"], words, &["explain"]].concat()).expect("a command line");
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let place = place(&cli.global, &variable, |path| there.iter().any(|it| Path::new(it) == path));
        let shown = place.as_ref().map(|(path, why)| (path.to_str().expect("text"), *why));
        assert_eq!(shown, expected);
    }

    #[test]
    fn one_file_is_in_force_and_the_nearest_wins() {
        let home = [("HOME", "/home/ana")];
        let user = "/home/ana/.config/forgeline/operator.yaml";
        let system = "/etc/forgeline/operator.yaml";
        found(&["--config", "x.yaml"], &home, &[user, system], Some(("x.yaml", "flag --config")));
        found(&[], &home, &[user, system], Some((user, "user")));
        found(&[], &home, &[system], Some((system, "system")));
        found(&[], &home, &[], None);
        let moved = [("HOME", "/home/ana"), ("XDG_CONFIG_HOME", "/conf")];
        found(&[], &moved, &[user, "/conf/forgeline/operator.yaml"], Some(("/conf/forgeline/operator.yaml", "user")));
    }
}
