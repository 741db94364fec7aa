//! New names, repositories that are gone, and names that are used again.

use super::World;
use crate::{ForgeError, types::RepoId};

fn repo(name: &str) -> RepoId {
    name.parse().expect("valid")
}

impl World {
    async fn mirrors(&self) -> Vec<String> {
        let all = self.forge.repositories().await.expect("reads");
        all.iter().map(ToString::to_string).collect()
    }

    async fn why(&self, subject: &str) -> Vec<String> {
        let rows = self.forge.store.decisions(subject).await.expect("reads");
        rows.into_iter().map(|row| row.decision.rule).collect()
    }
}

#[tokio::test]
async fn a_new_name_is_followed_with_all_that_is_known() {
    let world = World::known().await;
    world.there.open_issue("ana", "Orders", &[]);
    world.look().await;
    let told = world.told().await;
    world.there.lists(&[("71", "acme/store")]);
    world.look().await;
    world.look().await;
    assert_eq!(world.mirrors().await, ["acme/store"]);
    assert_eq!(world.told().await, told, "nothing is told twice");
    for name in ["acme/store", "acme/shop", "Acme/SHOP"] {
        assert_eq!(world.forge.issue(&repo(name), 1).await.expect("is known").title, "Orders", "{name}");
        assert_eq!(world.forge.known_as(&repo(name)).await.expect("is known"), "acme/shop", "{name}");
    }
    assert_eq!(world.why("acme/store").await, ["mirror.renamed"]);
    // What happens there is seen; objects come too.
    world.there.push_file("ana", "main", "a", "1");
    world.there.open_issue("ana", "Returns", &[]);
    assert!(world.forge.sync(None, world.now()).await.is_empty());
    assert_eq!(world.forge.issue(&repo("acme/store"), 2).await.expect("is known").title, "Returns");
    // There and back again: keys stay what they were.
    world.there.lists(&[("71", "acme/shop")]);
    world.look().await;
    assert_eq!(world.mirrors().await, ["acme/shop"]);
    assert_eq!(world.forge.known_as(&repo("acme/store")).await.expect("leads there"), "acme/shop");
}

#[tokio::test]
async fn two_that_change_names_keep_what_is_theirs() {
    let world = World::new().await;
    world.there.lists(&[("71", "acme/one"), ("72", "acme/two")]);
    assert!(world.forge.sync(None, world.now()).await.is_empty());
    world.there.lists(&[("71", "acme/two"), ("72", "acme/one")]);
    assert!(world.forge.sync(None, world.now()).await.is_empty());
    assert_eq!(world.mirrors().await, ["acme/one", "acme/two"]);
    assert_eq!(world.forge.known_as(&repo("acme/two")).await.expect("is known"), "acme/one");
    assert_eq!(world.forge.known_as(&repo("acme/one")).await.expect("is known"), "acme/two");
}

#[tokio::test]
async fn a_name_that_is_used_again_is_another_repository() {
    let world = World::known().await;
    world.there.open_issue("ana", "Orders", &[]);
    world.look().await;
    // The new one is listed first, and the old one has another name.
    world.there.lists(&[("90", "acme/shop"), ("71", "acme/store")]);
    assert!(world.forge.sync(None, world.now()).await.is_empty());
    assert_eq!(world.mirrors().await, ["acme/shop", "acme/store"]);
    assert_eq!(world.forge.known_as(&repo("acme/store")).await.expect("is known"), "acme/shop");
    let new = world.forge.known_as(&repo("acme/shop")).await.expect("is known");
    assert!(new.starts_with("acme/shop@"), "no key of one is a key of the other: {new}");
    // Deleted and made again under the name, with no trace of the old one.
    world.there.lists(&[("91", "acme/shop"), ("71", "acme/store")]);
    assert!(world.forge.sync(None, world.now()).await.is_empty());
    let all = world.mirrors().await;
    assert_eq!(all.len(), 3, "{all:?}");
    let gone: Vec<String> = world.forge.gone().await.expect("reads").iter().map(|(repo, _)| repo.to_string()).collect();
    assert!(gone.len() == 1 && gone[0].starts_with("acme/shop.former-"), "{gone:?}");
}

#[tokio::test]
async fn what_is_gone_is_told_once_kept_and_goes_on() {
    let world = World::known().await;
    world.there.open_issue("ana", "Orders", &[]);
    world.look().await;
    world.there.lists(&[]);
    for _ in 0..3 {
        assert!(world.forge.sync(None, world.now()).await.is_empty());
    }
    assert_eq!(world.why("acme/shop").await, ["mirror.gone"]);
    let refused = world.forge.upsert_comment(&world.repo, 1, "k", "text", world.now()).await.expect_err("gone");
    assert!(matches!(refused, ForgeError::Gone { .. }) && !refused.is_transient(), "{refused}");
    assert!(world.forge.known_as(&world.repo).await.is_err());
    assert_eq!(world.forge.issue(&world.repo, 1).await.expect("is kept").title, "Orders");
    world.there.lists(&[("71", "acme/shop")]);
    world.there.comment("ana", 1, "hello");
    world.look().await;
    assert_eq!(world.why("acme/shop").await, ["mirror.gone", "mirror.back"]);
    assert!(world.told().await.iter().any(|it| it.starts_with("comment_created 1")));
    // A list that cannot be read says nothing.
    world.there.fail_reads(true);
    assert_eq!(world.forge.sync(None, world.now()).await.len(), 1);
    assert!(world.forge.gone().await.expect("reads").is_empty());
}
