//! What forges elsewhere sent: stored once, kept until looked into, put away in time.

use std::{path::Path, sync::Arc};

use forgeline_model::Timestamp;
use forgeline_store::{HookKept, NewHook, Store, UnseenHook};
use tempfile::TempDir;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

async fn open(folder: &Path) -> Store {
    Store::open(folder, Arc::new(|_, _| Ok(()))).await.expect("opens")
}

fn hook(delivery: &str, event: &str, body: &[u8]) -> NewHook {
    NewHook {
        source: "github",
        delivery: delivery.into(),
        event: event.into(),
        action: None,
        repository: Some("acme/shop".into()),
        body: body.to_vec(),
    }
}

async fn unseen(store: &Store) -> Vec<String> {
    let seen = |it: UnseenHook| format!("{}:{}", it.event, it.seq);
    store.unseen_hooks(100).await.expect("reads").into_iter().map(seen).collect()
}

#[tokio::test]
async fn a_hook_is_stored_once_by_number_and_by_meaning() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path()).await;
    for (delivery, event, body, when, expected) in [
        ("1", "push", "a", 0, HookKept::New),
        // Sent again under its number, whenever.
        ("1", "push", "a", DAY, HookKept::Duplicate),
        // Told again under another number.
        ("2", "push", "a", 9 * MINUTE, HookKept::Duplicate),
        // The same words an hour later, or of another kind, are news.
        ("3", "push", "a", 60 * MINUTE, HookKept::New),
        ("4", "ping", "a", MINUTE, HookKept::New),
        ("5", "push", "b", MINUTE, HookKept::New),
    ] {
        let kept = store.keep_hook(hook(delivery, event, body.as_bytes()), at(when)).await.expect("stores");
        assert_eq!(kept, expected, "{delivery} {event} {body}");
    }
    let other = NewHook { source: "azure-devops", ..hook("1", "push", b"a") };
    assert_eq!(store.keep_hook(other, at(0)).await.expect("stores"), HookKept::New, "another source's number");
    store.close().await;
}

#[tokio::test]
async fn a_hook_waits_until_a_pass_that_began_after_it_has_succeeded() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path()).await;
    for name in ["1", "2", "3"] {
        store.keep_hook(hook(name, "push", name.as_bytes()), at(0)).await.expect("stores");
    }
    let before = store.unseen_hooks(2).await.expect("reads");
    assert_eq!(before.iter().map(|it| it.repository.as_deref()).collect::<Vec<_>>(), [Some("acme/shop"); 2]);
    store.keep_hook(hook("4", "push", b"4"), at(1)).await.expect("stores");
    let last = before.last().expect("two").seq;
    assert_eq!(store.mark_seen(last, at(2)).await.expect("marks"), 2);
    assert_eq!(store.mark_seen(last, at(2)).await.expect("marks"), 0);
    store.close().await;
    let again = open(folder.path()).await;
    assert_eq!(unseen(&again).await, ["push:3", "push:4"], "they outlive the process");
    let waits = again.waits().await.expect("counts");
    assert_eq!((waits.hooks, waits.oldest_hook, waits.runs), (2, Some(at(0)), 0));
    again.close().await;
}

#[tokio::test]
async fn bodies_are_kept_for_seven_days_long_ones_beside_the_database() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path()).await;
    let long = vec![b'x'; 300 << 10];
    store.keep_hook(hook("short", "push", b"short"), at(0)).await.expect("stores");
    store.keep_hook(hook("long", "push", &long), at(0)).await.expect("stores");
    store.keep_hook(hook("later", "push", &long), at(DAY)).await.expect("stores");
    let body = async |name: &str| store.hook_body("github", name).await.expect("reads").map(|body| body.len());
    let files = || std::fs::read_dir(folder.path().join("blobs")).expect("a folder").count();
    assert_eq!((body("short").await, body("long").await, files()), (Some(5), Some(300 << 10), 1));
    assert_eq!(store.put_hooks_away(at(7 * DAY + 1)).await.expect("puts away"), 2);
    assert_eq!((body("short").await, body("long").await, body("later").await), (None, None, Some(300 << 10)));
    assert_eq!(files(), 1, "another hook has the same body");
    assert_eq!(store.put_hooks_away(at(8 * DAY + 1)).await.expect("puts away"), 1);
    assert_eq!((body("later").await, files()), (None, 0));
    let last = store.unseen_hooks(9).await.expect("reads").last().expect("three").seq;
    store.mark_seen(last - 1, at(8 * DAY)).await.expect("marks");
    store.put_hooks_away(at(99 * DAY)).await.expect("puts away");
    assert_eq!(unseen(&store).await, ["push:3"], "one that nobody looked into stays");
    let again = store.keep_hook(hook("short", "push", b"short"), at(99 * DAY)).await.expect("stores");
    assert_eq!(again, HookKept::New, "no forge remembers a number for so long");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_that_come_together_share_commits_and_none_is_lost() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..3_000 {
        let store = store.clone();
        // Every third number comes twice.
        let name = format!("d{}", if n % 3 == 2 { n - 1 } else { n });
        tasks.spawn(async move { store.keep_hook(hook(&name, "push", name.as_bytes()), at(n)).await });
    }
    // Somebody who goes away takes nothing away from others, and not even their own.
    let gone = {
        let store = store.clone();
        tokio::spawn(async move { store.keep_hook(hook("gone", "push", b"gone"), at(0)).await })
    };
    tokio::task::yield_now().await;
    gone.abort();
    let mut new = 0;
    while let Some(kept) = tasks.join_next().await {
        new += u32::from(kept.expect("no panic").expect("stores") == HookKept::New);
    }
    assert_eq!(new, 2_000);
    let waiting = store.waits().await.expect("counts").hooks;
    assert!((2_000..=2_001).contains(&waiting), "{waiting}");
    store.close().await;
    let refused = store.keep_hook(hook("late", "push", b"late"), at(0)).await;
    assert!(refused.is_err(), "what is not stored is not acknowledged");
}
