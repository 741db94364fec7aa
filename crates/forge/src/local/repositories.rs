//! Making and finding repositories.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use forgeline_model::Timestamp;
use forgeline_repo::{BranchName, Change, CommitId, Durability, NewCommit, Person, Remote, Repo, Swap, clone_mirror};
use serde_json::json;

use super::{LocalForge, blocking, git, rows};
use crate::{
    ForgeError,
    types::{Feed, Login, RepoId, Role},
};

/// Longest that reading the repository to import may take.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(600);

/// A repository to make.
#[derive(Debug, Clone)]
pub struct NewRepository {
    /// Its name.
    pub repo: RepoId,
    /// Whether only people with a role may read it.
    pub private: bool,
    /// What is in it.
    pub seed: Seed,
}

/// What is in a new repository.
#[derive(Debug, Clone)]
pub enum Seed {
    /// Nothing; its default branch `main` is not born yet.
    Empty,
    /// A `README.md` on `main`.
    Readme,
    /// All branches and tags of a repository on this machine; that one is only read.
    Import(PathBuf),
}

impl LocalForge {
    /// Makes a repository; its owner and `actor` become administrators. Interrupted, it leaves nothing that stands in
    /// the way of a second try.
    ///
    /// # Errors
    /// The name is taken, or what to import is not a repository.
    pub async fn create_repository(
        &self,
        new: &NewRepository,
        actor: &Login,
        at: Timestamp,
    ) -> Result<RepoId, ForgeError> {
        let repo = new.repo.clone();
        if self.store.forge_read().await?.repository(repo.owner(), repo.name()).await?.is_some() {
            return Err(ForgeError::RepositoryExists(repo));
        }
        let owner_folder = self.folder.join(repo.owner());
        let target = owner_folder.join(format!("{}.git", repo.name()));
        let draft = owner_folder.join(format!(".{}.git.{}-new", repo.name(), std::process::id()));
        let (seed, name, author, path) = (new.seed.clone(), repo.name().to_owned(), actor.clone(), draft.clone());
        let branches = blocking(move || {
            remove(&path)?;
            fill(&path, &seed, &name, &author, at)
        })
        .await?;

        let mut tx = self.store.forge_write().await?;
        let owner = tx.ensure_user(repo.owner(), false, at.millis()).await?;
        let maker = tx.ensure_user(actor.as_str(), actor.is_bot(), at.millis()).await?;
        let Some(id) = tx.insert_repository(repo.owner(), repo.name(), new.private, at.millis()).await? else {
            blocking(move || remove(&draft)).await?;
            return Err(ForgeError::RepositoryExists(repo));
        };
        for user in [owner.id, maker.id] {
            tx.set_role(id, user, Role::Admin.as_str()).await?;
        }
        for (branch, commit) in branches {
            tx.set_told_ref(id, branch.as_str(), Some(&commit.to_string())).await?;
        }
        super::feed::know_tags(&mut tx, id, &[]).await?;
        let payload = json!({"private": new.private}).to_string();
        let entry = forgeline_store::local_forge::NewFeedRow {
            repository: id,
            kind: Feed::RepositoryCreated.as_str(),
            subject: &repo.to_string(),
            actor: actor.as_str(),
            payload: &payload,
            at: at.millis(),
        };
        tx.append_feed(&entry).await?;
        // A directory without a row was left by a call that did not get to its commit.
        blocking(move || put_in_place(&draft, &target, at)).await?;
        tx.commit().await?;
        Ok(repo)
    }

    /// All repositories in name order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn repositories(&self) -> Result<Vec<RepoId>, ForgeError> {
        let rows = self.store.forge_read().await?.repositories().await?;
        rows.iter().map(|row| rows::repo_id(&row.owner, &row.name)).collect()
    }

    /// The branch that pull requests go into unless they say otherwise.
    ///
    /// # Errors
    /// There is no such repository, or its `HEAD` is detached.
    pub async fn default_branch(&self, repo: &RepoId) -> Result<BranchName, ForgeError> {
        self.with_git(repo, Repo::default_branch).await
    }
}

fn fill(
    path: &Path,
    seed: &Seed,
    name: &str,
    author: &Login,
    at: Timestamp,
) -> Result<Vec<(BranchName, CommitId)>, ForgeError> {
    let main: BranchName = "main".parse().expect("`main` is a branch name");
    let repo = match seed {
        Seed::Empty => Repo::init_bare(path, &main, Durability::Full)?,
        Seed::Import(from) => clone_mirror(&Remote::Path(from.clone()), path, Durability::Full, IMPORT_TIMEOUT)?,
        Seed::Readme => {
            let repo = Repo::init_bare(path, &main, Durability::Full)?;
            let readme = "README.md".parse().expect("a safe path");
            let changes = BTreeMap::from([(readme, Change::Write(format!("# {name}\n").into_bytes()))]);
            let tree = repo.compose(None, &changes).map_err(|error| match error {
                forgeline_repo::ComposeError::Repo(error) => git(error),
                other => unreachable!("one file collides with nothing: {other}"),
            })?;
            let author = person(author);
            let message = "Initial commit";
            let first = NewCommit { tree, parents: &[], author: &author, at, message, trailers: &[] };
            let commit = repo.commit(&first)?;
            let swap = repo.compare_and_swap(&main.refname(), None, Some(commit), message)?;
            debug_assert_eq!(swap, Swap::Done, "nobody else knows the directory");
            repo
        }
    };
    Ok(repo.branches()?)
}

/// How a user of the local forge signs commits.
pub(super) fn person(login: &Login) -> Person {
    let name = login.as_str().trim_end_matches("[bot]");
    Person { name: login.to_string(), email: format!("{name}@local.invalid") }
}

pub(super) fn put_in_place(draft: &Path, target: &Path, at: Timestamp) -> Result<(), ForgeError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| ForgeError::File { action, path, source }
    };
    if target.exists() {
        let aside = target.with_extension(format!("git.aside-{}", at.millis()));
        fs::rename(target, &aside).map_err(failed("move aside", target))?;
    }
    fs::rename(draft, target).map_err(failed("create", target))?;
    let parent = target.parent().expect("a repository lies in its owner's folder");
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(failed("sync", parent))
}

fn remove(path: &Path) -> Result<(), ForgeError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ForgeError::File { action: "remove", path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::{NewRepository, Seed};
    use crate::{
        ForgeError,
        local::scratch::{World, login},
    };

    #[tokio::test]
    async fn an_empty_repository_is_told_apart_and_names_are_taken_once() {
        let world = World::empty().await;
        let empty = world.create("acme/empty", Seed::Empty).await;
        assert_eq!(world.forge.default_branch(&empty).await.expect("reads").as_str(), "main");
        let main = "main".parse().expect("valid");
        let tip = world.forge.with_git(&empty, move |git| git.branch_tip(&main)).await;
        assert!(tip.expect_err("no commit").to_string().contains("is an empty repository"));

        let again = NewRepository { repo: "Acme/EMPTY".parse().expect("valid"), private: false, seed: Seed::Empty };
        let taken = world.forge.create_repository(&again, &login("acme"), world.now()).await;
        assert!(matches!(taken, Err(ForgeError::RepositoryExists(_))), "{taken:?}");
        let missing = world.forge.issues(&"acme/none".parse().expect("valid"), None, None).await;
        assert_eq!(missing.expect_err("missing").to_string(), "no repository `acme/none`; there is `acme/empty`");
    }

    #[tokio::test]
    async fn a_real_repository_is_imported_and_what_a_crash_left_is_moved_aside() {
        let world = World::empty().await;
        let source = world.dir.path().join("source");
        fs::create_dir(&source).expect("creates");
        for arguments in [
            &["init", "-q", "-b", "trunk"][..],
            &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"],
            &["branch", "side"],
        ] {
            let status = Command::new("git").current_dir(&source).args(arguments).status().expect("runs");
            assert!(status.success(), "{arguments:?}");
        }
        let leftover = world.dir.path().join("state/local/acme/shop.git");
        fs::create_dir_all(leftover.join("refs")).expect("creates");
        world.create("acme/shop", Seed::Import(source)).await;
        assert_eq!(world.forge.default_branch(&world.repo).await.expect("reads").as_str(), "trunk");
        let branches = world.forge.with_git(&world.repo, |git| git.branches()).await.expect("reads");
        assert_eq!(branches.len(), 2);
        assert_eq!(world.forge.observe_pushes(&world.repo, &login("acme"), world.now()).await.expect("reads"), 0);

        let none = Seed::Import(world.dir.path().join("none"));
        let new = NewRepository { repo: "acme/none".parse().expect("valid"), private: false, seed: none };
        let error = world.forge.create_repository(&new, &login("acme"), world.now()).await.expect_err("no source");
        assert!(error.to_string().contains("is not a Git repository"), "{error}");
    }
}
