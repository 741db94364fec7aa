//! What is embedded, and what is not embedded again.

use forgeline_knowledge::LibrarySource;
use forgeline_model::knowledge::{ForgetRequest, IndexRequest, RefRole, SearchMode};

use crate::world::{CONFIG, GUIDE, ORDERS, World, ask, done, paths};

#[tokio::test]
async fn only_new_content_is_embedded() {
    let world = World::hybrid();
    let index = world.open().await;
    let first_commit = world.commit(&[("src/order.rs", ORDERS), ("docs/guide.md", GUIDE), ("shop.yaml", CONFIG)]);
    let first = world.index_main(&index).await;
    assert_eq!((first.files, first.files_read, first.mode), (3, 3, SearchMode::Hybrid));
    assert!(first.chunks >= 4 && first.chunks_embedded == first.chunks, "{first:?}");

    let unchanged = world.index_main(&index).await;
    assert_eq!((unchanged.files_read, unchanged.chunks_embedded), (0, 0));

    world.git(&["mv", "src/order.rs", "src/purchase.rs"]);
    world.commit(&[]);
    let renamed = world.index_main(&index).await;
    assert_eq!((renamed.files_read, renamed.chunks_embedded), (0, 0), "a rename embeds nothing");
    let hits = ask(&index, "PurchaseOrder").await.hits;
    assert_eq!(paths(&hits)[0], "src/purchase.rs");

    world.commit(&[("docs/guide.md", &GUIDE.replace("every night at two", "every hour"))]);
    let edited = world.index_main(&index).await;
    assert_eq!((edited.files_read, edited.chunks_embedded), (1, 1), "one section changed");

    world.git(&["revert", "--no-edit", "HEAD"]);
    let reverted = world.index_main(&index).await;
    assert_eq!((reverted.files_read, reverted.chunks_embedded), (0, 0), "a revert embeds nothing");

    let old = IndexRequest { commit: Some(first_commit), ..world.request("old", RefRole::Branch) };
    let branch = done(index.index(&old).await.expect("indexes"));
    assert_eq!((branch.files_read, branch.chunks_embedded), (0, 0), "a branch shares everything");
}

#[tokio::test]
async fn an_index_without_vectors_gets_them_later() {
    let mut world = World::keywords();
    world.commit(&[("docs/guide.md", GUIDE), ("src/order.rs", ORDERS)]);
    let index = world.open().await;
    let plain = world.index_main(&index).await;
    assert_eq!((plain.mode, plain.chunks_embedded, plain.chunks_stored), (SearchMode::Keywords, 0, plain.chunks));
    assert!(plain.reason.is_some_and(|reason| reason.contains("switched off")));
    drop(index);

    world.with_library(LibrarySource::from_env(|name| std::env::var_os(name)));
    let index = world.open().await;
    let found = ask(&index, "PurchaseOrder").await;
    assert_eq!(paths(&found.hits)[0], "src/order.rs", "words are found before there are vectors");
    assert!(found.notes.iter().any(|note| note.contains("not embedded")), "{:?}", found.notes);
    let full = world.index_main(&index).await;
    assert_eq!((full.mode, full.chunks_embedded), (SearchMode::Hybrid, full.chunks));
    assert_eq!(index.status().expect("reads").chunks, full.chunks, "rows were replaced, not added");
    assert!(ask(&index, "PurchaseOrder").await.notes.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_what_is_deleted_is_not_cited() {
    let world = World::keywords();
    world.commit(&[
        ("a.md", "# Zeppelin\n\nFlies.\n"),
        ("b.md", "# Submarine\n\nDives.\n"),
        ("Cargo.lock", "x"),
        ("logo.png", "x"),
        ("node_modules/x/a.js", "x"),
        ("empty.txt", ""),
    ]);
    std::fs::write(world.repo().join("latin.txt"), b"caf\xe9").expect("writes");
    std::fs::write(world.repo().join("blob.dat"), b"a\0b").expect("writes");
    std::os::unix::fs::symlink("a.md", world.repo().join("link.md")).expect("links");
    world.commit(&[]);
    let index = world.open().await;
    let indexed = world.index_main(&index).await;
    let expected = [("binary", 2), ("lockfile", 1), ("not_a_file", 1), ("not_text", 1), ("vendored", 1)];
    assert_eq!(indexed.skipped, expected.map(|(reason, count)| (reason.to_owned(), count)).into());
    assert_eq!(paths(&ask(&index, "zeppelin").await.hits), ["a.md"]);

    world.git(&["rm", "-q", "a.md"]);
    world.commit(&[]);
    world.index_main(&index).await;
    assert!(ask(&index, "zeppelin").await.hits.is_empty(), "a deleted file is not cited");
    assert_eq!(paths(&ask(&index, "submarine").await.hits), ["b.md"]);
}

#[tokio::test]
async fn forgetting_removes_what_nothing_else_needs() {
    let world = World::keywords();
    world.commit(&[("a.md", "# Zeppelin\n\nFlies.\n")]);
    let index = world.open().await;
    world.index_main(&index).await;
    world.git(&["switch", "-q", "-c", "side"]);
    world.commit(&[("b.md", "# Submarine\n\nDives.\n")]);
    done(index.index(&world.request("side", RefRole::Branch)).await.expect("indexes"));
    assert_eq!(index.status().expect("reads").chunks, 2);

    let side = ForgetRequest { repo: "acme/shop".to_owned(), ref_name: Some("side".to_owned()) };
    let forgotten = index.forget(&side).await.expect("forgets");
    assert_eq!((forgotten.refs, forgotten.chunks), (1, 1));
    assert_eq!(paths(&ask(&index, "zeppelin").await.hits), ["a.md"]);
    let twice = index.forget(&side).await.expect_err("it is gone");
    assert!(twice.to_string().contains("`side` of `acme/shop` is not indexed"), "{twice}");
    drop(index);
    let index = world.open().await;
    assert_eq!((index.status().expect("reads").chunks, index.status().expect("reads").refs.len()), (1, 1));
}

#[tokio::test]
async fn an_empty_commit_is_indexed_and_has_no_answer() {
    let world = World::keywords();
    world.commit(&[]);
    let index = world.open().await;
    assert_eq!(world.index_main(&index).await.chunks, 0);
    assert!(ask(&index, "anything").await.hits.is_empty());
}
