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
    next(world, "1.0.0", "1.1.0", "semantics: counted in words");
    let schema = format!("{ORDER}/schema.json");
    world.edit(&schema, "\"minLength\": 1,", "\"minLength\": 1,\n      \"x-unit\": \"words\",");
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
    world.forgeline("contracts release --base main").ends(1).complains("not released: 1 finding of level error");
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

#[test]
fn the_day_of_a_version_is_that_of_the_commit_that_brought_it() {
    let world = world();
    // Long enough for any clock.
    let settings = "apiVersion: forgeline.dev/v1\nkind: Registry\ndialect: https://json-schema.org/draft/2020-12/schema\nmode: none\ntransition_days: 400000\n";
    world.write("schema-registry/registry.yaml", settings);
    world.commit("here");
    let schema = format!("{ORDER}/schema.json");
    let old = "\"old\": {\"deprecated\": true},";
    // Its first version is bound by the mode that it was published under; a new major is not.
    next(&world, "1.0.0", "2.0.0", "added: `old`, which will go");
    world.edit(&schema, "\"properties\": {", &format!("\"properties\": {{{old}"));
    world.forgeline("contracts release --base main").ok().says("versions/2.0.0.json");
    world.commit("here");
    next(&world, "2.0.0", "3.0.0", "removed: `old`");
    world.edit(&schema, old, "");
    world
        .forgeline("contracts check --base main")
        .ends(1)
        .says("error[field-removed-too-early]")
        .says("deprecated in 2.0.0 on 2026-01-02");
}

/// The head at its next version, with a line in the changelog and the examples of the one before.
fn next(world: &World, from: &str, to: &str, line: &str) {
    world.edit(
        &format!("{ORDER}/schema.json"),
        &format!("\"x-version\": \"{from}\""),
        &format!("\"x-version\": \"{to}\""),
    );
    let heading = format!("## {from}");
    world.edit(&format!("{ORDER}/CHANGELOG.md"), &heading, &format!("## {to}\n\n- {line}\n\n{heading}"));
    for example in ["valid/typical", "invalid/missing-summary"] {
        let text = world.read(&format!("{ORDER}/examples/{from}/{example}.json"));
        world.write(&format!("{ORDER}/examples/{to}/{example}.json"), text);
    }
}

/// The clock is that of the branch: the day on which it called the event deprecated.
#[test]
fn an_event_is_retired_after_its_transition_and_no_sooner() {
    let world = world();
    world.edit(&format!("{ORDER}/event.yaml"), "status: active", "status: deprecated");
    world.forgeline("contracts check --base main").ok();
    let dated = |date: &str| {
        world.git("here", &["add", "--all"]);
        world.with_git(
            &[("GIT_COMMITTER_DATE", date), ("GIT_AUTHOR_DATE", date)],
            &["commit", "--quiet", "-m", "deprecated"],
        );
    };
    let ago = |days: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        format!("@{} +0000", now.saturating_sub(u64::try_from(days * 86_400).expect("past")))
    };
    dated(&ago(30));
    world.edit(&format!("{ORDER}/event.yaml"), "status: deprecated", "status: retired");
    world
        .forgeline("contracts check --base main")
        .ends(1)
        .says("error[field-removed-too-early]")
        .says("30 days ago; the transition takes 90 days")
        .says("keep it for 60 more days");
    world.edit(&format!("{ORDER}/event.yaml"), "status: retired", "status: deprecated");
    world.with_git(
        &[("GIT_COMMITTER_DATE", &ago(100))],
        &["commit", "--quiet", "--amend", "--no-edit", "--date", &ago(100)],
    );
    world.edit(&format!("{ORDER}/event.yaml"), "status: deprecated", "status: retired");
    world.forgeline("contracts check --base main").ok();
}
