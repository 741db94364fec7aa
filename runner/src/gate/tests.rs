//! Hostile and ordinary proposals, and what the gate says to them.

use std::collections::BTreeMap;

use forgeline_engine::{
    plan::{WriteGrant, WriteMode},
    spec::{LicenceHeader, PolicyRule, PolicyVerdict, Protection, ProtectionRule, WritePolicy},
};
use forgeline_model::{StageId, task::Produces};
use serde_json::json;

use super::{
    BaseEntry, BaseTree, Decision, GateFile, GateInput, GateLimits, GateText, RULES, RuleOutcome, Verdict, judge,
};

mod content;

/// Where Forgeline's own statement goes in these tests.
const OWN: &str = ".forgeline/provenance/http-service/7-x.intoto.json";

/// A proposal in the words of a test; `**` of stage `code` is declared unless said otherwise.
#[derive(Default)]
struct Proposal<'a> {
    files: Vec<(&'a str, &'a [u8])>,
    texts: Vec<(&'a str, &'a str)>,
    base: Vec<(&'a str, BaseEntry)>,
    produces: Option<Vec<(&'a str, &'a str)>>,
    grants: Vec<(&'a str, WriteMode)>,
    policy: Vec<(&'a str, Protection, &'a [&'a str])>,
    headers: Vec<(&'a str, &'a str)>,
    rules: Vec<(&'a str, &'a str, PolicyVerdict)>,
    artifact_type: Option<&'a str>,
    unchanged: bool,
    limits: GateLimits,
}

impl Proposal<'_> {
    fn judge(&self) -> Verdict {
        let stage: StageId = "code".parse().expect("a stage id");
        let file = |(path, content)| GateFile {
            path,
            content,
            artifact_type: self.artifact_type.unwrap_or("SourceCode"),
            stage: &stage,
            unchanged: self.unchanged,
        };
        let produces = self
            .produces
            .clone()
            .unwrap_or_else(|| vec![("**", "SourceCode"), ("**", "EventContracts"), ("**", "DocsPage")]);
        let produces = produces
            .into_iter()
            .map(|(path, artifact_type)| Produces { path: path.into(), artifact_type: artifact_type.into() })
            .collect();
        judge(&GateInput {
            files: &self.files.iter().copied().map(file).collect::<Vec<_>>(),
            texts: &self.texts.iter().map(|&(place, text)| GateText { place, text }).collect::<Vec<_>>(),
            own_paths: &[OWN],
            base: &BaseTree::new("4b825dc642cb6eb9a060e54bf8d69288fbee4904", self.base.iter().copied()),
            produces: &BTreeMap::from([(stage.clone(), produces)]),
            blueprint: "http-service",
            grants: &self.grants.iter().map(|&(glob, mode)| WriteGrant { glob: glob.into(), mode }).collect::<Vec<_>>(),
            policy: &WritePolicy {
                protected: self.policy.iter().map(protection).collect(),
                draft: false,
                licence_headers: self.headers.iter().map(header).collect(),
                rules: self.rules.iter().map(rule).collect(),
                ..WritePolicy::default()
            },
            context: &json!({
                "project": {"id": "shop", "criticality": "high"},
                "blueprint": {"name": "http-service", "version": "1.0.0"},
                "run": {"trigger": "label", "base_branch": "main"},
            }),
            limits: self.limits,
        })
    }
}

fn protection(&(glob, mode, blueprints): &(&str, Protection, &[&str])) -> ProtectionRule {
    let blueprints = blueprints.iter().map(|&name| name.into()).collect();
    ProtectionRule { glob: glob.into(), mode, blueprints, place: Some("forgeline.yaml:8".into()) }
}

fn header(&(glob, text): &(&str, &str)) -> LicenceHeader {
    LicenceHeader { glob: glob.into(), text: text.into(), place: Some("forgeline.yaml:9".into()) }
}

fn rule(&(id, when, verdict): &(&str, &str, PolicyVerdict)) -> PolicyRule {
    let message = "ask @ana".into();
    PolicyRule { id: id.into(), when: when.into(), verdict, message, place: Some("forgeline.yaml:11".into()) }
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
        check(&Proposal { files: vec![(path, b"1\n")], ..Proposal::default() }, expected);
    }
}

#[track_caller]
fn check_content(content: &[u8], expected: &[(&str, Decision)]) {
    check(&Proposal { files: vec![("docs/a.md", content)], ..Proposal::default() }, expected);
}

use Decision::{Deny, NeedsHuman};

/// What a rule says that has nothing against a proposal.
#[track_caller]
fn said(proposal: &Proposal<'_>, rule: &str) -> String {
    let verdict = proposal.judge();
    let outcome = verdict.rules.iter().find(|outcome| outcome.rule == rule).expect("every rule speaks");
    assert_eq!(outcome.verdict, Decision::Allow, "{verdict}");
    outcome.reason.clone()
}

#[test]
fn a_rule_that_passes_says_what_it_looked_at() {
    let files = vec![("a.json", &b"{}"[..]), ("b.yaml", b"a: 1\n"), (".github/a.yml", b"a: 1\n"), ("c.md", b"c\n")];
    let policy = vec![(".github/**", Protection::Allow, &[][..])];
    let proposal = Proposal { files, policy, ..Proposal::default() };
    assert_eq!(said(&proposal, "form"), "3 files of the form claimed");
    assert_eq!(said(&proposal, "protected-path"), "1 protected path allowed by policy");
    assert_eq!(said(&Proposal::default(), "form"), "no file claims a form");
}

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
        (["straße", "STRASSE"], &[("case-collision", Deny)]),
        (["strasse", "strasze"], &[]),
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
    check(&of(vec![("a", b"123456")]), &[]);
    check(&of(vec![("a", b"1234567")]), &[("size", Deny)]);
    check(&of(vec![("a", b"123456"), ("b", b"123456")]), &[("size", Deny)]);
}

#[test]
fn nothing_that_can_be_run_changes_without_a_person() {
    let of = |entry, unchanged| Proposal {
        files: vec![("bin/start", b"exit\n")],
        base: vec![("bin/start", entry)],
        unchanged,
        ..Proposal::default()
    };
    check(&of(BaseEntry::Executable, false), &[("mode", NeedsHuman)]);
    check(&of(BaseEntry::Executable, true), &[]);
    check(&of(BaseEntry::File, false), &[]);
}

#[test]
fn only_forgeline_writes_its_own_folder() {
    let open = |path| Proposal {
        files: vec![(path, &b"1\n"[..])],
        grants: vec![("**", WriteMode::Create), ("**", WriteMode::Change)],
        policy: vec![("**", Protection::Allow, &[])],
        ..Proposal::default()
    };
    for path in [".forgeline/provenance/x.intoto.json", ".forgeline/x"] {
        check(&open(path), &[("own-path", Deny)]);
    }
    check(&open(".forgeline"), &[("own-path", Deny), ("path-conflict", Deny)]);
    // A file system without letter case holds it for the same folder.
    check(&open(".Forgeline/x"), &[("own-path", Deny), ("case-collision", Deny)]);
    check(&open(".forgelines/x"), &[]);
    check(&open("docs/.forgeline/x"), &[]);
    // Forgeline's own file goes where others may go, too: through no link, over no folder, in one spelling.
    let beside = |base| Proposal { files: vec![("docs/a.md", b"x\n")], base: vec![base], ..Proposal::default() };
    check(&beside((OWN, BaseEntry::File)), &[]);
    check(&beside((".forgeline", BaseEntry::Symlink)), &[("path-conflict", Deny)]);
    check(&beside((".forgeline/provenance", BaseEntry::Submodule)), &[("path-conflict", Deny)]);
    check(&beside((".FORGELINE/x", BaseEntry::File)), &[("case-collision", Deny)]);
}

#[test]
fn the_factorys_own_rules_decide_over_each_file_and_over_the_change() {
    use PolicyVerdict::{Block, NeedsHuman as AskPerson};
    let of = |when, verdict| Proposal {
        files: vec![("src/a.rs", b"unsafe { f() }\n"), ("docs/a.md", b"x\n")],
        base: vec![("docs/a.md", BaseEntry::File)],
        rules: vec![("r", when, verdict)],
        ..Proposal::default()
    };
    for (when, expected) in [
        ("file.path.endsWith(\".rs\") && file.content.contains(\"unsafe\")", &[("policy", Deny)][..]),
        ("file.path.endsWith(\".rs\") && file.content.contains(\"panic\")", &[]),
        ("file.change == \"update\" && file.type == \"SourceCode\"", &[("policy", Deny)]),
        ("file.stage == \"other\"", &[]),
        ("file.bytes > 14 && file.lines == 1", &[("policy", Deny)]),
        ("change.files > 1", &[("policy", Deny)]),
        ("change.files > 2", &[]),
        ("change.bytes == 17 && \"docs/a.md\" in change.updated", &[("policy", Deny)]),
        ("project.criticality == \"high\" && run.trigger == \"label\"", &[("policy", Deny)]),
        ("blueprint.name == \"other\"", &[]),
        // What cannot be decided blocks.
        ("file.nothing == 1", &[("policy", Deny)]),
        ("change.files", &[("policy", Deny)]),
        ("((", &[("policy", Deny)]),
    ] {
        check(&of(when, Block), expected);
    }
    check(&of("change.files > 1", AskPerson), &[("policy", NeedsHuman)]);
    check(&of("change.files > 1 && file.nothing == 1", AskPerson), &[("policy", Deny)]);
    let verdict = of("file.path.endsWith(\".rs\")", Block).judge();
    let said: Vec<&RuleOutcome> = verdict.objections().collect();
    assert_eq!(
        json!(said),
        json!([{
            "rule": "policy", "verdict": "deny", "subject": "src/a.rs", "reason": "r: ask @ana",
            "place": "forgeline.yaml:11",
        }]),
        "once, for the file that it is about"
    );
}

#[test]
fn a_verdict_names_the_line_of_policy_that_decided() {
    let migrations = Proposal {
        files: vec![("migrations/1.sql", b"select 1;\n"), ("src/a.rs", b"x\n")],
        policy: vec![("migrations/**", Protection::Block, &[])],
        headers: vec![("src/**", "Licence")],
        ..Proposal::default()
    };
    let shown = migrations.judge().render();
    assert!(shown.contains("migrations/1.sql: policy blocks `migrations/**` (forgeline.yaml:8)"), "{shown}");
    assert!(shown.contains("(forgeline.yaml:9)"), "{shown}");
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
  allow        own-path        Forgeline adds `.forgeline/provenance/http-service/7-x.intoto.json`
  allow        declared-path   every file is declared by its stage
  allow        path-conflict   no path in the way of another
  allow        case-collision  no two spellings of one path
  allow        mode            regular files, none of them executable
  needs human  protected-path  Cargo.toml: it is a dependency manifest or lock file, new here; the blueprint asks for `Cargo.toml`
  allow        count           3 files (at most 100)
  allow        size            24 bytes (at most 4194304)
  deny         text            ../x: line 1 has the control character U+0000
  allow        hidden-text     nothing hides from a reviewer
  allow        form            no file claims a form
  allow        licence-header  no header is asked for
  allow        secrets         nothing has the shape of a credential
  allow        skip-ci         no marker that skips checks
  allow        trailers        no foreign trailer
  allow        policy          the factory has no rules of its own
"
    );
    let names: Vec<String> = (0..1000).map(|n| format!("../{n}\u{202e}")).collect();
    let many = Proposal { files: names.iter().map(|name| (name.as_str(), &b""[..])).collect(), ..Proposal::default() };
    let verdict = many.judge();
    assert!(verdict.rules.len() < 100, "{}", verdict.rules.len());
    assert!(verdict.render().contains("and 980 more") && !verdict.render().contains('\u{202e}'));
}

#[test]
fn every_rule_speaks_once_in_its_place_and_the_document_is_the_same_every_time() {
    let proposal = || Proposal { files: vec![("b.md", b"x\n"), ("a.md", b"y\n")], ..Proposal::default() }.judge();
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let verdict = proposal();
    assert_eq!(verdict.rules.iter().map(|outcome| outcome.rule.as_str()).collect::<Vec<_>>(), ids);
    let document = verdict.document();
    assert_eq!(document, proposal().document());
    let start = r#"{"base":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","rules":[{"reason":"#;
    assert!(
        document.starts_with(start) && document.ends_with(r#"],"schemaVersion":1,"verdict":"allow"}"#),
        "{document}"
    );
}
