//! The index as a person meets it: a run's own branch by its ref, what is merged on the default branch.

use std::path::Path;

use crate::world::World;

/// The executable beside `forgeline`.
fn variables() -> Vec<(&'static str, String)> {
    let tests = std::env::current_exe().expect("the path of this program");
    let program = tests.parent().and_then(Path::parent).expect("target/<profile>/deps").join("forgeline-knowledge");
    let cache = std::env::var("XDG_CACHE_HOME").unwrap_or_else(|_| {
        let home = std::env::var("HOME").expect("a home directory");
        format!("{home}/.cache")
    });
    vec![("FORGELINE_KNOWLEDGE", program.display().to_string()), ("XDG_CACHE_HOME", cache)]
}

#[test]
fn a_runs_branch_is_found_by_its_ref_and_the_default_branch_learns_by_the_merge() {
    let world = World::with_shop();
    let variables = variables();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ok = |args: &[&str]| {
        let said = world.run_with(&variables, args);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
        said
    };
    let hits = |reference: &str| {
        let args = ["--json", "knowledge", "search", "how long may customers return goods", "--repo", "acme/shop"];
        let said = world.run_with(&variables, &[&args[..], &["--ref", reference]].concat());
        match said.code {
            0 => said.json().to_string(),
            _ => String::new(),
        }
    };
    ok(&[
        "local",
        "issue",
        "create",
        "-t",
        "Returns",
        "-b",
        "Customers may return goods within 30 days.",
        "-l",
        "docs",
    ]);
    assert!(hits("forgeline/docs-page/1-returns").contains("docs/returns.md"), "the run's branch is known at once");
    assert!(!hits("main").contains("docs/returns.md"), "what is not merged is not on the default branch");
    ok(&["local", "pr", "merge", "1"]);
    let merged = hits("main");
    assert!(merged.contains("docs/returns.md"), "{merged}");
    let commit = world.git(&world.shop(), &["rev-parse", "main"]);
    assert!(merged.contains(commit.trim()), "a hit cites the commit it speaks of: {merged}");
}
