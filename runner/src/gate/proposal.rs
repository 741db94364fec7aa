//! From what a run proposes to what the gate looks at. The one way to a verdict: for publishing, for a dry run, and for
//! making a recorded verdict again.

use std::collections::BTreeMap;

use forgeline_engine::RunSpec;
use forgeline_repo::{FileMode, Repo, RepoError, TreeId};
use serde_json::{Value, json};

use super::{BaseEntry, BaseTree, GateFile, GateInput, GateLimits, GateText, Verdict, judge};
use crate::{
    provenance,
    publish::{File, StageSummary},
    report,
};

/// What a run wants to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proposed<'a> {
    /// The run.
    pub(crate) spec: &'a RunSpec,
    /// Files, with their stages.
    pub(crate) files: &'a [File],
    /// What the commit's message tells of.
    pub(crate) summary: &'a [StageSummary],
    /// Files that are written with another content than the run proposes, because people's work was merged in.
    pub(crate) merged: &'a BTreeMap<String, Vec<u8>>,
}

/// The verdict on a proposal that would go on top of this tree.
pub(crate) fn judge_proposal(repo: &Repo, proposed: &Proposed<'_>, base: TreeId) -> Result<Verdict, RepoError> {
    let spec = proposed.spec;
    let listing = repo.walk_files(base)?;
    let blobs: BTreeMap<&str, _> = listing.entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let mut files = Vec::with_capacity(proposed.files.len());
    for file in proposed.files {
        let content = proposed.merged.get(&file.path).map_or(file.content.as_bytes(), Vec::as_slice);
        let unchanged = match blobs.get(file.path.as_str()) {
            Some(entry) if entry.size == content.len() as u64 => repo.read_blob(entry.blob)? == content,
            _ => false,
        };
        files.push(GateFile {
            path: &file.path,
            content,
            artifact_type: &file.artifact_type,
            stage: &file.stage,
            unchanged,
        });
    }
    let entries = listing.entries.iter().map(|entry| (entry.path.as_str(), kind(entry.mode)));
    let skipped = listing.skipped.iter().map(|skipped| (skipped.path.as_str(), BaseEntry::Submodule));
    Ok(judge(&GateInput {
        files: &files,
        own_paths: &[provenance::path(&spec.target.branch).as_str()],
        texts: &[
            GateText { place: "commit message", text: &report::commit_message(spec, proposed.summary) },
            GateText { place: "pull request title", text: &report::pull_request_title(spec) },
        ],
        base: &BaseTree::new(base.to_string(), entries.chain(skipped)),
        produces: &spec.plan.stages.iter().map(|stage| (stage.id.clone(), stage.produces.clone())).collect(),
        blueprint: &spec.plan.blueprint.name,
        grants: &spec.plan.writes,
        policy: &spec.policy,
        context: &context(spec),
        limits: GateLimits::default(),
    }))
}

fn kind(mode: FileMode) -> BaseEntry {
    match mode {
        FileMode::Regular => BaseEntry::File,
        FileMode::Executable => BaseEntry::Executable,
        FileMode::Symlink => BaseEntry::Symlink,
    }
}

/// What the factory's own rules may name beside `file` and `change`. Nothing of it is a place, an id or a time, so that
/// equal work has equal verdicts everywhere.
fn context(spec: &RunSpec) -> Value {
    let of_run = |name: &str| spec.context.get("run").and_then(|run| run.get(name)).cloned().unwrap_or_default();
    json!({
        "project": spec.context.get("project").cloned().unwrap_or_else(|| json!({"id": spec.source.project_id})),
        "blueprint": {"name": spec.plan.blueprint.name, "version": spec.plan.blueprint.version},
        "run": {
            "trigger": spec.trigger.kind, "branch": spec.target.branch, "base_branch": spec.target.base_branch,
            "repository": of_run("repository"), "dirty": spec.definitions.dirty,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, process::Command};

    use forgeline_engine::spec::Forge;
    use forgeline_model::{StageId, Timestamp};

    use super::*;
    use crate::{gate::Decision, testing};

    fn spec(base: &str) -> RunSpec {
        let now = Timestamp::from_millis(0);
        testing::docs_page((Forge::Git, "/srv/shop"), 1, base, "a test".into(), now).spec
    }

    fn git(folder: &Path, args: &[&str]) {
        let status = Command::new("git").current_dir(folder).args(args).status().expect("git starts");
        assert!(status.success(), "git {args:?}");
    }

    #[test]
    fn only_what_differs_from_the_base_is_a_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = ".github/workflows/ci.yml";
        fs::create_dir_all(folder.path().join(".github/workflows")).expect("a folder");
        fs::write(folder.path().join(path), "on: push\n").expect("a file");
        git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        git(folder.path(), &["add", "."]);
        let author = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org"];
        git(folder.path(), &[&author[..], &["commit", "--quiet", "-m", "first"]].concat());
        let repo = Repo::open(folder.path()).expect("a repository");
        let commit = repo.resolve("refs/heads/main").expect("reads").expect("a commit");
        let base = repo.tree_of(commit).expect("a tree");
        let spec = spec(&commit.to_string());
        let stage: StageId = spec.plan.stages[0].id.clone();
        let said = |content: &str| {
            let artifact_type = "SourceCode".to_owned();
            let file = File { path: path.into(), artifact_type, content: content.into(), stage: stage.clone() };
            let merged = BTreeMap::new();
            let proposed = Proposed { spec: &spec, files: &[file], summary: &[], merged: &merged };
            let verdict = judge_proposal(&repo, &proposed, base).expect("a verdict");
            verdict.rules.iter().find(|outcome| outcome.rule == "protected-path").expect("it speaks").verdict
        };
        assert_eq!(said("on: push\n"), Decision::Allow);
        assert_eq!(said("on: pull\n"), Decision::Deny, "as long, and not the same");
        assert_eq!(said("on: push, and more\n"), Decision::Deny);
    }

    #[test]
    fn rules_of_the_factory_see_the_run() {
        let context = context(&spec(&"0".repeat(40)));
        assert_eq!(context["blueprint"]["name"], "docs-page");
        assert_eq!((&context["run"]["trigger"], &context["run"]["base_branch"]), (&json!("cli"), &json!("main")));
        assert_eq!(context["project"]["id"], "shop");
    }
}
