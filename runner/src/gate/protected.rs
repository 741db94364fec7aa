//! The rule about paths that decide what runs, who reviews, or what an agent is told.

use std::sync::LazyLock;

use forgeline_engine::plan::WriteGrant;
use forgeline_engine::spec::{Protection, ProtectionRule};
use forgeline_model::SafePath;
use globset::{GlobMatcher, GlobSet, GlobSetBuilder};

use super::{
    GateInput, RuleOutcome, glob, paths,
    verdict::{Answers, Decision, counted},
};

/// Globs that are protected unless the factory says otherwise, by what they are.
const PROTECTED: &[(&str, &[&str])] = &[
    ("a dot directory", &["**/.*/**"]),
    (
        "a pipeline definition",
        &[
            "azure-pipelines*.y{,a}ml",
            "**/azure-pipelines*.y{,a}ml",
            "**/.gitlab-ci.y{,a}ml",
            "**/Jenkinsfile",
            "**/.travis.yml",
            "**/bitbucket-pipelines.yml",
        ],
    ),
    ("an owners file", &["**/CODEOWNERS"]),
    (
        "an instruction file for agents",
        &[
            "**/AGENTS.md",
            "**/CLAUDE*.md",
            "**/GEMINI.md",
            "**/SKILL.md",
            "**/copilot-instructions.md",
            "**/.cursorrules",
            "**/.windsurfrules",
            "**/.clinerules",
            "**/.mcp.json",
            "**/.aider*",
        ],
    ),
    (
        "a dependency manifest or lock file",
        &[
            "**/Cargo.{toml,lock}",
            "**/rust-toolchain{,.toml}",
            "**/package.json",
            "**/package-lock.json",
            "**/npm-shrinkwrap.json",
            "**/yarn.lock",
            "**/pnpm-{lock,workspace}.yaml",
            "**/bun.lock{,b}",
            "**/deno.{json,jsonc,lock}",
            "**/go.{mod,sum,work}",
            "**/pyproject.toml",
            "**/poetry.lock",
            "**/uv.lock",
            "**/requirements*.txt",
            "**/setup.{py,cfg}",
            "**/Pipfile{,.lock}",
            "**/Gemfile{,.lock}",
            "**/*.gemspec",
            "**/composer.{json,lock}",
            "**/pom.xml",
            "**/{build,settings}.gradle{,.kts}",
            "**/*.{csproj,fsproj,vbproj,props,targets,sln}",
            "**/packages.lock.json",
            "**/nuget.config",
            "**/mix.{exs,lock}",
            "**/flake.{nix,lock}",
            "**/.terraform.lock.hcl",
        ],
    ),
    (
        "a file that tools obey on checkout or install",
        &[
            "**/.gitattributes",
            "**/.npmrc",
            "**/.yarnrc*",
            "**/.envrc",
            "**/.pre-commit-config.yaml",
            "**/.gitconfig",
            "**/.tool-versions",
            "**/.pypirc",
            "**/pip.conf",
        ],
    ),
    ("a definition of the factory", &["forgeline.yaml", "blueprints/**", "agents/**", "schema-registry/**"]),
];

static BUILT_IN: LazyLock<Vec<(&str, GlobSet)>> = LazyLock::new(|| {
    PROTECTED
        .iter()
        .map(|(what, globs)| {
            let mut set = GlobSetBuilder::new();
            for glob in *globs {
                set.add(glob::caseless(glob).expect("a built-in glob is well formed").glob().clone());
            }
            (*what, set.build().expect("built-in globs fit together"))
        })
        .collect()
});

/// `protected-path`: a protected path is written only where the factory allows it, or where a blueprint asks to create
/// it and the base has none; then a person must look.
pub(super) fn protected_path(input: &GateInput<'_>, mut answers: Answers) -> Vec<RuleOutcome> {
    let policy: Vec<(GlobMatcher, &ProtectionRule)> = input
        .policy
        .protected
        .iter()
        .filter(|rule| rule.blueprints.is_empty() || rule.blueprints.iter().any(|name| name == input.blueprint))
        .filter_map(|rule| Some((glob::caseless(&rule.glob)?, rule)))
        .collect();
    let grants: Vec<(GlobMatcher, &WriteGrant)> =
        input.grants.iter().filter_map(|grant| Some((glob::matcher(&grant.glob)?, grant))).collect();
    let mut allowed = 0;
    // A path that is not even safe is the business of `safe-path`, our own folder that of `own-path`.
    let safe = |path: &str| path.parse::<SafePath>().is_ok() && !paths::is_own(path);
    for file in input.files.iter().filter(|file| !file.unchanged && safe(file.path)) {
        let stated = policy.iter().filter(|(glob, _)| glob.is_match(file.path)).max_by_key(|(_, rule)| rule.mode);
        if let Some((_, rule)) = stated {
            let mut object = |verdict, reason| {
                answers.by_policy(verdict, Some(file.path), format!("{reason} `{}`", rule.glob), rule.place.as_ref());
            };
            match rule.mode {
                Protection::Allow => allowed += 1,
                Protection::NeedsHuman => object(Decision::NeedsHuman, "policy wants a person for"),
                Protection::Block => object(Decision::Deny, "policy blocks"),
            }
            continue;
        }
        let Some(what) = kind(file.path) else { continue };
        let exists = input.base.entry(file.path).is_some();
        match grants.iter().find(|(glob, _)| glob.is_match(file.path)) {
            None => answers.about(
                Decision::Deny,
                file.path,
                format!("it is {what}; the blueprint does not ask for it in `writes`"),
            ),
            Some(_) if exists => answers.about(
                Decision::Deny,
                file.path,
                format!("it is {what} and exists; changing it needs a line in the factory's `policy.protected`"),
            ),
            Some((_, grant)) => answers.about(
                Decision::NeedsHuman,
                file.path,
                format!("it is {what}, new here; the blueprint asks for `{}`", grant.glob),
            ),
        }
    }
    let message = match allowed {
        0 => "no protected path".to_owned(),
        n => format!("{} allowed by policy", counted(n, "protected path")),
    };
    answers.or_passed(message)
}

/// What protected thing a path is, with an article.
fn kind(path: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(_, globs)| globs.is_match(path)).map(|(what, _)| *what)
}
