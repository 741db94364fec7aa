//! Which factory serves which repository, and how many pull requests it may have open there.

use std::path::PathBuf;

use serde_json::Value;

use crate::world::World;

const HEAD: &str = "apiVersion: forgeline.dev/v1\nkind: ";

/// Writes a factory's files into a clone of a repository of the local forge, which is made for it, and pushes them.
fn factory(world: &World, repo: &str, settings: &str, text: &str) -> String {
    let clone = world.path(&format!("clones/{repo}"));
    if !clone.exists() {
        world.ok(&["local", "repo", "create", repo]);
        let from = world.state().join(format!("local/{repo}.git"));
        let to = clone.display().to_string();
        world.git(&world.path("here"), &["clone", "--quiet", &from.display().to_string(), &to]);
    }
    write(world, &format!("clones/{repo}"), settings, text);
    commit(world, &clone)
}

fn commit(world: &World, clone: &std::path::Path) -> String {
    world.git(clone, &["add", "--all"]);
    world.git(clone, &["commit", "--quiet", "-m", "definitions"]);
    if world.git(clone, &["remote"]).contains("origin") {
        world.git(clone, &["push", "--quiet", "origin", "HEAD"]);
    }
    world.git(clone, &["rev-parse", "HEAD"]).trim().to_owned()
}

/// A blueprint `ask`, which waits for a maintainer between two files with this text, and `data`, which writes one.
fn write(world: &World, folder: &str, settings: &str, text: &str) {
    world.write(&format!("{folder}/forgeline.yaml"), format!("{HEAD}Factory\n{settings}"));
    world.write(
        &format!("{folder}/agents/writer/agent.yaml"),
        format!(
            "{HEAD}Agent\nmetadata: {{name: writer, version: 1.0.0}}\ninputs: {{type: object, properties: {{name: {{type: string}}}}}}\n\
             skills: [{{id: write, kind: template, templates: [{{from: templates/file.hbs, to: \"out/{{{{with.name}}}}.json\"}}]}}]\n\
             output: {{type: Data, validators: [paths, utf8, json]}}\n"
        ),
    );
    world.write(&format!("{folder}/agents/writer/templates/file.hbs"), format!("\"{text}\"\n"));
    let stage = |id: &str, more: &str| {
        format!(
            "  - {{id: {id}, uses: writer@^1, with: {{name: {id}}}, produces: [{{path: \"out/*.json\", type: Data}}]{more}}}\n"
        )
    };
    let blueprint = |name: &str, stages: String| {
        world.write(
            &format!("{folder}/blueprints/{name}/blueprint.yaml"),
            format!(
                "{HEAD}Blueprint\nmetadata: {{name: {name}, version: 1.0.0}}\non: [{{command: run}}]\nstages:\n{stages}"
            ),
        );
    };
    blueprint("data", stage("a", ""));
    let ask = "  - {id: ok, needs: [a], approval: {roles: [maintainer], min: 1}}\n";
    blueprint("ask", stage("a", "") + ask + &stage("b", ", needs: [ok]"));
}

fn operator(world: &World, factories: &str) {
    world.write("home/.config/forgeline/operator.yaml", format!("{HEAD}Operator\nfactories: {factories}\n"));
}

fn says(world: &World, repo: &str, number: u64, who: &str, text: &str) -> String {
    let number = number.to_string();
    let said = world.run(&["local", "comment", "add", &number, text, "--repo", repo, "--as", who]);
    said.out + &said.err
}

fn comments(world: &World, repo: &str, number: u64) -> String {
    let said = world.ok(&["--json", "local", "comment", "list", &number.to_string(), "--repo", repo]).json();
    let all = said["comments"].as_array().expect("a list").clone();
    all.iter().map(|it| it["body"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join("\n")
}

fn issue(world: &World, repo: &str, title: &str) -> u64 {
    let args = ["--json", "local", "issue", "create", "--no-bot", "-t", title, "-b", "Some.", "--repo", repo];
    world.ok(&args).json()["issue"]["number"].as_u64().expect("a number")
}

fn git_dir(world: &World, repo: &str) -> PathBuf {
    world.state().join(format!("local/{repo}.git"))
}

/// The run's record, as `runs show` gives it.
fn newest(world: &World) -> Value {
    let run = world.runs()[0]["id"].as_str().expect("an id").to_owned();
    world.ok(&["--json", "runs", "show", &run]).json()["run"].clone()
}

#[test]
fn a_listed_factory_serves_its_targets_at_one_commit_and_nobody_else() {
    let world = World::new();
    let first = factory(&world, "acme/factory", "targets: [\"acme/*\"]\n", "old");
    world.ok(&["local", "repo", "create", "acme/shop"]);
    world.ok(&["local", "repo", "create", "eve/other"]);
    world.ok(&["local", "user", "add", "bo"]);
    world.ok(&["local", "user", "role", "bo", "maintainer", "--repo", "acme/shop"]);
    operator(&world, "[acme/factory]");

    let number = issue(&world, "acme/shop", "Data");
    says(&world, "acme/shop", number, "ana", "/forgeline run ask");
    let run = newest(&world);
    assert_eq!(run["definitions"]["origin"], "acme/factory", "{run}");
    assert_eq!(run["definitions"]["commit"], first.as_str());

    // The factory moves on while the run waits: the run does not.
    let second = factory(&world, "acme/factory", "targets: [\"acme/*\"]\n", "new");
    let told = comments(&world, "acme/shop", number);
    let line = told.lines().find(|line| line.starts_with("/forgeline approve")).expect("the line to paste").to_owned();
    says(&world, "acme/shop", number, "bo", &line);
    let heads = world.git(&git_dir(&world, "acme/shop"), &["branch", "--list", "forgeline/*", "--format=%(refname)"]);
    let head = heads.lines().next().expect("a branch").to_owned();
    for file in ["a", "b"] {
        let path = format!("{head}:out/{file}.json");
        assert_eq!(world.git(&git_dir(&world, "acme/shop"), &["show", &path]), "\"old\"\n", "{file}");
    }
    let message = world.git(&git_dir(&world, "acme/shop"), &["log", "-1", "--format=%B", &head]);
    assert!(message.contains(&format!("Forgeline-Definitions: acme/factory@{first}")), "{message}");
    let why = world.ok(&["why", run["id"].as_str().expect("an id")]).out;
    assert!(why.contains("factory.targets"), "{why}");

    // The next one has what is in force then.
    let other = issue(&world, "acme/shop", "More");
    says(&world, "acme/shop", other, "ana", "/forgeline run data");
    assert_eq!(newest(&world)["definitions"]["commit"], second.as_str());

    // Nobody's repository: nothing is said, and it is recorded why.
    let theirs = issue(&world, "eve/other", "Data");
    says(&world, "eve/other", theirs, "ana", "/forgeline run data");
    assert_eq!(comments(&world, "eve/other", theirs), "/forgeline run data");
    let why = world.ok(&["why", &format!("eve/other#{theirs}")]).out;
    assert!(why.contains("factory.targets") && why.contains("acme/*"), "{why}");
}

#[test]
fn two_factories_that_fit_equally_well_are_refused_and_the_narrower_one_serves() {
    let world = World::new();
    factory(&world, "acme/one", "targets: [\"acme/s*\"]\n", "one");
    factory(&world, "acme/two", "targets: [\"acme/*p\"]\n", "two");
    world.ok(&["local", "repo", "create", "acme/shop"]);
    operator(&world, "[acme/one, acme/two]");
    let said = world.run(&["bot", "once"]);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert!(said.err.contains("acme/one by `acme/s*`") && said.err.contains("acme/two by `acme/*p`"), "{}", said.err);

    factory(&world, "acme/two", "targets: [\"acme/shop\"]\n", "two");
    let number = issue(&world, "acme/shop", "Data");
    says(&world, "acme/shop", number, "ana", "/forgeline run data");
    assert_eq!(newest(&world)["definitions"]["origin"], "acme/two");

    factory(&world, "acme/one", "targets: [\"acme/shop\"]\n", "one");
    let said = world.run(&["bot", "once"]);
    assert!(said.code == 3 && said.err.contains("both have `acme/shop`"), "{}", said.err);
}

#[test]
fn a_factory_may_be_any_git_repository() {
    let world = World::new();
    let folder = world.path("elsewhere");
    std::fs::create_dir_all(&folder).expect("a folder");
    world.git(&folder, &["init", "--quiet", "--initial-branch=main"]);
    write(&world, "elsewhere", "targets: [\"local:acme/shop\"]\n", "far");
    let tip = commit(&world, &folder);
    world.ok(&["local", "repo", "create", "acme/shop"]);
    let number = issue(&world, "acme/shop", "Data");
    operator(&world, &format!("[\"file://{}\"]", folder.display()));
    says(&world, "acme/shop", number, "ana", "/forgeline run data");
    assert_eq!(newest(&world)["definitions"]["commit"], tip.as_str());

    // Gone for now, it stays what it was.
    std::fs::rename(&folder, world.path("moved")).expect("it moves");
    let again = issue(&world, "acme/shop", "More");
    says(&world, "acme/shop", again, "ana", "/forgeline run data");
    assert_eq!(world.runs().len(), 2);
    assert_eq!(newest(&world)["definitions"]["commit"], tip.as_str());
}

#[test]
fn pull_requests_beyond_the_bound_wait_and_go_on_by_themselves() {
    let world = World::new();
    factory(&world, "acme/shop", "policy: {max_open_prs: 2}\n", "x");
    let numbers: Vec<u64> = (1..=3).map(|n| issue(&world, "acme/shop", &format!("Item {n}"))).collect();
    for number in &numbers {
        says(&world, "acme/shop", *number, "ana", "/forgeline run data");
    }
    let open = || world.pull_requests().into_iter().filter(|(_, state, _)| state == "open").collect::<Vec<_>>();
    assert_eq!(open().len(), 2);
    let waits = "2 pull requests of Forgeline are open in acme/shop";
    let told = comments(&world, "acme/shop", numbers[2]);
    assert!(told.contains(waits), "{told}");
    let list = world.ok(&["runs", "list"]).out;
    assert!(list.contains(waits) && list.contains("waits"), "{list}");
    says(&world, "acme/shop", numbers[2], "ana", "/forgeline status");
    let told = comments(&world, "acme/shop", numbers[2]);
    assert!(told.matches(waits).count() >= 2, "{told}");

    world.ok(&["local", "pr", "close", &open()[0].0.to_string()]);
    world.ok(&["bot", "once"]);
    assert_eq!(open().len(), 2);
    let told = comments(&world, "acme/shop", numbers[2]);
    assert!(told.contains("opened pull request"), "{told}");
    assert!(world.runs().iter().all(|run| run["finished"] == true), "{:?}", world.runs());
}

/// Labels and state of an issue.
fn labels(world: &World, repo: &str, number: u64) -> (Vec<String>, String) {
    let said = world.ok(&["--json", "local", "issue", "show", &number.to_string(), "--repo", repo]).json();
    let issue = if said["issue"]["issue"].is_object() { &said["issue"]["issue"] } else { &said["issue"] };
    let labels = issue["labels"].as_array().expect("a list").iter().filter_map(|it| it.as_str().map(str::to_owned));
    (labels.collect(), issue["state"].as_str().expect("a state").to_owned())
}

#[test]
fn what_policy_says_of_an_item_stands_where_the_item_is_kept() {
    let world = World::new();
    factory(&world, "acme/code", "policy: {labels: {proposed: look}, states: {proposed: closed}}\n", "x");
    factory(&world, "acme/tracker", "targets: [\"acme/code\"]\n", "x");
    let others = issue(&world, "acme/code", "Somebody else's");
    let own = issue(&world, "acme/tracker", "Data");
    assert_eq!(others, own, "the same number in both");
    says(&world, "acme/tracker", own, "ana", "/forgeline run data repo=acme/code");
    assert_eq!(world.runs()[0]["state"], "published");
    assert_eq!(labels(&world, "acme/code", others), (vec![], "open".to_owned()));
    assert_eq!(labels(&world, "acme/tracker", own), (vec!["look".to_owned()], "closed".to_owned()));
}

#[test]
fn a_public_place_leads_into_no_private_repository() {
    let world = World::new();
    world.ok(&["local", "repo", "create", "acme/secret", "--private"]);
    factory(&world, "acme/tracker", "targets: [\"acme/*\"]\ntrackers: [\"acme/tracker\"]\n", "x");
    let number = issue(&world, "acme/tracker", "Data");
    says(&world, "acme/tracker", number, "ana", "/forgeline run data repo=acme/secret");
    says(&world, "acme/tracker", number, "ana", "/forgeline run data repo=acme/nowhere");
    says(&world, "acme/tracker", number, "ana", "/forgeline why");
    assert_eq!(world.runs().len(), 0);
    let told = comments(&world, "acme/tracker", number);
    let (secret, nowhere) = (told.replace("acme/secret", "acme/nowhere"), told);
    assert_eq!(secret.matches("There is no repository `acme/nowhere`").count(), 2, "{nowhere}");
}

#[test]
fn nobody_is_handed_to_a_wider_factory_because_a_narrow_one_is_out_of_reach() {
    let world = World::new();
    factory(&world, "acme/factory", "targets: [\"acme/*\"]\n", "x");
    world.ok(&["local", "repo", "create", "acme/shop"]);
    operator(&world, &format!("[\"file://{}\", acme/factory]", world.path("nowhere").display()));
    let number = issue(&world, "acme/shop", "Data");
    says(&world, "acme/shop", number, "ana", "/forgeline run data");
    assert_eq!(world.runs().len(), 0);
    operator(&world, "[acme/factory]");
    std::thread::sleep(std::time::Duration::from_secs(2));
    world.ok(&["bot", "once"]);
    assert_eq!(world.runs().len(), 1, "what was asked meanwhile is not lost");
}
