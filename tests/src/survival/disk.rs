//! A disk that takes no more, fails once, forbids writing or is slow; `strace` plays it.
//!
//! Not `write`: that would also break the wake-ups between the process's own threads, which use no disk.

use std::{env, fs};

use super::story::Story;

/// What writes to disk, and what makes it last.
const WRITING: [&str; 3] = ["pwrite64", "fsync", "rename"];
/// The chapter that publishes.
const VOTE: usize = 1;
/// Success, or a failure that says what is wrong; never a death.
const DOCUMENTED: [i32; 3] = [0, 1, 8];

fn strace(expression: &str, log: &str) -> [String; 7] {
    ["strace", "-f", "-qq", "-o", log, "-e", expression].map(str::to_owned)
}

fn inject(what: &str) -> [String; 7] {
    strace(&format!("inject={what}"), "/dev/null")
}

/// How often an undisturbed turn makes this call.
fn calls(story: &Story, chapter: usize, call: &str) -> usize {
    let log = tempfile::NamedTempFile::new().expect("a file");
    story.survive_under(chapter, &strace(&format!("trace={call}"), &log.path().display().to_string()));
    let told = fs::read_to_string(log.path()).expect("the trace");
    told.lines().filter(|line| line.contains(&format!("{call}("))).count()
}

/// One call fails, each time another one; the turn may fail with it, and the next goes on.
fn fails_once(story: &Story, chapter: usize, times: impl Fn(usize) -> Vec<usize>) -> usize {
    let mut told = 0;
    for call in WRITING {
        let all = calls(story, chapter, call);
        // Only a chapter that publishes moves references and keeps files.
        assert!(all > 0 || chapter != VOTE, "the chapter never calls `{call}`");
        for (n, error) in times(all).into_iter().flat_map(|n| [(n, "EIO"), (n, "ENOSPC")]) {
            let said = story.survive_under(chapter, &inject(&format!("{call}:error={error}:when={n}")));
            assert!(
                DOCUMENTED.contains(&said.code),
                "`{call}` {n} of {all} gave {error}: exit {}: {}{}",
                said.code,
                said.out,
                said.err
            );
            told += 1;
        }
    }
    told
}

#[test]
fn whatever_the_disk_does_nothing_is_lost() {
    let story = Story::told_undisturbed();
    takes_no_more(&story);
    is_slow(&story);
    fails_once(&story, VOTE, |all| if all < 4 { vec![1] } else { vec![2, all / 2] });
}

fn takes_no_more(story: &Story) {
    for (error, first) in [("ENOSPC", 1), ("ENOSPC", 9), ("EROFS", 1), ("EIO", 9)] {
        let said = story.survive_under(VOTE, &inject(&format!("pwrite64,fsync,fdatasync:error={error}:when={first}+")));
        assert_ne!(said.code, 0, "{error} from write {first} on: {}{}", said.out, said.err);
        assert!(said.err.contains("free space and permissions"), "{error}: {}", said.err);
    }
}

fn is_slow(story: &Story) {
    let said = story.survive_under(VOTE, &inject("fsync,fdatasync:delay_enter=40000"));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
#[ignore = "takes long: writes and syncs of each chapter fail one by one; FORGELINE_CHAPTER says from which on"]
fn whichever_write_fails_nothing_is_lost() {
    let story = Story::told_undisturbed();
    let first = env::var("FORGELINE_CHAPTER").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
    for chapter in first..story.chapters() {
        let told = fails_once(&story, chapter, |all| (1..=all).step_by(all.div_ceil(40).max(1)).collect());
        eprintln!("chapter {chapter}: {told} failures");
    }
}
