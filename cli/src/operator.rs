//! The operator's file: found, read, and in force for the whole program.

use std::path::{Path, PathBuf};

use forgeline_blueprints::{config::operator::OperatorFile, yaml::MAX_BYTES};
use forgeline_model::diagnostic::has_errors;

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
