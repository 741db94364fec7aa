//! The knowledge process, and where telemetry goes.

use std::time::Duration;

use forgeline_model::knowledge::SearchMode;
use forgeline_runner::Runner;
use tokio::{net::TcpStream, time::timeout};

use super::Check;

/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the index can be asked, and how it searches.
pub(super) async fn knowledge(runner: &Runner) -> Check {
    let name = "knowledge";
    let asked = runner.knowledge.status().await;
    runner.knowledge.end().await;
    match asked {
        Ok(status) => match status.mode {
            SearchMode::Hybrid => Check::ok(
                name,
                format!("search by words and meaning, model {}, {} chunks", status.model, status.chunks),
            ),
            SearchMode::Keywords => Check::less(
                name,
                format!("search by words only: {}", status.reason.unwrap_or_else(|| "no reason given".into())),
                "`make setup` gets ONNX Runtime; runs work without it",
            ),
        },
        Err(error) => Check::less(name, error.to_string(), "runs work without it, but find no earlier work"),
    }
}

/// Whether somebody listens where telemetry goes; nothing when it goes nowhere.
pub(super) async fn telemetry(endpoint: Option<String>) -> Option<Check> {
    let endpoint = endpoint.filter(|endpoint| !endpoint.trim().is_empty())?;
    let name = "telemetry";
    let Some((host, port)) = address(&endpoint) else {
        return Some(Check::less(
            name,
            "`OTEL_EXPORTER_OTLP_ENDPOINT` is not a URL",
            "write it like `http://localhost:4318`",
        ));
    };
    let shown = format!("{host}:{port}");
    let todo = "start the collector, or unset `OTEL_EXPORTER_OTLP_ENDPOINT`; runs work without it";
    Some(match timeout(PATIENCE, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Check::ok(name, format!("`{shown}` takes connections")),
        Ok(Err(error)) => Check::less(name, format!("`{shown}` cannot be reached: {error}"), todo),
        Err(_) => Check::less(name, format!("`{shown}` does not answer"), todo),
    })
}

/// Host and port of an HTTP URL; what stands before an `@` is never shown.
fn address(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(v6) = authority.strip_prefix('[') {
        let (host, after) = v6.split_once(']')?;
        return Some((host.to_owned(), after.strip_prefix(':').map_or(Some(port), |port| port.parse().ok())?));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host.to_owned(), port.parse().ok()?)).filter(|(host, _)| !host.is_empty()),
        None => Some((authority.to_owned(), port)).filter(|(host, _)| !host.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_endpoint_is_host_and_port() {
        for (url, expected) in [
            ("http://localhost:4318", Some(("localhost", 4318))),
            ("https://otel.example.com/v1", Some(("otel.example.com", 443))),
            ("http://user:secret@collector:80/x", Some(("collector", 80))),
            ("http://[::1]:4318", Some(("::1", 4318))),
            ("localhost:4318", None),
            ("http://", None),
        ] {
            assert_eq!(address(url), expected.map(|(host, port)| (host.to_owned(), port)), "{url}");
        }
    }
}
