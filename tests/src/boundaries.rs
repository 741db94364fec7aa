//! Crate boundaries, read from `cargo metadata`: who may name which heavy dependency, and that arrows point down only.

use std::fmt;

/// A workspace member and what its manifest names.
#[derive(Debug, Clone)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
struct Dependency {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Linked into what ships: normal and build dependencies.
    Shipped,
    /// Seen by tests only.
    Dev,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shipped => "dependency",
            Self::Dev => "dev-dependency",
        })
    }
}

/// Where each crate stands; a crate names only crates that stand lower.
const TIERS: &[(&str, u8)] = &[
    ("forgeline-failpoint", 0),
    ("forgeline-fake-forge", 0),
    ("forgeline-model", 0),
    ("forgeline-pipe", 1),
    ("forgeline-engine", 1),
    ("forgeline-compat", 0),
    ("forgeline-registry", 1),
    ("forgeline-store", 2),
    ("forgeline-simulation", 2),
    ("forgeline-repo", 2),
    ("forgeline-blueprints", 2),
    ("forgeline-forge", 3),
    ("forgeline-agents", 3),
    ("forgeline-ingress", 3),
    ("forgeline-knowledge", 3),
    ("forgeline-azure-devops", 4),
    ("forgeline-github", 4),
    ("forgeline-runner", 4),
    ("forgeline-bot", 5),
    ("forgeline-cli", 6),
    (TESTS, 7),
];

/// The package of end-to-end tests: it ships nothing, so it may look at real databases and repositories.
const TESTS: &str = "forgeline-tests";

/// What stands behind a fence, and the crates whose business it is.
struct Fence {
    behind: &'static str,
    owners: &'static [&'static str],
    /// May the end-to-end tests, and other crates' tests, use it to look at what was made?
    open_to_tests: bool,
}

const fn fence(behind: &'static str, owners: &'static [&'static str], open_to_tests: bool) -> Fence {
    Fence { behind, owners, open_to_tests }
}

const FENCES: &[Fence] = &[
    fence("sqlx", &["forgeline-store"], true),
    fence("git2", &["forgeline-repo"], true),
    fence("octocrab", &["forgeline-github"], false),
    fence("azure_devops_rust_api", &["forgeline-azure-devops"], false),
    fence("lancedb", &["forgeline-knowledge"], false),
    fence("fastembed", &["forgeline-knowledge"], false),
    fence("handlebars", &["forgeline-blueprints"], false),
    fence("jsonschema", &["forgeline-registry", "forgeline-fake-forge"], true),
    fence("cel", &["forgeline-engine"], false),
    fence("clap", &["forgeline-cli"], false),
    fence("axum", &["forgeline-ingress", "forgeline-cli", "forgeline-fake-forge"], true),
    fence("prometheus-client", &["forgeline-cli"], false),
    fence("ssh-key", &["forgeline-runner"], false),
    fence("tracing-subscriber", &["forgeline-cli", "forgeline-knowledge"], true),
    fence("tracing-opentelemetry", &["forgeline-cli"], false),
    fence("opentelemetry", &["forgeline-cli"], false),
    fence("opentelemetry_sdk", &["forgeline-cli"], false),
    fence("opentelemetry-otlp", &["forgeline-cli"], false),
    // What leaves over HTTP or as mail goes by the one way that checks addresses.
    // The adapter of Azure DevOps speaks to the one host that the operator names.
    fence("reqwest", &["forgeline-runner", "forgeline-azure-devops"], false),
    fence("lettre", &["forgeline-runner"], false),
    // It ships nothing; others' tests start it.
    fence("forgeline-fake-forge", &[], true),
    // Spoken to over a pipe, never linked: its dependencies would reach every binary.
    fence("forgeline-knowledge", &[], false),
];

/// Crates of pure functions, and what would let them do I/O or wait.
const PURE: &[&str] =
    &["forgeline-model", "forgeline-engine", "forgeline-compat", "forgeline-registry", "forgeline-blueprints"];
const IMPURE: &[&str] = &["tokio", "futures", "rustix", "reqwest", "tempfile"];

/// Every boundary that these packages cross, as sentences; empty when all is well.
fn violations(packages: &[Package]) -> Vec<String> {
    packages
        .iter()
        .flat_map(|package| {
            let misplaced = tier(&package.name)
                .is_none()
                .then(|| format!("`{}` has no tier: say in TIERS where it stands", package.name));
            let crossed = package.dependencies.iter().filter_map(|dependency| crossing(package, dependency));
            misplaced.into_iter().chain(crossed)
        })
        .collect()
}

fn crossing(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to, kind) = (package.name.as_str(), dependency.name.as_str(), dependency.kind);
    if let Some(fence) = FENCES.iter().find(|fence| fence.behind == to)
        && !admits(fence, from, kind)
    {
        return Some(match fence.owners {
            [] => format!("`{from}` names `{to}` as a {kind}; no crate may link it"),
            owners => format!("`{from}` names `{to}` as a {kind}; only `{}` may", owners.join("` and `")),
        });
    }
    if kind == Kind::Shipped && PURE.contains(&from) && IMPURE.contains(&to) {
        return Some(format!("`{from}` is pure and names `{to}`; move the effect to an outer crate"));
    }
    match (tier(from), tier(to)) {
        (Some(above), Some(below)) if below >= above => {
            Some(format!("`{from}` names `{to}`, which does not stand lower"))
        }
        _ => None,
    }
}

fn admits(fence: &Fence, package: &str, kind: Kind) -> bool {
    let by_test = kind == Kind::Dev || package == TESTS;
    fence.owners.contains(&package) || (fence.open_to_tests && by_test)
}

fn tier(name: &str) -> Option<u8> {
    TIERS.iter().find(|(package, _)| *package == name).map(|(_, tier)| *tier)
}

/// The members of this workspace, as their manifests stand.
fn workspace() -> Vec<Package> {
    cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo reads the manifests it just built")
        .packages
        .into_iter()
        .map(|package| Package {
            name: package.name.to_string(),
            dependencies: package.dependencies.into_iter().map(Dependency::from).collect(),
        })
        .collect()
}

impl From<cargo_metadata::Dependency> for Dependency {
    fn from(dependency: cargo_metadata::Dependency) -> Self {
        let kind = match dependency.kind {
            cargo_metadata::DependencyKind::Development => Kind::Dev,
            _ => Kind::Shipped,
        };
        Self { name: dependency.name, kind }
    }
}

/// A workspace of one package that names one other.
fn naming(from: &str, to: &str, kind: Kind) -> Vec<Package> {
    let dependencies = vec![Dependency { name: to.to_owned(), kind }];
    vec![Package { name: from.to_owned(), dependencies }]
}

#[track_caller]
fn refused(from: &str, to: &str, kind: Kind) {
    let found = violations(&naming(from, to, kind));
    assert!(matches!(&found[..], [one] if one.contains(from) && one.contains(to)), "{from} -> {to}: {found:?}");
}

#[track_caller]
fn allowed(from: &str, to: &str, kind: Kind) {
    assert_eq!(violations(&naming(from, to, kind)), Vec::<String>::new(), "{from} -> {to}");
}

#[test]
fn this_workspace_keeps_its_boundaries() {
    let members = workspace();
    assert_eq!(violations(&members), Vec::<String>::new());
    let names = |from: &str, to: &str| {
        members.iter().any(|package| package.name == from && package.dependencies.iter().any(|used| used.name == to))
    };
    assert!(names("forgeline-store", "sqlx"), "the metadata that was read holds the dependencies");
    let unplaced: Vec<_> =
        TIERS.iter().filter(|(name, _)| !members.iter().any(|package| package.name == *name)).collect();
    assert!(unplaced.is_empty(), "TIERS names crates that do not exist: {unplaced:?}");
}

#[test]
fn a_fence_refuses_strangers_and_lets_its_owners_pass() {
    for fence in FENCES {
        for (name, _) in TIERS.iter().filter(|(name, _)| *name != fence.behind) {
            if fence.owners.contains(name) || (*name == TESTS && fence.open_to_tests) {
                allowed(name, fence.behind, Kind::Shipped);
            } else {
                refused(name, fence.behind, Kind::Shipped);
            }
        }
    }
}

#[test]
fn a_fence_open_to_tests_admits_dev_dependencies_and_nothing_else() {
    allowed("forgeline-runner", "git2", Kind::Dev);
    refused("forgeline-runner", "git2", Kind::Shipped);
    refused("forgeline-runner", "lancedb", Kind::Dev);
}

#[test]
fn arrows_point_down() {
    allowed("forgeline-cli", "forgeline-runner", Kind::Shipped);
    refused("forgeline-runner", "forgeline-cli", Kind::Shipped);
    refused("forgeline-model", "forgeline-engine", Kind::Dev);
    refused("forgeline-store", "forgeline-repo", Kind::Shipped);
    allowed("forgeline-forge", "forgeline-repo", Kind::Shipped);
}

#[test]
fn pure_crates_wait_for_nothing() {
    refused("forgeline-engine", "tokio", Kind::Shipped);
    allowed("forgeline-engine", "serde_json", Kind::Shipped);
    allowed("forgeline-runner", "tokio", Kind::Shipped);
    allowed("forgeline-engine", "tempfile", Kind::Dev);
}

#[test]
fn a_new_crate_must_say_where_it_stands() {
    let stranger = vec![Package { name: "forgeline-new".into(), dependencies: Vec::new() }];
    assert_eq!(violations(&stranger), ["`forgeline-new` has no tier: say in TIERS where it stands"]);
}
