//! Hostile and ordinary proposals, and what the gate says to them.

use std::collections::BTreeMap;

use forgeline_engine::plan::{WriteGrant, WriteMode};
use forgeline_model::{StageId, task::Produces};

use super::{
    BaseEntry, BaseTree, Decision, GateFile, GateInput, GateLimits, GateText, Protection, ProtectionRule, Verdict,
    judge,
};

/// A proposal in the words of a test; `**` of stage `code` is declared unless said otherwise.
#[derive(Default)]
struct Proposal<'a> {
    files: Vec<(&'a str, &'a [u8])>,
    texts: Vec<(&'a str, &'a str)>,
    base: Vec<(&'a str, BaseEntry)>,
    produces: Option<Vec<(&'a str, &'a str)>>,
    grants: Vec<(&'a str, WriteMode)>,
    policy: Vec<(&'a str, Protection, &'a [&'a str])>,
    unchanged: bool,
    limits: GateLimits,
}

impl Proposal<'_> {
    fn judge(&self) -> Verdict {
        let stage: StageId = "code".parse().expect("a stage id");
        let file = |(path, content)| GateFile {
            path,
            content,
            artifact_type: "SourceCode",
            stage: &stage,
            unchanged: self.unchanged,
        };
        let produces = self.produces.clone().unwrap_or_else(|| vec![("**", "SourceCode")]);
        let produces = produces
            .into_iter()
            .map(|(path, artifact_type)| Produces { path: path.into(), artifact_type: artifact_type.into() })
            .collect();
        judge(&GateInput {
            files: &self.files.iter().copied().map(file).collect::<Vec<_>>(),
            texts: &self.texts.iter().map(|&(place, text)| GateText { place, text }).collect::<Vec<_>>(),
            base: &self.base.iter().copied().collect::<BaseTree>(),
            produces: &BTreeMap::from([(stage.clone(), produces)]),
            blueprint: "http-service",
            grants: &self.grants.iter().map(|&(glob, mode)| WriteGrant { glob: glob.into(), mode }).collect::<Vec<_>>(),
            policy: &self
                .policy
                .iter()
                .map(|&(glob, mode, blueprints)| ProtectionRule {
                    glob: glob.into(),
                    mode,
                    blueprints: blueprints.iter().map(|&name| name.into()).collect(),
                })
                .collect::<Vec<_>>(),
            limits: self.limits,
        })
    }
}

/// The rules that object, and how.
#[track_caller]
fn check(proposal: &Proposal<'_>, expected: &[(&str, Decision)]) {
    let verdict = proposal.judge();
    let mut objections: Vec<(&str, Decision)> =
        verdict.objections().map(|outcome| (outcome.rule.as_str(), outcome.verdict)).collect();
    objections.dedup();
    assert_eq!(objections, expected, "{:?}\n{verdict}", proposal.files);
    let strictest = expected.iter().map(|(_, decision)| *decision).max().unwrap_or(Decision::Allow);
    assert_eq!(verdict.decision, strictest, "\n{verdict}");
    let json = serde_json::to_string(&verdict).expect("a verdict serialises");
    assert_eq!(serde_json::from_str::<Verdict>(&json).expect("and reads back"), verdict);
}

#[track_caller]
fn check_paths(paths: &[&str], expected: &[(&str, Decision)]) {
    for path in paths {
        check(&Proposal { files: vec![(path, b"x\n")], ..Proposal::default() }, expected);
    }
}

#[track_caller]
fn check_content(content: &[u8], expected: &[(&str, Decision)]) {
    check(&Proposal { files: vec![("docs/a.md", content)], ..Proposal::default() }, expected);
}

use Decision::{Deny, NeedsHuman};

#[test]
fn ordinary_files_pass() {
    check_paths(
        &[
            "README.md",
            "src/main.rs",
            "docs/größe.md",
            "deploy/base/service.yaml",
            "Dockerfile",
            ".gitignore",
            ".dockerignore",
        ],
        &[],
    );
}

#[test]
fn paths_that_escape_are_denied() {
    check_paths(
        &["../x", "/etc/passwd", "a/../../b", "a\\b", "c:evil", "aux.txt", "a\u{0}b", "a\nb", "dir/", ""],
        &[("safe-path", Deny)],
    );
    check_paths(&[".git/hooks/pre-commit", "x/.GIT/config", "GIT~1/config"], &[("safe-path", Deny)]);
}

#[test]
fn protected_paths_are_denied_without_a_grant() {
    check_paths(
        &[
            ".github/workflows/ci.yml",
            ".GitHub/Workflows/x.yml",
            ".cargo/config.toml",
            "sub/.vscode/tasks.json",
            "CODEOWNERS",
            "docs/codeowners",
            "AGENTS.md",
            "sub/claude.md",
            "Cargo.toml",
            "crates/x/Cargo.lock",
            "web/package.json",
            "azure-pipelines.yml",
            ".gitattributes",
            "forgeline.yaml",
            "agents/x/agent.yaml",
            "schema-registry/registry.yaml",
            "requirements-dev.txt",
        ],
        &[("protected-path", Deny)],
    );
}

#[test]
fn grants_and_policy_open_protected_paths_as_far_as_they_say() {
    let ci = ".github/workflows/ci.yml";
    let granted = |base: Vec<(&'static str, BaseEntry)>, policy| Proposal {
        files: vec![(ci, b"on: push\n")],
        grants: vec![(ci, WriteMode::Create)],
        base,
        policy,
        ..Proposal::default()
    };
    let there = || vec![(ci, BaseEntry::File)];
    check(&granted(vec![], vec![]), &[("protected-path", NeedsHuman)]);
    check(&granted(there(), vec![]), &[("protected-path", Deny)]);
    check(&Proposal { unchanged: true, ..granted(there(), vec![]) }, &[]);
    check(&granted(there(), vec![(".github/**", Protection::Allow, &["http-service"])]), &[]);
    check(&granted(there(), vec![(".github/**", Protection::Allow, &["other"])]), &[("protected-path", Deny)]);
    check(&granted(there(), vec![(".github/**", Protection::NeedsHuman, &[])]), &[("protected-path", NeedsHuman)]);
    check(&granted(vec![], vec![(".github/**", Protection::Block, &[])]), &[("protected-path", Deny)]);
    let contradicting = vec![("**", Protection::Allow, &[][..]), ("**/*.yml", Protection::Block, &[][..])];
    check(&granted(vec![], contradicting), &[("protected-path", Deny)]);
    let narrowed = Proposal {
        files: vec![("migrations/1.sql", b"select 1;\n")],
        policy: vec![("migrations/**", Protection::NeedsHuman, &[])],
        ..Proposal::default()
    };
    check(&narrowed, &[("protected-path", NeedsHuman)]);
    let other_grant = Proposal { grants: vec![("Cargo.toml", WriteMode::Create)], ..granted(vec![], vec![]) };
    check(&other_grant, &[("protected-path", Deny)]);
}

#[test]
fn only_declared_files_are_written() {
    let files = vec![("docs/vision.md", &b"x\n"[..])];
    for (produces, expected) in [
        (vec![("docs/vision.md", "SourceCode")], &[][..]),
        (vec![("docs/*.md", "SourceCode")], &[]),
        (vec![("*.md", "SourceCode")], &[("declared-path", Deny)]),
        (vec![("docs/**", "VisionDocument")], &[("declared-path", Deny)]),
        (vec![("docs/[", "SourceCode")], &[("declared-path", Deny)]),
        (vec![], &[("declared-path", Deny)]),
    ] {
        check(&Proposal { files: files.clone(), produces: Some(produces), ..Proposal::default() }, expected);
    }
}

#[test]
fn nothing_is_written_through_or_over_something_else() {
    for (base, expected) in [
        (("docs", BaseEntry::Symlink), &[("path-conflict", Deny)][..]),
        (("docs", BaseEntry::Submodule), &[("path-conflict", Deny)]),
        (("docs", BaseEntry::File), &[("path-conflict", Deny)]),
        (("docs/a.md", BaseEntry::Symlink), &[("path-conflict", Deny)]),
        (("docs/a.md/b.md", BaseEntry::File), &[("path-conflict", Deny)]),
        (("docs/a.md", BaseEntry::File), &[]),
        (("Docs/b.md", BaseEntry::File), &[("case-collision", Deny)]),
        (("docs/A.md", BaseEntry::File), &[("case-collision", Deny)]),
        (("docs/a.mdx", BaseEntry::File), &[]),
    ] {
        check(&Proposal { files: vec![("docs/a.md", b"x\n")], base: vec![base], ..Proposal::default() }, expected);
    }
    for (files, expected) in [
        (["a", "a"], &[("path-conflict", Deny)][..]),
        (["a", "a/b"], &[("path-conflict", Deny)]),
        (["a/b", "A/c"], &[("case-collision", Deny)]),
        (["README.md", "readme.md"], &[("case-collision", Deny)]),
        (["straße", "STRASSE"], &[]),
    ] {
        let files = files.map(|path| (path, &b"x\n"[..])).to_vec();
        check(&Proposal { files, ..Proposal::default() }, expected);
    }
}

#[test]
fn count_and_size_are_bounded() {
    let limits = GateLimits { files: 2, total_bytes: 10, file_bytes: 6 };
    let of = |files: Vec<(&'static str, &'static [u8])>| Proposal { files, limits, ..Proposal::default() };
    check(&of(vec![("a", b"12345"), ("b", b"12345")]), &[]);
    check(&of(vec![("a", b"1"), ("b", b"1"), ("c", b"1")]), &[("count", Deny)]);
    check(&of(vec![("a", b"1234567")]), &[("size", Deny)]);
    check(&of(vec![("a", b"123456"), ("b", b"123456")]), &[("size", Deny)]);
}

#[test]
fn only_text_that_shows_what_it_does() {
    check_content("ünïcode, emoji 👩‍👩‍👧, tabs\tand\r\nlines".as_bytes(), &[]);
    check_content("\u{feff}with a mark\n".as_bytes(), &[]);
    for bad in [
        &b"\x7fELF\x00\x01"[..],
        b"\xff\xfe",
        b"a\x1b[31mred",
        "if admin\u{202e} // ".as_bytes(),
        "zero\u{200b}width".as_bytes(),
        "tag\u{e0041}".as_bytes(),
    ] {
        check_content(bad, &[("text", Deny)]);
    }
}

#[test]
fn credentials_are_found_and_not_repeated() {
    let filler = |alphabet: &str, n: usize| alphabet.chars().cycle().take(n).collect::<String>();
    let mixed = "Zk3Q9xT7bV1mR5yL8wJ2";
    for secret in [
        format!("AKIA{}", filler("Q3Z7", 16)),
        format!("aws_secret_access_key = {}", filler(mixed, 40)),
        format!("gh{}_{}", "p", filler(mixed, 36)),
        format!("gh{}_{}", "s", filler(mixed, 36)),
        format!("github_{}_{}", "pat", filler(mixed, 60)),
        format!("gl{}-{}", "pat", filler(mixed, 20)),
        format!("xox{}-{}", "b", filler("1234567890", 24)),
        format!("-----BEGIN {}PRIVATE KEY-----", "RSA "),
        format!("-----BEGIN {}-----", "PRIVATE KEY"),
        format!("-----BEGIN {}-----", "PGP PRIVATE KEY BLOCK"),
        format!("AIza{}", filler(mixed, 35)),
        format!("DefaultEndpointsProtocol=https;AccountName=x;AccountKey={}==", filler(mixed, 86)),
        format!("Endpoint=sb://x/;SharedAccessKey={}=", filler(mixed, 43)),
        format!("{}AZDO{}", filler(mixed, 76), filler(mixed, 4)),
        format!("AZURE_DEVOPS_TOKEN={}", filler("abcdefghij234567klmnop", 52)),
        format!("eyJ{}.eyJ{}.{}", filler(mixed, 20), filler(mixed, 40), filler(mixed, 30)),
        format!("api_key = \"{mixed}\""),
        format!("\"client_secret\": \"{mixed}\""),
        format!("postgres://app:{mixed}@db/app"),
        format!("sk-{}", filler(mixed, 48)),
    ] {
        let content = format!("first line\n{secret}\nlast\n");
        let proposal = Proposal { files: vec![("config/x.yaml", content.as_bytes())], ..Proposal::default() };
        check(&proposal, &[("secrets", Deny)]);
        let shown = proposal.judge().render();
        assert!(shown.contains("line 2") && !shown.contains(&secret), "{shown}");
        let text = Proposal { texts: vec![("pull request body", &secret)], ..Proposal::default() };
        check(&text, &[("secrets", Deny)]);
    }
}

#[test]
fn talk_about_credentials_passes() {
    for content in [
        "api_key = \"${API_KEY}\"",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "password: changeme",
        "secret = os.environ[\"CLIENT_SECRET_FOR_THE_SERVICE\"]",
        "let token = next_token_from_the_stream();",
        "api_key: your-api-key-goes-right-here",
        "postgres://postgres:postgres@localhost:5432/app",
        "secretKeyRef: {name: orders, key: database-url}",
        "checksum = \"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
        "https://example.com/a:b/@scope",
    ] {
        check_content(content.as_bytes(), &[]);
    }
}

#[test]
fn words_that_go_out_do_not_steer_the_forge() {
    for (text, expected) in [
        ("Add the orders service\n\nAs asked in #7.", &[][..]),
        ("Note: by hand", &[]),
        ("Standby: the service waits", &[]),
        ("fix [skip ci]", &[("skip-ci", Deny)]),
        ("fix [CI skip]", &[("skip-ci", Deny)]),
        ("fix [no ci]", &[("skip-ci", Deny)]),
        ("fix ***NO_CI***", &[("skip-ci", Deny)]),
        ("fix [skip azurepipelines]", &[("skip-ci", Deny)]),
        ("fix\n\nskip-checks: true", &[("skip-ci", Deny)]),
        ("fix\n\nSigned-off-by: Ana <ana@example.com>", &[("trailers", Deny)]),
        ("fix\n\nForgeline-Run-Key: 00", &[("trailers", Deny)]),
        ("fix\r\n co-authored-by: x <x@y>", &[("trailers", Deny)]),
        ("hid\u{200b}den", &[("text", Deny)]),
    ] {
        check(&Proposal { texts: vec![("commit message", text)], ..Proposal::default() }, expected);
    }
}

#[test]
fn a_verdict_reads_well_and_lists_a_bounded_number() {
    let proposal = Proposal {
        files: vec![("src/main.rs", b"fn main() {}\n"), ("../x", b"\x00"), ("Cargo.toml", b"[package]\n")],
        grants: vec![("Cargo.toml", WriteMode::Create)],
        ..Proposal::default()
    };
    assert_eq!(
        proposal.judge().render(),
        "\
write gate: deny
  deny         safe-path       ../x: `.` and `..` are not allowed
  allow        declared-path   every file is declared by its stage
  allow        path-conflict   no path in the way of another
  allow        case-collision  no two spellings of one path
  needs human  protected-path  Cargo.toml: it is a dependency manifest or lock file, new here; the blueprint asks for `Cargo.toml`
  allow        count           3 files (at most 100)
  allow        size            24 bytes (at most 4194304)
  deny         text            ../x: line 1 has the control character U+0000
  allow        secrets         nothing has the shape of a credential
  allow        skip-ci         no marker that skips checks
  allow        trailers        no foreign trailer
"
    );
    let names: Vec<String> = (0..1000).map(|n| format!("../{n}\u{202e}")).collect();
    let many = Proposal { files: names.iter().map(|name| (name.as_str(), &b""[..])).collect(), ..Proposal::default() };
    let verdict = many.judge();
    assert!(verdict.rules.len() < 100, "{}", verdict.rules.len());
    assert!(verdict.render().contains("and 980 more") && !verdict.render().contains('\u{202e}'));
}
