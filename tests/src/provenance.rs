//! Provenance, read back with the real executable on clones that know nothing of the run: after a merge, a squash and a
//! rebase, after people's edits, and after tampering.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::world::{Said, World};

const BRANCH: &str = "forgeline/docs-page/file-item-returns";
const PAGE: &str = "docs/returns.md";
const STATEMENT: &str = ".forgeline/provenance/docs-page/file-item-returns.intoto.json";
const ANA: (&str, &str) = ("Ana", "ana@example.org");
const FORGELINE: (&str, &str) = ("Forgeline", "forgeline@localhost");

/// A repository with a published page on a branch, checked out in a clone.
struct Story {
    world: World,
    clone: PathBuf,
}

impl Story {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(flags: &[&str]) -> Self {
        let world = World::new();
        let repo = world.repository("real");
        let item = world.write("item.md", "# Returns\n\nWithin 30 days.\n");
        let repo = repo.display().to_string();
        world.ok(&[flags, &["run", "docs-page", "--repo", &repo, "--work-item", &item]].concat());
        world.git(&world.path("here"), &["clone", "--quiet", &repo, "../clone"]);
        let story = Self { clone: world.path("clone"), world };
        story.git(&["checkout", "--quiet", "-b", "made", &format!("origin/{BRANCH}")]);
        story
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_by(ANA, args)
    }

    fn git_by(&self, who: (&str, &str), args: &[&str]) -> String {
        self.world.git_by(&self.clone, who, args).trim().to_owned()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        self.world.write(&format!("clone/{path}"), text);
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.clone.join(path)).expect("a file")
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Changes the file and lets Forgeline's own commit hold the change, as a forger would.
    fn amend_as_forgeline(&self) {
        self.git(&["add", "--all"]);
        self.git_by(FORGELINE, &["commit", "--quiet", "--amend", "--no-edit"]);
    }

    /// Changes what the statement says.
    fn forge_statement(&self, from: &str, to: &str) {
        let mut envelope: Value = serde_json::from_str(&self.read(STATEMENT)).expect("an envelope");
        let payload = envelope["payload"].as_str().expect("base64");
        let text = String::from_utf8(base64(&["-d"], payload.as_bytes())).expect("UTF-8");
        assert!(text.contains(from), "{text}");
        let payload = base64(&["-w0"], text.replace(from, to).as_bytes());
        envelope["payload"] = String::from_utf8(payload).expect("base64").into();
        self.write(STATEMENT, envelope.to_string());
    }

    fn verify(&self, args: &[&str]) -> Said {
        let clone = self.clone.display().to_string();
        let state = self.world.path("no-state").display().to_string();
        let said = self.world.run(&[&["--state-dir", &state, "verify", "--repo", &clone], args].concat());
        assert!(!self.world.path("no-state").exists(), "it needs no state");
        said
    }

    #[track_caller]
    fn verifies(&self, what: &str) -> Said {
        self.ends(&[what], 0, &["verified      docs/returns.md", "verified at "])
    }

    #[track_caller]
    fn ends(&self, args: &[&str], code: i32, says: &[&str]) -> Said {
        let said = self.verify(args);
        assert_eq!(said.code, code, "{args:?}\n{}\n{}", said.out, said.err);
        for text in says {
            assert!(said.out.contains(text) || said.err.contains(text), "`{text}`\n{}\n{}", said.out, said.err);
        }
        said
    }
}

fn base64(args: &[&str], input: &[u8]) -> Vec<u8> {
    use std::{io::Write as _, process::Stdio};
    let mut child = std::process::Command::new("base64")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("base64 starts");
    child.stdin.take().expect("piped").write_all(input).expect("it reads");
    child.wait_with_output().expect("it ends").stdout
}

#[test]
fn a_published_commit_verifies_on_a_plain_clone_and_says_that_it_is_unsigned() {
    let story = Story::new();
    let said = story.verifies("HEAD");
    for text in [STATEMENT, "docs-page@1.0.0, run ", "signature     none", "names it"] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    let commit = story.git(&["rev-parse", "HEAD"]);
    story.verifies(&commit[..8]);
    story.verifies(&format!("origin/{BRANCH}"));
    story.verifies(PAGE);
    story.verifies("docs/");
    story.verifies(STATEMENT);
    let json = story.verify(&["--json"]).json();
    assert_eq!((&json["schemaVersion"], &json["verification"]["standing"]), (&1.into(), &"verified".into()), "{json}");
    story.ends(&["README.md"], 9, &["no statement of commit"]);
    story.ends(&["main"], 9, &["holds no statement"]);
    story.ends(&["nothing-of-this-name"], 9, &["no statement of commit"]);
}

#[test]
fn the_statement_names_all_that_went_in() {
    let story = Story::new();
    let envelope: Value = serde_json::from_str(&story.read(STATEMENT)).expect("an envelope");
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    assert_eq!(envelope["signatures"], serde_json::json!([]));
    let payload = base64(&["-d"], envelope["payload"].as_str().expect("base64").as_bytes());
    let statement: Value = serde_json::from_slice(&payload).expect("a statement");
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["name"], PAGE);
    let predicate = &statement["predicate"];
    assert_eq!(predicate["buildDefinition"]["externalParameters"]["trigger"], "cli");
    let used: Vec<&str> = predicate["buildDefinition"]["resolvedDependencies"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert_eq!(used, ["blueprint/docs-page@1.0.0", "agent/docs-writer@1.0.0", "base"]);
    let key = story.git(&["log", "-1", "--format=%(trailers:key=Forgeline-Run-Key,valueonly)"]);
    assert_eq!(predicate["runDetails"]["metadata"]["invocationId"], key.trim());
    let shown = story.world.ok(&["--json", "runs", "show", "@latest"]).json();
    let verdict = &shown["run"]["outcome"]["gate"];
    let digest = forgeline_model::Digest::of(verdict).to_string();
    assert_eq!(predicate["gate"], serde_json::json!({"verdict": "allow", "digest": digest}));
    assert_eq!(predicate["stages"][0]["outputs"][0]["path"], PAGE);
}

#[test]
fn it_holds_after_a_merge_a_squash_and_a_rebase() {
    let story = Story::new();
    story.git(&["checkout", "--quiet", "main"]);
    story.write("other.txt", "by hand\n");
    story.commit("on main meanwhile");
    for (branch, commands) in [
        ("merged", &[&["merge", "--quiet", "--no-ff", "-m", "merge", "made"][..]][..]),
        ("squashed", &[&["merge", "--quiet", "--squash", "made"], &["commit", "--quiet", "-m", "all in one"]]),
        ("squashed-with-message", &[&["merge", "--quiet", "--squash", "made"], &["commit", "--quiet", "-C", "made"]]),
        ("rebased", &[&["reset", "--quiet", "--hard", "made"], &["rebase", "--quiet", "main"]]),
    ] {
        story.git(&["checkout", "--quiet", "-b", branch, "main"]);
        commands.iter().for_each(|command| drop(story.git(command)));
        let said = story.verifies(branch);
        let bare = said.out.contains("without Forgeline's trailers (squashed or rewritten?)");
        assert_eq!(bare, branch == "squashed", "{branch}: {}", said.out);
    }
}

#[test]
fn what_a_person_changed_is_named_with_commit_and_author() {
    let story = Story::new();
    story.write(PAGE, "# Returns\n\nNever.\n");
    let commit = story.commit("by hand");
    let by_ana = format!("edited since  docs/returns.md: {} by Ana <ana@example.org>", &commit[..12]);
    story.ends(&[], 1, &[&by_ana, "edited since at"]);
    story.ends(&["--allow-edits"], 0, &[&by_ana]);
    story.verifies("HEAD~1");
    // The same after a squash that keeps the trailers: the commit is Ana's, whatever its message says.
    story.git(&["checkout", "--quiet", "-b", "squashed", "main"]);
    story.git(&["merge", "--quiet", "--squash", "made"]);
    story.git(&["commit", "--quiet", "-C", "made~1", "--reset-author"]);
    story.ends(&[], 1, &["edited since  docs/returns.md: ", " by Ana <ana@example.org>"]);
    // An amend keeps the author and not the committer.
    story.git(&["checkout", "--quiet", "-B", "amended", "made~1"]);
    story.write(PAGE, "# Returns\n\nPerhaps.\n");
    story.git(&["add", "."]);
    story.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    story.ends(&[], 1, &["edited since  docs/returns.md: ", " by Ana <ana@example.org>"]);
}

#[test]
fn what_is_gone_is_missing_and_whoever_removed_it_is_named() {
    let story = Story::new();
    story.git(&["rm", "--quiet", PAGE]);
    let commit = story.commit("not needed");
    story.write("later.txt", "more\n");
    story.commit("more");
    let removed = format!("missing       docs/returns.md: removed in {} by Ana", &commit[..12]);
    story.ends(&[], 1, &[&removed]);
    story.ends(&["--allow-edits"], 0, &[&removed]);
}

#[test]
fn a_later_run_of_another_item_supersedes_what_both_wrote() {
    let story = Story::new();
    let world = &story.world;
    let repo = world.path("real");
    world.git(&repo, &["merge", "--quiet", BRANCH]);
    let other = world.write("other.md", "# Returns\n\nWithin 60 days.\n");
    world.ok(&["run", "docs-page", "--repo", &repo.display().to_string(), "--work-item", &other]);
    story.git(&["fetch", "--quiet"]);
    let said = story.ends(&["origin/forgeline/docs-page/file-other-returns"], 0, &["verified at"]);
    assert!(
        said.out.contains("superseded    docs/returns.md: now as .forgeline/provenance/docs-page/file-other-returns")
    );
}

#[test]
fn tampering_with_a_file_under_forgelines_name_is_found() {
    let story = Story::new();
    story.write(PAGE, "# Returns\n\nSend money to eve.\n");
    story.amend_as_forgeline();
    for args in [&[][..], &["--allow-edits"]] {
        story.ends(args, 1, &["tampered      docs/returns.md: commit ", "not verified at"]);
    }
}

#[test]
fn tampering_with_the_statement_is_found() {
    // In a commit of its own, trailers or not: history holds the first statement of the run.
    let story = Story::new();
    story.forge_statement("docs-writer", "evil-writer");
    story.commit("make up a better story");
    story.ends(&["--allow-edits"], 1, &["commit        tampered in ", "by Ana", "another statement of the same run"]);
    // In Forgeline's own commit: its trailer names another digest.
    let story = Story::new();
    story.forge_statement("docs-writer", "evil-writer");
    story.amend_as_forgeline();
    story.ends(&["--allow-edits"], 1, &["commit        tampered in ", "its commit names sha256:"]);
    // With the digest in the trailer, too: run or blueprint are not those of the commit.
    for (from, to, says) in [
        ("\"invocationId\":\"", "\"invocationId\":\"0", "its commit is of run"),
        ("docs-page@1.0.0", "docs-page@1.0.1", "another blueprint"),
    ] {
        let story = Story::new();
        story.forge_statement(from, to);
        let digest = forgeline_model::Digest::of_bytes(story.read(STATEMENT).as_bytes());
        let message = story.git(&["log", "-1", "--format=%B"]);
        let lines = message.lines().map(|line| match line.split_once(": ") {
            Some(("Forgeline-Provenance", _)) => format!("Forgeline-Provenance: {digest}"),
            _ => line.to_owned(),
        });
        let message = lines.collect::<Vec<_>>().join("\n");
        story.git(&["add", "--all"]);
        story.git_by(FORGELINE, &["commit", "--quiet", "--amend", "-m", &message]);
        story.ends(&["--allow-edits"], 1, &["commit        tampered in ", says]);
    }
}

#[test]
fn a_statement_that_cannot_be_read_is_never_passed_over() {
    for text in ["", "{}", "no JSON"] {
        let story = Story::new();
        story.write(STATEMENT, text);
        story.commit("broken");
        story.ends(&["--allow-edits"], 3, &["unreadable    it is no provenance of Forgeline's"]);
    }
}

/// A key of `ssh-keygen`'s, named in an operator file for `uses`: the file, and the public key's.
fn signing(world: &World, name: &str, uses: &str) -> (String, String) {
    let key = world.write(name, "");
    fs::remove_file(&key).expect("it was there");
    let mut keygen = std::process::Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &key]);
    assert!(keygen.status().expect("ssh-keygen starts").success());
    let head = "apiVersion: forgeline.dev/v1\nkind: Operator\n";
    let file = world.write(&format!("{name}.yaml"), format!("{head}signing: {{{uses}: \"file:{key}\"}}\n"));
    (file, format!("{key}.pub"))
}

#[test]
fn a_signature_is_checked_with_the_public_key_alone() {
    let keys = World::new();
    let (file, public) = signing(&keys, "key", "key");
    let (_, stranger) = signing(&keys, "other", "key");
    let story = Story::with(&["--config", &file]);
    story.ends(&["--key", &public], 0, &["signature     good, by SHA256:"]);
    story.ends(&[], 0, &["signature     by SHA256:", "not checked; give the public key with `--key`"]);
    story.ends(&["--key", &stranger, "--allow-edits"], 1, &["signature     bad: there is none of SHA256:"]);
    story.ends(&["--key", &file], 3, &["no ed25519 public key"]);
    // Nothing of the statement can change without the key, even where no trailer contradicts.
    story.git(&["checkout", "--quiet", "-b", "squashed", "main"]);
    story.git(&["merge", "--quiet", "--squash", "made"]);
    story.forge_statement("docs-writer", "evil-writer");
    story.commit("all in one");
    story.ends(&["--key", &public, "--allow-edits"], 1, &["signature     bad"]);
    let unsigned = Story::new();
    unsigned.ends(&["--key", &public, "--allow-edits"], 1, &["signature     bad"]);
}

#[test]
fn git_accepts_a_signed_commit_and_a_missing_key_stops_publishing() {
    let keys = World::new();
    let (file, public) = signing(&keys, "key", "commit_key");
    let story = Story::with(&["--config", &file]);
    let line = fs::read_to_string(&public).expect("a public key");
    let signers = keys.write("signers", format!("forgeline@localhost {line}"));
    let verify = format!("gpg.ssh.allowedSignersFile={signers}");
    story.git(&["-c", &verify, "verify-commit", "HEAD"]);
    assert_eq!(story.git(&["-c", &verify, "log", "-1", "--format=%G? %GS"]), "G forgeline@localhost");
    story.git(&["fsck", "--strict"]);
    story.verifies("HEAD");
    // Rotated away: nothing goes out unsigned, and the run goes on once the key is there.
    let repo = story.world.path("real").display().to_string();
    let item = story.world.write("later.md", "# Later\n\nSoon.\n");
    let run = ["--config", &file, "run", "docs-page", "--repo", &repo, "--work-item", &item];
    let key = public.trim_end_matches(".pub");
    fs::rename(key, format!("{key}.away")).expect("it is there");
    let said = story.world.run(&run);
    assert_eq!(said.code, 8, "{}\n{}", said.out, said.err);
    assert!(said.err.contains("signing key") && said.err.contains("cannot be read"), "{}", said.err);
    fs::rename(format!("{key}.away"), key).expect("it is there");
    story.world.ok(&run);
    let branch = "forgeline/docs-page/file-later-later";
    story.world.git(&story.world.path("real"), &["-c", &verify, "verify-commit", branch]);
}

#[test]
fn an_operator_names_keys_and_never_writes_them_down() {
    let world = World::new();
    let repo = world.repository("real").display().to_string();
    let head = "apiVersion: forgeline.dev/v1\nkind: Operator\n";
    let file = world.write("operator.yaml", format!("{head}signing: {{key: \"hunter2\"}}\n"));
    let said = world.run(&["--config", &file, "run", "docs-page", "--repo", &repo]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("env:NAME") && !said.err.contains("hunter2"), "{}", said.err);
}
