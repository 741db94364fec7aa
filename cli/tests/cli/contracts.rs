//! A contract's life: begun, checked, released, changed, taken apart.

use crate::world::World;

const ORDER: &str = "schema-registry/events/shop/OrderPlaced";

/// A factory with a released contract that a blueprint waits for, committed on `main`.
fn world() -> World {
    let world = World::new();
    world.repository("here");
    world.forgeline("init").ok();
    world.forgeline("contracts new shop/OrderPlaced --owner @shop").ok().says("OrderPlaced/schema.json").says("next: ");
    world.forgeline("contracts check").ok().says("0 errors").complains("`forgeline contracts release` publishes it");
    world.write(".github/CODEOWNERS", "* @all\n");
    world.forgeline("contracts check").ends(1).says("error[codeowners-drift]").says("--> .github/CODEOWNERS:1:1");
    world
        .forgeline("contracts release")
        .ok()
        .says("versions/1.0.0.json")
        .says("versions/1.0.0.lock")
        .says("CODEOWNERS");
    world.edit(&format!("{ORDER}/event.yaml"), "status: draft", "status: active");
    world.edit(&format!("{ORDER}/event.yaml"), "consumers: []", "consumers: [billing]");
    world.forgeline("contracts check").ok().says("0 errors, 0 warnings, 0 infos");
    world.forgeline("contracts release").ok().says("nothing to publish");
    world.forgeline("contracts list").ok().says("OrderPlaced");
    world.commit("here");
    world
}

/// The head as 1.1.0, with a unit that changes what a field means.
fn change(world: &World) {
    let schema = format!("{ORDER}/schema.json");
    world.edit(&schema, "\"x-version\": \"1.0.0\"", "\"x-version\": \"1.1.0\"");
    world.edit(&schema, "\"minLength\": 1,", "\"minLength\": 1,\n      \"x-unit\": \"words\",");
    world.edit(&format!("{ORDER}/CHANGELOG.md"), "## 1.0.0", "## 1.1.0\n\n- semantics: counted in words\n\n## 1.0.0");
    for example in ["valid/typical", "invalid/missing-summary"] {
        let text = world.read(&format!("{ORDER}/examples/1.0.0/{example}.json"));
        world.write(&format!("{ORDER}/examples/1.1.0/{example}.json"), text);
    }
}

#[test]
fn a_change_is_judged_against_its_base_and_stops_at_an_error() {
    let world = world();
    change(&world);
    let place = format!("--> {ORDER}/schema.json:");
    world
        .forgeline("contracts check --base main")
        .ends(1)
        .says("error[semantics-changed-without-bump] OrderPlaced 1.0.0 → 1.1.0")
        .says(&place)
        .says("hurts: consumer billing");
    world
        .forgeline("contracts impact --base main")
        .ok()
        .says("OrderPlaced 1.0.0 → 1.1.0")
        .says("consumes  consumer billing  schema-registry/events/shop/OrderPlaced/event.yaml:");
    world.forgeline("contracts release --base main").ends(1).complains("1 findings of level error stand against");
    let json = world.forgeline("contracts check --base main --json").ends(1).json();
    let finding = &json["check"]["introduced"][0];
    let exception = format!(
        "rule: {}\nevent: OrderPlaced\nfrom: 1.0.0\nto: 1.1.0\npointer: {}\nreason: agreed\napprover: ana\nexpiry: 2999-01-01\n",
        finding["rule"], finding["pointer"]
    );
    world.write("schema-registry/exceptions/words.yaml", exception);
    world.forgeline("contracts check --base main").ok().says("1 accepted before or by exception");
    world.forgeline("contracts release --base main").ok().says("versions/1.1.0.json");
    world.forgeline("contracts check --base main").ok();
    world.commit("here");
    world.forgeline("contracts check --base main").ok();
}

#[test]
fn each_form_is_what_its_reader_expects() {
    let world = world();
    change(&world);
    for (format, begins) in [
        ("human", "error[semantics"),
        ("json", "{"),
        ("sarif", "{"),
        ("junit", "<?xml"),
        ("github", "::error file=schema-registry/events/shop/OrderPlaced/schema.json,line="),
        ("azure", "##vso[task.logissue type=error;"),
    ] {
        let said = world.forgeline(&format!("contracts check --base main --format {format}")).ends(1);
        assert!(said.out.starts_with(begins), "{format}: {}", said.out);
    }
}

#[test]
fn what_is_not_there_is_said() {
    let world = world();
    world.forgeline("contracts check --base nowhere").ends(9).complains("no commit `nowhere`");
    world.forgeline("contracts check --registry nowhere").ends(9).complains("not a folder");
    world.forgeline("contracts check --format xml").ends(2);
    world.forgeline("contracts explain required-aded").ends(9).complains("required-added");
    world.forgeline("contracts impact OrderPlacd").ends(9).complains("OrderPlaced");
    world.forgeline("contracts new OrderPlaced").ends(2).complains("shop/OrderPlaced");
    world.forgeline("contracts new other/OrderPlaced").ends(2).complains("already");
    world.forgeline("contracts docs --check --to pages").ends(1);
    world.forgeline("contracts docs --to pages").ok().says("OrderPlaced.md");
    world.forgeline("contracts docs --check --to pages").ok();
}
