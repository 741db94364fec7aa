//! A pull request on a registry, from its first commit to its merge: one check for each head, one comment, labels.

use serde_json::Value;

use crate::{registry_repository, world::World};

const ORDER: &str = "schema-registry/events/shop/OrderPlaced";

/// A factory on the local forge with a released contract that `billing` reads; the clone is `here`, on the branch `change`.
fn world() -> World {
    let world = World::new();
    world.repository("here");
    world.forgeline("init").ok();
    world.forgeline("contracts new shop/OrderPlaced --owner @shop").ok();
    world.forgeline("contracts release").ok();
    world.edit(&format!("{ORDER}/event.yaml"), "status: draft", "status: active");
    world.edit(&format!("{ORDER}/event.yaml"), "consumers: []", "consumers: [billing]");
    world.commit("here");
    let made = world.forgeline("local repo create acme/shop --from . --json").ok().json();
    let git_dir = made["repository"]["git_dir"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    world.git("here", &["remote", "add", "forge", &git_dir]);
    world.git("here", &["checkout", "--quiet", "-b", "change"]);
    world
}

/// Commits what lies here and pushes it; the bot looks.
fn push(world: &World) -> String {
    world.commit("here");
    world.git("here", &["push", "--quiet", "forge", "change"]);
    world.forgeline("bot once").ok();
    world.git("here", &["rev-parse", "HEAD"])
}

fn next_minor(world: &World, required: bool) {
    let schema = format!("{ORDER}/schema.json");
    world.edit(&schema, "\"x-version\": \"1.0.0\"", "\"x-version\": \"1.1.0\"");
    let total = "\"total\": {\"description\": \"What it costs.\", \"type\": \"number\"},\n    \"summary\": {";
    world.edit(&schema, "\"summary\": {", total);
    if required {
        world.edit(&schema, "\"required\": [", "\"required\": [\n    \"total\",");
    }
    world.edit(&format!("{ORDER}/CHANGELOG.md"), "## 1.0.0", "## 1.1.0\n\n- added: total\n\n## 1.0.0");
    for verdict in ["valid", "invalid"] {
        let from = world.path("here").join(ORDER).join("examples/1.0.0").join(verdict);
        for entry in std::fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            let text = std::fs::read_to_string(entry.path()).expect("reads").replace("\"1.0\"", "\"1.1\"");
            world.write(&format!("{ORDER}/examples/1.1.0/{verdict}/{}", entry.file_name().display()), text);
        }
    }
}

fn shown(world: &World) -> Value {
    world.forgeline("local pr show 1 --json").ok().json()["pull_request"].clone()
}

fn comments(world: &World) -> Vec<String> {
    let all = world.forgeline("local comment list 1 --json").ok().json();
    let all = all["comments"].as_array().unwrap_or_else(|| panic!("{all}")).clone();
    all.iter().map(|it| it["body"].as_str().unwrap_or_default().to_owned()).collect()
}

fn labels(world: &World) -> Vec<String> {
    let shown = shown(world);
    let labels = shown["pull_request"]["labels"].as_array().expect("a list").clone();
    labels.iter().map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_pull_request_is_reviewed_until_it_is_right() {
    let world = world();
    next_minor(&world, true);
    let first = push(&world);
    world.forgeline("local pr create --head change --title Total -R acme/shop").ok().complains("`schema-review@1.0.0`");
    let one = shown(&world);
    let check = &one["checks"][0];
    assert_eq!(
        (check["name"].as_str(), check["conclusion"].as_str()),
        (Some("forgeline/schema-review"), Some("failure"))
    );
    let marks = check["annotations"].as_array().expect("marks");
    let required = marks.iter().find(|it| it["title"] == "required-added").unwrap_or_else(|| panic!("{check}"));
    assert_eq!(required["path"], format!("{ORDER}/schema.json"));
    let line = world
        .read(&format!("{ORDER}/schema.json"))
        .lines()
        .position(|line| line.contains("\"required\""))
        .expect("a line");
    assert_eq!(required["line"].as_u64(), u64::try_from(line + 1).ok(), "{required}");
    assert_eq!(labels(&world), ["contracts/breaking", "contracts/unreleased"]);
    let said = comments(&world);
    assert_eq!(said.len(), 1, "{said:?}");
    for text in ["must not be merged", "`compat-backward`", "```json", "consumer billing", &first[..12]] {
        assert!(said[0].contains(text), "{text}\n{}", said[0]);
    }
    world.forgeline("local pr show 1").ok().says("check forgeline/schema-review: failure").says("required-added");

    world.edit(&format!("{ORDER}/schema.json"), "\"total\",", "");
    let second = push(&world);
    assert_eq!(labels(&world), ["contracts/compatible", "contracts/unreleased"]);
    let said = comments(&world);
    assert_eq!(said.len(), 1, "the same comment says it: {said:?}");
    assert!(said[0].contains("1 contract is compatible") && said[0].contains(&second[..12]), "{}", said[0]);
    assert_eq!(shown(&world)["checks"][0]["conclusion"], "success");

    world.forgeline("contracts release --base main").ok().says("versions/1.1.0.json");
    push(&world);
    assert_eq!(labels(&world), ["contracts/compatible"]);
    assert!(!comments(&world)[0].contains("Not published yet"));
    world.forgeline("local pr merge 1").ok();
    world.forgeline("bot once").ok();
    assert_eq!(comments(&world).len(), 1);

    // The same again is the same run, and a pass that finds nothing new changes nothing.
    let runs = world.forgeline("runs list --json").ok().json()["runs"].as_array().map(Vec::len);
    assert_eq!(runs, Some(3));
}

#[test]
fn a_person_asks_for_it_and_other_pull_requests_are_left_alone() {
    let world = world();
    world.write("NOTES.md", "nothing about contracts\n");
    push(&world);
    world.forgeline("local pr create --head change --title Notes").ok();
    assert!(comments(&world).is_empty() && shown(&world)["checks"] == serde_json::json!([]));
    world.run(&["local", "comment", "add", "1", "/forgeline run schema-review"], None).ok();
    assert_eq!(shown(&world)["checks"][0]["conclusion"], "neutral");
    assert!(comments(&world).iter().any(|it| it.contains("touches no contract")), "{:?}", comments(&world));
    world.forgeline("local issue create --title Odd --label x").ok();
    world.run(&["local", "comment", "add", "2", "/forgeline run schema-review"], None);
    let said = world.forgeline("local comment list 2").ok();
    assert!(said.out.contains("no pull request to review"), "{said:?}");
}

/// What cannot be read is a finding with its file, never a check that says nothing.
#[test]
fn a_registry_that_cannot_be_read_fails_its_check() {
    let world = world();
    world.write(&format!("{ORDER}/schema.json"), "{\"type\": ");
    world.commit("here");
    world.git("here", &["push", "--quiet", "forge", "change"]);
    world.git("here", &["checkout", "--quiet", "main"]);
    world.forgeline("local pr create --head change --title Half").ok();
    let one = shown(&world);
    assert_eq!(one["checks"][0]["conclusion"], "failure", "{one}");
    assert_eq!(one["checks"][0]["annotations"][0]["path"], format!("{ORDER}/schema.json"), "{one}");
}

/// Where the registry lies is what the base says: one that a pull request brings along draws no eyes away.
#[test]
fn a_second_registry_hides_nothing() {
    let world = world();
    next_minor(&world, true);
    world.write("registry.yaml", "dialect: https://json-schema.org/draft/2020-12/schema\n");
    world.write("events/shop/Decoy/schema.json", "{}");
    push(&world);
    world.forgeline("local pr create --head change --title Decoy").ok();
    assert_eq!(shown(&world)["checks"][0]["conclusion"], "failure");
    assert!(comments(&world)[0].contains("`compat-backward` on `OrderPlaced`"), "{:?}", comments(&world));
}

/// A registry of its own: blueprints of other repositories that use it are named.
#[test]
fn who_is_hurt_is_found_across_repositories() {
    let world = registry_repository::world("acme/contracts");
    let made = world.forgeline("local repo create acme/contracts --from ../contracts --json --no-bot").ok().json();
    let git_dir = made["repository"]["git_dir"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();

    world.forgeline("blueprints new notes").ok();
    let on = "on:\n  - event: {type: OrderPlaced, version: \"1.0\"}\n";
    world.edit("blueprints/notes/blueprint.yaml", "on:\n", on);
    world.forgeline("validate").ok();
    world.commit("here");
    world.forgeline("local repo create acme/shop --from .").ok();

    world.git("contracts", &["checkout", "--quiet", "-b", "change"]);
    let schema = world.path("contracts/events/shop/OrderPlaced/schema.json");
    let text = std::fs::read_to_string(&schema).expect("reads").replace("\"minLength\": 1", "\"minLength\": 9");
    std::fs::write(&schema, text.replace("\"x-version\": \"1.0.0\"", "\"x-version\": \"1.1.0\"")).expect("writes");
    world.commit("contracts");
    world.git("contracts", &["push", "--quiet", &git_dir, "change"]);
    world.forgeline("local pr create --head change --title Longer -R acme/contracts").ok();
    let said = world.forgeline("local comment list 1 -R acme/contracts").ok();
    for text in ["`blueprint acme/shop:notes`", "`acme/shop:blueprints/notes/blueprint.yaml:", "must not be merged"] {
        assert!(said.out.contains(text), "{text}\n{}", said.out);
    }
}

/// A file that nobody can read ends the review with a reason; it does not hold up the bot.
#[test]
fn what_is_too_large_fails_its_check_and_stops_nothing() {
    let world = world();
    next_minor(&world, false);
    push(&world);
    world.forgeline("local pr create --head change --title Large").ok();
    assert_eq!(labels(&world), ["contracts/compatible", "contracts/unreleased"]);
    let large = format!("{ORDER}/examples/1.1.0/valid/large.json");
    world.write(&large, vec![b' '; 5 << 20]);
    world.commit("here");
    world.git("here", &["push", "--quiet", "forge", "change"]);
    std::fs::remove_file(world.path("here").join(&large)).expect("goes");
    world.forgeline("bot once").ok();
    let one = shown(&world);
    assert_eq!(one["checks"][0]["conclusion"], "failure", "{one}");
    assert!(one["checks"][0]["annotations"][0]["message"].to_string().contains("larger"), "{one}");
    assert!(!labels(&world).contains(&"contracts/compatible".to_owned()), "{:?}", labels(&world));
    world.forgeline("bot once").ok();
}

/// Bytes that are no text are what they are, not what somebody makes of them.
#[test]
fn what_is_not_text_fails_its_check() {
    let world = world();
    let manifest = format!("{ORDER}/event.yaml");
    let mut bytes = world.read(&manifest).into_bytes();
    bytes.extend(b"# \xff\n");
    world.write(&manifest, bytes);
    world.commit("here");
    world.git("here", &["push", "--quiet", "forge", "change"]);
    world.git("here", &["checkout", "--quiet", "main"]);
    world.forgeline("local pr create --head change --title Bytes").ok();
    let one = shown(&world);
    assert_eq!(one["checks"][0]["conclusion"], "failure", "{one}");
    assert_eq!(one["checks"][0]["annotations"][0]["path"], manifest, "{one}");
}
