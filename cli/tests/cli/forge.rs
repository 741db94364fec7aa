//! The local forge and the bot, as far as looking at them goes.

use crate::world::World;

#[test]
fn a_silence_and_a_start_are_explained_and_a_merge_is_seen() {
    let world = World::new();
    world.write(
        "forgeline.yaml",
        "apiVersion: forgeline.dev/v1\nkind: Factory\nprojects:\n  - id: shop\n    repositories: [acme/shop]\n",
    );
    world.forgeline("local repo create acme/shop").ok();
    world.forgeline("local issue create --repo acme/shop --title Orders --body About-orders").ok();
    world.forgeline("bot once").ok();
    world
        .forgeline("why acme/shop#1")
        .ok()
        .says("trigger.label: ignore")
        .says("not met: expected label")
        .says("rule at blueprints/docs-page/blueprint.yaml:");
    world.forgeline("why acme/shop#11").ends(9);
    world.run(&["local", "comment", "add", "1", "/forgeline run docs-page", "--repo", "acme/shop"], None).ok();
    world.forgeline("bot once").ok();
    world.forgeline("why @latest").ok().says("trigger.command: start").says("opened pull request #2");
    world.forgeline("runs show @latest").ok().says("pull request #2").says("forgeline local pr merge 2");
    world.forgeline("local pr merge 2 --repo acme/shop").ok();
    world.forgeline("bot once").ok();
    world.forgeline("runs show @latest").ok().says("merged       ");
    world.forgeline("artifacts list").ok().says("merged");
    world.forgeline("projects show shop").ok().says("DocsPage");
    let said = world.forgeline("events tail --json --type ArtifactMerged").ok();
    let line: serde_json::Value = serde_json::from_str(&said.out).expect("one event");
    let id = line["event"]["event_id"].as_str().expect("an id");
    world.forgeline(&format!("why {id}")).ok().says("no blueprint listens to `ArtifactMerged`");
}
