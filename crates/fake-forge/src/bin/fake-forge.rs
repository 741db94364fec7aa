//! Runs a fake forge to try things by hand: `fake-forge [PORT]`.

use std::io::Write as _;

use forgeline_fake_forge::{FakeForge, Level, Start};

/// Permissions of the App that is there from the start.
const PERMISSIONS: [(&str, &str); 7] = [
    ("checks", "write"),
    ("contents", "write"),
    ("issues", "write"),
    ("pull_requests", "write"),
    ("statuses", "write"),
    ("workflows", "write"),
    ("metadata", "read"),
];

fn main() -> std::io::Result<()> {
    let port = match std::env::args().nth(1).map(|port| port.parse()) {
        None => 0,
        Some(Ok(port)) => port,
        Some(Err(_)) => return Err(std::io::Error::other("usage: fake-forge [PORT]")),
    };
    let forge = FakeForge::start_with(Start { port, at: None })?;
    forge.repository("acme/shop", false);
    forge.grant("ada", "acme/shop", Level::Admin);
    forge.grant("wil", "acme/shop", Level::Write);
    forge.push("ada", "acme/shop", "main", &[("README.md", "# Shop\n")]);
    forge.open_issue("wil", "acme/shop", "Say hello", "The shop should say hello.");
    let app = forge.app("forgeline", &PERMISSIONS);
    let installation = forge.install(&app, "acme", None);
    let mut out = std::io::stdout().lock();
    writeln!(out, "API           {}", forge.url())?;
    writeln!(out, "Enterprise    {}", forge.enterprise_url())?;
    writeln!(out, "Git           {}", forge.git_url("acme/shop"))?;
    writeln!(out, "Azure DevOps  {}/{}, project acme", forge.azure_url(), FakeForge::ORGANIZATION)?;
    writeln!(out, "token of ada  {}", forge.token_for("ada"))?;
    writeln!(out, "token of wil  {}", forge.token_for("wil"))?;
    writeln!(out, "App           {}, installation {installation}", app.id)?;
    writeln!(out, "\n{}", app.private_key_pem)?;
    writeln!(out, "End it with Ctrl-C.")?;
    out.flush()?;
    drop(out);
    // The fake is dropped then, and its folder with it.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())
}
