//! State that earlier versions of Forgeline left: it opens, its journals fold to what was shown then, and its runs go on.
//!
//! Each file in `histories/` is a database as the version with that many migrations wrote it. They are added, never changed.

use std::{fs, path::Path, sync::Arc};

use forgeline_engine::{Input, RunState};
use forgeline_model::{Digest, Event, RunId, Timestamp};
use forgeline_store::Store;
use tempfile::TempDir;

const LEASE_MS: u64 = 30_000;

async fn open(database: &Path) -> (TempDir, Store) {
    let folder = TempDir::new().expect("folder");
    fs::copy(database, folder.path().join("forgeline.db")).expect("copies");
    let store = Store::open(folder.path(), Arc::new(|_: &Event, _: Option<&Digest>| Ok(()))).await.expect("opens");
    (folder, store)
}

#[tokio::test]
async fn what_earlier_versions_wrote_is_read_and_goes_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let (_folder, store) = open(&path).await;
        let rows = store.runs(1000).await.expect("reads");
        assert!(rows.iter().any(|row| row.finished) && rows.iter().any(|row| !row.finished), "{path:?}");
        for row in rows {
            let run: RunId = row.run_id.parse().expect("a run id");
            let view = store.run(&run).await.expect("reads");
            assert_eq!(view.state.word(), row.state, "{path:?} {run}");
            let journal = store.journal(&run).await.expect("reads");
            assert_eq!(RunState::fold(journal.iter().map(|(fact, at)| (fact, *at))), view.state);
            assert_eq!(view.spec.id, run);
            let now = Timestamp::from_millis(row.updated_at).plus_millis(60_000);
            let tick = store.input(&run, &Input::Tick, now).await;
            assert_eq!(tick.is_err(), row.finished, "only what has ended takes nothing more: {tick:?}");
            if !row.finished {
                let lease = store.claim(Some(&run), None, LEASE_MS, now).await.expect("claims");
                assert!(lease.is_some(), "{path:?} {run} waits for a worker");
            }
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
}
