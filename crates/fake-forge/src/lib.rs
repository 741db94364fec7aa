//! A forge for tests: stateful, in memory, served over HTTP on a loopback port.
//!
//! Programs under test speak to it as to GitHub (or to an Enterprise Server, below `/api/v3`) or as to Azure DevOps (below
//! [`FakeForge::ORGANIZATION`]), clone and push with Git
//! under [`FakeForge::git_url`], and get its signed webhooks. Tests play the people: they open issues, push, review and
//! merge through [`FakeForge`], choose what goes wrong with [`FakeForge::faults`], move the clock, and look afterwards
//! at what was asked ([`FakeForge::requests`]).
//!
//! ```no_run
//! use forgeline_fake_forge::{FakeForge, Level};
//!
//! let forge = FakeForge::start_blocking();
//! forge.repository("acme/shop", false);
//! forge.grant("ada", "acme/shop", Level::Write);
//! forge.push("ada", "acme/shop", "main", &[("README.md", "# Shop\n")]);
//! let number = forge.open_issue("ada", "acme/shop", "It is slow", "Very.");
//! let token = forge.token_for("ada");
//! // GET {forge.url()}/repos/acme/shop/issues/{number} with `Authorization: Bearer {token}`
//! # let _ = (number, token);
//! ```
//!
//! | folder | content |
//! |---|---|
//! | `model` | the forge itself, without a dialect |
//! | `git` | the repositories' contents |
//! | `server` | connections, log, faults, limits, webhooks on their way |
//! | `github` | GitHub's dialect: routes, shapes, rights, payloads, its OpenAPI description |
//! | `azure` | the dialect of Azure DevOps: work items, pull requests, threads, permissions |
//! | `handle` | what tests call |

mod azure;
mod git;
mod github;
mod handle;
mod key;
mod model;
mod server;

pub use handle::{AppHandle, FakeForge, Faults, Start};
pub use model::access::Level;
pub use server::deliveries::{Delivery, DeliveryFaults};
pub use server::faults::Fault;
pub use server::limits::LimitSettings;
pub use server::log::{Credential, Problem, Request};
