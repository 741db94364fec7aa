//! Moving objects between repositories through the `git` executable.

use std::{fmt, path::Path, path::PathBuf, time::Duration};

use crate::{
    BranchName, CommitId, Durability, Repo, RepoError, Swap,
    git_command::{Secret, run},
};

/// Where objects come from or go to.
#[derive(Clone, PartialEq, Eq)]
pub enum Remote {
    /// A repository on this machine.
    Path(PathBuf),
    /// An `https`, `http`, `ssh` or `file` URL, without credentials.
    Url(String),
    /// An `https` or `http` URL with a credential, which is in no argument, URL or text.
    Authorised(String, Credential),
}

/// User name and token for HTTP basic authentication.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// User name, often a fixed word.
    pub user: String,
    /// Token in place of a password.
    pub token: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A local repository may belong to another user, as a checkout mounted into a container does. Reading it runs nothing
/// that it configures.
const UPLOAD_PACK: &str = "--upload-pack=git -c 'safe.directory=*' upload-pack";

impl Remote {
    fn argument(&self) -> Result<String, RepoError> {
        let refuse = |what: &str| {
            Err(RepoError::Transport { verb: "remote", code: None, stderr: format!("`{self}` is refused: {what}") })
        };
        match self {
            Self::Path(path) => match path.canonicalize().ok().and_then(|path| path.to_str().map(str::to_owned)) {
                Some(path) => Ok(path),
                None => refuse("there is no such directory, or its name is not UTF-8"),
            },
            Self::Url(url) => match url.split_once("://") {
                Some(("https" | "http" | "ssh" | "file", rest)) => {
                    let authority = rest.split('/').next().unwrap_or_default();
                    let has_password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
                    if has_password { refuse("it holds a password; leave it out") } else { Ok(url.clone()) }
                }
                _ => refuse("use an https, http, ssh or file URL"),
            },
            Self::Authorised(url, _) => match url.split_once("://") {
                Some(("https" | "http", rest)) if !rest.split('/').next().unwrap_or_default().contains('@') => {
                    Ok(url.clone())
                }
                _ => refuse("use an https or http URL that names no user"),
            },
        }
    }

    /// What one git command is told when it asks who it is: by a pipe, so that no list of processes and no environment shows it.
    fn secret(&self) -> Result<Option<Secret>, RepoError> {
        match self {
            Self::Authorised(_, Credential { user, token }) if !token.is_empty() => {
                if user.contains(['\n', '\0']) || token.contains(['\n', '\0']) {
                    let stderr = "the credential holds a line break; write it without one".to_owned();
                    return Err(RepoError::Transport { verb: "remote", code: None, stderr });
                }
                Ok(Some(Secret { user: user.clone(), token: token.clone() }))
            }
            Self::Authorised(..) | Self::Path(_) | Self::Url(_) => Ok(None),
        }
    }
}

impl fmt::Display for Remote {
    /// Credentials in a URL are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Url(url) | Self::Authorised(url, _) => match url.split_once("://") {
                Some((scheme, rest)) => {
                    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
                    write!(f, "{scheme}://{host}/{path}")
                }
                None => f.write_str("(not a URL)"),
            },
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes a bare repository at `to` with all branches and tags of `from` and its default branch. An interrupted call
/// leaves a repository that a second call completes.
///
/// # Errors
/// The remote cannot be read, or nothing can be written.
pub fn clone_mirror(from: &Remote, to: &Path, durability: Durability, timeout: Duration) -> Result<Repo, RepoError> {
    let default = default_branch_of(from, timeout)?;
    let repo = Repo::init_bare(to, &default, durability)?;
    repo.fetch(from, &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], timeout)?;
    repo.set_default_branch(&default)?;
    Ok(repo)
}

/// `main` when the remote does not tell.
fn default_branch_of(remote: &Remote, timeout: Duration) -> Result<BranchName, RepoError> {
    let main = || "main".parse::<BranchName>().expect("`main` is a branch name");
    if let Remote::Path(path) = remote {
        return Ok(match Repo::open(path)?.default_branch() {
            Err(RepoError::DetachedHead(_)) => main(),
            other => other?,
        });
    }
    let list = run(
        None,
        "ls-remote",
        &["--symref", "--end-of-options", &remote.argument()?, "HEAD"],
        remote.secret()?.as_ref(),
        timeout,
    )?;
    if !list.status.success() {
        return Err(list.failure("ls-remote"));
    }
    let name = list.stdout.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.split('\t').next());
    Ok(name.and_then(|name| name.parse().ok()).unwrap_or_else(main))
}

impl Repo {
    /// Fetches references, `+refs/heads/main:refs/heads/main`. Tags only when a refspec names them.
    ///
    /// # Errors
    /// The remote cannot be reached or has no such reference, or nothing can be written.
    pub fn fetch(&self, remote: &Remote, refspecs: &[&str], timeout: Duration) -> Result<(), RepoError> {
        self.fetch_with(remote, &[], refspecs, timeout)
    }

    /// The same with more options of `git fetch`.
    pub(crate) fn fetch_with(
        &self,
        remote: &Remote,
        options: &[&str],
        refspecs: &[&str],
        timeout: Duration,
    ) -> Result<(), RepoError> {
        let mut all =
            vec!["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"];
        if matches!(remote, Remote::Path(_)) {
            all.push(UPLOAD_PACK);
        }
        all.extend(options);
        let from = remote.argument()?;
        all.extend(["--end-of-options", &from]);
        all.extend(refspecs);
        let fetched = run(Some(self.git_dir()), "fetch", &all, remote.secret()?.as_ref(), timeout)?;
        if fetched.status.success() { Ok(()) } else { Err(fetched.failure("fetch")) }
    }

    /// What a remote's reference names now.
    ///
    /// # Errors
    /// The remote cannot be reached.
    pub fn remote_tip(&self, remote: &Remote, refname: &str, timeout: Duration) -> Result<Option<CommitId>, RepoError> {
        let from = remote.argument()?;
        let mut all = vec!["--refs"];
        if matches!(remote, Remote::Path(_)) {
            all.push(UPLOAD_PACK);
        }
        all.extend(["--end-of-options", &from, refname]);
        let list = run(Some(self.git_dir()), "ls-remote", &all, remote.secret()?.as_ref(), timeout)?;
        if !list.status.success() {
            return Err(list.failure("ls-remote"));
        }
        let exact = list.stdout.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == refname);
        Ok(exact.and_then(|(id, _)| id.parse().ok()))
    }

    /// Makes a remote's reference name `new` if it names `expected` now; `None` expects that it does not exist.
    ///
    /// # Errors
    /// The remote cannot be reached, or refuses for another reason than that the reference moved.
    pub fn push_with_lease(
        &self,
        remote: &Remote,
        refname: &str,
        expected: Option<CommitId>,
        new: CommitId,
        timeout: Duration,
    ) -> Result<Swap, RepoError> {
        let lease = format!("--force-with-lease={refname}:{}", expected.map(|id| id.to_string()).unwrap_or_default());
        let (to, refspec) = (remote.argument()?, format!("{new}:{refname}"));
        let all = ["--porcelain", "--atomic", "--no-verify", &lease, "--end-of-options", &to, &refspec];
        let pushed = run(Some(self.git_dir()), "push", &all, remote.secret()?.as_ref(), timeout)?;
        if pushed.status.success() {
            // Nothing to push: the reference named `new` already, which counts only if that was expected.
            let was_there = pushed.stdout.lines().any(|line| line.starts_with('='));
            return Ok(if was_there && expected != Some(new) { Swap::Moved(Some(new)) } else { Swap::Done });
        }
        // Whatever the reason, the reference itself tells whether it moved.
        match self.remote_tip(remote, refname, timeout)? {
            actual if actual == expected => Err(match refusal(&pushed.stdout, &pushed.stderr) {
                Some(reason) => RepoError::Refused { refname: refname.to_owned(), reason },
                None => pushed.failure("push"),
            }),
            actual => Ok(Swap::Moved(actual)),
        }
    }
}

/// Why the other side will not have it, when that is for good: a rule, a hook, a missing right. What may pass, such as a lock or a
/// failure of its own, is none.
fn refusal(stdout: &str, stderr: &str) -> Option<String> {
    let said = |text: &str| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
    let rejected = stdout.lines().filter(|line| line.starts_with('!')).find_map(|line| {
        let (_, reason) = line.split_once("[remote rejected] (")?;
        Some(reason.trim_end_matches(')').to_owned())
    });
    if let Some(reason) = rejected {
        let passes = ["lock", "internal", "failed to update ref", "unpacker error", "timeout"];
        let is_passing = passes.iter().any(|word| reason.to_lowercase().contains(word));
        // What the other side tells people, `remote: error: GH006: Protected branch update failed`.
        let told = stderr.lines().filter_map(|line| line.strip_prefix("remote: ")).find(|line| line.contains("error"));
        return (!is_passing).then(|| said(&told.map_or(reason.clone(), |told| format!("{reason} ({})", told.trim()))));
    }
    stderr.contains("The requested URL returned error: 403").then(|| "the credential may not write there".to_owned())
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Duration};

    use super::{Credential, Remote, clone_mirror};
    use crate::{Durability, Repo, RepoError, Swap, scratch::Scratch};

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_mirror_has_branches_tags_and_the_default_branch() {
        let scratch = Scratch::new();
        let tip = scratch.commit(&[("a", "1")]);
        scratch.git(&["branch", "trunk"]);
        scratch.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
        scratch.git(&["tag", "v1"]);
        let from = Remote::Path(scratch.repo.root().to_owned());
        let to = scratch.dir.path().join("mirror.git");
        for _ in 0..2 {
            let mirror = clone_mirror(&from, &to, Durability::Full, LONG).expect("clones");
            assert_eq!(mirror.default_branch().expect("reads").as_str(), "trunk");
            assert_eq!(mirror.branches().expect("lists").len(), 2);
            assert_eq!(mirror.resolve("refs/tags/v1").expect("reads"), Some(tip));
        }
    }

    #[test]
    fn a_push_succeeds_only_from_the_expected_commit() {
        let scratch = Scratch::new();
        let one = scratch.commit(&[("a", "1")]);
        let two = scratch.commit(&[("a", "2")]);
        let target = scratch.dir.path().join("target.git");
        Repo::init_bare(&target, &"main".parse().expect("valid"), Durability::Relaxed).expect("creates");
        let remote = Remote::Path(target);
        let refname = "refs/heads/forgeline/x";
        let push = |expected, new| scratch.repo.push_with_lease(&remote, refname, expected, new, LONG).expect("pushes");
        assert_eq!(push(Some(one), two), Swap::Moved(None));
        assert_eq!(push(None, one), Swap::Done);
        assert_eq!(push(None, two), Swap::Moved(Some(one)));
        assert_eq!(push(None, one), Swap::Moved(Some(one)));
        assert_eq!(push(Some(two), two), Swap::Moved(Some(one)));
        assert_eq!(push(Some(one), two), Swap::Done);
        assert_eq!(push(Some(two), one), Swap::Done);
        assert_eq!(scratch.repo.remote_tip(&remote, refname, LONG).expect("reads"), Some(one));
        assert_eq!(scratch.repo.remote_tip(&remote, "refs/heads/none", LONG).expect("reads"), None);
    }

    #[test]
    fn what_the_other_side_will_never_have_is_told_apart() {
        let scratch = Scratch::new();
        let one = scratch.commit(&[("a", "1")]);
        let target = scratch.dir.path().join("target.git");
        Repo::init_bare(&target, &"main".parse().expect("valid"), Durability::Relaxed).expect("creates");
        let hook = target.join("hooks/update");
        std::fs::create_dir_all(hook.parent().expect("a folder")).expect("creates");
        std::fs::write(&hook, "#!/bin/sh\necho error: not on my watch >&2\nexit 1\n").expect("writes");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&hook, mode).expect("sets");
        let remote = Remote::Path(target);
        let error = scratch.repo.push_with_lease(&remote, "refs/heads/x", None, one, LONG).expect_err("refused");
        assert!(matches!(error, RepoError::Refused { .. }) && !error.is_transient(), "{error:?}");
        assert!(super::refusal("!\ta:b\t[remote rejected] (cannot lock ref)", "").is_none());
        assert!(super::refusal("", "fatal: unable to access 'x': The requested URL returned error: 403").is_some());
    }

    #[test]
    fn hostile_remotes_and_refspecs_run_nothing() {
        let scratch = Scratch::new();
        scratch.commit(&[("a", "1")]);
        let marker = scratch.dir.path().join("ran");
        let command = format!("ext::sh -c 'touch {}'", marker.display());
        for url in [command.as_str(), "--upload-pack=touch x", "git://host/x", "https://u:p@host/x", ""] {
            let error = scratch.repo.fetch(&Remote::Url(url.into()), &["main"], LONG).expect_err(url);
            assert!(!error.to_string().contains("u:p@"), "{error}");
        }
        let here = Remote::Path(scratch.repo.root().to_owned());
        let evil = format!("--upload-pack=touch {}", marker.display());
        assert!(scratch.repo.fetch(&here, &[&evil], LONG).is_err());
        assert!(!marker.exists());
    }

    #[test]
    fn a_remote_that_never_answers_is_given_up() {
        let scratch = Scratch::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("http://{}/x.git", listener.local_addr().expect("bound"));
        let result = scratch.repo.fetch(&Remote::Url(url), &["main"], Duration::from_millis(300));
        // A git without its http helper fails at once instead.
        assert!(matches!(result, Err(RepoError::TimedOut { .. } | RepoError::Transport { .. })), "{result:?}");
    }

    /// The value of the header in what git sends, if there is one.
    fn authorization(stream: &std::net::TcpStream) -> Option<String> {
        use std::io::{BufRead as _, BufReader};
        let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let lines: Vec<String> = lines.collect();
        lines.iter().find_map(|line| line.strip_prefix("Authorization: Basic ").map(str::to_owned))
    }

    /// Whether a process of this user, and not this one, shows a text in its environment or arguments.
    fn is_shown(text: &str) -> bool {
        let contains = |path: std::path::PathBuf| {
            std::fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        };
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let others = processes.filter(|it| it.file_name().to_str() != Some(&std::process::id().to_string()));
        let mut places = others.flat_map(|it| [it.path().join("environ"), it.path().join("cmdline")]);
        places.any(contains)
    }

    #[test]
    fn a_credential_reaches_the_other_side_and_no_process_shows_it() {
        use std::io::Write as _;
        let scratch = Scratch::new();
        scratch.commit(&[("a", "1")]);
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("http://{}/x.git", listener.local_addr().expect("bound"));
        let (user, token) = ("x-access-token", "canary-4b1c-f00d");
        let server = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("connects");
                if let Some(found) = authorization(&stream) {
                    let shown = is_shown("canary-4b1c-f00d") || is_shown(&found);
                    let _ =
                        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    return (found, shown);
                }
                let ask = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(ask.as_bytes());
            }
            unreachable!("it is asked for ever")
        });
        let remote = Remote::Authorised(url, Credential { user: user.into(), token: token.into() });
        let error = scratch.repo.fetch(&remote, &["main"], LONG).expect_err("there is nothing");
        assert!(!error.to_string().contains(token), "{error}");
        let (found, shown) = server.join().expect("the server ends");
        // `x-access-token:canary-4b1c-f00d`
        assert_eq!(found, "eC1hY2Nlc3MtdG9rZW46Y2FuYXJ5LTRiMWMtZjAwZA==");
        assert!(!shown, "a process shows the credential");
        let broken =
            Remote::Authorised("https://host.example/x".into(), Credential { user: "a".into(), token: "b\nc".into() });
        assert!(scratch.repo.fetch(&broken, &["main"], LONG).is_err());
    }
}
