//! What is found, and what a hit says of itself.

use forgeline_knowledge::{Embedder, Index, KnowledgeError, LibrarySource, model_dir};
use forgeline_model::knowledge::{IndexRequest, Origin, RefRole, SearchRequest, StalePolicy};

use crate::world::{CONFIG, GUIDE, ORDERS, World, ask, done, paths};

async fn shop(world: &World) -> (Index, String) {
    let commit = world.commit(&[("src/order.rs", ORDERS), ("docs/guide.md", GUIDE), ("shop.yaml", CONFIG)]);
    let index = world.open().await;
    world.index_main(&index).await;
    (index, commit)
}

#[tokio::test]
async fn a_hit_cites_repository_reference_path_lines_and_commit() {
    let world = World::hybrid();
    let (index, commit) = shop(&world).await;
    let found = ask(&index, "refund").await;
    let hit = &found.hits[0];
    assert_eq!((hit.repo.as_str(), hit.ref_name.as_str(), hit.path.as_str()), ("acme/shop", "main", "src/order.rs"));
    assert_eq!(
        (hit.commit.as_str(), hit.head.as_deref(), hit.behind),
        (commit.as_str(), Some(commit.as_str()), Some(0))
    );
    assert_eq!((hit.origin, hit.language.as_str(), hit.is_stale()), (Origin::Source, "rust", false));
    assert_eq!(hit.citation().to_string(), format!("src/order.rs@{commit}"));
    let (first, last) = hit.lines;
    let lines: Vec<&str> = ORDERS.lines().skip(first as usize - 1).take((last - first + 1) as usize).collect();
    assert_eq!(hit.text, lines.join("\n"), "the lines are those of the text");
    assert!(hit.symbols.iter().any(|name| name == "cancelAndRefund"), "{:?}", hit.symbols);
}

#[tokio::test]
async fn words_inside_identifiers_and_meaning_are_found() {
    let world = World::hybrid();
    let (index, _) = shop(&world).await;
    for (query, expected) in [
        ("refund", "src/order.rs"),
        ("purchase_order", "src/order.rs"),
        ("invoices bucket", "shop.yaml"),
        ("eu-north", "shop.yaml"),
        ("paging", "docs/guide.md"),
        ("who gets woken up when requests fail?", "docs/guide.md"),
        ("disaster recovery copy of the data", "docs/guide.md"),
    ] {
        let found = ask(&index, query).await;
        assert_eq!(paths(&found.hits).first(), Some(&expected), "{query}");
    }
    for nothing in ["zygomorphic", "volcano eruption lava", "xyzzy_plugh"] {
        let found = ask(&index, nothing).await;
        assert!(found.hits.is_empty(), "{nothing}: {:?}", found.hits);
    }
    assert!(matches!(index.search(&SearchRequest::new(" ?! ")).await, Err(KnowledgeError::EmptyQuery)));
}

#[tokio::test]
async fn filters_hold() {
    let world = World::keywords();
    world.commit(&[
        ("api/a.rs", "/// Handles the widget.\nfn widget() {}\n"),
        ("api/b.md", "# Widget\n\nIn words.\n"),
        ("apis/c.md", "# Widget too\n\nElsewhere.\n"),
    ]);
    let index = world.open().await;
    world.index_main(&index).await;
    let under = SearchRequest { under: vec!["api/".to_owned()], ..SearchRequest::new("widget") };
    let mut found = paths(&index.search(&under).await.expect("answers").hits).join(" ");
    assert!(found == "api/a.rs api/b.md" || found == "api/b.md api/a.rs", "{found}");
    let words = SearchRequest { languages: vec!["markdown".to_owned()], ..under };
    found = paths(&index.search(&words).await.expect("answers").hits).join(" ");
    assert_eq!(found, "api/b.md");
    let one = SearchRequest { k: 1, ..SearchRequest::new("widget") };
    assert_eq!(index.search(&one).await.expect("answers").hits.len(), 1);
    let other = SearchRequest { repo: Some("acme/none".to_owned()), ..SearchRequest::new("widget") };
    let refused = index.search(&other).await.expect_err("not indexed");
    assert!(refused.to_string().contains("`acme/none` is not indexed; run `forgeline knowledge index`"), "{refused}");
}

#[tokio::test]
async fn one_file_does_not_crowd_out_the_others() {
    let world = World::keywords();
    let many: String = (0..40).map(|n| format!("## Turbine {n}\n\nTurbine turbine turbine, part {n}.\n\n")).collect();
    world.commit(&[
        ("many.md", many.as_str()),
        ("one.md", "# Wind\n\nA turbine turns in it, and this text is longer.\n"),
    ]);
    let index = world.open().await;
    world.index_main(&index).await;
    let found = index.search(&SearchRequest { k: 3, ..SearchRequest::new("turbine") }).await.expect("answers");
    assert_eq!(paths(&found.hits).iter().filter(|path| **path == "one.md").count(), 1, "{:?}", paths(&found.hits));
    assert_eq!(found.hits.len(), 3);
}

#[tokio::test]
async fn a_runs_branch_is_found_only_by_its_name() {
    let world = World::keywords();
    world.commit(&[("a.md", "# Zeppelin\n\nFlies.\n")]);
    let index = world.open().await;
    world.index_main(&index).await;
    world.git(&["switch", "-q", "-c", "forgeline/vision/7-shop"]);
    let tip = world.commit(&[("docs/vision.md", "# Vision\n\nA marmalade for everyone.\n")]);
    done(index.index(&world.request("forgeline/vision/7-shop", RefRole::Run)).await.expect("indexes"));

    assert!(ask(&index, "marmalade").await.hits.is_empty(), "not on the default branch");
    let on_branch = |query: &str| SearchRequest {
        ref_name: Some("forgeline/vision/7-shop".to_owned()),
        ..SearchRequest::new(query)
    };
    let full = index.index(&world.request("refs/heads/forgeline/vision/7-shop", RefRole::Run)).await.expect("indexes");
    assert_eq!(done(full).ref_name, "forgeline/vision/7-shop");
    assert_eq!(index.status().expect("reads").refs.len(), 2, "a full name is the same reference");
    let own = index.search(&on_branch("marmalade")).await.expect("answers").hits;
    assert_eq!((own[0].commit.as_str(), own[0].origin), (tip.as_str(), Origin::Run));
    let base = index.search(&on_branch("zeppelin")).await.expect("answers").hits;
    assert_eq!(base[0].origin, Origin::Source, "what the run did not touch is not the run's");

    world.git(&["switch", "-q", "main"]);
    world.git(&["merge", "-q", "--ff-only", "forgeline/vision/7-shop"]);
    let merged =
        IndexRequest { generated: vec!["docs/vision.md".to_owned()], ..world.request("main", RefRole::Default) };
    assert_eq!(done(index.index(&merged).await.expect("indexes")).files_read, 0, "a merge embeds nothing");
    let hits = ask(&index, "marmalade").await.hits;
    assert_eq!((hits[0].ref_name.as_str(), hits[0].origin), ("main", Origin::Generated));
    world.commit(&[("b.md", "more")]);
    world.index_main(&index).await;
    assert_eq!(ask(&index, "marmalade").await.hits[0].origin, Origin::Generated, "it is remembered");
}

#[tokio::test]
async fn a_reference_that_moved_on_is_flagged_refused_or_waited_for() {
    let world = World::keywords();
    let old = world.commit(&[("a.md", "# Zeppelin\n\nFlies.\n")]);
    let index = world.open().await;
    world.index_main(&index).await;
    world.commit(&[("b.md", "# Submarine\n\nDives.\n")]);
    let new = world.commit(&[("c.md", "# Bicycle\n\nRolls.\n")]);

    let warned = ask(&index, "zeppelin").await;
    let hit = &warned.hits[0];
    assert!(hit.is_stale());
    assert_eq!((hit.commit.as_str(), hit.head.as_deref(), hit.behind), (old.as_str(), Some(new.as_str()), Some(2)));
    assert!(warned.notes.iter().any(|note| note.contains("2 commits past the indexed")), "{:?}", warned.notes);

    let strict = SearchRequest { stale: StalePolicy::Error, ..SearchRequest::new("zeppelin") };
    let refused = index.search(&strict).await.expect_err("stale");
    assert!(refused.to_string().contains("--stale wait"), "{refused}");

    let patient = SearchRequest { stale: StalePolicy::Wait, ..SearchRequest::new("bicycle") };
    let hits = index.search(&patient).await.expect("answers").hits;
    assert_eq!((hits[0].commit.as_str(), hits[0].is_stale()), (new.as_str(), false));

    let missing = index.index(&world.request("gone", RefRole::Branch)).await.expect_err("no such branch");
    assert!(matches!(missing, KnowledgeError::MissingRef { .. }), "{missing}");
}

#[test]
fn a_vector_does_not_depend_on_its_batch() {
    let library = LibrarySource::from_env(|name| std::env::var_os(name));
    let mut model = Embedder::load(&library, &model_dir()).unwrap_or_else(|e| panic!("run `make setup`: {e}"));
    let texts: Vec<String> = [ORDERS, GUIDE, CONFIG, "short"].map(str::to_owned).to_vec();
    let together = model.embed(&texts).expect("embeds");
    for (text, expected) in texts.iter().zip(&together) {
        let alone = model.embed(std::slice::from_ref(text)).expect("embeds");
        let off = alone[0].iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-5, "{off}");
        let length: f32 = expected.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-3, "{length}");
    }
}
