//! Configuration from the environment.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

/// Where the service listens and keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `HOST`, an address; all interfaces when left out.
    pub host: IpAddr,
    /// `PORT`; 8080 when left out, 0 for any free one.
    pub port: u16,
    /// `DATABASE`, path of the SQLite file.
    pub database: PathBuf,
}

/// A variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadVariable {
    name: &'static str,
    value: String,
    expected: &'static str,
}

impl fmt::Display for BadVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is `{}`; expected {}", self.name, self.value, self.expected)
    }
}

impl std::error::Error for BadVariable {}

impl Config {
    /// Reads the variables that `get` gives.
    ///
    /// # Errors
    /// A variable that is set and cannot be used.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, BadVariable> {
        Ok(Self {
            host: read(&get, "HOST", "an IP address", IpAddr::V4(Ipv4Addr::UNSPECIFIED))?,
            port: read(&get, "PORT", "a port from 0 to 65535", 8080)?,
            database: read(&get, "DATABASE", "a path", PathBuf::from("data/service.db"))?,
        })
    }
}

fn read<T: std::str::FromStr>(
    get: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
    default: T,
) -> Result<T, BadVariable> {
    match get(name) {
        None => Ok(default),
        Some(value) => value.parse().map_err(|_| BadVariable { name, value, expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn variables_are_read_or_named() {
        let config = Config::from_env(|name| (name == "PORT").then(|| "9000".to_owned())).expect("valid");
        assert_eq!(config.port, 9000);
        let refused = Config::from_env(|name| (name == "PORT").then(|| "x".to_owned())).expect_err("no port");
        assert_eq!(refused.to_string(), "`PORT` is `x`; expected a port from 0 to 65535");
    }
}
