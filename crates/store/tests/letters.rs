//! Dead letters, notices and the chain of decisions, on real databases.

use std::{path::Path, sync::Arc};

use forgeline_model::{Criticality, Timestamp};
use forgeline_store::{
    Broken, DeadLetter, DeadLetterRow, Decision, Delivery, Judgement, LetterFilter, LetterState, Notice, Replayed,
    Store, Subject, Told,
};
use serde_json::json;
use tempfile::TempDir;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

async fn open(folder: &Path) -> Store {
    Store::open(folder, Arc::new(|_, _| Ok(()))).await.expect("opens")
}

fn letter(key: &str) -> DeadLetter {
    DeadLetter {
        project: "shop".into(),
        criticality: Criticality::High,
        agent: "bot".into(),
        error_kind: "decide".into(),
        subject: Subject::Delivery(key.into()),
        body: "{}".into(),
        reason: "the forge is gone".into(),
        attempts: 5,
        run: None,
    }
}

fn decision(subject: &str) -> Decision {
    Decision { subject: subject.into(), rule: "test".into(), verdict: "accept".into(), detail: json!({"n": 1}) }
}

async fn only(store: &Store) -> DeadLetterRow {
    let mut all = store.dead_letters(&LetterFilter::default()).await.expect("reads");
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A judge that tells one channel.
fn tells(channel: &'static str) -> impl Fn(&forgeline_store::CauseHistory) -> Judgement {
    move |_| Judgement {
        decision: decision("judged"),
        notices: vec![Notice { key: format!("notice {channel}"), channel: channel.into(), body: "{}".into() }],
    }
}

#[tokio::test]
async fn a_letter_is_opened_once_with_its_event_and_opened_again_after_a_replay() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    let delivery = Delivery { key: "local/7".into(), source: "local".into(), kind: "x".into(), body: b"{}".to_vec() };
    store.receive(&[delivery], at(1)).await.expect("receives");
    let inbox = store.pending(at(1)).await.expect("reads")[0].seq;
    for now in [2, 3] {
        store.bury(inbox, &letter("local/7"), at(now)).await.expect("buries");
    }
    let row = only(&store).await;
    assert_eq!((row.at, row.letter.severity().word(), row.state.clone()), (at(2), "critical", LetterState::Open));
    let told = store.events_after(0, 10).await.expect("reads");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event.event_type, "DeadLettered");
    assert_eq!(told[0].event.fields["dead_letter_id"], row.id.to_string());
    for expected in [Replayed::Now, Replayed::Before] {
        let replayed = store.replay_delivery(&row, "local/7", "ana", at(4)).await.expect("replays");
        assert_eq!(replayed, Some(expected));
    }
    assert_eq!(store.pending(at(4)).await.expect("reads").len(), 1, "it waits to be decided again");
    store.bury(inbox, &letter("local/7"), at(5)).await.expect("buries");
    let row = only(&store).await;
    assert_eq!((row.state, row.letter.attempts, row.at), (LetterState::Open, 10, at(5)));
    assert_eq!(store.events_after(0, 10).await.expect("reads").len(), 2, "it is told again");
    let verdicts: Vec<String> =
        store.decisions("dead-letter/").await.expect("reads").into_iter().map(|row| row.decision.verdict).collect();
    assert_eq!(verdicts, ["open", "replay", "reopen"]);
}

#[tokio::test]
async fn a_letter_about_a_dead_letters_event_tells_no_further_event() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    store.give_up(&letter("a"), at(1)).await.expect("gives up");
    let event = store.events_after(0, 10).await.expect("reads").remove(0).event;
    let subject = Subject::Offer { event: event.event_id.to_string(), subscription: "s".into() };
    let about = DeadLetter { subject, body: event.to_value().to_string(), ..letter("a") };
    store.give_up(&about, at(2)).await.expect("gives up");
    assert_eq!(store.dead_letters(&LetterFilter::default()).await.expect("reads").len(), 2);
    assert_eq!(store.events_after(0, 10).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn judges_at_once_decide_once_and_a_notice_has_one_sender() {
    let folder = TempDir::new().expect("folder");
    let (one, two) = (open(folder.path()).await, open(folder.path()).await);
    one.give_up(&letter("a"), at(1)).await.expect("gives up");
    let row = one.unjudged_letters().await.expect("reads").remove(0);
    let judged = tokio::join!(one.judge(&row, tells("ops"), at(2)), two.judge(&row, tells("ops"), at(2)));
    assert_eq!(u8::from(judged.0.expect("judges")) + u8::from(judged.1.expect("judges")), 1);
    assert!(one.unjudged_letters().await.expect("reads").is_empty());
    let mine = one.next_notice(at(3)).await.expect("reads").expect("due");
    assert!(two.next_notice(at(3)).await.expect("reads").is_none(), "its sender lives");
    one.told(&mine, Told::Again { at: at(10), error: "busy".into() }, None, at(3)).await.expect("notes");
    assert!(two.next_notice(at(9)).await.expect("reads").is_none(), "not yet");
    let again = two.next_notice(at(10)).await.expect("reads").expect("due");
    assert_eq!((again.attempts, again.notice.key), (2, mine.notice.key.clone()));
    one.told(&mine, Told::Confirmed, Some(decision("late")), at(11)).await.expect("notes");
    assert!(one.decisions_about("late").await.expect("reads").is_empty(), "it is not its own any more");
    drop(two);
    let third = one.next_notice(at(12)).await.expect("reads").expect("its sender is gone");
    one.told(&third, Told::Confirmed, Some(decision("sent")), at(13)).await.expect("notes");
    assert!(one.next_notice(at(99)).await.expect("reads").is_none());
    assert_eq!(one.decisions_about("sent").await.expect("reads").len(), 1);
}

#[tokio::test]
async fn what_is_not_sent_yet_is_withdrawn_with_the_last_open_letter_of_its_cause() {
    let folder = TempDir::new().expect("folder");
    let store = open(folder.path()).await;
    store.give_up(&letter("a"), at(1)).await.expect("gives up");
    store.give_up(&letter("b"), at(2)).await.expect("gives up");
    for row in store.unjudged_letters().await.expect("reads") {
        store.judge(&row, tells("ops"), at(3)).await.expect("judges");
    }
    let letters = store.dead_letters(&LetterFilter::default()).await.expect("reads");
    let first = store.acknowledge(&letters[0], "ana", at(4)).await.expect("acknowledges");
    assert_eq!((first.letters, first.withdrawn), (1, 0), "another one is open");
    let second = store.acknowledge(&letters[1], "ana", at(5)).await.expect("acknowledges");
    assert_eq!((second.letters, second.withdrawn), (1, 1));
    assert!(store.next_notice(at(6)).await.expect("reads").is_none());
}

#[tokio::test]
async fn processes_at_once_make_one_chain() {
    let folder = TempDir::new().expect("folder");
    let mut work = Vec::new();
    for process in 0..3 {
        let store = open(folder.path()).await;
        work.push(tokio::spawn(async move {
            for n in 0..20 {
                let decisions = vec![decision("a"), decision("b")];
                let ruling = Ruling { decisions, ..Ruling::default() };
                store.decide(ruling, |_| Vec::new(), at(process * 100 + n)).await.expect("decides");
            }
        }));
    }
    for work in work {
        work.await.expect("ends");
    }
    let store = open(folder.path()).await;
    let found = store.verify_audit(&[]).await.expect("verifies");
    assert_eq!((found.rows, found.broken.clone()), (120, None), "{found:?}");
    let seen = store.checkpoint(at(1)).await.expect("reads").expect("a chain");
    assert_eq!(found.head, Some((seen.row, seen.hash)));
    let beyond = forgeline_store::Checkpoint { row: 121, ..seen.clone() };
    let found = store.verify_audit(&[seen, beyond]).await.expect("verifies");
    assert_eq!((found.checkpoints, found.broken), (1, Some(Broken::Truncated { row: 121, last: 120 })));
}
