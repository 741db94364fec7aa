//! The operator's file: what it sets, what it forbids, and what it may not hold.

use std::fs;

use crate::world::World;

const HEAD: &str = "apiVersion: forgeline.dev/v1\nkind: Operator\n";

/// A user's file with these lines.
fn world(text: &str) -> World {
    let world = World::new();
    world.write("../home/.config/forgeline/operator.yaml", format!("{HEAD}{text}"));
    world
}

#[test]
fn a_users_file_sets_what_nobody_gave() {
    let place = World::new();
    let state = place.path("elsewhere");
    let world =
        world(&format!("state_dir: {}\nlog_format: json\nlimits: {{usd: \"1.00\", tasks: 2}}\n", state.display()));
    let shown = world.with(&[("FORGELINE_STATE_DIR", "")], "config show --origin").ok();
    let line = |name: &str| shown.out.lines().find(|line| line.starts_with(name)).expect(name).to_owned();
    assert!(line("state_dir").contains(&state.display().to_string()), "{}", shown.out);
    for (name, place) in [("state_dir", ":3"), ("log_format", ":4"), ("limits.usd", ":5"), ("limits.tasks", ":5")] {
        assert!(line(name).ends_with(&format!("operator.yaml{place}")), "{}", line(name));
    }
    assert!(line("limits.wall").ends_with("default") && line("config").ends_with("user"), "{}", shown.out);
    world.with(&[("FORGELINE_STATE_DIR", "")], "runs list").ok();
    assert!(state.join("forgeline.db").is_file());
    // A variable is nearer than the file, a flag nearer than a variable.
    world.forgeline("config show --origin").ok().says("variable FORGELINE_STATE_DIR");
    world.with(&[("FORGELINE_LOG_FORMAT", "human")], "config show --origin").ok().says("variable FORGELINE_LOG_FORMAT");
    world.forgeline("config show --origin --log-format human").ok().says("flag --log-format");
}

#[test]
fn keys_of_parts_that_are_not_there_are_accepted_and_named() {
    let world = world(
        "models:\n  x: {model: some}\nforges:\n  github: {app_id: 7, private_key: \"file:/run/app.pem\"}\n  azure_devops: {organization: acme, token: \"env:PAT\"}\n",
    );
    let shown = world.forgeline("config show --origin").ok();
    let shown = shown.says("models.x.model").says("some (this build has no use for it)");
    let line = |start: &str, end: &str| shown.out.lines().any(|it| it.starts_with(start) && it.ends_with(end));
    assert!(line("forges.github.private_key", ":6") && !shown.out.contains("7 (this"), "{}", shown.out);
    assert!(line("forges.azure_devops.organization", ":7") && !shown.out.contains("acme (this"), "{}", shown.out);
}

#[test]
fn azure_devops_takes_a_token_or_a_service_principal() {
    for (text, reason) in [
        ("token: \"env:PAT\"", "name the `organization`"),
        ("organization: acme, token: \"env:PAT\", tenant: x", "not both"),
        ("organization: acme, tenant: x, client_id: app", "`client_secret`"),
        ("organization: a/b, token: \"env:PAT\"", "`a/b` is no organization"),
        ("organization: acme, token: \"env:PAT\", base_url: \"http://tfs.example\"", "is no address"),
    ] {
        let world = world(&format!("forges:\n  azure_devops: {{{text}}}\n"));
        world.forgeline("runs list").ends(3).complains("operator.yaml:4: `forges.azure_devops`").complains(reason);
    }
    world("forges:\n  azure_devops: {hook_secret: \"env:HOOK\"}\n").forgeline("runs list").ok();
    let principal = "tenant: x.example, client_id: app, client_secret: \"env:S\", work_items: {Web Shop: shop}";
    world(&format!("forges:\n  azure_devops: {{organization: acme, {principal}}}\n")).forgeline("runs list").ok();
}

#[test]
fn a_broken_file_stops_everything_but_what_tells_about_it() {
    for (text, code, place) in [
        ("stroe: {}\n", "FL0107", "operator.yaml:3:1"),
        ("forges:\n  azure_devops: {token: hunter2}\n", "FL0811", "operator.yaml:4:25"),
        ("models:\n  x: {base_url: \"https://me:hunter2@example.com\"}\n", "FL0811", "operator.yaml:4:"),
        ("limits: {usd: lots}\n", "FL0110", "operator.yaml:3:15"),
    ] {
        let world = world(text);
        for line in ["runs list", "config show", "init"] {
            let said = world.forgeline(line).ends(3).quiet().complains(code).complains(place);
            assert!(!said.err.contains("hunter2"), "{}", said.err);
        }
        let said = world.forgeline("validate").ends(3).says(place);
        assert!(!said.out.contains("hunter2"), "{}", said.out);
        world.forgeline("doctor").ends(1).says("operator file");
        world.forgeline(&format!("explain {code}")).ok();
    }
}

#[test]
fn a_repository_can_only_narrow() {
    let world = world("limits: {usd: \"1.00\", wall: 1h, timeout: 5m}\n");
    world.repository("here");
    world.write("../item.md", "# Orders\n");
    world.forgeline("init").ok();
    world.forgeline("blueprints new notes").ok();
    let blueprint = "blueprints/notes/blueprint.yaml";
    let plan =
        || world.forgeline("plan notes topic=x --work-item ../item.md --json").ok().json()["plan"]["plan"].clone();
    let narrowed = plan();
    assert_eq!((&narrowed["budget"]["usd"], &narrowed["budget"]["wall_ms"]), (&"1.00".into(), &3_600_000.into()));
    assert_eq!(narrowed["stages"][0]["timeout_ms"], 300_000);
    world.edit(blueprint, "stages:\n", "budget: {usd: \"0.50\", wall: 10m}\nstages:\n");
    assert_eq!(plan()["budget"]["usd"], "0.50");
    world.edit(blueprint, "0.50", "1.50");
    for line in ["plan notes topic=x", "run notes topic=x", "run notes topic=x --dry-run"] {
        let said = world
            .forgeline(&format!("{line} --work-item ../item.md"))
            .ends(3)
            .complains("FL0256")
            .complains("blueprint.yaml:11:15");
        said.complains("ceiling of 1.00 USD").complains("operator.yaml:3`");
    }
    world.forgeline("runs list").ok().says("no run;");
    world.edit(blueprint, "    uses:", "    timeout: 6m\n    uses:");
    world.edit(blueprint, "1.50", "1.00");
    world.forgeline("plan notes topic=x --work-item ../item.md").ends(3).complains("timeout of 6m");
    // The bot gives the same answer.
    world.commit("here");
    world.forgeline("local repo create acme/shop --from .").ok();
    world.forgeline("local issue create --title Orders").ok();
    let said = world.run(&["local", "comment", "add", "1", "/forgeline run notes topic=x"], None).ok();
    said.complains("above the operator's ceiling");
}

#[test]
fn doctor_looks_where_each_secret_reference_leads() {
    let key = World::new().path("app.pem");
    let text = format!(
        "forges:\n  github: {{app_id: 7, private_key: \"file:{}\", webhook_secret: \"env:HOOK\"}}\n  azure_devops: {{organization: acme, token: \"env:PAT\"}}\n",
        key.display()
    );
    let world = world(&text);
    let said = world.with(&[("HOOK", "hunter2")], "doctor").ends(1);
    let said = said.says("variable `HOOK` is set").says("variable `PAT` is not set").says("app.pem` cannot be read");
    assert!(!said.out.contains("hunter2"), "{}", said.out);
    fs::create_dir_all(key.parent().expect("a folder")).expect("a folder");
    fs::write(&key, "key").expect("a file");
    world.with(&[("HOOK", "hunter2"), ("PAT", "x")], "doctor").ok().says("app.pem`");
    fs::remove_dir_all(key.parent().expect("a folder")).expect("gone");
}
