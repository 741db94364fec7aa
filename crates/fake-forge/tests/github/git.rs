//! Real Git over HTTP.

use std::path::Path;
use std::process::Command;

use forgeline_fake_forge::FakeForge;
use serde_json::json;

use crate::support::{Client, described, person, shop, shop_with};

/// Runs git as a person would, without any configuration of the machine; gives back what it said.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(["-c", "user.name=wil", "-c", "user.email=wil@example.org"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .expect("git is installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The address of a repository with the token in it, as scripts write it.
fn address(forge: &FakeForge, token: &str, full: &str) -> String {
    forge.git_url(full).replace("http://", &format!("http://x-access-token:{token}@"))
}

/// Clones into `folder/name`, adds a commit on a branch, and tries to push it.
fn push(folder: &Path, url: &str, branch: &str, path: &str) -> Result<String, String> {
    git(folder, &["clone", "--quiet", url, branch])?;
    let clone = folder.join(branch);
    git(&clone, &["checkout", "--quiet", "-b", branch])?;
    let file = clone.join(path);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, "new\n").expect("a file");
    git(&clone, &["add", "."])?;
    git(&clone, &["commit", "--quiet", "-m", "New file"])?;
    git(&clone, &["push", "--quiet", "origin", branch])?;
    git(&clone, &["rev-parse", "HEAD"])
}

#[test]
fn what_is_pushed_is_there_and_pull_requests_follow() {
    let forge = shop_with(true);
    let folder = tempfile::tempdir().expect("a folder");
    let url = address(&forge, &forge.token_for("wil"), "acme/shop");
    let head = push(folder.path(), &url, "topic", "a.txt").expect("a push");
    assert_eq!(forge.head("acme/shop", "topic").as_deref(), Some(head.as_str()));
    forge.open_pull("wil", "acme/shop", "topic", "main", "Add a", "");
    let clone = folder.path().join("topic");
    git(&clone, &["commit", "--quiet", "--amend", "-m", "Better"]).expect("a commit");
    assert!(git(&clone, &["push", "--quiet", "origin", "topic"]).is_err(), "not forward");
    git(&clone, &["push", "--quiet", "--force", "origin", "topic"]).expect("a push");
    let head = git(&clone, &["rev-parse", "HEAD"]).expect("a head");
    let client = person(&forge, "wil");
    assert_eq!(client.get("/repos/acme/shop/pulls/1").json()["head"]["sha"], json!(head));
    assert_eq!(client.get("/repos/acme/shop/issues/1/events").json()[0]["event"], "head_ref_force_pushed");
    forge.merge("ada", "acme/shop", 1);
    git(&clone, &["fetch", "--quiet", "origin", "main", "refs/pull/1/head"]).expect("a fetch");
    assert_eq!(git(&clone, &["rev-parse", "FETCH_HEAD^2"]).as_deref(), Ok(head.as_str()), "a real merge commit");
    described(&forge);
}

#[test]
fn a_fork_is_pushed_and_its_pull_request_merged() {
    let forge = shop();
    let fork = forge.fork("otto", "acme/shop");
    let folder = tempfile::tempdir().expect("a folder");
    let token = forge.token_for("otto");
    assert!(push(folder.path(), &address(&forge, &token, "acme/shop"), "mine", "a.txt").is_err(), "not his repository");
    let head = push(folder.path(), &address(&forge, &token, &fork), "idea", "idea.txt").expect("a push");
    let asked = json!({ "title": "Idea", "head": "otto:idea", "base": "main" });
    let made = Client::new(&forge, &token).post("/repos/acme/shop/pulls", asked).json();
    assert_eq!(made["head"]["sha"], json!(head));
    let commit = forge.merge("ada", "acme/shop", 1);
    git(folder.path(), &["clone", "--quiet", &forge.git_url("acme/shop"), "after"])
        .expect("what is public needs no login");
    let after = folder.path().join("after");
    assert_eq!(git(&after, &["rev-parse", "HEAD"]).as_deref(), Ok(commit.as_str()));
    assert!(after.join("idea.txt").exists());
    described(&forge);
}

#[test]
fn rights_hold_for_git_too() {
    let forge = shop_with(true);
    let folder = tempfile::tempdir().expect("a folder");
    let clone = |url: &str, name: &str| git(folder.path(), &["clone", "--quiet", url, name]);
    assert!(clone(&forge.git_url("acme/shop"), "nobody").is_err());
    assert!(clone(&address(&forge, "ghp_wrong", "acme/shop"), "wrong").is_err());
    assert!(clone(&address(&forge, &forge.token_for("otto"), "acme/shop"), "otto").is_err());
    let reader = address(&forge, &forge.token_for("rea"), "acme/shop");
    assert!(clone(&reader, "rea").is_ok());
    assert!(push(folder.path(), &reader, "read", "a.txt").is_err());
    let app = forge.app("helper", &[("contents", "write"), ("issues", "write")]);
    let installation = forge.install(&app, "acme", None);
    let token = |only| forge.installation_token(installation, None, Some(only));
    assert!(
        push(folder.path(), &address(&forge, &token(&[("contents", "read")]), "acme/shop"), "bot1", "a.txt").is_err()
    );
    assert!(
        push(folder.path(), &address(&forge, &token(&[("contents", "write")]), "acme/shop"), "bot2", "a.txt").is_ok()
    );
    assert_eq!((forge.head("acme/shop", "bot1"), forge.head("acme/shop", "read")), (None, None));
    forge.archive("ada", "acme/shop");
    assert!(push(folder.path(), &address(&forge, &forge.token_for("wil"), "acme/shop"), "late", "a.txt").is_err());
}

#[test]
fn workflows_need_a_permission_of_their_own() {
    let forge = shop();
    let folder = tempfile::tempdir().expect("a folder");
    let app = forge.app("helper", &[("contents", "write"), ("workflows", "write")]);
    let installation = forge.install(&app, "acme", None);
    let path = ".github/workflows/ci.yml";
    let without = forge.installation_token(installation, None, Some(&[("contents", "write")]));
    let refused = push(folder.path(), &address(&forge, &without, "acme/shop"), "one", path).expect_err("a refusal");
    assert!(refused.contains("without `workflows` permission"), "{refused}");
    let with = forge.installation_token(installation, None, None);
    assert!(push(folder.path(), &address(&forge, &with, "acme/shop"), "two", path).is_ok());
    let person = forge.token_for("wil");
    assert!(push(folder.path(), &address(&forge, &person, "acme/shop"), "three", path).is_ok());
}

#[test]
fn git_finds_a_renamed_repository() {
    let forge = shop();
    forge.rename("ada", "acme/shop", "store");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["acme/shop", "acme/store"] {
        let into = name.replace('/', "-");
        assert!(git(folder.path(), &["clone", "--quiet", &forge.git_url(name), &into]).is_ok(), "{name}");
    }
}

#[test]
fn who_moved_a_branch_is_told_newest_first() {
    let forge = shop();
    let ada = person(&forge, "ada");
    let first = forge.push("wil", "acme/shop", "topic", &[("a.txt", "1\n")]);
    let second = forge.push("ada", "acme/shop", "topic", &[("a.txt", "2\n")]);
    forge.push("ada", "acme/shop", "other", &[("b.txt", "1\n")]);
    forge.set_branch("wil", "acme/shop", "topic", Some(&first));
    forge.set_branch("wil", "acme/shop", "topic", None);
    let told = ada.get("/repos/acme/shop/activity?ref=refs/heads/topic").json();
    let told: Vec<_> = told
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| {
            [&it["activity_type"], &it["actor"]["login"], &it["after"]]
                .map(|it| it.as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let nothing = "0".repeat(40);
    let moved = |kind: &str, who: &str, to: &str| [kind.to_owned(), who.to_owned(), to.to_owned()];
    assert_eq!(
        told,
        [
            moved("branch_deletion", "wil", &nothing),
            moved("force_push", "wil", &first),
            moved("push", "ada", &second),
            moved("branch_creation", "wil", &first),
        ]
    );
    described(&forge);
}
